"""Eyeballs: round to what they mirror, however few vertices they have.

A lamp in an eye is a sharp picture of the lamp, and on the normals of a coarse mesh it is a jagged one. Where
the vertices of an eye lie on a ball, those of the ball are taken.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.preview.head import Head

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

EYES: Final = ("eye", "iris", "sclera", "cornea")
NO_EYES: Final = ("brow", "lash", "lid", "line", "skin", "shadow", "wet", "tear")
"""Words in the names of materials of eyeballs, and of what is only near them."""

ROUND: Final = 0.1
"""How far from a ball vertices lie at most, in radii: a cornea stands out by .06; drawn eyes are flat."""

FEWEST: Final = 12
"""Vertices of a ball."""


class Balls:
    """The eyeballs of one head."""

    def __init__(self, head: Head) -> None:
        triangles = head.triangles[eyeballs(head)]
        rows = np.unique(triangles).astype(np.intp)
        across = head.space.into(head.rest[rows])[:, 0]
        sides = (rows[across > head.places.eyes[0]], rows[across <= head.places.eyes[0]])
        self._rows = [side for side in sides if _is_round(head.rest[side])]

    def rounded(self, points: Floats, normals: Floats) -> None:
        """Turns the `normals` of the balls, shape (vertices, 3), away from the middles of their `points`."""
        for rows in self._rows:
            away = points[rows] - _middle(points[rows])
            normals[rows] = away / np.linalg.norm(away, axis=1, keepdims=True)


def eyeballs(head: Head) -> NDArray[np.bool_]:
    """Shape (triangles,): which are of eyeballs, by the names of materials."""
    return head.look.named(*EYES) & ~head.look.named(*NO_EYES)


def _is_round(points: Floats) -> bool:
    if len(points) < FEWEST:
        return False
    far = np.linalg.norm(points - _middle(points), axis=1)
    return bool(np.ptp(far) < ROUND * far.mean())


def _middle(points: Floats) -> Floats:
    """The middle of the ball that comes closest to `points`, by least squares."""
    mean = points.mean(axis=0)
    local = (points - mean).astype(np.float64)
    square = np.square(local).sum(axis=1)
    matrix = np.concatenate([2 * local, np.ones((len(local), 1))], axis=1)
    found = np.linalg.lstsq(matrix, square)[0]
    return np.asarray(mean + found[:3], np.float32)
