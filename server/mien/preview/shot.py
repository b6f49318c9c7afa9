"""One pose before the camera: what rays meet there, and how bright it is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.preview.light import KEY, received, sheen
from mien.preview.paint import Paint, mixed
from mien.preview.rays import Hits, Scene
from mien.preview.shadow import Shadows
from mien.preview.surface import Surface, unit

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

LAYERS: Final = 6
"""Cut-outs (lashes, cards of hair) that a ray passes at most."""

BEHIND: Final = 0.02
"""How far behind a cut-out a ray goes on, mm."""


class Shot:
    """A head in one pose. Vertices are lit when a ray first shows one of their triangles."""

    def __init__(self, surface: Surface, shadows: Shadows, paint: Paint, vertices: Floats) -> None:
        self._shadows, self._paint = shadows, paint
        self.points = surface.placed(vertices)
        faces = surface.faces(self.points)
        self.normals = surface.normals(self.points, faces)
        self.rows = surface.seen(self.points, faces)
        """Which of the head's triangles may be seen, shape (shown,)."""
        self.triangles = surface.triangles[self.rows]
        self._scene = Scene(self.points, self.triangles) if len(self.rows) else None
        self._seen = shadows.at_rest()
        self._lit = np.zeros(len(vertices), bool)
        self._light = np.zeros_like(self.points)
        self._gleam = np.zeros_like(self.points)
        self.glossy = np.zeros((len(vertices), 1), np.float32)
        """How much of what they mirror the lit vertices see, 0..1."""

    def hits(self, rays: Floats) -> Hits:
        """What `rays` of shape (n, 3) from the camera meet first that is not cut out; rows of `triangles`."""
        assert self._scene is not None, "asked only where something is shown"
        origins = np.zeros_like(rays)
        hits = self._scene.hits(origins, rays)
        for _ in range(LAYERS if self._paint.has_cutouts else 0):
            met = np.flatnonzero(hits.triangle >= 0)
            corners, shares = self._at(hits.only(met))
            through = met[self._paint.cut_out(self.rows[hits.triangle[met]], corners, shares)]
            if not len(through):
                break
            origins[through] += rays[through] * (hits.depth[through] + np.float32(BEHIND))[:, None]
            for part, new in zip(hits, self._scene.hits(origins[through], rays[through]), strict=True):
                part[through] = new
        return hits

    def light(self, met: Hits) -> Floats:
        """What the points `met` send to the camera, linear RGB, shape (n, 3); smooth ones mirror more."""
        used = np.zeros(len(self.triangles), bool)
        used[met.triangle] = True
        self._light_up(self.triangles[used])
        corners, shares = self._at(met)
        light = mixed(self._light, corners, shares)
        painted = self._paint.textured(light, self.rows[met.triangle], corners, shares)
        light[painted] += mixed(self._gleam, corners[painted], shares[painted])
        return light

    def _light_up(self, triangles: Ints) -> None:
        """Lights the vertices of `triangles` that are dark still."""
        wanted = np.zeros(len(self._lit), bool)
        wanted[triangles] = True
        rows = np.flatnonzero(wanted & ~self._lit)
        if not len(rows) or self._scene is None:
            return
        self._lit[rows] = True
        normals, paint = self.normals[rows], self._paint
        seen = self._shadows.seen(self._seen, self._scene, self.points, self.normals, rows)
        self.glossy[rows, 0] = seen[:, : KEY.rays].mean(axis=1)
        gleam = sheen(normals, unit(-self.points[rows]), paint.sheen[rows])
        gleam *= self.glossy[rows] * paint.matt[rows, np.newaxis]
        self._gleam[rows] = gleam
        light = paint.sent(rows, received(normals, seen, paint.soft[rows]))
        self._light[rows] = light + gleam * paint.bare[rows, np.newaxis]

    def _at(self, met: Hits) -> tuple[Ints, Floats]:
        """The vertices around points that are met, and their shares, both of shape (n, 3)."""
        return self.triangles[met.triangle], met.shares()
