"""How much of each lamp the vertices see: baked at rest, and found anew where the face folds and opens."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.preview.head import Head
from mien.preview.light import DIRECTIONS, RADIANCE
from mien.preview.paint import Paint
from mien.preview.rays import Scene
from mien.preview.surface import Surface, unit

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]

LIFT: Final = 0.3
"""How far above its surface a ray towards the light begins, mm: at .02 surfaces shade themselves, at 2 lips
that touch let light through."""

GRAZING: Final = 0.02
"""Cosine from which on a direction counts as above the surface; those below see the lamp, and light that goes
around through flesh finds it."""

OPEN: Final = 0.85
"""What sees more of the light than this at rest keeps its shadows: at 1 the whole face is looked at in each
picture, at .5 lids and lips keep the shadows of folds that are gone."""

STIRRED: Final = 1.0
"""What no shape moves farther than this, mm, keeps its shadows as well."""

RAYS: Final = 3
"""Rays beside each direction when baking, and `SPREAD` how far beside, rad: shadows without steps."""

SPREAD: Final = 0.12

THIN: Final = ("brow", "lash")
"""Words in the names of materials that cast no shadow when baking: they lie so close to the skin that its few
vertices would make blots of it."""

AROUND: Final = 8
"""Neighbours of a vertex that count at most."""


class Shadows:
    """What the vertices of one head see of the lamps."""

    def __init__(self, head: Head, surface: Surface, paint: Paint) -> None:
        """Bakes them at rest."""
        points = surface.placed(head.rest)
        normals = surface.normals(points, surface.faces(points))
        thick = ~head.look.named(*THIN)
        scene = Scene(points, head.triangles[thick if thick.any() else ~thick])
        self._near = _neighbours(head)
        self._baked = self._softened(_baked(scene, points, normals), np.arange(len(points)))
        weight = np.maximum(np.einsum("nk,dk->nd", normals, DIRECTIONS), 0) * RADIANCE.sum(axis=1)
        share = np.einsum("nd,nd->n", weight, self._baked) / np.maximum(weight.sum(axis=1), 1e-6)
        self._folding = paint.inside | ((share < OPEN) & (_farthest(head) > STIRRED))

    def at_rest(self) -> Floats:
        """How much of each direction each vertex sees, shape (vertices, directions), 0..1: a copy."""
        return self._baked.copy()

    def seen(self, seen: Floats, scene: Scene, points: Floats, normals: Floats, rows: Rows) -> Floats:
        """How much of each direction the vertices `rows` see in a pose, shape (rows, directions), 0..1.

        Args:
            seen: What all vertices see as far as is known, brought up to date for `rows`.
        """
        fresh = rows[self._folding[rows]]
        seen[fresh] = _seen(scene, points, normals, fresh, DIRECTIONS)
        seen[fresh] = self._softened(seen, fresh)
        return seen[rows]

    def _softened(self, seen: Floats, rows: Rows) -> Floats:
        """`seen` of `rows`, half of it from their neighbours: what a few rays tell is rough."""
        return np.asarray((seen[rows] + seen[self._near[rows]].mean(axis=1)) / 2, np.float32)


def _baked(scene: Scene, points: Floats, normals: Floats) -> Floats:
    """What all vertices see at rest, by several rays for each direction."""
    rows = np.arange(len(points))
    aside = np.random.default_rng(0).normal(size=(RAYS, *DIRECTIONS.shape)) * SPREAD
    total = _seen(scene, points, normals, rows, DIRECTIONS)
    for each in aside:
        total += _seen(scene, points, normals, rows, unit((DIRECTIONS + each).astype(np.float32)))
    return np.asarray(total / (1 + RAYS), np.float32)


def _seen(scene: Scene, points: Floats, normals: Floats, rows: Rows, directions: Floats) -> Floats:
    """1 for each of `directions` that is free from each of `rows`, 0 for those that are not."""
    normals = normals[rows]
    vertex, direction = np.nonzero(np.einsum("nk,dk->nd", normals, directions) > GRAZING)
    origins = points[rows] + np.float32(LIFT) * normals
    seen = np.ones((len(rows), len(directions)), np.float32)
    seen[vertex, direction] = ~scene.blocked(origins[vertex], directions[direction])
    return seen


def _neighbours(head: Head) -> Rows:
    """Vertices that share an edge with each vertex, shape (vertices, AROUND); itself where they are fewer."""
    shared = head.look.normals
    own = np.zeros(int(shared.max()) + 1, np.intp)
    own[shared] = np.arange(len(shared))
    corners = own[shared[head.triangles]]
    ends = np.concatenate([corners[:, pair] for pair in ([0, 1], [1, 2], [2, 0])])
    ends = np.unique(np.concatenate([ends, ends[:, ::-1]]), axis=0)
    first = np.searchsorted(ends[:, 0], ends[:, 0])
    rank = np.arange(len(ends)) - first
    near = np.repeat(np.arange(len(shared))[:, np.newaxis], AROUND, axis=1)
    kept = rank < AROUND
    near[ends[kept, 0], rank[kept]] = ends[kept, 1]
    return np.asarray(near[own[shared]], np.intp)


def _farthest(head: Head) -> Floats:
    """How far any shape moves each vertex, mm."""
    far = np.zeros(len(head.rest), np.float32)
    for rows, moved in head.moves.values():
        far[rows] = np.maximum(far[rows], np.linalg.norm(moved, axis=1))
    return far * np.float32(head.space.scale)
