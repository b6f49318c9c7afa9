"""The teeth: two even rows along their arches, each crown a stack of rounded rings.

Widths and heights follow dental averages (Wheeler's "Dental Anatomy" has crown widths of 8.5, 6.5, 7.5, 7, 7
and 10 mm above, 5, 5.5, 7, 7, 7 and 11 mm below), then friendlier: the front teeth a little larger and more
even, and nothing behind the first molars, for nobody sees it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from house.arch import ROWS, Row, Tooth
from house.grid import Triangles, flipped, skin
from house.gums import gums
from house.part import Part, Points

POINTS = 10
"""Around a crown; the first five on the lips' side."""

SQUARE = 0.58
"""Exponent that makes a rounded box of a circle: 1 leaves pegs, .3 draws boxes with sharp corners."""

TAPER = 0.16
"""How much narrower a crown is on the tongue's side; less and neighbours cross inside the arch."""

GAP = 0.988
"""Share of its room that a crown fills: the hairline that parts teeth to the eye."""


class Level(NamedTuple):
    """One ring of a crown."""

    height: float
    """0 at the gum's margin, 1 at the edge."""

    wide: float
    """0: as wide as the waist, 1: as wide as the tooth."""

    thin: float
    """0: as thick as the neck, 1: as the edge."""

    out: float
    """mm before the arch."""

    tint: tuple[float, float, float]


NECK, BODY, TIP = (0.88, 0.78, 0.62), (1.0, 0.97, 0.92), (0.97, 0.97, 0.95)
"""Yellower at the gum, clearer at the edge; times the colour of the teeth."""

FRONT = (
    Level(-0.20, 0.0, 0.00, -0.25, NECK),
    Level(0.20, 0.4, 0.08, 0.32, BODY),
    Level(0.60, 0.95, 0.50, 0.42, BODY),
    Level(0.92, 1.0, 0.88, 0.10, BODY),
    Level(1.00, 0.90, 1.15, -0.25, TIP),
)
BACK = (
    Level(-0.20, 0.0, 0.0, -0.2, NECK),
    Level(0.45, 0.9, 0.2, 0.45, BODY),
    Level(0.85, 1.0, 0.7, 0.10, BODY),
    Level(1.00, 0.8, 1.3, -0.80, TIP),
)


def teeth() -> list[Part]:
    """`teethUpper`, `gumsUpper`, `teethLower`, `gumsLower`; palate and floor belong to the gums."""
    return [part for row in ROWS for part in (_crowns(row), gums(row))]


def _crowns(row: Row) -> Part:
    left = [_crown(row, number) for number in range(len(row.teeth))]
    # Read backwards, the mirror image of a ring runs the same way round.
    right = [crown[:, ::-1] * [-1, 1, 1] for crown in left]
    crowns = [*right, *left]
    starts = np.cumsum([0, *(crown.shape[0] * POINTS for crown in crowns)])
    triangles = [_cover(len(crown), row.up) + start for crown, start in zip(crowns, starts[:-1], strict=True)]
    tint = [np.repeat([level.tint for level in _levels(number)], POINTS, axis=0) for number in range(6)]
    points = np.concatenate([crown.reshape(-1, 3) for crown in crowns])
    name = f"teeth{row.name}"
    return Part(name, "teeth", points, np.concatenate(triangles), tint=np.concatenate(tint * 2), jaw=row.jaw)


def _levels(number: int) -> tuple[Level, ...]:
    return FRONT if number < 3 else BACK


def _crown(row: Row, number: int) -> Points:
    """Shape (levels, POINTS, 3), of the left side."""
    tooth = row.teeth[number]
    middle = sum(t.width for t in row.teeth[:number]) + tooth.width / 2
    return np.stack([_ring(row, tooth, middle, level) for level in _levels(number)])


def _ring(row: Row, tooth: Tooth, middle: float, level: Level) -> Points:
    angle = 2 * np.pi * (np.arange(POINTS) + 0.5) / POINTS
    along, across = _squared(np.cos(angle)), _squared(np.sin(angle))
    width = GAP * tooth.width * (tooth.waist + (1 - tooth.waist) * level.wide)
    thick = tooth.neck + (tooth.thin - tooth.neck) * level.thin
    along = along * (1 - TAPER * (1 - across) / 2)
    point = tooth.point * np.abs(along) ** 1.5 * max(level.height, 0) ** 4
    rise = np.full(POINTS, (1 - level.height) * tooth.height) + point
    out = level.out + (across - 1) * thick / 2
    place = row.place(middle)
    return place.at(along * width / 2, out - row.lean_at(place) * rise / 10, tooth.edge + row.up * rise)


def _squared(x: Points) -> Points:
    """From a circle's coordinates to those of a rounded box that reaches from -1 to 1."""
    wide = np.abs(x) ** SQUARE
    return np.asarray(np.sign(x) * wide / wide.max())


def _cover(levels: int, up: float) -> Triangles:
    """Triangles of one crown: its rings, and strips across the edge."""
    top = (levels - 1) * POINTS
    first, last = np.arange(POINTS // 2 - 1), POINTS - 1 - np.arange(POINTS // 2 - 1)
    strips = [np.stack(t, axis=1) for t in ((first, first + 1, last), (first + 1, last - 1, last))]
    whole = np.concatenate([skin(levels, POINTS), top + np.concatenate(strips)])
    return whole if up > 0 else flipped(whole)
