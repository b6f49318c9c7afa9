"""Two edges of a mesh, and what the rig's curves do to them: all that measuring their gap takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.face import Edges, Touch
from mien.fitting.worn import WornRig

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Closeup:
    """The vertices of two edges alone."""

    edges: Edges
    """Their triangles count in the vertices here."""

    points: Doubles
    """Vertices at rest, mm, shape (vertices, 3)."""

    shapes: Doubles
    """What each curve's weight 1 moves them by, mm, shape (curves, vertices, 3); 0 where the mesh lacks a
    curve."""

    def posed(self, curves: Doubles) -> Doubles:
        """The vertices when the curves, shape (curves,), have these values."""
        return np.asarray(self.points + np.tensordot(curves, self.shapes, 1))

    def gaps(self, faces: Doubles, columns: Doubles) -> Doubles:
        """Gap of each cut in each face, mm, shape (faces, cuts); NaN where a cut misses an edge.

        Args:
            faces: Values of all curves, shape (faces, curves).
            columns: X of the cuts.
        """
        return np.array([self.edges.gaps(self.posed(face), columns) for face in faces])

    def touches(self, curves: Doubles, columns: Doubles) -> list[Touch | None]:
        """Where the edges are nearest."""
        return self.edges.touches(self.posed(curves), columns)


def close_up(worn: WornRig, edges: Edges) -> Closeup:
    """`edges` of the mesh that wears a rig."""
    used, place = np.unique(np.concatenate([edges.upper.ravel(), edges.lower.ravel()]), return_inverse=True)
    triangles = place.reshape(-1, 3)
    shapes = np.zeros((len(worn.rig.curves), len(used), 3))
    for row, name in enumerate(worn.rig.names):
        if name in worn.shapes:
            shapes[row] = worn.shapes[name][used]
    local = replace(edges, upper=triangles[: len(edges.upper)], lower=triangles[len(edges.upper) :])
    return Closeup(local, worn.points[used], shapes)
