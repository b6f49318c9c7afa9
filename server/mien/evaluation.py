"""Scoring a model on recordings whose phones are known: bake each, as any user would, and ask the lips."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mien.audio import open_audio
from mien.errors import FileError
from mien.files import FORMATS, read_curves
from mien.motion import MotionModel
from mien.pipeline import bake
from mien.score import ENDINGS, Scores, Truth, read_truth, score
from mien.values import Curves

SOUNDS = (".wav", ".flac", ".ogg", ".opus", ".mp3")


@dataclass(frozen=True)
class Recording:
    """A recording and the file that says which phones are in it, when."""

    audio: Path
    phones: Path

    @property
    def name(self) -> str:
        """The recording's own, without folder and suffix."""
        return self.audio.stem

    @property
    def speaker(self) -> str:
        """The part of the name before its first '-', as LibriSpeech names files."""
        return self.name.split("-")[0]


def recordings(folder: Path) -> list[Recording]:
    """Recordings below `folder` that have phones beside them, by name.

    Raises:
        FileError: There are none.
    """
    found = []
    for audio in sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS):
        beside = [audio.with_name(audio.stem + suffix) for suffix in ENDINGS]
        found += [Recording(audio, phones) for phones in beside if phones.is_file()][:1]
    if not found:
        raise FileError(
            f"{folder}: no recordings with phones beside them; "
            f"wanted x{SOUNDS[0]} (or {', '.join(SOUNDS[1:])}) and x{' or x'.join(ENDINGS)}."
        )
    return found


def truth_of(recording: Recording) -> Truth:
    """What the phones of `recording` ask of the lips."""
    with open_audio(recording.audio) as audio:
        duration = audio.duration
    return read_truth(recording.phones, float(duration or 0))


def baked(model: MotionModel | str) -> Callable[[Recording], Curves]:
    """Curves of a recording by `model`, on the rig `arkit` at 60 frames a second."""
    return lambda recording: bake(recording.audio, model=model).curves("arkit")


def read_from(folder: Path) -> Callable[[Recording], Curves]:
    """Curves of a recording from a file of its name in `folder`, of whatever format is found."""

    def read(recording: Recording) -> Curves:
        for row in FORMATS:
            for suffix in row.suffixes:
                if (path := folder / (recording.name + suffix)).is_file():
                    return read_curves(path)
        raise FileError(
            f"{folder}: no curves of '{recording.name}' ({', '.join(row.name for row in FORMATS)})."
        )

    return read


def scores(
    chosen: Iterable[Recording],
    curves_of: Callable[[Recording], Curves],
    each: Callable[[Recording, Truth, Curves], None] | None = None,
) -> dict[str, Scores]:
    """Scores by speaker, in order, and of `all`.

    Args:
        each: Called with every recording as it is done, to draw it or count it.
    """
    truths: dict[str, list[Truth]] = {}
    curves: dict[str, list[Curves]] = {}
    for recording in chosen:
        meant, shown = truth_of(recording), curves_of(recording)
        if each:
            each(recording, meant, shown)
        for group in (recording.speaker, "all"):
            truths.setdefault(group, []).append(meant)
            curves.setdefault(group, []).append(shown)
    order = sorted(truths, key=lambda group: (group == "all", group))
    return {group: score(truths[group], curves[group]) for group in order}
