"""Hair: a cap of short swept locks, from a crown at the back of the head to the hairline.

Rings run from the crown to the hairline, columns down the locks; every lock is a ridge, and the fringe ends
in their tips.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from house.part import Part, Points
from house.pull import smooth
from house.rings import split
from house.sculpt import outwards, towards

RINGS: Final = 18
COLUMNS: Final = 120

CROWN: Final = (0.0, 96.0, -118.0)
"""Where the locks begin, mm, near the surface."""

HAIRLINE: Final = (
    # degrees from the front over the left, and where the hair ends there, mm
    (0.0, (0.0, 57.0, 18.0)),
    (24.0, (30.0, 55.0, 10.0)),
    (46.0, (54.0, 40.0, -10.0)),
    (64.0, (66.0, 14.0, -40.0)),
    (82.0, (69.0, -10.0, -66.0)),
    (100.0, (76.0, 18.0, -92.0)),
    (122.0, (74.0, -18.0, -118.0)),
    (146.0, (46.0, -52.0, -134.0)),
    (180.0, (0.0, -58.0, -142.0)),
)

THICK: Final = ((0.0, 15.0), (40.0, 14.0), (75.0, 8.0), (110.0, 6.0), (150.0, 8.0), (180.0, 9.0))
"""By the same degrees: how far the hair stands off the skin, mm."""

LOCKS: Final = 20
"""Around the head."""

SWEPT: Final = 26.0
"""Degrees by which locks turn to the subject's left on their way to the hairline."""

GROOVE, RIDGE = 0.45, 1.12
"""Brightness between locks and on them."""


def hair() -> list[Part]:
    """The hair as one part."""
    turn = 360.0 * np.arange(COLUMNS) / COLUMNS
    down = np.linspace(0, 1, RINGS + 1)[1:]
    crown = towards(np.array([CROWN]))[0]
    rings = [_ring(crown, turn + SWEPT * share**1.5, share) for share in down]
    top = outwards(crown[None]) + crown * 13.0
    tint = np.concatenate([[[0.8]], *(_light(turn, share)[:, None] for share in down)]) * np.ones(3)
    points = np.concatenate([top, *rings])
    return [Part("hair", "hair", points, _triangles(points), tint)]


def _lock(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 on the ridge of a lock, 0 between two, by the degrees at which it begins; locks differ in width."""
    angle = np.radians(turn)
    return np.asarray(
        np.abs(np.sin(angle * LOCKS / 2 + 0.8 * np.sin(2 * angle) + 0.5 * np.sin(5 * angle))) ** 0.7
    )


def _light(turn: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    far = smooth(np.array([share / 0.25]))[0]
    return np.asarray(0.8 + far * (GROOVE + (RIDGE - GROOVE) * _lock(turn) - 0.8))


def _hairline(turn: NDArray[np.float64]) -> Points:
    """Directions of the hairline."""
    angles = np.array([row[0] for row in HAIRLINE])
    places = np.array([row[1] for row in HAIRLINE])
    mirrored = places[-2:0:-1] * [-1, 1, 1]
    spline = CubicSpline(
        np.concatenate([angles, 360 - angles[-2:0:-1], [360.0]]),
        np.concatenate([places, mirrored, places[:1]]),
        bc_type="periodic",
    )
    return towards(np.asarray(spline(turn % 360.0)))


def _ring(crown: Points, turn: NDArray[np.float64], share: float) -> Points:
    """One ring of points, `share` of the way from the crown to the hairline."""
    began = turn - SWEPT * share**1.5
    way, lock, late = _hairline(turn), _lock(began), smooth(np.array([(share - 0.55) / 0.45]))[0]
    angle = np.arccos(np.clip(way @ crown, -1, 1))[:, None]
    tips = (share + late * (0.075 * (lock - 0.55) + 0.02 * np.sin(np.radians(3 * began + 40))))[:, None]
    moved = (np.sin((1 - tips) * angle) * crown + np.sin(tips * angle) * way) / np.sin(angle)
    round_ = turn % 360.0
    stand = np.interp(np.minimum(round_, 360 - round_), *np.array(THICK).T)
    height = stand * (1 - 0.62 * late) * (0.66 + 0.34 * lock)
    if share >= 1.0:
        height = np.full(COLUMNS, -1.5)
    return np.asarray(outwards(moved) + moved * height[:, None])


def _triangles(points: Points) -> NDArray[np.int64]:
    rows = 1 + np.arange(RINGS * COLUMNS).reshape(RINGS, COLUMNS)
    a, b = rows[:-1], np.roll(rows[:-1], -1, axis=1)
    c, d = rows[1:], np.roll(rows[1:], -1, axis=1)
    quads = np.stack([a, c, d, b], axis=-1).reshape(-1, 4)
    first = rows[0]
    cap = np.stack([np.zeros(COLUMNS, np.int64), first, np.roll(first, -1)], axis=1)
    return np.concatenate([cap, split(points, quads)])
