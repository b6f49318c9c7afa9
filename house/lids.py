"""The eyes' surroundings: rings from the orbit over the lids to the edge behind their margins, on spheres
about the eyeball."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from house.part import Points
from house.sculpt import front

COLUMNS: Final = 48
"""Around an eye: 0 is the outer corner of the left eye, 12 the middle of its upper lid."""

EYE: Final = np.array([33.0, 0.0, 0.0])
"""Centre of the left eyeball, mm."""

TURN: Final = 2 * np.pi * np.arange(COLUMNS) / COLUMNS
ASIDE: Final = np.cos(TURN)
LIFT: Final = np.sin(TURN)

HALF_WIDTH = 15.6
INNER, OUTER = -2.2, 1.2
"""Heights of the corners, mm: the outer one lies higher, which looks friendly."""

UPPER, LOWER = 7.9, 7.8
"""Height and depth of the opening at rest, mm: the upper lid covers the rim of the iris, the lower touches
it."""

SEALED = 16.6
"""Radius at which the hidden ring ends, mm: within the ball, so that nobody looks in between from aside."""

FRONT, BACK = 18.9, 17.8
"""Radii at which margins lie, mm; the ball bulges by the cornea, and half a blink cuts the corner."""

ORBIT, FOLD, PLATE, MARGIN, EDGE, BEHIND = range(6)
"""The rings: on the face, the fold, the middle of the lid, its margin before and behind, and a hidden one."""


def outline(wider: float = 0.0, higher: float = 0.0) -> NDArray[np.float64]:
    """The opening at rest, seen from the front, shape (columns, 2), mm from the eye's centre.

    Args:
        wider, higher: Mm by which it is grown, sideways and up and down.
    """
    x = (HALF_WIDTH + wider) * ASIDE
    return np.stack([x, _tilt() + _arches() + higher * LIFT], axis=1)


def opening(upper: float, lower: float) -> NDArray[np.float64]:
    """The opening with lids elsewhere: of each the share of its way from where lids meet, 1 at rest, 0
    closed."""
    meets = _tilt() - 3.6 * (1 - ASIDE**2) ** 1.3
    share = np.where(LIFT > 0, upper, lower)
    return np.stack([HALF_WIDTH * ASIDE, meets + share * (_tilt() + _arches() - meets)], axis=1)


def _tilt() -> NDArray[np.float64]:
    return np.asarray((INNER + OUTER) / 2 + (OUTER - INNER) / 2 * ASIDE)


def _arches() -> NDArray[np.float64]:
    return np.where(LIFT > 0, UPPER * _arch(0.15), -LOWER * _arch(-0.22))


def _arch(lean: float) -> NDArray[np.float64]:
    """An arch, 1 at its height, that leans: the upper lid's towards the nose, the lower's away from it."""
    there = np.clip(ASIDE + lean * (1 - ASIDE**2), -1, 1)
    return np.asarray((1 - there**2) ** 0.68)


def on_ball(flat: NDArray[np.float64], radius: NDArray[np.float64] | float) -> Points:
    """Points on a sphere about the left eye, `flat` as seen from the front, mm."""
    depth = np.sqrt(np.maximum(np.square(radius) - (flat**2).sum(axis=1), 4.0))
    return EYE + np.concatenate([flat, depth[:, None]], axis=1)


def lids() -> NDArray[np.float64]:
    """The left eye's rings, open, shape (rings, columns, 3), from the one on the face inwards."""
    around = outline(wider=9.5, higher=8.0) + np.array([0.5, 1.0])
    orbit = front(EYE[0] + around[:, 0], EYE[1] + around[:, 1])
    fold_flat = outline(wider=4.0, higher=4.0)
    fold = 0.55 * on_ball(fold_flat, 19.3) + 0.45 * front(EYE[0] + fold_flat[:, 0], EYE[1] + fold_flat[:, 1])
    fold[:, 2] -= 0.9 * np.clip(LIFT, 0, 1)
    plate = on_ball(outline(wider=1.8, higher=2.4), 19.4)
    margin = on_ball(outline(wider=0.5, higher=0.3), FRONT)
    edge = on_ball(outline(), BACK)
    behind = on_ball(outline(wider=0.6, higher=2.5), SEALED)
    return np.stack([orbit, fold, plate, margin, edge, behind])
