"""How skin follows where it is pulled: the smoothest displacement that does what a few rows are told.

Smoothest in the sense of thin plates: the energy is the squared Laplacian of the displacement over the
surface (M. Botsch and O. Sorkine, "On Linear Variational Surface Deformation Methods", TVCG 2008, section 4).
It runs along the skin, so that one lip can move beside the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from house.part import Points

Rows = NDArray[np.int64]

FIRM = 30.0
"""Weight of a pin that has to be met: within some hundredths of a mm."""

LEAST = 0.05
"""Least cotangent weight: slivers would otherwise turn the sheet inside out."""


@dataclass(frozen=True, eq=False)
class Pin:
    """Rows of the skin and where they go."""

    rows: Rows
    moved: NDArray[np.float64]
    """Shape (rows, 3) or (3,), mm."""

    weight: NDArray[np.float64] | float = FIRM
    """Shape (rows,) or one for all; of a soft pull, about .01."""


class Sheet:
    """A skin that can be pulled."""

    def __init__(self, vertices: Points, triangles: Rows) -> None:
        self.count = len(vertices)
        stiff, area = _laplacian(vertices, triangles)
        self._energy = (stiff.T @ sparse.diags(1 / area) @ stiff).tocsc()

    def bent(self, pins: list[Pin]) -> Points:
        """The displacement of every row, shape (rows, 3), mm; a row pinned twice follows both in part."""
        weights, pulls = np.zeros(self.count), np.zeros((self.count, 3))
        for pin in pins:
            weight = np.broadcast_to(np.asarray(pin.weight, np.float64), pin.rows.shape)
            np.add.at(weights, pin.rows, weight)
            np.add.at(pulls, pin.rows, weight[:, None] * np.broadcast_to(pin.moved, (len(pin.rows), 3)))
        return np.asarray(splu((self._energy + sparse.diags(weights)).tocsc()).solve(pulls))


def _laplacian(vertices: Points, triangles: Rows) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
    """Cotangent Laplacian, and the area around each vertex, mm^2."""
    count = len(vertices)
    rows, columns, values = [], [], []
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    size = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    for k in range(3):
        i, j, o = (triangles[:, (k + n) % 3] for n in (1, 2, 0))
        u, v = vertices[i] - vertices[o], vertices[j] - vertices[o]
        cot = np.einsum("ij,ij->i", u, v) / np.maximum(size, 1e-6) / 2
        cot = np.clip(cot, LEAST, 5.0)
        rows += [i, j, i, j]
        columns += [j, i, i, j]
        values += [-cot, -cot, cot, cot]
    stiff = sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(count, count)
    )
    area = np.bincount(triangles.ravel(), np.repeat(size / 6, 3), count)
    return stiff, np.maximum(area, 0.05)
