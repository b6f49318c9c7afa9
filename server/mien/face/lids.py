"""Where the lids of an eye are, from what closes it or from given indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.cuts import Cuts, cut
from mien.face.edges import Edges
from mien.face.find import NARROWEST, along, corners, farthest, near_by, parts_given, triangles_of, trimmed

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

LID: Final = 0.3
"""A vertex belongs to the upper lid if the blink brings it down by this share of the farthest in the same
upright cut, for towards the corners a lid comes down less and less."""

FAINT: Final = 0.1
"""Where a blink moves less than this share of its farthest, the eye ends."""

TOUCHED: Final = 0.03
"""The lower lid is moved by this share of the farthest at least, by some shape; the socket behind is not."""

EYE: Final = 30
"""How far from the middle of an eye its corners are looked for, mm."""

LEAST_SLIT: Final = 0.5
"""Lids that are less than this apart, mm, are at their corner."""

DEEP: Final = 4.0
"""What lies farther behind the edge of the upper lid, mm, is the lining of the eye. (Or before it: where the
front is depends on nobody having mixed up left and right.)"""


def lids(points: Doubles, skin: Ints, closed: Doubles, moved: Doubles, side: str) -> Edges:
    """The lids of one eye.

    Args:
        points: Vertices at rest in the face's space, shape (vertices, 3).
        skin: Triangles of the skin.
        closed: Displacement of every vertex when this eye closes.
        moved: How far all shapes of this eye's lids move each vertex.
        side: `left` or `right`, for the message.
    Raises:
        MeshError: No upper lid comes down over an opening.
    """
    down = -closed[:, 1]
    most = farthest(skin, down, f"closes the {side} eye")
    centre = float(np.average(points[:, 0], weights=np.maximum(down, 0) ** 2))
    columns = np.asarray(centre + np.arange(-EYE, EYE + 1.0))
    high = down > LID * near_by(points, skin, down, columns, FAINT * most)
    upper = triangles_of(skin, high)
    above = cut(points, upper, columns)
    margin = np.array([_lowest(above, place, points) for place in range(len(columns))])
    if not np.isfinite(margin[EYE]).all():
        raise MeshError(f"What closes the {side} eye moves no lid; is it mapped to the right curve?")
    low = (moved > TOUCHED * most) & ~high & (points[:, 1] < along(columns, margin[:, 0], points))
    low &= np.abs(points[:, 2] - along(columns, margin[:, 1], points)) < DEEP
    joined = skin[high[skin].any(axis=1) & low[skin].any(axis=1)]
    found = Edges(upper, triangles_of(skin, low), centre, centre, seen=True)

    def open_at(x: float) -> bool:
        return _slit(found, points, x) and not len(cut(points, joined, np.array([x])).share)

    return _between(found, points, open_at, side)


def lids_given(points: Doubles, triangles: Ints, upper: Ints, lower: Ints, side: str) -> Edges:
    """The lids whose vertices the user names."""
    above, below = parts_given(triangles, upper, lower)
    centre = float(points[np.unique(above), 0].mean())
    found = Edges(above, below, centre, centre, seen=True)
    return _between(found, points, lambda x: _slit(found, points, x), side)


def _between(found: Edges, points: Doubles, open_at: Callable[[float], bool], side: str) -> Edges:
    """`found` from corner to corner."""
    right, left = corners(found.left, open_at)
    if left - right < NARROWEST:
        raise MeshError(
            f"The {side} eye has no opening between an upper and a lower lid; give the right indices of both."
        )
    return trimmed(found, points, left, right)


def _lowest(cuts: Cuts, place: int, points: Doubles) -> Doubles:
    """Height and depth of the lowest point of one cut; NaN where it misses."""
    if cuts.first[place] == cuts.first[place + 1]:
        return np.full(2, np.nan)
    vertices, shares = cuts.point(place, np.nan, lowest=True)
    return np.asarray(shares @ points[vertices, 1:])


def _slit(edges: Edges, points: Doubles, x: float) -> bool:
    return bool(edges.gaps(points, np.array([x]))[0] >= LEAST_SLIT)
