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

from mien.face.cuts import Cuts, cut

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

DEPTHS: Final = 33
"""Places along the depth of a cut where the gap is looked at: some .3 mm apart on lips."""


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
        return self._met(points, columns).gap

    def touches(self, points: Doubles, columns: Doubles) -> list[Touch | None]:
        """Where the surfaces are nearest in each cut."""
        met = self._met(points, columns)
        return [met.touch(at) for at in range(len(columns))]

    def _met(self, points: Doubles, columns: Doubles) -> _Met:
        upper, lower = cut(points, self.upper, columns), cut(points, self.lower, columns)
        above, below = upper.ends(lowest=True), lower.ends(lowest=False)
        gap, nearest = above - below, np.full(len(columns), np.nan)
        if not self.seen:
            (back, front), (behind, before) = upper.depths(), lower.depths()
            depth = _between(np.maximum(back, behind), np.minimum(front, before))
            apart = upper.profile(depth, lowest=True) - lower.profile(depth, lowest=False)
            least, row = np.argmin(apart, axis=1), np.arange(len(columns))
            both = np.isfinite(apart[row, least])
            gap = np.where(both, apart[row, least], gap)
            nearest = np.where(both, depth[row, least], np.nan)
        return _Met(upper, lower, np.where(np.isfinite(gap), gap, np.nan), nearest)


class _Met(NamedTuple):
    """Two surfaces in one pose, and how near they are in each cut."""

    upper: Cuts
    lower: Cuts
    gap: Doubles
    nearest: Doubles
    """At what depth; NaN where the gap is the one seen from the front."""

    def touch(self, at: int) -> Touch | None:
        """The nearest points of one cut."""
        gap, depth = float(self.gap[at]), float(self.nearest[at])
        if np.isnan(gap):
            return None
        return Touch(gap, self.upper.point(at, depth, lowest=True), self.lower.point(at, depth, lowest=False))


def _between(back: Doubles, front: Doubles) -> Doubles:
    """Depths from `back` to `front`, shape (cuts, depths); NaN where there is nothing between them."""
    share = np.linspace(0, 1, DEPTHS)
    some = back < front
    back, front = np.where(some, back, np.nan), np.where(some, front, np.nan)
    return back[:, np.newaxis] + (front - back)[:, np.newaxis] * share
