"""Hair: a cap of short swept locks, from a crown at the back of the head to the hairline.

Rings run from the crown to the hairline, columns down the locks; every lock is a ridge, and the fringe ends
in their tips.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from house.grid import fan
from house.part import Part, Points
from house.pull import smooth
from house.rings import between
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

Place = tuple[float, float, float]

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
    cap = np.concatenate([top, *rings])
    pieces = [(cap, _triangles(cap), tint), *(_tuft(*row) for row in TUFTS)]
    starts = np.cumsum([0, *(len(points) for points, _, _ in pieces)])
    triangles = [rows + start for (_, rows, _), start in zip(pieces, starts[:-1], strict=True)]
    points, tints = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 2))
    return [Part("hair", "hair", points, np.concatenate(triangles), tints)]


TUFTS: Final = (
    # where it grows, where it ends, mm; half its width, mm; how far it bends to the subject's left, mm
    ((-34.0, 92.0, -40.0), (-47.0, 45.0, -4.0), 12.5, 6.0),
    ((-20.0, 100.0, -32.0), (-29.0, 47.0, 11.0), 14.0, 9.0),
    ((-4.0, 104.0, -30.0), (-10.0, 45.0, 18.0), 14.5, 11.0),
    ((12.0, 104.0, -30.0), (12.0, 43.0, 19.0), 14.5, 11.0),
    ((26.0, 99.0, -34.0), (32.0, 44.0, 12.0), 14.0, 9.0),
    ((40.0, 90.0, -40.0), (49.0, 38.0, -2.0), 12.5, 6.0),
    ((54.0, 72.0, -50.0), (62.0, 22.0, -26.0), 11.0, 2.0),
    ((-52.0, 74.0, -50.0), (-61.0, 26.0, -26.0), 11.0, 2.0),
)
"""Locks of the fringe, over the cap."""

ALONG, AROUND = 9, 8
"""Rings of a tuft, and points of a ring."""


def _tuft(start: Place, end: Place, half: float, bend: float) -> tuple[Points, NDArray[np.int64], Points]:
    """A lock that thins to a tip: its points, triangles and tints."""
    down = np.linspace(0, 1, ALONG)
    ends = towards(np.array([start, end]))
    way = ends[0] * (1 - down[:, None]) + ends[1] * down[:, None]
    way[:, 0] += bend / 90 * np.sin(np.pi * down)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    line = outwards(way) + way * np.interp(down, [0, 0.45, 0.8, 1], [2.0, 11.5, 8.0, 2.6])[:, None]
    along = np.gradient(line, axis=0)
    aside = np.cross(way, along)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    wide = half * np.clip(down / 0.2, 0.3, 1) ** 0.5 * np.maximum(1 - down, 0.004) ** 0.55
    turn = 2 * np.pi * np.arange(AROUND) / AROUND
    across = aside[:, None] * np.cos(turn)[None, :, None] + 0.30 * way[:, None] * np.sin(turn)[None, :, None]
    points = (line[:, None] + wide[:, None, None] * across).reshape(-1, 3)
    rows = np.arange(ALONG * AROUND).reshape(ALONG, AROUND)
    light = GROOVE + (RIDGE - GROOVE) * np.clip(np.sin(turn), 0, 1)[None] * (0.6 + 0.4 * down)[:, None]
    return points, between(points, rows), np.repeat(light.reshape(-1, 1), 3, axis=1)


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
    return np.concatenate([fan(0, 1, COLUMNS), between(points, rows, inwards=True)])
