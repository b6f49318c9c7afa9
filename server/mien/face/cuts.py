"""A surface cut by upright planes: what of it is seen from the side.

All cuts of one pose are made at once: to measure gaps is most of the work of a fit, and there are some
hundred thousand.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

THIN: Final = 1e-9
"""A segment whose ends are no farther apart in depth, mm, stands upright: it is at no depth."""


class Cuts(NamedTuple):
    """Line segments, cut after cut, and where on the mesh their ends lie."""

    first: Ints
    """Shape (cuts + 1,): the first segment of each cut, and how many there are."""

    depth: Doubles
    """Shape (segments, 2): from back to front, mm."""

    height: Doubles
    """Shape (segments, 2), mm."""

    corners: Ints
    """Shape (segments, 2, 2): the two vertices between which each end lies."""

    share: Doubles
    """Shape (segments, 2): how far each end is from the first vertex to the second."""

    def depths(self) -> tuple[Doubles, Doubles]:
        """How far back and how far to the front each cut goes; none where it misses: from inf to -inf."""
        return self._least(self.depth[:, 0]), -self._least(-self.depth[:, 1])

    def ends(self, lowest: bool) -> Doubles:
        """The lowest or highest height of each cut; inf or -inf where it misses."""
        sign = 1.0 if lowest else -1.0
        return sign * self._least(np.minimum(*(sign * self.height.T)))

    def highest(self, values: Doubles) -> Doubles:
        """The greatest of `values`, one for each vertex of the mesh, in each cut; -inf where it misses."""
        ends = (values[self.corners] * np.stack([1 - self.share, self.share], axis=-1)).sum(axis=-1)
        return -self._least(-ends.max(axis=1))

    def profile(self, depth: Doubles, lowest: bool) -> Doubles:
        """The same at some depths of each cut, shape (cuts, depths)."""
        sign = 1.0 if lowest else -1.0
        return sign * self._least(self._heights(np.repeat(depth, np.diff(self.first), axis=0), sign))

    def point(self, cut: int, depth: float, lowest: bool) -> tuple[Ints, Doubles]:
        """The lowest or highest point of one cut at `depth`, or at any if that is NaN.

        Returns:
            Vertices, and their shares in the point.
        """
        sign, own = 1.0 if lowest else -1.0, slice(*self.first[cut : cut + 2])
        if np.isnan(depth):
            heights = sign * self.height[own]
            segment = own.start + int(np.argmin(heights.min(axis=1)))
            along = float(np.argmin(heights[segment - own.start]))
        else:
            heights = self._heights(np.full((own.stop - own.start, 1), depth), sign, own)
            segment = own.start + int(np.argmin(heights[:, 0]))
            back, front = self.depth[segment]
            along = float((depth - back) / (front - back))
        share = self.share[segment]
        ends = np.stack([1 - share, share], axis=1) * np.array([[1 - along], [along]])
        return self.corners[segment].ravel(), ends.ravel()

    def _heights(self, depth: Doubles, sign: float, own: slice = slice(None)) -> Doubles:
        """Height of each segment at its row of depths, times `sign`; inf where it is not."""
        ends, height = self.depth[own], sign * self.height[own]
        long = ends[:, 1:] - ends[:, :1]
        along = (depth - ends[:, :1]) / np.where(long > THIN, long, np.nan)
        at = height[:, :1] + along * (height[:, 1:] - height[:, :1])
        return np.where((along >= 0) & (along <= 1), at, np.inf)

    def _least(self, values: Doubles) -> Doubles:
        """The least of each cut's segments, inf where it has none."""
        none = np.full((1, *values.shape[1:]), np.inf)
        found = np.minimum.reduceat(np.concatenate([values, none]), self.first[:-1], axis=0)
        found[np.diff(self.first) == 0] = np.inf
        return np.asarray(found)


def cut(points: Doubles, triangles: Ints, columns: Doubles) -> Cuts:
    """A surface cut by the planes at `columns`.

    Args:
        points: All vertices, shape (vertices, 3): x, height, depth.
        triangles: Of the surface, shape (triangles, 3).
        columns: X of the planes.
    """
    one, two, three = points[:, 0][triangles.T]  # numpy takes ten times as long over a short axis
    least, most = np.minimum(np.minimum(one, two), three), np.maximum(np.maximum(one, two), three)
    place, triangle = np.nonzero((least <= columns[:, np.newaxis]) & (most > columns[:, np.newaxis]))
    pairs, share = _crossed(points, triangles[triangle], columns[place])
    start, end = points[pairs[..., 0]], points[pairs[..., 1]]
    at = start + (end - start) * share[..., np.newaxis]
    back = np.argsort(at[..., 2], axis=1, kind="stable")
    row = np.arange(len(at))[:, np.newaxis]
    first = np.searchsorted(place, np.arange(len(columns) + 1))
    return Cuts(first, at[row, back, 2], at[row, back, 1], pairs[row, back], share[row, back])


def _crossed(points: Doubles, corners: Ints, x: Doubles) -> tuple[Ints, Doubles]:
    """The two sides of each triangle that the plane at `x` crosses, (triangles, 2, 2), and where on them."""
    beyond = points[corners, 0] > x[:, np.newaxis]
    alone = np.where(beyond.sum(axis=1) == 1, np.argmax(beyond, axis=1), np.argmin(beyond, axis=1))
    row = np.arange(len(corners))
    first = corners[row, alone]
    pairs = np.stack([first, corners[row, (alone + 1) % 3], first, corners[row, (alone + 2) % 3]], axis=1)
    pairs = pairs.reshape(-1, 2, 2)
    start, end = points[pairs[..., 0], 0], points[pairs[..., 1], 0]
    return pairs, (x[:, np.newaxis] - start) / (end - start)
