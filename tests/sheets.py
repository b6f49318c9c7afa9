"""Looking as a habit: golden lines on the house head, drawn phone by phone and measured on the face itself.

    python -m tests.sheets [-o build/sheets]

Two sheets for each line, and a verdict on two facts of the face: the mouth is shut in p, b and m, and open in
open vowels. Both are measured on the posed mesh, as mm² of the mouth's inside that is seen from the front
between the lips. Where the motion asked and the face does not obey, rig or head are broken; where the motion
did not ask, the model missed, and that is told apart.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

import mien
from mien.errors import MienError
from mien.preview.camera import View
from mien.preview.head import TURNS, Head, load_head
from mien.preview.shown import mouth_opening
from mien.preview.source import HOUSE, Asked, house_head, read_line
from mien.rig import find_rig, load_rig, resample
from mien.score import read_phones
from mien.values import CHANNEL_INDEX, Curves, Phone
from tests.golden_lines import sounds

RATE: Final = 60
"""Frames a second that are measured: a p has five of them."""

CLOSING: Final = frozenset({"p", "b", "m"})
OPEN: Final = frozenset({"aa", "ae", "ao", "aw", "ay"})

SHUT_MM2: Final = 4.0
"""Seen of the inside of a mouth that is shut, the most. At 0, one ray that grazes a corner is a fault; at
15 one sees a dark line. Half-hearted closures (lipClosure .6 to .7) show 2 to 30, so asked means clearly."""

OPEN_MM2: Final = 350.0
"""Seen of the inside in an open vowel, the least. The `ee` and `ih` of these lines show up to 270: 250 lets a
mumble pass; the smallest open vowel shows 430, so 450 fails mouths that are fine."""

ASKED_SHUT: Final = 0.8
"""`lipClosure` from which on lips have to touch: that is where contacts of rigs are full."""

ASKED_OPEN: Final = 0.3
"""How far the jaw is asked to open while the lips are not to close, from which on a vowel has to show."""

MISSES: Final = 0
"""Sounds that the model does not ask for, the most, of all lines: none as of mien-live 1."""

SHOWN: Final[tuple[View, ...]] = ("face", "mouth")
"""Sheets of each line: as people meet it, and what the lips do."""

CELL: Final = 300
"""Pixels of a frame on a sheet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sound of a line, and what the face showed."""

    line: str
    phone: str
    seconds: float
    """The frame that tells most: the widest of those asked to be shut, the widest of a vowel."""

    shut: bool
    """Whether the mouth is to be shut, or else open."""

    asked: float
    """How much the motion asked for it there, 0..1."""

    mm2: float

    @property
    def is_asked(self) -> bool:
        """Whether the motion asked clearly."""
        return self.asked >= (ASKED_SHUT if self.shut else ASKED_OPEN)

    @property
    def is_right(self) -> bool:
        """Whether the face showed what is to be seen."""
        return self.mm2 <= SHUT_MM2 if self.shut else self.mm2 >= OPEN_MM2

    def __str__(self) -> str:
        wanted = f"shut, at most {SHUT_MM2:g} mm²" if self.shut else f"open, at least {OPEN_MM2:g} mm²"
        asked = f"motion asked for {self.asked:.2f}"
        return (
            f"{self.line}: {self.phone} at {self.seconds:.2f} s: {self.mm2:.0f} mm², wanted {wanted}; {asked}"
        )


def look(sound: Path, head: Head, rig: str = HOUSE) -> list[Seen]:
    """What `head` shows in each p, b, m and open vowel of the line `sound`."""
    take = mien.bake(sound, rate=RATE)
    curves = take.curves(load_rig(find_rig(rig)))
    asked = resample(take.motion, Fraction(RATE), len(curves.values))
    closure, jaw = (asked[:, CHANNEL_INDEX[name]] for name in ("lipClosure", "jawOpen"))
    phones = read_phones(sound.with_suffix(".phones.tsv"))
    watched = [phone for phone in phones if phone.label in CLOSING | OPEN]
    return [
        _shut(sound.stem, phone, curves, closure, head)
        if phone.label in CLOSING
        else _open(sound.stem, phone, curves, jaw * (1 - closure), head)
        for phone in watched
    ]


def _shut(line: str, phone: Phone, curves: Curves, closure: NDArray[np.float32], head: Head) -> Seen:
    """The widest of the frames in which lips are clearly to touch; without any, that which comes nearest."""
    frames = _frames(curves, phone)
    clear = frames[closure[frames] >= ASKED_SHUT]
    frames = clear if len(clear) else frames[[closure[frames].argmax()]]
    areas = [opening(head, curves, frame) for frame in frames]
    widest = int(np.argmax(areas))
    frame = frames[widest]
    return Seen(line, phone.label, float(curves.times[frame]), True, float(closure[frame]), areas[widest])


def _open(line: str, phone: Phone, curves: Curves, asked: NDArray[np.float32], head: Head) -> Seen:
    """The frame in which the mouth is asked to be widest."""
    frames = _frames(curves, phone)
    frame = frames[asked[frames].argmax()]
    area = opening(head, curves, frame)
    return Seen(line, phone.label, float(curves.times[frame]), False, float(asked[frame]), area)


def _frames(curves: Curves, phone: Phone) -> NDArray[np.intp]:
    """The frames within `phone`; the nearest to its middle if it is too short for one."""
    within = np.flatnonzero((curves.times >= phone.start) & (curves.times <= phone.end))
    middle = np.abs(curves.times - (phone.start + phone.end) / 2).argmin()
    return within if len(within) else np.array([middle])


def opening(head: Head, curves: Curves, frame: int) -> float:
    """How much of the mouth's inside is seen in a frame, mm², with the head held straight."""
    names = [name for name in curves.names if name not in TURNS]
    row = [curves.values[frame, curves.names.index(name)] for name in names]
    return mouth_opening(head, head.pose(names, row))


def faults(seen: list[Seen]) -> list[Seen]:
    """Where the face did not do what the motion asked for."""
    return [sound for sound in seen if sound.is_asked and not sound.is_right]


def misses(seen: list[Seen]) -> list[Seen]:
    """Where the motion did not ask for what was spoken, and the face shows it."""
    return [sound for sound in seen if not sound.is_asked and not sound.is_right]


# Sheets


def draw(sound: Path, head: Head, out: Path, view: View) -> Path:
    """The contact sheet of a line, a frame for each phone."""
    from mien.preview.frames import frames
    from mien.preview.sheet import cells_of, draw_sheet

    line = read_line(sound, Asked(rate=RATE))
    cells = cells_of(line)
    pictures = frames(head, line.curves, [cell.frame for cell in cells], size=(CELL, CELL), view=view)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{sound.stem}-{view}.png"
    draw_sheet(pictures, cells, sound.name, "a frame for each phone").save(path)
    return path


def said(seen: list[Seen]) -> Iterator[str]:
    """The verdict, line by line."""
    closed = [sound for sound in seen if sound.shut]
    vowels = [sound for sound in seen if not sound.shut]
    yield (
        f"{len(closed)} closures, at most {max(sound.mm2 for sound in closed):.1f} mm²; "
        f"{len(vowels)} open vowels, at least {min(sound.mm2 for sound in vowels):.0f} mm²"
    )
    yield from (f"FAULT {sound}: rig or head do not obey" for sound in faults(seen))
    yield from (f"MISS  {sound}: the model did not ask" for sound in misses(seen))


def main() -> int:
    """Draws and measures all lines; 1 if something is wrong."""
    options = argparse.ArgumentParser(description="Contact sheets of the golden lines, and what they show.")
    options.add_argument("-o", "--out", type=Path, default=Path("build/sheets"))
    out = options.parse_args().out
    head = load_head(house_head())
    seen = [sound for line in sounds() for sound in look(line, head)]
    for line, view in product(sounds(), SHOWN):
        print(draw(line, head, out, view))
    print("\n".join(said(seen)))
    return int(bool(faults(seen)) or len(misses(seen)) > MISSES)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MienError as problem:
        sys.exit(f"sheets: {problem}")
