"""Rays against triangles on the CPU: the thin edge to embreex, which wraps Intel's Embree."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import MissingExtraError

Floats = NDArray[np.float32]


class Hits(NamedTuple):
    """What rays meet first, one row per ray."""

    triangle: NDArray[np.int32]
    """Row of the triangles; -1 where the ray meets none."""

    second: Floats
    """Share of the triangle's second corner at the point that is met, 0..1."""

    third: Floats
    """Share of the third corner; the first has the rest."""

    depth: Floats
    """Length of the way there, in lengths of the ray's direction."""

    def only(self, rows: NDArray[np.intp]) -> Hits:
        """Those of the rays `rows`."""
        return Hits(self.triangle[rows], self.second[rows], self.third[rows], self.depth[rows])

    def shares(self) -> Floats:
        """How much each corner counts at the point that is met, shape (rays, 3)."""
        return np.stack([1 - self.second - self.third, self.second, self.third], axis=1)


class Scene:
    """Triangles that rays can be sent into, as fast as they can be had: some 10 million rays a second."""

    def __init__(self, points: Floats, triangles: NDArray[np.int32]) -> None:
        """Takes `points` of shape (vertices, 3) and `triangles` of shape (triangles, 3), at least one.

        Raises:
            MissingExtraError: embreex is not installed.
        """
        scenes, meshes = _embree()
        corners = points.astype(object)[
            triangles
        ]  # embreex takes Python's numbers a quarter sooner than numpy's
        self._scene = scenes.EmbreeScene()
        self._mesh = meshes.TriangleMesh(self._scene, corners)

    def hits(self, origins: Floats, directions: Floats) -> Hits:
        """What rays from `origins` along `directions`, both of shape (rays, 3), meet first."""
        if not len(origins):
            none = np.zeros(0, np.float32)
            return Hits(none.astype(np.int32), none, none, none)
        found = self._scene.run(origins, directions, output=1)
        return Hits(found["primID"], found["u"], found["v"], found["tfar"])

    def blocked(self, origins: Floats, directions: Floats) -> NDArray[np.bool_]:
        """Whether the rays meet anything, shape (rays,)."""
        if not len(origins):
            return np.zeros(0, bool)
        return np.asarray(self._scene.run(origins, directions, query="OCCLUDED") >= 0)


def need_rays() -> None:
    """Refuses to go on where rays cannot be sent.

    Raises:
        MissingExtraError: embreex is not installed.
    """
    _embree()


def _embree() -> tuple[Any, Any]:
    try:
        from embreex import mesh_construction, rtcore_scene
    except ImportError as problem:
        raise MissingExtraError(
            f"Pictures of faces are made with embreex, and it cannot be imported ({problem}); install it: "
            "pip install 'mien[preview]'"
        ) from None
    return rtcore_scene, mesh_construction
