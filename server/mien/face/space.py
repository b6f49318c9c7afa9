"""A face in its own space: millimetres, X to its left, Y up, Z to the front, whatever the file's axes and
unit.

Millimetres are those of a face whose eyes are 64 mm apart, so that a gap on a doll and on a giant is one
number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

EYES_APART: Final = 64.0
"""Between the centres of the eyes, mm: an adult's interpupillary distance (mean 63.4 mm, Dodgson 2004)."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """How to get from the file's space into the face's."""

    axes: Doubles
    """Rows: the unit vectors to the face's left, up and to the front, in the file's axes."""

    scale: float
    """Millimetres in one unit of the file."""

    def into(self, vectors: NDArray[np.float32] | Doubles) -> Doubles:
        """`vectors`, shape (n, 3), as mm along left, up, front."""
        return np.asarray(vectors, np.float64) @ self.axes.T * self.scale


def face_space(
    vertices: NDArray[np.float32], left: Doubles, right: Doubles, jaw: Doubles, apart: float = EYES_APART
) -> Space:
    """The space of the face, from what its shapes move.

    Args:
        vertices: Shape (vertices, 3), at rest.
        left: Displacement of every vertex by a shape of the left side: the left eye closes, say.
        right: The same, its mirror image.
        jaw: The same, jaw opens.
        apart: How far apart the two shapes act on a face whose eyes are 64 mm apart, mm.
    Raises:
        MeshError: The shapes do not tell where left and down are.
    """
    sides = [centre_of(vertices, moved, "tells left from right") for moved in (left, right)]
    across = sides[0] - sides[1]
    down = (weights_of(jaw, "opens the jaw")[:, np.newaxis] * jaw).sum(axis=0)
    x, y = _nearest_axis(across), _nearest_axis(-down)
    distance = abs(float(across @ x))
    if abs(x @ y) > 0.5 or distance <= 0:
        raise MeshError(
            "What moves the left and the right side and what opens the jaw move the same way; are they "
            "mapped to the right curves?"
        )
    return Space(np.array([x, y, np.cross(x, y)]), apart / distance)


def centre_of(vertices: NDArray[np.float32], moved: Doubles, does: str) -> Doubles:
    """Where a shape acts: the mean of the vertices, weighted by how far it moves them."""
    weights = weights_of(moved, does)
    return np.asarray((weights[:, np.newaxis] * vertices).sum(axis=0) / weights.sum())


def weights_of(moved: Doubles, does: str) -> Doubles:
    """How far each vertex is moved; far ones count more.

    Raises:
        MeshError: Nothing moves.
    """
    far = np.linalg.norm(moved, axis=1)
    if far.size == 0 or far.max() <= 0:
        raise MeshError(f"No shape of the mesh {does}; map one to it, or give the indices of the edges.")
    return np.asarray(far**2)


def _nearest_axis(vector: Doubles) -> Doubles:
    """The signed coordinate axis closest to `vector`: files stand upright, shapes move obliquely."""
    axis = int(np.argmax(np.abs(vector)))
    return np.asarray(np.eye(3)[axis] * np.sign(vector[axis]))


def skin_of(vertices: NDArray[np.float32], triangles: Ints, moved: Doubles) -> Ints:
    """The triangles of the skin: those that hang together and move most. Not teeth, eyeballs or lashes.

    Two triangles hang together where they alone share an edge. Vertices that a seam of the texture doubled
    count as one; where the root of a lash lies on the edge of a lid, three triangles share it, and none goes
    across.

    Args:
        moved: How far every vertex is moved by all shapes of lips, lids and brows together.
    Returns:
        Shape (triangles of the skin, 3).
    """
    _, one = np.unique(vertices, axis=0, return_inverse=True)
    piece = _pieces(one.ravel()[triangles])
    total = np.bincount(piece, moved[triangles].sum(axis=1))
    return np.asarray(triangles[piece == np.argmax(total)], np.int64)


def _pieces(triangles: Ints) -> Ints:
    """A number per triangle, the same for all that hang together."""
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, edge, count = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(edge.ravel(), kind="stable")
    shared = order[count[edge.ravel()[order]] == 2].reshape(-1, 2) // 3
    label = np.arange(len(triangles))
    while True:
        before = label.copy()
        least = label[shared].min(axis=1)
        np.minimum.at(label, shared[:, 0], least)
        np.minimum.at(label, shared[:, 1], least)
        label = label[label]  # a triangle takes the label of its label: labels spread in leaps
        if np.array_equal(label, before):
            return label
