"""`make pictures`: draw the README's pictures of the head again.

docs/face.png    the face at rest, and one for each kind of sound, as the rig makes of what sounds ask for
docs/line.webp   the line that comes with Mien, spoken
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from house.__main__ import ROOT
from mien.preview.frames import frames
from mien.preview.head import Head, load_head
from mien.preview.labels import FAINT, INK, PAPER, Picture, rounded, write
from mien.preview.source import Asked, house_head, read_line
from mien.preview.stage import Stage, film
from mien.rig import drive, find_rig, load_rig
from mien.train.phones import POSES
from mien.values import CHANNEL_INDEX, CHANNELS, Curves

SOUNDS: Final = (
    ("p", "papa"), ("f", "fifty"), ("θ", "thin"), ("l", "low"), ("i", "she"),
    ("ɛ", "bed"), ("ɑ", "farm"), ("o", "old"), ("u", "moon"), ("ʃ", "ship"),
)  # fmt: skip
"""Symbols of `mien.train.phones`, each with a word that has it."""

LARGE, SMALL, COLUMNS, ROOM, MARGIN = 452, 196, 5, 30, 14

FILM_SIZE, FILM_RATE = 360, "25"


def main() -> None:
    """Draw both."""
    head = load_head(house_head())
    face = ROOT / "docs" / "face.png"
    _face(head).save(face, "PNG", optimize=True)
    print(face)
    line = read_line(ROOT / "server" / "mien" / "demo" / "line.flac", Asked(rate=FILM_RATE))
    print(film(Stage(head, line, size=(FILM_SIZE, FILM_SIZE)), ROOT / "docs" / "line.webp").said)


def _face(head: Head) -> Image.Image:
    """A large portrait, and beside it the sounds."""
    curves = _poses()
    large = next(iter(frames(head, curves, [0], size=(LARGE, LARGE), workers=1)))
    small = frames(head, curves, range(1, len(SOUNDS) + 1), size=(SMALL, SMALL), workers=1)
    width = MARGIN + LARGE + COLUMNS * (SMALL + MARGIN) + MARGIN
    sheet = Image.new("RGB", (width, LARGE + 2 * MARGIN), PAPER)
    sheet.paste(rounded(large, 10), (MARGIN, MARGIN))
    for index, (picture, (symbol, word)) in enumerate(zip(small, SOUNDS, strict=True)):
        row, column = divmod(index, COLUMNS)
        corner = (2 * MARGIN + LARGE + column * (SMALL + MARGIN), MARGIN + row * (SMALL + ROOM))
        _paste(sheet, picture, corner, symbol, word)
    return sheet


def _paste(sheet: Image.Image, picture: Picture, corner: tuple[int, int], symbol: str, word: str) -> None:
    sheet.paste(rounded(picture, 8), corner)
    draw, below = ImageDraw.Draw(sheet), corner[1] + SMALL + 20
    write(draw, (corner[0] + 2, below), symbol, 17, INK)
    write(draw, (corner[0] + SMALL - 2, below), word, 14, FAINT, anchor="rs")


def _poses() -> Curves:
    """The face at rest, then what each sound asks for, as curves of the house rig."""
    rig = load_rig(find_rig("house"))
    motion = np.zeros((len(SOUNDS) + 1, len(CHANNELS)), np.float32)
    for row, (symbol, _) in enumerate(SOUNDS, 1):
        for stem, value in POSES[symbol].targets.items():
            for name in (stem, stem + "Left", stem + "Right"):
                if name in CHANNEL_INDEX:
                    motion[row, CHANNEL_INDEX[name]] = value
    return Curves(rig.names, drive(motion, rig), Fraction(1))


if __name__ == "__main__":
    main()
