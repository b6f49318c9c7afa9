"""A face in its own space: millimetres, X to its left, Y up, Z to the front, whatever the file's axes and
unit.

Millimetres are those of a face whose eyes are 64 mm apart, so that a gap on a doll and on a giant is one
number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

EYES_APART: Final = 64.0
"""Between the centres of the eyes, mm: an adult's interpupillary distance (mean 63.4 mm, Dodgson 2004)."""

STILL: Final = 1e-5
"""A shape that moves nothing by more than this share of the mesh's length moves nothing: it is rounding."""


class Pair(NamedTuple):
    """Two shapes that are each other's mirror image."""

    name: str
    """What they do, for messages: `eyeBlink`, say."""

    left: Doubles
    """Displacement of every vertex by the one of the left side."""

    right: Doubles
    """The same, right side."""

    apart: float
    """How far apart the two act on a face whose eyes are 64 mm apart, mm."""


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


def face_space(vertices: NDArray[np.float32], pairs: Sequence[Pair], jaw: Doubles) -> Space:
    """The space of the face, from what its shapes move.

    Args:
        vertices: Shape (vertices, 3), at rest.
        pairs: Shapes that may tell left from right; the first that does is taken.
        jaw: Displacement of every vertex when the jaw opens.
    Raises:
        MeshError: The shapes do not tell where left and down are, or tell different tales.
    """
    if _is_still(vertices, jaw):
        raise MeshError("No shape of the mesh opens the jaw; map one to it.")
    down = np.average(jaw, axis=0, weights=np.square(jaw).sum(axis=1))
    told = [(pair, across) for pair in pairs if (across := _across(vertices, pair)) is not None]
    if not told:
        raise MeshError(
            "No pair of shapes tells left from right: one that closes, raises or pulls one eye, brow or "
            "corner of the mouth, and its mirror image; map such a pair."
        )
    first, across = told[0]
    x, y = _nearest_axis(across), _nearest_axis(-down)
    if not y.any() or abs(x @ y) > 0.5:
        raise MeshError(
            f"What opens the jaw moves the way that leads from the right '{first.name}' to the left one; are "
            "they mapped to the right curves?"
        )
    wrong = next((pair.name for pair, other in told if other @ x <= 0), None)
    if wrong:
        raise MeshError(
            f"'{first.name}' and '{wrong}' do not agree where the left side is; is one of them mapped to the "
            "wrong side?"
        )
    return Space(np.array([x, y, np.cross(x, y)]), first.apart / float(across @ x))


def _across(vertices: NDArray[np.float32], pair: Pair) -> Doubles | None:
    """The way from where the right one of a pair acts to where the left one does; None for one place."""
    if _is_still(vertices, pair.left) or _is_still(vertices, pair.right):
        return None
    (left, wide), (right, broad) = (_acts(vertices, moved) for moved in (pair.left, pair.right))
    across = left - right
    axis = int(np.argmax(np.abs(across)))
    return np.asarray(across) if abs(across[axis]) > wide[axis] + broad[axis] else None


def _acts(vertices: NDArray[np.float32], moved: Doubles) -> tuple[Doubles, Doubles]:
    """Where a shape acts, and how widely: mean and deviation of vertices, far moved ones counting more."""
    weights = np.square(moved).sum(axis=1)
    points = vertices.astype(np.float64)
    centre = np.average(points, axis=0, weights=weights)
    return centre, np.sqrt(np.average((points - centre) ** 2, axis=0, weights=weights))


def _is_still(vertices: NDArray[np.float32], moved: Doubles) -> bool:
    return bool(np.abs(moved).max() <= STILL * np.ptp(vertices, axis=0).max())


def _nearest_axis(vector: Doubles) -> Doubles:
    """The signed coordinate axis closest to `vector`: files stand upright, shapes move obliquely."""
    axis = int(np.argmax(np.abs(vector)))
    return np.asarray(np.eye(3)[axis] * np.sign(vector[axis]))


def skin_of(vertices: NDArray[np.float32], triangles: Ints, moved: Doubles) -> Ints:
    """The triangles of the skin: those that hang together and move most. Not teeth, eyeballs or lashes.

    Two triangles hang together where they alone share an edge. Vertices that a seam of the texture doubled
    count as one; where the root of a lash lies on the edge of a lid, three triangles share it, and none goes
    across. Triangles without an area are left out.

    Args:
        moved: How far every vertex is moved by all shapes of lips, lids and brows together.
    Returns:
        Shape (triangles of the skin, 3).
    Raises:
        MeshError: No triangle has an area.
    """
    _, one = np.unique(vertices, axis=0, return_inverse=True)
    ends = np.sort(one.ravel()[triangles], axis=1)
    whole = (np.diff(ends, axis=1) > 0).all(axis=1)
    if not whole.any():
        raise MeshError("All triangles of the mesh are lines or points; export it with its faces.")
    triangles, piece = triangles[whole], _pieces(ends[whole])
    total = np.bincount(piece, moved[triangles].sum(axis=1))
    return np.asarray(triangles[piece == np.argmax(total)], np.int64)


def _pieces(triangles: Ints) -> Ints:
    """A number per triangle, the same for all that hang together."""
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, edge, count = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(edge.ravel(), kind="stable")
    one, other = order[count[edge.ravel()[order]] == 2].reshape(-1, 2).T // 3
    label = np.arange(len(triangles))
    while (label[one] != label[other]).any():
        first, second = label[one], label[other]
        np.minimum.at(label, np.maximum(first, second), np.minimum(first, second))
        while (label[label] != label).any():
            label = label[label]  # a triangle takes the label of its label
    return label
