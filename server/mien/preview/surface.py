"""The mesh of a head before a camera: where its vertices are, which way they face, what may be seen of it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.preview.balls import Balls
from mien.preview.camera import Camera
from mien.preview.head import Head

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


ASIDE: Final = 0.6
"""What is farther outside the picture than this share of it casts no shadow into it."""


class Surface:
    """The part of a head that stays the same from pose to pose."""

    def __init__(self, head: Head, seen_by: Camera, both_sides: Bools) -> None:
        """Takes `both_sides` of shape (triangles,): which triangles show from behind as well."""
        self.triangles = head.triangles
        self._both, self._camera = both_sides, seen_by
        self._shared, self._balls = head.look.normals, Balls(head)
        self._corners = np.ascontiguousarray(self._shared[head.triangles].T)
        self._count = int(self._shared.max()) + 1
        space = head.space
        self._turn = np.asarray(space.axes.T * space.scale @ seen_by.axes.T, np.float32)
        self._shift = np.asarray(-seen_by.place @ seen_by.axes.T, np.float32)

    def placed(self, vertices: Floats) -> Floats:
        """`vertices` of the file's space, shape (vertices, 3), in the camera's."""
        return np.asarray(np.einsum("nk,kc->nc", vertices, self._turn) + self._shift, np.float32)

    def faces(self, points: Floats) -> Floats:
        """The triangles' normals, as long as twice their area, shape (triangles, 3)."""
        a, b, c = (points[self.triangles[:, corner]] for corner in range(3))
        return crossed(b - a, c - a)

    def normals(self, points: Floats, faces: Floats) -> Floats:
        """The vertices' normals, shape (vertices, 3): those of their triangles, large ones counting more."""
        total = np.empty((self._count, 3), np.float32)
        for axis in range(3):
            part = np.ascontiguousarray(faces[:, axis])
            total[:, axis] = sum(np.bincount(corner, part, self._count) for corner in self._corners)
        normals = unit(total)[self._shared]
        self._balls.rounded(points, normals)
        return normals

    def seen(self, points: Floats, faces: Floats) -> Ints:
        """Which triangles are in the picture and face the camera or have two sides."""
        first = points[self.triangles[:, 0]]
        facing = np.einsum("nk,nk->n", faces, first) < 0
        x, y = self._camera.seen(points).T
        width, height = self._camera.size
        aside, over = ASIDE * width, ASIDE * height
        out = (x < -aside) * 1 + (x > width + aside) * 2 + (y < -over) * 4 + (y > height + over) * 8
        a, b, c = (out[self.triangles[:, corner]] for corner in range(3))
        return np.flatnonzero((facing | self._both) & (a & b & c == 0)).astype(np.int32)


def crossed(one: Floats, other: Floats) -> Floats:
    """The cross products of rows, shape (n, 3); numpy's own takes three times as long."""
    a, b, c = one.T
    x, y, z = other.T
    return np.stack([b * z - c * y, c * x - a * z, a * y - b * x], axis=1)


def unit(vectors: Floats) -> Floats:
    """`vectors` of shape (n, 3), each of length 1; none stays none."""
    length = np.sqrt(np.einsum("nk,nk->n", vectors, vectors))
    return np.asarray(vectors / np.maximum(length, np.float32(1e-20))[:, np.newaxis], np.float32)
