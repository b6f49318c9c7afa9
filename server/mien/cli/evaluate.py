"""`mien eval`: how legible the lips are."""

from __future__ import annotations

from pathlib import Path

from mien.audio import read_audio
from mien.evaluation import Recording, baked, read_from, recordings, scores
from mien.motion import find_model, load_model
from mien.plots import plot_score
from mien.score import Truth, table
from mien.values import Curves


def evaluate(
    folder: Path, model: str, curves: Path | None, plot: Path | None, by_speaker: bool, limit: int
) -> None:
    """Print a table of scores of every recording in `folder` that has phones beside it."""
    chosen = recordings(folder)[: limit or None]
    curves_of = read_from(curves) if curves else baked(load_model(find_model(model)))

    def draw(recording: Recording, meant: Truth, shown: Curves) -> None:
        if plot:
            plot_score(read_audio(recording.audio), shown, meant, plot / f"{recording.name}.png")

    result = scores(chosen, curves_of, draw)
    rows = result if by_speaker else {"all": result["all"]}
    name = curves.name if curves else model
    print(table({f"{name} {group}": row for group, row in rows.items()}))
