"""Scoring a model on recordings whose phones are known: bake each, as any user would, and ask the lips."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mien.audio import SOUND_SUFFIXES, open_audio
from mien.errors import FileError
from mien.files import FORMATS, read_curves
from mien.motion import MotionModel
from mien.pipeline import DEFAULT_RIG, bake
from mien.score import ENDINGS, Scores, Truth, read_truth, score, utterance_name
from mien.values import Curves


@dataclass(frozen=True)
class Recording:
    """A recording and the file that says which phones are in it, when."""

    audio: Path
    phones: Path

    place: Path
    """Where it lies below the folder that was searched, without suffix: `act one/line`."""

    @property
    def name(self) -> str:
        """The recording's own, without folder and suffix."""
        return self.place.name

    @property
    def speaker(self) -> str:
        """The part of the name before its first '-', as LibriSpeech names files."""
        return self.name.split("-")[0]

    def beside(self, suffix: str) -> Path:
        """Its place in a folder of results, as a file that ends in `suffix`."""
        return self.place.with_name(self.name + suffix)


def recordings(folder: Path) -> list[Recording]:
    """Recordings below `folder` that have phones beside them, by place.

    Raises:
        FileError: There is no such folder, or nothing in it.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is no folder; name one with recordings and their phones.")
    phones = _phones_in(folder)
    found = [
        Recording(audio, phones[audio.with_suffix("")], audio.relative_to(folder).with_suffix(""))
        for audio in sounds_in(folder)
        if audio.with_suffix("") in phones
    ]
    if not found:
        raise FileError(
            f"{folder}: no recordings with phones beside them; "
            f"wanted x.wav (or another sound) and x{' or x'.join(ENDINGS)}."
        )
    return found


def sounds_in(folder: Path) -> list[Path]:
    """Every sound below `folder`, in order; what is hidden, such as `._line.wav`, stays so."""
    return [path for path in _files_in(folder) if path.suffix.lower() in SOUND_SUFFIXES]


def _phones_in(folder: Path) -> dict[Path, Path]:
    """Files of phones by their paths without ending; of several for one recording, the first ending's."""
    files = _files_in(folder)
    found = [
        (path.with_name(utterance_name(path)), path)
        for ending in reversed(ENDINGS)
        for path in files
        if path.name.lower().endswith(ending.lower())
    ]
    return dict(found)


def _files_in(folder: Path) -> list[Path]:
    def is_shown(path: Path) -> bool:
        return not any(part.startswith(".") for part in path.relative_to(folder).parts)

    return [path for path in sorted(folder.rglob("*")) if path.is_file() and is_shown(path)]


def truth_of(recording: Recording) -> Truth:
    """What the phones of `recording` ask of the lips.

    Raises:
        FileError: As from `read_truth`: phones that are broken, or go on when the sound has ended.
    """
    with open_audio(recording.audio) as audio:
        duration = audio.duration or Fraction(sum(map(len, audio.blocks())), audio.rate)
    return read_truth(recording.phones, float(duration))


def baked(model: MotionModel | str) -> Callable[[Recording], Curves]:
    """Curves of a recording by `model`, on the default rig and at the default rate."""
    return lambda recording: bake(recording.audio, model=model).curves(DEFAULT_RIG)


def read_from(folder: Path) -> Callable[[Recording], Curves]:
    """Curves of a recording from the file at its place in `folder`, of whatever format is found."""

    def read(recording: Recording) -> Curves:
        for row in FORMATS:
            for suffix in row.suffixes:
                if (path := folder / recording.beside(suffix)).is_file():
                    return read_curves(path)
        raise FileError(
            f"{folder}: no curves of '{recording.place}' ({', '.join(row.name for row in FORMATS)})."
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
