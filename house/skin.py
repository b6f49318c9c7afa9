"""The skin: the face between the openings, lips and lids in them, and the neck below, as one mesh that is its
own mirror image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from house import lids, mouth
from house.mesh import spread, triangulated
from house.part import MIRROR, Points
from house.rings import between
from house.sculpt import outwards, towards

Rows = NDArray[np.int64]

NECK: Final = ((0.0, -116.0, -36.0), (0.0, -90.0, -122.0))
"""Where the neck begins, before and behind, mm."""

BELOW: Final = ((-126.0, -108.0, 0.97, -1.0), (-142.0, -128.0, 0.94, -2.0), (-165.0, -160.0, 0.92, -4.0))
"""The neck's rings: height before, height behind, width against the first, shift to the back; mm."""

NECK_COLUMNS: Final = 56


@dataclass(frozen=True, eq=False)
class Skin:
    """All of the skin and which rows are what."""

    vertices: Points
    triangles: Rows

    mouth: Rows
    """Rows of `vertices`, shape (rings, columns): `house.mouth` says which ring is what."""

    eyes: tuple[Rows, Rows]
    """Left and right, shape (rings, columns); columns of the right are those of the left, mirrored."""

    twin: Rows
    """Of every row, the one on the other side; on the middle, itself."""

    @cached_property
    def bag(self) -> Rows:
        """Rows behind the line where the lips meet."""
        return np.unique(np.concatenate([self.mouth[mouth.MEETING + 1 :].ravel(), [len(self.vertices) - 1]]))


def skin() -> Skin:
    """The head's skin at rest."""
    lips, eye = mouth.mouth(), lids.lids()
    half = np.abs(np.arange(mouth.COLUMNS) - mouth.COLUMNS / 2) >= mouth.COLUMNS / 4
    order = np.roll(np.arange(mouth.COLUMNS), mouth.COLUMNS // 4)
    loops = [lips[0][[k for k in order if half[k]]], eye[0]]
    loops[0][[0, -1], 0] = 0.0
    floor = _floor()
    ahead = floor[: NECK_COLUMNS // 2 + 1]
    points = np.concatenate([*loops, ahead, spread(loops, ahead)])
    points[np.abs(points[:, 0]) < 1e-7, 0] = 0.0
    triangles = triangulated(points, loops, ahead)
    vertices, triangles = _whole(points, triangles)
    return _joined(vertices, triangles, lips, eye, floor)


def _floor() -> Points:
    """The ring at which the neck begins, from the front over the left to the back and round."""
    turn = 2 * np.pi * np.arange(NECK_COLUMNS) / NECK_COLUMNS
    before, behind = np.array(NECK)
    middle, half = (before + behind) / 2, (before - behind) / 2
    way = middle + np.cos(turn)[:, None] * half + np.sin(turn)[:, None] * [46.0, 0, 0]
    ring = outwards(towards(way))
    ring[[0, NECK_COLUMNS // 2], 0] = 0.0
    return ring


def _whole(points: Points, triangles: Rows) -> tuple[Points, Rows]:
    """The left half and its mirror image; the middle is shared."""
    aside = np.flatnonzero(points[:, 0] > 0)
    other = np.arange(len(points))
    other[aside] = len(points) + np.arange(len(aside))
    vertices = np.concatenate([points, points[aside] * MIRROR])
    return vertices, np.concatenate([triangles, other[triangles][:, ::-1]])


def _joined(vertices: Points, triangles: Rows, lips: Points, eye: Points, floor: Points) -> Skin:
    pieces, faces, tree = [vertices], [triangles], cKDTree(vertices)
    grids = []
    for rings, flip in (
        (lips, False),
        (eye, False),
        (eye * MIRROR, True),
        (_neck(floor), True),
    ):
        first = sum(map(len, pieces))
        grid = np.concatenate(
            [[tree.query(rings[0])[1]], first + np.arange(rings[1:, :, 0].size).reshape(len(rings) - 1, -1)]
        )
        pieces.append(rings[1:].reshape(-1, 3))
        corners = np.concatenate(pieces)
        made = between(corners, grid)
        faces.append(made[:, ::-1] if flip else made)
        grids.append(grid)
    last = grids[0][-1]
    corners = np.concatenate([*pieces, [corners[last].mean(axis=0)]])
    cap = np.stack([last, np.roll(last, -1), np.full(len(last), len(corners) - 1)], axis=1)
    return Skin(
        corners, np.concatenate([*faces, cap]), grids[0], (grids[1], grids[2]), _twins(corners, grids)
    )


def _neck(floor: Points) -> Points:
    rings = [floor]
    middle = floor.mean(axis=0)
    share = (floor[:, 2] - floor[:, 2].min()) / np.ptp(floor[:, 2])
    for before, behind, wide, back in BELOW:
        ring = middle + (floor - middle) * [wide, 1, wide]
        ring[:, 1] = behind + (before - behind) * share
        ring[:, 2] += back
        rings.append(ring)
    return np.stack(rings)


def _twins(corners: Points, grids: list[Rows]) -> Rows:
    """By place; what lies in one place at rest, as lips do, by row and column."""
    twin = np.asarray(cKDTree(corners).query(corners * MIRROR)[1], np.int64)
    columns = np.arange(mouth.COLUMNS)
    twin[grids[0]] = grids[0][:, (mouth.COLUMNS // 2 - columns) % mouth.COLUMNS]
    twin[grids[1]], twin[grids[2]] = grids[2], grids[1]
    return twin
