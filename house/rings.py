"""Closed rings of equally many points, one inside the other, and the quads between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from house.part import Points

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rings:
    """An opening of the skin: rings from the outermost, which lies on the face, to the innermost."""

    points: NDArray[np.float64]
    """Shape (rings, columns, 3), mm; columns run counterclockwise as seen from the front, from the
    subject's left."""

    @property
    def outer(self) -> Points:
        """The ring that the face continues."""
        return np.asarray(self.points[0])


def split(points: Points, quads: Rows) -> Rows:
    """Two triangles a quad, cut along the shorter diagonal; a tie falls alike on both sides of the face."""
    a, b, c, d = np.moveaxis(points[quads], 1, 0)
    across = np.linalg.norm(a - c, axis=1) - np.linalg.norm(b - d, axis=1)
    mirror = (a + b + c + d)[:, 0] < 0
    one = np.where(np.abs(across) < 1e-6, mirror, across < 0)[:, None]
    first_half = np.where(one, quads[:, [0, 1, 2]], quads[:, [0, 1, 3]])
    second = np.where(one, quads[:, [0, 2, 3]], quads[:, [1, 2, 3]])
    return np.concatenate([first_half, second])
