"""Two edges that meet: the lips, or the lids of an eye, and the gap between them.

The gap is measured in upright cuts through the face. In a cut the upper part hangs down and the lower one
stands up. Lips meet like two cushions: where both are present at one depth, the gap is the least height
between them, and below 0 it says how deep they are in each other. Lids pass in front of one another, and so
do lips far apart: there the gap is what is seen from the front, from the lowest point of the one to the
highest of the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

DEPTHS: Final = 33
"""Places along the depth of a cut where the gap is looked at: some .3 mm apart on lips."""


class Cut(NamedTuple):
    """A surface cut by an upright plane: line segments, and where on the mesh their ends lie."""

    depth: Doubles
    """Shape (segments, 2): from back to front, mm."""

    height: Doubles
    """Shape (segments, 2), mm."""

    corners: Ints
    """Shape (segments, 2, 2): the two vertices between which each end lies."""

    share: Doubles
    """Shape (segments, 2): how far each end is from the first vertex to the second."""


class Touch(NamedTuple):
    """The two material points of a cut that are nearest each other: sums of vertices."""

    gap: float
    """Height from the lower to the upper point, mm; below 0 they overlap."""

    upper: tuple[Ints, Doubles]
    """Vertices and their shares in the upper point."""

    lower: tuple[Ints, Doubles]
    """The same, lower point."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """An upper and a lower surface whose edges meet."""

    upper: Ints
    """Triangles of the upper one, shape (triangles, 3)."""

    lower: Ints
    """Triangles of the lower one."""

    left: float
    """The corner to the face's left: its X, mm."""

    right: float
    """The corner to the face's right."""

    seen: bool = False
    """Whether the gap is always the one seen from the front, as it is for lids."""

    def columns(self, count: int, margin: float = 0.08) -> Doubles:
        """X of `count` cuts, evenly from corner to corner but for a share of `margin` at each end."""
        wide = self.left - self.right
        return np.linspace(self.right + margin * wide, self.left - margin * wide, count)

    def gaps(self, points: Doubles, columns: Doubles) -> Doubles:
        """Gap in each cut, mm; NaN where a cut misses a surface.

        Args:
            points: All vertices in the face's space, shape (vertices, 3), in any pose.
            columns: X of the cuts.
        """
        touches = self.touches(points, columns)
        return np.array([np.nan if touch is None else touch.gap for touch in touches])

    def touches(self, points: Doubles, columns: Doubles) -> list[Touch | None]:
        """Where the surfaces are nearest in each cut."""
        upper, lower = _Slices(points, self.upper), _Slices(points, self.lower)
        return [_touch(upper.at(x), lower.at(x), self.seen) for x in columns.tolist()]


class _Slices:
    """A surface in one pose, to be cut at many places."""

    def __init__(self, points: Doubles, triangles: Ints) -> None:
        self.points, self.triangles = points, triangles
        across = points[triangles, 0]
        self.first, self.last = across.min(axis=1), across.max(axis=1)

    def at(self, x: float) -> Cut:
        """The surface cut by the plane at `x`."""
        return cut(self.points, self.triangles[(self.first <= x) & (self.last > x)], x)


def height_at(points: Doubles, triangles: Ints, x: float) -> Doubles:
    """Heights of the surface where the plane at `x` cuts it, mm; empty where it does not."""
    return _Slices(points, triangles).at(x).height


def cut(points: Doubles, triangles: Ints, x: float) -> Cut:
    """Triangles cut by the plane at `x`, which runs through each of them."""
    corners = triangles
    side = points[corners, 0] > x
    alone = np.where(side.sum(axis=1) == 1, np.argmax(side, axis=1), np.argmin(side, axis=1))
    row = np.arange(len(corners))
    first = corners[row, alone]
    ends = np.stack([corners[row, (alone + 1) % 3], corners[row, (alone + 2) % 3]], axis=1)
    pairs = np.stack([np.repeat(first[:, np.newaxis], 2, axis=1), ends], axis=-1)
    start, end = points[pairs[..., 0]], points[pairs[..., 1]]
    share = (x - start[..., 0]) / (end[..., 0] - start[..., 0])
    at = start + (end - start) * share[..., np.newaxis]
    swap = at[:, 0, 2] > at[:, 1, 2]
    order = np.where(swap[:, np.newaxis], [1, 0], [0, 1])
    return Cut(
        np.take_along_axis(at[..., 2], order, 1),
        np.take_along_axis(at[..., 1], order, 1),
        np.take_along_axis(pairs, order[..., np.newaxis], 1),
        np.take_along_axis(share, order, 1),
    )


def _touch(upper: Cut, lower: Cut, seen: bool) -> Touch | None:
    if not len(upper.depth) or not len(lower.depth):
        return None
    back = max(upper.depth.min(), lower.depth.min())
    front = min(upper.depth.max(), lower.depth.max())
    if back < front and not seen:
        depth = np.linspace(back, front, DEPTHS)
        hanging, above = _profile(upper, depth, lowest=True)
        standing, below = _profile(lower, depth, lowest=False)
        gap = hanging - standing
        if np.isfinite(gap).any():
            at = int(np.nanargmin(np.where(np.isfinite(gap), gap, np.nan)))
            return Touch(
                float(gap[at]), _point(upper, above[at], depth[at]), _point(lower, below[at], depth[at])
            )
    above_end = np.unravel_index(np.argmin(upper.height), upper.height.shape)
    below_end = np.unravel_index(np.argmax(lower.height), lower.height.shape)
    return Touch(
        float(upper.height[above_end] - lower.height[below_end]),
        _point(upper, above_end[0], upper.depth[above_end]),
        _point(lower, below_end[0], lower.depth[below_end]),
    )


def _profile(section: Cut, depth: Doubles, lowest: bool) -> tuple[Doubles, Ints]:
    """Lowest or highest height at each depth, and the segment it lies on."""
    long = section.depth[:, 1] - section.depth[:, 0]
    share = (depth - section.depth[:, :1]) / np.where(long > 0, long, 1)[:, np.newaxis]
    height = section.height[:, :1] + share * (section.height[:, 1:] - section.height[:, :1])
    inside = (share >= 0) & (share <= 1) & (long > 0)[:, np.newaxis]
    height = np.where(inside, height, np.inf if lowest else -np.inf)
    segment = np.argmin(height, axis=0) if lowest else np.argmax(height, axis=0)
    return height[segment, np.arange(len(depth))], segment


def _point(section: Cut, segment: int | np.intp, depth: float) -> tuple[Ints, Doubles]:
    """The material point of a cut at `depth`, as shares of the vertices around it."""
    back, front = section.depth[segment]
    along = (depth - back) / (front - back) if front > back else 0.0
    share = section.share[segment]
    ends = np.stack([1 - share, share], axis=1) * np.array([[1 - along], [along]])
    return section.corners[segment].ravel(), ends.ravel()
