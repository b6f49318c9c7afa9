"""Where the lips of a face are, from what its shapes move or from given indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.cuts import cut
from mien.face.edges import Edges

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

LIP: Final = 0.3
"""A vertex belongs to a lip if the lip's raiser or depressor moves it by this share of the farthest in the
same upright cut. At .1 cheeks and chin come along; at .6 only the middle of the lip remains."""

WIDE: Final = 50
"""How far from the middle of the mouth its corners are looked for, mm."""

FAINT: Final = 0.3
"""Where a lip moves less than this share of its farthest, its corner is near and cheeks follow."""

SWEEP: Final = 0.5
"""Step with which corners are looked for, mm; then again with a tenth of it."""

AJAR: Final = 0.25
"""How far the jaw is opened to tell lips from what lies beside them: wide open, cheeks part as well."""

LEAST_OPEN: Final = 1.0
"""Lips that are less than this apart when the jaw is ajar, mm, are at their corner."""

MOST_WIDER: Final = 1.5
"""Edges that are farther apart at rest than in the middle of the mouth, mm, by more than this, are none of
lips."""

NARROWEST: Final = 5.0
"""Edges that part over less than this, mm, are no mouth and no eye."""

STILL: Final = 0.05
"""What moves nothing farther than this, mm, does not count."""

FAR: Final = 15.0
"""What is farther from where the edges meet, mm, never touches: lips roll and stretch by less."""


def lips(points: Doubles, skin: Ints, raised: Doubles, lowered: Doubles, opened: Doubles) -> Edges:
    """The lips.

    Args:
        points: Vertices at rest in the face's space, shape (vertices, 3).
        skin: Triangles of the skin.
        raised: Displacement of every vertex when the upper lip is raised, both sides.
        lowered: The same, lower lip depressed.
        opened: The same, jaw wide open.
    Raises:
        MeshError: Nothing there looks like a mouth.
    """
    up, down = raised[:, 1], -lowered[:, 1]
    highest, lowest = (
        farthest(skin, up, "raises the upper lip"),
        farthest(skin, down, "depresses the lower lip"),
    )
    middle = float(np.average(points[:, 0], weights=np.maximum(up, 0) ** 2 + np.maximum(down, 0) ** 2))
    columns = np.asarray(middle + np.arange(-WIDE, WIDE + 1.0))
    first = up / highest > down / lowest  # at the corners both move the same skin
    upper = first & (up > LIP * near_by(points, skin, up, columns, FAINT * highest))
    lower = ~first & (down > LIP * near_by(points, skin, down, columns, FAINT * lowest))
    return _lips(points, triangles_of(skin, upper), triangles_of(skin, lower), opened)


def lips_given(points: Doubles, triangles: Ints, upper: Ints, lower: Ints, opened: Doubles) -> Edges:
    """The lips whose vertices the user names."""
    return _lips(points, *parts_given(triangles, upper, lower), opened)


def parts_given(triangles: Ints, upper: Ints, lower: Ints) -> tuple[Ints, Ints]:
    """The triangles at the vertices of either edge; those at both are of neither.

    Raises:
        MeshError: There are none.
    """
    above, below = (np.isin(triangles, part).any(axis=1) for part in (upper, lower))
    for name, own, other in (("upper", above, below), ("lower", below, above)):
        if not (own & ~other).any():
            raise MeshError(
                f"The vertices given as the {name} edge have no triangles, or none that are not at the other "
                "edge as well; give vertices of the skin, each to one edge."
            )
    return triangles[above & ~below], triangles[below & ~above]


def _lips(points: Doubles, upper: Ints, lower: Ints, opened: Doubles) -> Edges:
    middle = float(points[np.unique(lower), 0].mean()) if len(lower) else 0.0
    found = Edges(upper, lower, middle, middle)
    most = found.gaps(points, np.array([middle]))[0] + MOST_WIDER
    ajar = points + AJAR * opened

    def open_at(x: float) -> bool:
        column = np.array([x])
        return bool(found.gaps(ajar, column)[0] >= LEAST_OPEN and found.gaps(points, column)[0] <= most)

    right, left = corners(middle, open_at)
    if left - right < NARROWEST:
        raise MeshError(
            "The mesh has no mouth that opens: where its shapes move the lips, no gap appears between an "
            "upper and a lower edge. Map what opens the jaw, raises the upper lip and lowers the lower one, "
            "or give the right indices of the lips."
        )
    return trimmed(found, points, left, right)


def farthest(skin: Ints, height: Doubles, does: str) -> float:
    """How far `height` goes on the skin.

    Raises:
        MeshError: Nowhere above 0.
    """
    most = float(height[np.unique(skin)].max())
    if most <= STILL:
        raise MeshError(f"No shape of the mesh {does}; map one to it, or give the indices of the edges.")
    return most


def near_by(points: Doubles, skin: Ints, moved: Doubles, columns: Doubles, faint: float) -> Doubles:
    """For each vertex, how far the skin moves at most in its upright cut; `faint` where that is less."""
    return np.maximum(along(columns, cut(points, skin, columns).highest(moved), points), faint)


def along(columns: Doubles, values: Doubles, points: Doubles) -> Doubles:
    """`values` of upright cuts at `columns`, read at each of `points`."""
    some = np.isfinite(values)
    return np.interp(points[:, 0], columns[some], values[some]) if some.any() else np.zeros(len(points))


def triangles_of(triangles: Ints, chosen: NDArray[np.bool_]) -> Ints:
    """Those of which all vertices are chosen."""
    return triangles[chosen[triangles].all(axis=1)]


def trimmed(edges: Edges, points: Doubles, left: float, right: float) -> Edges:
    """`edges` without what is far from where they meet: less to cut."""
    touches = [touch for touch in edges.touches(points, np.linspace(right, left, 9)) if touch]
    heights = [
        shares @ points[vertices, 1] for touch in touches for vertices, shares in (touch.upper, touch.lower)
    ]
    close = (points[:, 1] > min(heights) - FAR) & (points[:, 1] < max(heights) + FAR)
    close &= (points[:, 0] > right - FAR) & (points[:, 0] < left + FAR)
    upper, lower = triangles_of(edges.upper, close), triangles_of(edges.lower, close)
    return Edges(upper, lower, left, right, edges.seen)


def corners(middle: float, open_at: Callable[[float], bool]) -> tuple[float, float]:
    """X of the right and the left corner: how far the edges are apart, from the middle outwards."""
    return _corner(middle, open_at, -SWEEP), _corner(middle, open_at, SWEEP)


def _corner(x: float, open_at: Callable[[float], bool], step: float) -> float:
    for stride in (step, step / 10):
        while open_at(x + stride):
            x += stride
    return x


def every(parts: Sequence[Doubles]) -> Doubles:
    """How far all of `parts` together move each vertex."""
    return np.asarray(sum(np.linalg.norm(part, axis=1) for part in parts))
