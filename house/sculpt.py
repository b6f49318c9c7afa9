"""The head's outside as a distance field: soft unions of ellipsoids and capsules, as a sculptor adds clay.

Mouth and eyes are only hinted here; their lips and lids are rings of their own (`mouth.py`, `lids.py`) that
end on this surface. Proportions were measured on the ICT face (IPD, mouth to eyes, chin, width at temples and
jaw) and then stylised: larger eyes, rounder cheeks, a smaller nose, a softer jaw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from house.part import Points

Distances = NDArray[np.float64]

MIDDLE = np.array([0.0, -20.0, -62.0])
"""From here every point of the head's surface is seen: directions from it name points, mm."""


@dataclass(frozen=True)
class Clay:
    """One lump."""

    middle: tuple[float, float, float]
    """mm; for a capsule, one end."""

    radii: tuple[float, float, float]
    """mm; of an ellipsoid along x, y, z; of a capsule at its two ends (the third is not used)."""

    soft: float
    """Millimetres over which it melts into what is there."""

    end: tuple[float, float, float] | None = None
    """The other end of a capsule."""

    both: bool = False
    """Whether the other side has one too."""

    away: bool = False
    """Whether it is taken away instead."""


HEAD = (
    Clay((0, 38, -66), (76, 74, 88), 0),  # skull
    Clay((0, 16, -28), (66, 48, 48), 20),  # forehead and temples
    Clay((0, -34, -36), (59, 60, 58), 28),  # face
    Clay((0, -60, -28), (42, 40, 47), 20),  # jaw
    Clay((31, -56, -40), (13, 18, 22), 28, both=True),  # corners of the jaw
    Clay((0, -88, 6), (18, 13.5, 14), 26),  # chin
    Clay((6, -84, 0), (11, 7, 0), 20, end=(33, -64, -34), both=True),  # line of the jaw
    Clay((33, -35, 1), (24, 20, 20), 30, both=True),  # cheeks
    Clay((47, -18, -14), (14, 13, 26), 30, both=True),  # cheek bones
    Clay((0, -62, 4), (27, 23, 19), 18),  # the mound of the mouth
    Clay((14, 21, 12), (7.5, 6.5, 0), 20, end=(44, 17, -3), both=True),  # brows
    Clay((33, -1, 25), (20, 12.5, 18), 13, both=True, away=True),  # hollows of the eyes
    Clay((0, 10, 11), (4.6, 6.4, 0), 14, end=(0, -27, 27)),  # bridge of the nose
    Clay((0, -34.5, 30.5), (8.6, 7.8, 9.0), 10),  # its tip
    Clay((8.0, -38.5, 23), (5.6, 5.2, 7.5), 8, both=True),  # its wings
    Clay((4.6, -44.6, 26), (2.4, 2.6, 3.6), 3, both=True, away=True),  # nostrils
    Clay((0, -52.5, 30), (2.2, 7.0, 4.0), 6, away=True),  # philtrum
    Clay((43, -18, -88), (15, 28, 18), 26, both=True),  # bone behind the ears
    Clay((0, -70, -76), (40, 35, 0), 22, end=(0, -150, -84)),  # neck
    Clay((24, -105, -66), (8, 8, 0), 18, end=(9, -180, -52), both=True),  # its muscles
)


def distance(points: Points) -> Distances:
    """Signed distance of each point to the head's surface, mm, about right near it; negative inside."""
    found = np.full(len(points), 1e9)
    for clay in HEAD:
        there = folded(points) if clay.both else points
        found = _joined(found, _lump(there, clay), clay)
    return found


def folded(points: Points) -> Points:
    """Points of both sides as points of the left."""
    return np.abs(points * [1, 0, 0]) + points * [0, 1, 1]


def outwards(directions: Points) -> Points:
    """The outermost point of the surface in each direction from `MIDDLE`.

    Args:
        directions: Unit vectors.
    """
    far = np.full(len(directions), 260.0)
    for _ in range(90):
        step = distance(MIDDLE + directions * far[:, None])
        far -= 0.7 * step
    return MIDDLE + directions * far[:, None]


def front(x: Distances, y: Distances) -> Points:
    """The foremost point of the surface at each x and y, mm."""
    points = np.stack([x, y, np.full(len(x), 80.0)], axis=1)
    for _ in range(80):
        points[:, 2] -= 0.7 * distance(points)
    return points


def towards(points: Points) -> Points:
    """Unit vectors from `MIDDLE`."""
    ray = points - MIDDLE
    return ray / np.linalg.norm(ray, axis=1, keepdims=True)


def _lump(points: Points, clay: Clay) -> Distances:
    rel = points - np.array(clay.middle)
    if clay.end is not None:
        return _capsule(rel, np.array(clay.end) - np.array(clay.middle), *clay.radii[:2])
    radii = np.array(clay.radii)
    near = np.linalg.norm(rel / radii, axis=1)
    return near * (near - 1) / np.maximum(np.linalg.norm(rel / radii**2, axis=1), 1e-9)


def _capsule(rel: Points, along: Points, first: float, last: float) -> Distances:
    share = np.clip(rel @ along / (along @ along), 0, 1)
    return np.linalg.norm(rel - share[:, None] * along, axis=1) - (first + (last - first) * share)


def _joined(there: Distances, lump: Distances, clay: Clay) -> Distances:
    """Smooth minimum: polynomial, as I. Quilez writes it (iquilezles.org, smooth minimum, cubic form)."""
    if clay.away:
        return -_least(-there, lump, clay.soft)
    return _least(there, lump, clay.soft)


def _least(a: Distances, b: Distances, soft: float) -> Distances:
    if soft <= 0:
        return np.minimum(a, b)
    close = np.maximum(soft - np.abs(a - b), 0) / soft
    return np.minimum(a, b) - close**3 * soft / 6
