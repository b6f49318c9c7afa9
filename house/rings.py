"""Closed rings of equally many points, one inside the other, and the quads between them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from house.part import Points

Rows = NDArray[np.int64]


def between(points: Points, rows: Rows, inwards: bool = False) -> Rows:
    """Triangles between neighbouring rings, each of which is closed.

    Args:
        rows: Which of `points` each ring has, shape (rings, columns).
        inwards: Whether columns run clockwise as seen from outside, and not counterclockwise.
    """
    a, b = rows[:-1], np.roll(rows[:-1], -1, axis=1)
    c, d = rows[1:], np.roll(rows[1:], -1, axis=1)
    quads = np.stack([a, c, d, b] if inwards else [a, b, d, c], axis=-1)
    return split(points, quads.reshape(-1, 4))


def split(points: Points, quads: Rows) -> Rows:
    """Two triangles a quad, cut along the shorter diagonal; a tie falls alike on both sides of the face."""
    a, b, c, d = np.moveaxis(points[quads], 1, 0)
    across = np.linalg.norm(a - c, axis=1) - np.linalg.norm(b - d, axis=1)
    mirror = (a + b + c + d)[:, 0] < 0
    one = np.where(np.abs(across) < 1e-6, mirror, across < 0)[:, None]
    first_half = np.where(one, quads[:, [0, 1, 2]], quads[:, [0, 1, 3]])
    second = np.where(one, quads[:, [0, 2, 3]], quads[:, [1, 2, 3]])
    return np.concatenate([first_half, second])
