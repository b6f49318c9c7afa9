"""A head in a pose to a picture: a ray for each pixel, light at the vertices that are seen, more rays at
edges.

Light is worked out at vertices and spread over triangles; only what is smooth as an eye is looked at pixel by
pixel. How much of each lamp a vertex sees is baked once, at rest, and found anew in each picture where the
face folds and opens: between the lips, in the mouth, on the eyes under their lids.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.preview.camera import View, camera
from mien.preview.coarse import SMALLEST, cells_to_fill, mean_of
from mien.preview.head import Head
from mien.preview.light import mirrored
from mien.preview.paint import Paint, mixed
from mien.preview.rays import Hits
from mien.preview.shadow import Shadows
from mien.preview.shot import Shot
from mien.preview.surface import Surface, unit
from mien.preview.tone import backdrop, filmed

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]
Picture = NDArray[np.uint8]
"""Shape (height, width, 3), sRGB."""

EDGE: Final = 10
"""Steps of 255 by which neighbours must differ to get more rays: at 4 half of the face gets them, at 30 the
lips show stairs."""

MORE: Final = ((-0.36, -0.12), (0.28, -0.3), (0.08, 0.42))
"""Where in the pixel those go, across and down, pixels from its middle."""


class _Box(NamedTuple):
    """A part of the picture, pixels."""

    left: int
    top: int
    right: int
    bottom: int


class Renderer:
    """Makes pictures of one head at one size from one view; may be sent to another process."""

    def __init__(self, head: Head, size: tuple[int, int], view: View = "face") -> None:
        """Bakes how much of each lamp each vertex sees at rest.

        Args:
            size: Width and height, pixels.
        Raises:
            MissingExtraError: embreex is not installed.
        """
        self._camera = camera(head, view, size)
        self._paint = Paint(head.look, head.triangles, len(head.rest))
        self._surface = Surface(head, self._camera, self._paint.both_sides)
        self._shadows = Shadows(head, self._surface, self._paint)
        self._bare = backdrop(size)

    def picture(self, vertices: Floats) -> Picture:
        """The head with its `vertices` of shape (vertices, 3) as `Head.pose` gives them."""
        picture = self._bare.copy()
        shot = Shot(self._surface, self._shadows, self._paint, vertices)
        box = self._box(shot)
        if box.left < box.right and box.top < box.bottom:
            block = picture[box.top : box.bottom, box.left : box.right]
            shown = self._first(shot, block, box)
            self._refine(shot, block, shown, box)
        return picture

    def _first(self, shot: Shot, block: Picture, box: _Box) -> Ints:
        """Fills `block`, as good as one ray for each pixel; which materials it shows, or -1, in its shape."""
        shown = np.full(block.shape[:2], -1, np.int32)
        if self._camera.size[1] < SMALLEST:
            self._fill(shot, block, shown, box, np.ones(block.shape[:2], bool))
            return shown
        first = np.zeros(block.shape[:2], bool)
        first[::2, ::2] = True
        self._fill(shot, block, shown, box, first)
        corners, kinds = block[::2, ::2].copy(), shown[::2, ::2].copy()
        cells = cells_to_fill(corners, kinds, self._paint.fine, self._fine_cells(shot, box))
        height, width = block.shape[:2]
        shown[:] = _doubled(kinds)[:height, :width]
        block[:] = mean_of(corners)[:height, :width]
        self._fill(shot, block, shown, box, np.asarray(_doubled(cells)[:height, :width] & ~first))
        return shown

    def _fill(self, shot: Shot, block: Picture, shown: Ints, box: _Box, chosen: Bools) -> None:
        """Sends a ray for each of the pixels `chosen`, shape of the block."""
        pixels = np.flatnonzero(chosen)
        down, across = np.divmod(pixels.astype(np.int32), np.int32(chosen.shape[1]))
        half = np.float32(0.5)
        x, y = across + (np.float32(box.left) + half), down + (np.float32(box.top) + half)
        found, colours, material = self._shown(shot, self._camera.rays(x, y))
        every = self._bare[down + box.top, across + box.left]
        every[found] = colours
        block[down, across] = every
        kinds = np.full(len(pixels), -1, np.int32)
        kinds[found] = material
        shown.reshape(-1)[pixels] = kinds

    def _fine_cells(self, shot: Shot, box: _Box) -> NDArray[np.int64]:
        """Cells of two pixels by two in which lashes, lips or eyes have a vertex, shape (n, 2)."""
        pixels = self._camera.seen(shot.points[self._paint.detail])
        return np.asarray((pixels[:, ::-1] - (box.top, box.left)) // 2, np.int64)

    def _refine(self, shot: Shot, block: Picture, shown: Ints, box: _Box) -> None:
        """Sends more rays where neighbours differ."""
        down, across = np.nonzero(_edges(block, shown))
        more = np.array(MORE, np.float32)
        x = (across[:, None] + np.float32(box.left + 0.5) + more[:, 0]).ravel()
        y = (down[:, None] + np.float32(box.top + 0.5) + more[:, 1]).ravel()
        found, colours, _ = self._shown(shot, self._camera.rays(x, y))
        bare = self._bare[down + box.top, across + box.left]
        samples = np.repeat(bare, len(MORE), axis=0)
        samples[found] = colours
        total = samples.reshape(-1, len(MORE), 3).sum(axis=1, dtype=np.uint16) + block[down, across]
        block[down, across] = (total + len(MORE) // 2) // (len(MORE) + 1)

    def _shown(self, shot: Shot, rays: Floats) -> tuple[Rows, Picture, Ints]:
        """Which of `rays` meet the head, in what colours, and of which material."""
        hits = shot.hits(rays)
        found = np.flatnonzero(hits.triangle >= 0)
        met = hits.only(found)
        light = shot.light(met)
        self._shine(shot, met, rays, found, light)
        return found, filmed(light), self._paint.material[shot.rows[met.triangle]]

    def _shine(self, shot: Shot, met: Hits, rays: Floats, found: Rows, light: Floats) -> None:
        """Adds what smooth surfaces mirror to `light`."""
        rows = shot.rows[met.triangle]
        smooth = np.flatnonzero(self._paint.smooth[rows])
        if not len(smooth):
            return
        corners, shares = shot.triangles[met.triangle[smooth]], met.only(smooth).shares()
        normals = unit(mixed(shot.normals, corners, shares))
        views = unit(-rays[found[smooth]])
        shine = mirrored(normals, views, self._paint.roughness[rows[smooth]])
        light[smooth] += shine * mixed(shot.glossy, corners, shares)

    def _box(self, shot: Shot) -> _Box:
        """The pixels that may show the head, and those beside them: an outline has two sides."""
        if not len(shot.triangles):
            return _Box(0, 0, 0, 0)
        pixels = self._camera.seen(shot.points)
        low, high = np.floor(pixels.min(axis=0)) - 1, np.ceil(pixels.max(axis=0)) + 1
        corners = np.clip([low, high], 0, self._camera.size).astype(int)
        return _Box(*corners.ravel().tolist())


def _doubled(cells: NDArray[Any]) -> NDArray[Any]:
    """Each of `cells` as two pixels by two."""
    return np.repeat(np.repeat(cells, 2, axis=1), 2, axis=0)


def _edges(block: Picture, shown: Ints) -> Bools:
    """Pixels that differ from a neighbour in brightness or material."""
    grey = (block[..., 0] * np.int16(2) + block[..., 1] * np.int16(5) + block[..., 2]) >> 3
    edge = np.zeros(shown.shape, bool)
    for one, other in ((np.s_[:-1], np.s_[1:]), (np.s_[:, :-1], np.s_[:, 1:])):
        differ = (np.abs(grey[one] - grey[other]) > EDGE) | (shown[one] != shown[other])
        edge[one] |= differ
        edge[other] |= differ
    return edge
