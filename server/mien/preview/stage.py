"""What is shown, on which head and from where; and it as a film, a sheet, a strip or one frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np

from mien.errors import FileError, OptionError
from mien.files import written_beside
from mien.preview.camera import View
from mien.preview.compare import Pair, interleaved, side_by_side, size_of
from mien.preview.film import FASTEST_GIF, FILMS, check_film, every_nth, write_film
from mien.preview.frames import frames
from mien.preview.head import Head
from mien.preview.labels import Picture
from mien.preview.pillow import Image
from mien.preview.reel import Reel, closed
from mien.preview.sheet import cells_of, check_room, draw_sheet, frame_at
from mien.preview.source import Line
from mien.preview.strip import draw_strip, layout_of
from mien.values import Curves

Kind = Literal["film", "sheet", "strip", "frame"]
Progress = Callable[[float], None] | None

STILL: Final = ".png"
"""Of all but films."""

SIZES: Final[dict[Kind, int]] = {"film": 640, "sheet": 256, "strip": 150, "frame": 640}
"""Height and width of a head's picture where nobody says, px."""

GIF_SAMPLE: Final = 6
"""Pictures from all over a film that a GIF takes its colours from."""


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One line, or two side by side, on a head."""

    head: Head
    line: Line
    """The longer one of two."""

    pair: Pair | None = None
    size: tuple[int, int] = (640, 640)
    """Of one head's picture, px."""

    view: View = "face"
    workers: int = 0
    """Processes that make pictures; 0 is one per core."""

    @property
    def whole(self) -> tuple[int, int]:
        """Of a picture with all that is in it, px."""
        return size_of(self.size) if self.pair else self.size

    @property
    def title(self) -> str:
        """What stands over sheets and strips."""
        return "   |   ".join(self.pair.names) if self.pair else self.line.name

    @property
    def note(self) -> str:
        """Length and rate, for the other corner."""
        return f"{self.line.seconds:.2f} s at {float(self.line.curves.rate):.5g} fps"

    def pictures(self, picks: Sequence[int]) -> Iterator[Picture]:
        """Pictures of the frames `picks`, in order; close it to end the processes that make them."""
        if self.pair is None:
            return self._drawn(self.line.curves, picks)
        curves, rows = interleaved(self.pair, picks)
        return side_by_side(self.pair, self._drawn(curves, rows), picks)

    def _drawn(self, curves: Curves, picks: Sequence[int]) -> Iterator[Picture]:
        return frames(self.head, curves, picks, size=self.size, view=self.view, workers=self.workers)


class Written(NamedTuple):
    """What came of it."""

    said: str
    """A line for the user: how many frames of what size."""

    notes: tuple[str, ...] = ()
    """What is not as one would expect, one sentence each."""


def check_moves(head: Head, line: Line) -> None:
    """Refuse a line that leaves the head as it is.

    Raises:
        FileError: None of its curves is a shape of the head.
    """
    if not head.can(line.curves.names):
        some = ", ".join(list(head.moves)[:3])
        raise FileError(
            f"{line.name}: none of its {len(line.curves.names)} curves moves the head '{head.name}', "
            f"whose shapes are {some} ...; show it on another by --head."
        )


def kind_of(out: Path, asked: Kind | None = None) -> Kind:
    """What `out` is to be, by its suffix; a picture is a sheet unless something else is asked for.

    Raises:
        FileError: A suffix that no preview has.
        OptionError: A film is named, and something else is asked for.
    """
    suffix = out.suffix.lower()
    if suffix == STILL:
        return asked or "sheet"
    if suffix not in FILMS:
        every = ", ".join((*FILMS, STILL))
        raise FileError(f"{out}: a preview ends in one of {every}, and this in {suffix or 'nothing'}.")
    if asked:
        raise OptionError(f"{out.name} is a film, and a {asked} is a picture; name it {out.stem}{STILL}.")
    return "film"


def film(stage: Stage, out: Path, progress: Progress = None) -> Written:
    """Every frame, with the sound where there is one.

    Raises:
        MienError: As from `write_film`.
    """
    line, every = stage.line, every_nth(stage.line.curves.rate, out)
    picks = range(0, line.frames, every)
    reel = Reel((), len(picks), stage.whole, line.curves.rate / every, line.sound, line.curves.start)
    check_film(reel.size, reel.seconds, out)
    sample = _sample(stage) if out.suffix.lower() == ".gif" else ()
    write_film(
        replace(reel, pictures=_counted(stage.pictures(picks), len(picks), progress), sample=sample), out
    )
    said = f"{out}: {_frames(picks, stage.whole)} at {float(reel.rate):.6g} fps"
    return Written(said, tuple(_film_notes(stage, out, every)))


def _film_notes(stage: Stage, out: Path, every: int) -> Iterator[str]:
    """Of two, none says which: the names may be secret."""
    line = stage.line
    if every > 1:
        whose = "theirs" if stage.pair else f"{line.name}'s"
        yield f"A GIF shows {FASTEST_GIF} frames a second at most, so this is 1 in {every} of {whose}."
    if out.suffix.lower() == ".mp4" and line.sound is None:
        who = "Neither of them" if stage.pair else line.name
        yield f"{who} has {'a' if stage.pair else 'no'} sound, so the film is silent; add it by --audio FILE."
    if out.suffix.lower() == ".mp4" and stage.pair and stage.pair.note_of_sound:
        yield stage.pair.note_of_sound


def sheet(stage: Stage, out: Path, every: float | None = None, progress: Progress = None) -> Written:
    """A frame per phone, or one every so many seconds.

    Raises:
        OptionError: More frames than a sheet has room for.
    """
    line, cells = stage.line, cells_of(stage.line, every)
    check_room(cells, stage.whole)
    with closed(stage.pictures([cell.frame for cell in cells])) as pictures:
        _save(draw_sheet(pictures, cells, stage.title, stage.note, progress=progress), out)
    notes: tuple[str, ...] = ()
    if every is None and not line.phones and len(cells) > 1:
        step = cells[1].seconds - cells[0].seconds
        notes = (f"The phones are not known (--phones), so here is a frame every {step:.2g} s.",)
    return Written(f"{out}: {_frames(cells, stage.whole)}", notes)


def strip(stage: Stage, out: Path, progress: Progress = None) -> Written:
    """Sound, phones, curves and frames on one time axis.

    Raises:
        OptionError: The line is too long, or these are two.
    """
    if stage.pair:
        raise OptionError("A strip shows one line; write a sheet (--sheet) or a film of the two.")
    layout = layout_of(stage.line, stage.size)
    with closed(stage.pictures(layout.picks)) as pictures:
        _save(draw_strip(pictures, stage.line, layout, stage.title, stage.note, progress), out)
    return Written(f"{out}: {_frames(layout.picks, stage.size)} under {stage.line.seconds:.2f} s")


def frame(stage: Stage, out: Path, at: float) -> Written:
    """The frame that is seen at a time.

    Raises:
        OptionError: The line has no such time.
    """
    line = stage.line
    first, last = line.curves.times[0], line.curves.times[-1]
    pick = frame_at(line, at) if first - 1 < at < last + 1 else -1
    if not 0 <= pick < line.frames:
        raise OptionError(f"--at {at:g}: {line.name} has frames from {first:.2f} to {last:.2f} s.")
    with closed(stage.pictures([pick])) as pictures:
        _save(Image.fromarray(next(iter(pictures))), out)
    seconds = line.curves.times[pick]
    return Written(f"{out}: frame {pick} at {seconds:.3f} s, {_by(stage.whole)}")


def _sample(stage: Stage) -> list[Picture]:
    """Pictures from all over the line, small: they are there for their colours."""
    picks = np.linspace(0, stage.line.frames - 1, GIF_SAMPLE).round().astype(int).tolist()
    with closed(replace(stage, size=_small(stage.size), workers=1).pictures(picks)) as pictures:
        return list(pictures)


def _small(size: tuple[int, int]) -> tuple[int, int]:
    shrunk = max(1.0, max(size) / 160)
    return round(size[0] / shrunk), round(size[1] / shrunk)


def _counted(pictures: Iterator[Picture], count: int, progress: Progress) -> Iterator[Picture]:
    """`pictures`, and how far they are."""
    with closed(pictures):
        for done, picture in enumerate(pictures, 1):
            yield picture
            if progress:
                progress(done / count)


def _save(image: Image.Image, out: Path) -> None:
    with written_beside(out) as beside:
        image.save(beside, "PNG", optimize=True)


def _frames(shown: Sequence[object], size: tuple[int, int]) -> str:
    return f"{len(shown)} frame{'s' * (len(shown) != 1)} of {_by(size)}"


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
