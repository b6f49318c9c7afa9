"""What a deformation does to a surface, triangle by triangle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Rows = NDArray[np.int64]


class Surface:
    """A mesh at rest, to be asked how it is bent."""

    def __init__(self, vertices: Doubles, triangles: Rows) -> None:
        self.vertices, self.triangles = vertices, triangles
        self._rest, self.areas = _axes(vertices, triangles)

    def inverted(self, moved: Doubles, least: float) -> Rows:
        """Triangles of at least `least` area that face the other way than their surroundings carry them.

        The surroundings of a triangle are the triangles at its corners; what they do on average is split
        into a rotation and a stretch, and the rotation is what should have carried the triangle along.
        """
        axes, _ = _axes(self.vertices + moved, self.triangles)
        bent = axes @ np.linalg.inv(self._rest + 1e-12 * np.eye(3))
        u, _, v = np.linalg.svd(self._around(bent))
        u[np.linalg.det(u @ v) < 0, :, -1] *= -1
        carried = np.einsum("tij,tj->ti", u @ v, self._rest[:, :, 2])
        facing = np.einsum("ti,ti->t", carried, axes[:, :, 2])
        return np.flatnonzero((facing < 0) & (self.areas >= least))

    def shrunk(self, moved: Doubles) -> Doubles:
        """The area of each triangle, as a share of what it was."""
        return _axes(self.vertices + moved, self.triangles)[1] / np.maximum(self.areas, 1e-9)

    def steepest(self, moved: Doubles, shortest: float) -> float:
        """How much two ends of an edge of at least `shortest` length move apart, as a share of its length."""
        edges = self.edges()
        long = np.linalg.norm(np.diff(self.vertices[edges], axis=1)[:, 0], axis=1)
        apart = np.linalg.norm(np.diff(moved[edges], axis=1)[:, 0], axis=1)
        return float((apart / np.maximum(long, 1e-9))[long >= shortest].max())

    def edges(self) -> Rows:
        """Every edge once, shape (edges, 2)."""
        return np.unique(self._sides(), axis=0)

    def borders(self) -> tuple[int, int]:
        """How many edges have one triangle, and how many have more than two."""
        _, counts = np.unique(self._sides(), axis=0, return_counts=True)
        return int((counts == 1).sum()), int((counts > 2).sum())

    def _sides(self) -> Rows:
        return np.sort(self.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)

    def _around(self, bent: Doubles) -> Doubles:
        total = np.zeros((len(self.vertices), 9))
        weights = np.zeros(len(self.vertices))
        for corner in self.triangles.T:
            np.add.at(total, corner, bent.reshape(-1, 9) * self.areas[:, None])
            np.add.at(weights, corner, self.areas)
        mean = total / np.maximum(weights, 1e-12)[:, None]
        return mean[self.triangles].mean(axis=1).reshape(-1, 3, 3)


def _axes(vertices: Doubles, triangles: Rows) -> tuple[Doubles, Doubles]:
    """Of each triangle two sides and its normal, as columns, and its area."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    twice = np.linalg.norm(normal, axis=1)
    normal = normal / np.maximum(twice, 1e-12)[:, None]
    return np.stack([b - a, c - a, normal], axis=-1), twice / 2
