"""A strip: what is heard, what is said, what moves and what is seen, one below the other on one time axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.audio import open_audio
from mien.errors import OptionError
from mien.plots import Waveform, waveform
from mien.preview.labels import (
    CLOSES,
    FAINT,
    GRID,
    INK,
    PAPER,
    SOUND,
    Picture,
    rounded,
    shortened,
    width,
    write,
)
from mien.preview.pillow import Image, ImageDraw
from mien.preview.sheet import STEPS, closing, frame_at, plain
from mien.preview.source import Line
from mien.preview.strip_rows import Drawn, Row, rows_of
from mien.score import is_pause
from mien.values import Curves

Floats = NDArray[np.float64]

PER_SECOND: Final = 300
"""Pixels of a second: a phone of 50 ms has room for its label. A long line gets fewer, see `WIDEST`."""

NARROWEST, WIDEST = 1080, 12_000
"""Pixels of the time axis; what is wider, viewers open no more."""

LONGEST: Final = 600
"""Seconds; of a longer line one would see nothing."""

LEFT, RIGHT, TOP, BOTTOM, GAP = 150, 28, 62, 34, 12
"""Margins and the space between rows, px."""

SOUND_HIGH, PHONES_HIGH, ROW_HIGH = 72, 28, 78
"""Heights of rows, px."""

LEAST_TOP: Final = 0.25
"""Height of a row whose curves are all smaller: what hardly moves should look so."""

APART: Final = 90
"""Pixels between the times that are written, at least."""

SMOOTH: Final = 3
"""Times that lines are drawn larger before they are made small."""


WHITE: Final = (0.0, 0.38, 0.62)
"""Share of white in the colours of a row's curves."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where times and frames are."""

    start: float
    """Seconds at the left end of the axis."""

    seconds: float
    """Seconds from its left to its right end."""

    across: int
    """Its pixels."""

    size: tuple[int, int]
    """Of a frame, px."""

    picks: tuple[int, ...]
    """Frames of the line that are shown: one in the middle of each slot."""

    def x(self, seconds: float) -> float:
        """Pixels from the left end of the axis."""
        return (seconds - self.start) / self.seconds * self.across


def layout_of(line: Line, size: tuple[int, int]) -> Layout:
    """The strip of `line` with frames of `size`.

    Raises:
        OptionError: The line is too long.
    """
    if line.seconds > LONGEST:
        raise OptionError(
            f"{line.name}: {line.seconds:.0f} s are too long for a strip, which ends at {LONGEST} s; "
            "cut the line, or write a sheet."
        )
    if size[0] > NARROWEST or size[1] > NARROWEST:
        raise OptionError(f"Frames of a strip have up to {NARROWEST} px a side, not {size[0]}x{size[1]}.")
    across = int(np.clip(PER_SECOND * line.seconds, NARROWEST, WIDEST))
    slots = max(1, across // (size[0] + GAP // 2))
    middles = line.curves.start + (np.arange(slots) + 0.5) / slots * line.seconds
    picks = tuple(min(max(0, frame_at(line, middle)), line.frames - 1) for middle in middles)
    return Layout(line.curves.start, line.seconds, across, size, picks)


def draw_strip(
    pictures: Iterable[Picture],
    line: Line,
    layout: Layout,
    title: str,
    note: str = "",
    progress: Callable[[float], None] | None = None,
) -> Image.Image:
    """The strip of `line`.

    Args:
        pictures: The frames `layout.picks`, in order.
    """
    rows = rows_of(line.curves)
    height = TOP + SOUND_HIGH * bool(line.sound) + PHONES_HIGH * bool(line.phones)
    height += len(rows) * (ROW_HIGH + GAP) + layout.size[1] + BOTTOM + 2 * GAP
    strip = Image.new("RGB", (LEFT + layout.across + RIGHT, height), PAPER)
    draw = ImageDraw.Draw(strip)
    _write_head(draw, strip.width, title, note)
    _draw_grid(draw, layout, height)
    y = TOP
    if line.sound:
        y = _draw_sound(strip, layout, line, y)
    if line.phones:
        y = _draw_phones(draw, layout, line, y)
    for row, curves in rows:
        y = _draw_row(strip, layout, line.curves, row, curves, y)
    _draw_frames(strip, layout, pictures, y + GAP // 2, progress)
    return strip


def _heard(line: Line) -> Waveform:
    assert line.sound is not None
    with open_audio(line.sound) as audio:
        samples = audio.frames
        if samples is None:
            samples = sum(map(len, audio.blocks()))
        return waveform(audio.blocks(), samples, audio.rate)


# How it is drawn


def _write_head(draw: ImageDraw.ImageDraw, across: int, title: str, note: str) -> None:
    write(draw, (across - RIGHT, 36), note, 14, FAINT, "rs")
    room = across - RIGHT - LEFT // 6 - width(note, 14) - 40
    write(draw, (LEFT // 6, 36), shortened(title, 22, room), 22)


def _draw_grid(draw: ImageDraw.ImageDraw, layout: Layout, height: int) -> None:
    """Upright lines at even times, and the times at the bottom."""
    step = next(step for step in STEPS if step / layout.seconds * layout.across >= APART)
    for k in range(math.ceil(layout.start / step), math.floor((layout.start + layout.seconds) / step) + 1):
        x = LEFT + round(layout.x(k * step))
        draw.line((x, TOP - 6, x, height - BOTTOM), fill=GRID)
        write(draw, (x, height - BOTTOM + 18), f"{k * step:g} s", 13, FAINT, "ms")


def _draw_sound(strip: Image.Image, layout: Layout, line: Line, y: int) -> int:
    heard = _heard(line)
    loudest = max(float(np.abs([heard.low, heard.high]).max()), 1e-3) if len(heard.starts) else 1.0
    times = np.concatenate([heard.starts, heard.starts[::-1]])
    levels = np.concatenate([heard.high, heard.low[::-1]]) / loudest
    points = [(layout.x(t), (0.5 - 0.48 * v) * SOUND_HIGH) for t, v in zip(times, levels, strict=True)]
    _smooth(strip, (LEFT, y, layout.across, SOUND_HIGH), fills=[(points, SOUND)])
    write(ImageDraw.Draw(strip), (LEFT - 14, y + SOUND_HIGH / 2), "Sound", 16, SOUND, "rm")
    return y + SOUND_HIGH


def _draw_phones(draw: ImageDraw.ImageDraw, layout: Layout, line: Line, y: int) -> int:
    """Each phone's label in its time, where it fits; those for which the lips close stand out."""
    write(draw, (LEFT - 14, y + PHONES_HIGH / 2), "Phones", 16, FAINT, "rm")
    lips = closing(line.phones)
    for phone in line.phones:
        left, right = (LEFT + min(max(layout.x(t), 0), layout.across) for t in (phone.start, phone.end))
        if is_pause(phone.label) or right - left < 2:
            continue
        closes = phone in lips
        draw.rectangle((left, y + 3, right - 2, y + PHONES_HIGH - 3), fill="#f8dbe6" if closes else "#edf0f4")
        if width(label := plain(phone.label), 13) <= right - left - 4:
            at = ((left + right) / 2 - 1, y + PHONES_HIGH / 2)
            write(draw, at, label, 13, CLOSES if closes else INK, "mm")
    return y + PHONES_HIGH + GAP


def _draw_row(
    strip: Image.Image, layout: Layout, curves: Curves, row: Row, drawn: Sequence[Drawn], y: int
) -> int:  # fmt: skip
    """The curve that moves most as a filled area, the others as lines over it, named at the left."""
    colours = [_paler(row.colour, white) for white in WHITE]
    values = [curve.values for curve in drawn]
    top, bottom = max(LEAST_TOP, *(v.max() for v in values)), min(0.0, *(v.min() for v in values))
    xs = [layout.x(t) for t in curves.times]
    paths = [_path(xs, (top - v) / (top - bottom) * (ROW_HIGH - 4) + 2) for v in values]
    ground = top / (top - bottom) * (ROW_HIGH - 4) + 2
    area = [(xs[0], ground), *paths[0], (xs[-1], ground)]
    lines = list(zip(paths, colours, strict=False))
    _smooth(strip, (LEFT, y, layout.across, ROW_HIGH), [(area, _paler(row.colour, 0.84))], lines[::-1])
    _write_names(ImageDraw.Draw(strip), row, drawn, colours, y)
    return y + ROW_HIGH + GAP


def _path(xs: Sequence[float], ys: Floats) -> list[tuple[float, float]]:
    return list(zip(xs, ys.tolist(), strict=True))


def _write_names(
    draw: ImageDraw.ImageDraw, row: Row, drawn: Sequence[Drawn], colours: Sequence[str], y: int
) -> None:  # fmt: skip
    middle = y + ROW_HIGH / 2 - 7.5 * len(drawn)
    write(draw, (LEFT - 14, middle), row.title, 16, row.colour, "rm")
    for k, (curve, colour) in enumerate(zip(drawn, colours, strict=False)):
        name = shortened(curve.name, 12, LEFT - 24)
        write(draw, (LEFT - 14, middle + 19 + 15 * k), name, 12, colour, "rm")


def _draw_frames(
    strip: Image.Image, layout: Layout, pictures: Iterable[Picture], y: int,
    progress: Callable[[float], None] | None,
) -> None:  # fmt: skip
    """Each frame in the middle of its slot; above it a mark where on the axis it is seen."""
    draw = ImageDraw.Draw(strip)
    for k, picture in enumerate(pictures):
        middle = LEFT + (k + 0.5) / len(layout.picks) * layout.across
        left = round(middle - layout.size[0] / 2)
        strip.paste(rounded(picture, 8), (left, y))
        draw.polygon([(middle - 4, y - 2), (middle + 4, y - 2), (middle, y - 8)], fill=FAINT)
        if progress:
            progress((k + 1) / len(layout.picks))


Points = Sequence[tuple[float, float]]


def _smooth(
    strip: Image.Image,
    box: tuple[int, int, int, int],
    fills: Sequence[tuple[Points, str]],
    lines: Sequence[tuple[Points, str]] = (),
) -> None:
    """Areas and lines without steps, in a box of left, top, width and height."""
    left, top, across, high = box
    part = strip.crop((left, top, left + across, top + high)).resize((across * SMOOTH, high * SMOOTH))
    draw = ImageDraw.Draw(part)
    for points, colour in fills:
        if len(points) > 1:
            draw.polygon(_larger(points), fill=colour)
    for points, colour in lines:
        draw.line(_larger(points), fill=colour, width=2 * SMOOTH, joint="curve")
    strip.paste(part.reduce(SMOOTH), (left, top))


def _larger(points: Points) -> list[tuple[float, float]]:
    return [(x * SMOOTH, y * SMOOTH) for x, y in points]


def _paler(colour: str, white: float) -> str:
    parts = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * white):02x}" for part in parts)
