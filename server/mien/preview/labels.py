"""Words on pictures: one typeface, a few sizes, quiet colours.

The typeface is the one that Pillow brings along, so that a sheet looks alike on every machine. It has the
letters of English; what else is to be written (phones in IPA, file names in Japanese) is set in the first
typeface of the system that has all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.preview.pillow import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]
"""Shape (height, width, 3), sRGB."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

INK, FAINT, GRID, PAPER = "#1f2933", "#75828f", "#e3e8ee", "#fbfbfc"
SOUND = "#46566a"
CLOSES = "#c2255c"
"""Of phones for which the lips close: what one looks at first."""

OTHERS: Final = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "segoeui.ttf", "Arial Unicode.ttf", "arial.ttf"),
    *("LiberationSans-Regular.ttf", "FreeSans.ttf", "NotoSansCJK-Regular.ttc", "msgothic.ttc"),
)
"""Typefaces that systems have, those with the letters of phonetics first; Pillow knows where they lie."""

CORNER = 3
"""Times that a mask of round corners is drawn larger before it is made small: smooth edges."""


@lru_cache(maxsize=4096)
def font(size: int, text: str = "") -> Font:
    """The typeface in which `text` can be written, `size` px high; Pillow's own where none has it all."""
    return next((found for found in _fonts(size) if _has(found, text)), _own(size))


def width(text: str, size: int) -> int:
    """Pixels that `text` takes from left to right."""
    return int(np.ceil(font(size, text).getlength(text)))


def shortened(text: str, size: int, room: int) -> str:
    """`text`, cut and ended with … where it would take more than `room` pixels."""
    if width(text, size) <= room:
        return text
    for end in range(len(text) - 1, 0, -1):
        if width(cut := text[:end].rstrip() + "…", size) <= room:
            return cut
    return ""


def write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, colour: str = INK,
    anchor: str = "ls",
) -> None:  # fmt: skip
    """Write one line; `anchor` as in Pillow: `ls` is left on the baseline, `mm` the middle of it."""
    draw.text(at, " ".join(text.split()), fill=colour, font=font(size, text), anchor=anchor)


def rounded(picture: Picture, radius: int, paper: str = PAPER) -> Image.Image:
    """`picture` with round corners on `paper`."""
    image = Image.fromarray(picture)
    large = Image.new("L", (image.width * CORNER, image.height * CORNER))
    box = (0, 0, large.width - 1, large.height - 1)
    ImageDraw.Draw(large).rounded_rectangle(box, radius * CORNER, fill=255)
    framed = Image.new("RGB", image.size, paper)
    framed.paste(image, mask=large.reduce(CORNER))
    return framed


@lru_cache(maxsize=16)
def band(text: str, across: int, high: int) -> Picture:
    """A title to stand over a picture: shape (high, across, 3), read-only."""
    image = Image.new("RGB", (across, high), PAPER)
    size = max(10, round(high * 0.46))
    shown = shortened(text, size, across - high)
    write(ImageDraw.Draw(image), (across / 2, high / 2), shown, size, anchor="mm")
    return np.asarray(image, np.uint8)


def _fonts(size: int) -> Iterator[Font]:
    yield _own(size)
    for name in OTHERS:
        try:
            yield _system(name, size)
        except OSError:
            continue


@lru_cache(maxsize=64)
def _own(size: int) -> Font:
    return ImageFont.load_default(size)


@lru_cache(maxsize=64)
def _system(name: str, size: int) -> Font:
    return ImageFont.truetype(name, size)


def _has(typeface: Font, text: str) -> bool:
    """Whether every letter of `text` draws as something else than the box for letters that are missing."""
    missing = bytes(typeface.getmask("\uffff"))
    return all(bytes(typeface.getmask(letter)) != missing for letter in set(text) - {" "})
