"""Grids of points as meshes: rings along a path become a skin of triangles.

Point `column` of `row` has the index `row * columns + column`. Seen from outside, rows that go away from the
viewer and columns that go clockwise make counterclockwise triangles; `flipped` is for the other sense.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Triangles = NDArray[np.int64]
"""Shape (triangles, 3), indices of points."""


def skin(rows: int, columns: int, *, around: bool = True) -> Triangles:
    """Triangles between `rows` rings of `columns` points each; `around`: the last column joins the first."""
    across = columns if around else columns - 1
    row, column = (a.ravel() for a in np.mgrid[: rows - 1, :across])
    here, there = row * columns + column, row * columns + (column + 1) % columns
    first = np.stack([here, there, there + columns], axis=1)
    second = np.stack([here, there + columns, here + columns], axis=1)
    return np.stack([first, second], axis=1).reshape(-1, 3).astype(np.int64)


def fan(pole: int, first: int, columns: int) -> Triangles:
    """Triangles from the point `pole` to a ring of `columns` points that starts at `first`."""
    column = np.arange(columns)
    ring = [first + column, first + (column + 1) % columns]
    return np.stack([np.full(columns, pole), *ring], axis=1).astype(np.int64)


def flipped(triangles: Triangles) -> Triangles:
    """The same triangles seen from their other side."""
    return triangles[:, ::-1]
