"""`mien eval`: how legible the lips are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mien.audio import read_audio
from mien.errors import OptionError
from mien.evaluation import Recording, baked, read_from, recordings, scores
from mien.motion import find_model, load_model
from mien.pipeline import DEFAULT_MODEL
from mien.plots import need_matplotlib, plot_score
from mien.score import Truth, table
from mien.values import Curves


def evaluate(
    folder: Path,
    model: str | None,
    curves: Path | None,
    plot: Path | None,
    by_speaker: bool,
    limit: int,
    tsv: bool,
) -> None:
    """Print a table of scores of every recording in `folder` that has phones beside it.

    Raises:
        OptionError: A model and curves: what is read from files is not baked.
        MissingExtraError: A picture is asked for, and matplotlib is not installed.
    """
    if curves and model:
        raise OptionError("--curves scores files, --model bakes anew; leave one of them out.")
    if plot:
        need_matplotlib()
    chosen = recordings(folder)[: limit or None]
    name, curves_of = _from_files(curves) if curves else _from_model(model or DEFAULT_MODEL)

    def draw(recording: Recording, meant: Truth, shown: Curves) -> None:
        if plot:
            plot_score(read_audio(recording.audio), shown, meant, plot / recording.beside(".png"))

    result = scores(chosen, curves_of, draw)
    rows = {f"{name}/{group}": row for group, row in result.items()} if by_speaker else {name: result["all"]}
    print(table(rows, aligned=not tsv))


def _from_files(folder: Path) -> tuple[str, Callable[[Recording], Curves]]:
    return folder.resolve().name, read_from(folder)


def _from_model(name: str) -> tuple[str, Callable[[Recording], Curves]]:
    model = load_model(find_model(name))
    return model.card.name, baked(model)
