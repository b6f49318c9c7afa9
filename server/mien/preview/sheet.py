"""A contact sheet: a frame per phone, or every so many seconds, each with what is said and felt there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np

from mien.errors import InputError, OptionError
from mien.preview.labels import CLOSES, FAINT, INK, PAPER, Picture, rounded, shortened, width, write
from mien.preview.pillow import Image, ImageDraw
from mien.preview.source import Line
from mien.score import is_pause, truth
from mien.values import Phone

MOST: Final = 600
"""Frames on one sheet; more are too small on a screen, and too large a file for viewers."""

LARGEST: Final = 120_000_000
"""Pixels of a sheet: .4 GB while it is drawn, and about what viewers open."""

USUAL: Final = 48
"""Frames, about, where neither phones nor seconds are given: what one looks through at a glance."""

SHORTEST: Final = 0.001
"""Seconds from frame to frame; at less, the number of frames has no bound."""

STEPS: Final = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between frames that are easily counted."""

ACROSS: Final = 2100
"""Pixels that a sheet is wide at most, unless a single row of four is wider."""


class Cell(NamedTuple):
    """One frame of a sheet."""

    frame: int
    """Which of the line's."""

    seconds: float
    """When it is seen."""

    phone: str = ""
    """What is spoken, without marks of stress."""

    emotion: str = ""
    """What is felt, if that is known."""

    closes: bool = False
    """Whether the lips close for the phone."""


def cells_of(line: Line, every: float | None = None) -> list[Cell]:
    """Which frames of `line` a sheet shows: the middle of each phone, or one every so many seconds.

    Raises:
        OptionError: Too many; or seconds that are no time.
    """
    if every is None and line.phones:
        lips = closing(line.phones)
        found = [_cell(line, (p.start + p.end) / 2, p, p in lips) for p in line.phones]
    else:
        step = usual_step(line.seconds) if every is None else _step(every)
        count = int((line.frames - 1) / line.curves.rate / step + 1e-9) + 1
        _check_count(count, line)
        found = [_cell(line, line.curves.start + k * step) for k in range(count)]
    cells = [cell for cell in found if 0 <= cell.frame < line.frames]
    _check_count(len(cells), line)
    if not cells:
        raise OptionError(f"{line.name}: none of its phones lies within its frames; see --phones.")
    return cells


def usual_step(seconds: float) -> float:
    """Seconds from frame to frame where nobody says."""
    return next((step for step in STEPS if seconds / step <= USUAL), STEPS[-1])


def frame_at(line: Line, seconds: float) -> int:
    """The frame seen nearest to that time; below 0, or too high, where there is none."""
    return math.floor((seconds - line.curves.start) * float(line.curves.rate) + 0.5)


def _cell(line: Line, seconds: float, phone: Phone | None = None, closes: bool = False) -> Cell:
    frame = frame_at(line, seconds)
    shown = line.curves.start + float(frame / line.curves.rate)
    here = phone or line.phone_at(shown)
    return Cell(frame, shown, plain(here.label) if here else "", line.emotion_at(shown), closes)


def plain(label: str) -> str:
    """A phone as it is shown: `AA1` is AA, and any pause is called that."""
    return "pause" if is_pause(label) else label.rstrip("0123456789")


def closing(phones: Sequence[Phone]) -> frozenset[Phone]:
    """Phones for which the lips close; none where the alphabet is unknown."""
    try:
        asked = truth("", phones, max(phone.end for phone in phones)).closures
    except InputError:
        return frozenset()
    return frozenset(p for p in phones if any(s.start <= (p.start + p.end) / 2 < s.end for s in asked))


def _step(every: float) -> float:
    if not SHORTEST <= every < math.inf:
        raise OptionError(f"--every {every:g}: a frame comes every so many seconds; write 0.1 or more.")
    return every


def _check_count(count: int, line: Line) -> None:
    if count > MOST:
        step = next((step for step in STEPS if line.seconds / step <= MOST), math.ceil(line.seconds / MOST))
        raise OptionError(
            f"{line.name}: {count} frames are too many for a sheet, which has room for {MOST}; "
            f"write --every {step:g}, or cut the line."
        )


# How it is drawn


class _Layout(NamedTuple):
    """Where things are, px."""

    size: tuple[int, int]
    """Of a frame."""

    columns: int
    rows: int
    gap: int
    head: int
    """The title's height."""

    caption: int
    """Height of the words below a frame."""

    letters: int
    """Height of a phone."""

    @property
    def whole(self) -> tuple[int, int]:
        """Of the sheet."""
        across = self.columns * (self.size[0] + self.gap) + self.gap
        return across, self.head + self.rows * (self.size[1] + self.caption + self.gap) + self.gap

    def corner(self, index: int) -> tuple[int, int]:
        """Left and top of a frame."""
        row, column = divmod(index, self.columns)
        left = self.gap + column * (self.size[0] + self.gap)
        return left, self.head + row * (self.size[1] + self.caption + self.gap)


def draw_sheet(
    pictures: Iterable[Picture],
    cells: Sequence[Cell],
    title: str,
    note: str = "",
    progress: Callable[[float], None] | None = None,
) -> Image.Image:
    """The sheet of `cells`.

    Args:
        pictures: One for each cell, in order, all of one size.
        title: At the top left, such as the file's name.
        note: At the top right, faint.
    """
    sheet: Image.Image | None = None
    for index, (picture, cell) in enumerate(zip(pictures, cells, strict=True)):
        if sheet is None:
            layout = _layout((picture.shape[1], picture.shape[0]), cells)
            sheet = Image.new("RGB", layout.whole, PAPER)
            draw = ImageDraw.Draw(sheet)
            _write_head(draw, layout, title, note)
        sheet.paste(rounded(picture, max(3, layout.gap // 2)), layout.corner(index))
        _write_caption(draw, layout, layout.corner(index), cell)
        if progress:
            progress((index + 1) / len(cells))
    assert sheet is not None  # there is at least one cell
    return sheet


def check_room(cells: Sequence[Cell], size: tuple[int, int]) -> None:
    """Refuse a sheet that nobody could open, before its first picture is made.

    Raises:
        OptionError: Too many pixels.
    """
    pixels = math.prod(_layout(size, cells).whole)
    if pixels > LARGEST:
        raise OptionError(
            f"A sheet of {len(cells)} frames of {size[0]}x{size[1]} has {pixels / 1e6:.0f} million pixels, "
            f"and viewers open {LARGEST / 1e6:.0f} million; write a smaller --size, or --every SECONDS."
        )


def _layout(size: tuple[int, int], cells: Sequence[Cell]) -> _Layout:
    letters = round(np.clip(size[1] * 0.085, 13, 40))
    gap = max(8, round(letters * 0.75))
    caption = round(letters * (1.75 + 1.1 * any(cell.emotion for cell in cells)))
    fitting = max(4, (ACROSS - gap) // (size[0] + gap))
    columns = min(len(cells), _balanced(len(cells), fitting))
    return _Layout(size, columns, -(-len(cells) // columns), gap, round(letters * 3.2), caption, letters)


def _balanced(count: int, fitting: int) -> int:
    """Columns of which at most `fitting` are used, so that the last row is as full as can be."""
    rows = -(-count // fitting)
    return -(-count // rows)


def _write_head(draw: ImageDraw.ImageDraw, layout: _Layout, title: str, note: str) -> None:
    large, small = round(layout.letters * 1.15), max(10, round(layout.letters * 0.72))
    across, base, left = layout.whole[0], round(layout.head * 0.58), layout.gap
    room = across - 2 * left
    if note and width(note, small) < room * 0.6:
        write(draw, (across - left, base), note, small, FAINT, "rs")
        room -= width(note, small) + 2 * left
    write(draw, (left, base), shortened(title, large, room), large)


def _ink(cell: Cell) -> str:
    return CLOSES if cell.closes else FAINT if cell.phone == "pause" else INK


def _write_caption(draw: ImageDraw.ImageDraw, layout: _Layout, corner: tuple[int, int], cell: Cell) -> None:
    """The phone at the left, the time at the right, the emotion below."""
    across, height = layout.size
    letters, small = layout.letters, max(9, round(layout.letters * 0.68))
    left, base = corner[0] + 2, corner[1] + height + round(letters * 1.15)
    time = f"{cell.seconds:.2f} s"
    room = across - width(time, small) - letters
    at_right = bool(cell.phone) and room > letters
    if at_right:
        shown = shortened(cell.phone, letters, room)
        write(draw, (left, base), shown, letters, _ink(cell))
    edge, anchor = (corner[0] + across - 2, "rs") if at_right else (left, "ls")
    write(draw, (edge, base), time, small, FAINT, anchor)
    if cell.emotion:
        shown = shortened(cell.emotion, small, across - 4)
        write(draw, (left, base + round(letters * 1.05)), shown, small, FAINT)
