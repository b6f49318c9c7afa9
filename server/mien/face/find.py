"""Where the lips and the lids of a face are, from what its shapes move or from given indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face.edges import Edges, height_at

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

LIP: Final = 0.3
"""A vertex belongs to a lip if the lip's raiser or depressor moves it by this share of the farthest. At .1
cheeks and chin come along; at .6 only the middle of the lip remains."""

LID: Final = 0.3
"""The same for the upper lid and the blink."""

SWEEP: Final = 0.5
"""Step with which corners are looked for, mm."""

AJAR: Final = 0.25
"""How far the jaw is opened to tell lips from what lies beside them: wide open, cheeks part as well."""

LEAST_OPEN: Final = 1.0
"""Lips that are less than this apart when the jaw is ajar, mm, are at their corner."""

MOST_WIDER: Final = 1.5
"""Edges that are farther apart at rest than in the middle of the mouth, mm, by more than this, are none of
lips."""

FAR: Final = 15.0
"""What is farther from where the edges meet, mm, never touches: lips roll and stretch by less."""

LEAST_SLIT: Final = 0.5
"""The same for the lids of an open eye."""


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
    upper_lip = _farthest(skin, raised[:, 1], "raises the upper lip")
    lower_lip = _farthest(skin, -lowered[:, 1], "depresses the lower lip")
    upper = _triangles(skin, raised[:, 1] > LIP * upper_lip)
    lower = _triangles(skin, -lowered[:, 1] > LIP * lower_lip)
    return _lips(points, upper, lower, opened)


def lips_given(points: Doubles, triangles: Ints, upper: Ints, lower: Ints, opened: Doubles) -> Edges:
    """The lips whose vertices the user names."""
    parts = [_triangles(triangles, np.isin(np.arange(len(points)), part)) for part in (upper, lower)]
    return _lips(points, parts[0], parts[1], opened)


def _lips(points: Doubles, upper: Ints, lower: Ints, opened: Doubles) -> Edges:
    middle = float(points[np.unique(lower), 0].mean()) if len(lower) else 0.0
    found = Edges(upper, lower, middle, middle)
    most = found.gaps(points, np.array([middle]))[0] + MOST_WIDER
    ajar = points + AJAR * opened

    def open_at(x: float) -> bool:
        column = np.array([x])
        return bool(found.gaps(ajar, column)[0] >= LEAST_OPEN and found.gaps(points, column)[0] <= most)

    right, left = _corners(middle, open_at)
    if left - right < 5:
        raise MeshError(
            "The mesh has no mouth that opens: where its shapes move the lips, no gap appears between an "
            "upper and a lower edge. Map what opens the jaw, raises the upper lip and lowers the lower one, "
            "or give the indices of the lips."
        )
    return _trimmed(found, points, left, right)


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
    farthest = _farthest(skin, down, f"closes the {side} eye")
    upper = _triangles(skin, down > LID * farthest)
    centre = np.average(points[:, 0], weights=np.maximum(down, 0) ** 2)
    margin = height_at(points, upper, float(centre))
    if not margin.size:
        raise MeshError(f"What closes the {side} eye moves no lid; is it mapped to the right curve?")
    below = points[:, 1] < margin.min()
    lower = _triangles(skin, (moved > 0.03 * farthest) & (down < 0.1 * farthest) & below)
    found = Edges(upper, lower, float(centre), float(centre), seen=True)
    right, left = _corners(float(centre), lambda x: _slit(found, points, x))
    if left - right < 5:
        raise MeshError(f"The {side} eye has no opening between an upper and a lower lid; give indices.")
    return _trimmed(found, points, left, right)


def lids_given(points: Doubles, triangles: Ints, upper: Ints, lower: Ints) -> Edges:
    """The lids whose vertices the user names."""
    parts = [_triangles(triangles, np.isin(np.arange(len(points)), part)) for part in (upper, lower)]
    centre = float(points[np.unique(parts[0]), 0].mean())
    found = Edges(parts[0], parts[1], centre, centre, seen=True)
    right, left = _corners(centre, lambda x: _slit(found, points, x))
    return replace(found, left=left, right=right)


def _farthest(skin: Ints, height: Doubles, does: str) -> float:
    farthest = float(height[np.unique(skin)].max())
    if farthest <= 0:
        raise MeshError(f"No shape of the mesh {does}; map one to it, or give the indices of the edges.")
    return farthest


def _triangles(triangles: Ints, chosen: NDArray[np.bool_]) -> Ints:
    return triangles[chosen[triangles].all(axis=1)]


def _trimmed(edges: Edges, points: Doubles, left: float, right: float) -> Edges:
    """`edges` without what is far from where they meet: less to cut."""
    touches = [touch for touch in edges.touches(points, np.linspace(right, left, 9)) if touch]
    heights = [
        shares @ points[vertices, 1] for touch in touches for vertices, shares in (touch.upper, touch.lower)
    ]
    close = (points[:, 1] > min(heights) - FAR) & (points[:, 1] < max(heights) + FAR)
    close &= (points[:, 0] > right - FAR) & (points[:, 0] < left + FAR)
    upper, lower = _triangles(edges.upper, close), _triangles(edges.lower, close)
    return Edges(upper, lower, left, right, edges.seen)


def _slit(edges: Edges, points: Doubles, x: float) -> bool:
    return bool(edges.gaps(points, np.array([x]))[0] >= LEAST_SLIT)


def _corners(middle: float, open_at: Callable[[float], bool]) -> tuple[float, float]:
    """X of the right and the left corner: how far the edges are apart, from the middle outwards."""
    return _corner(middle, open_at, -SWEEP), _corner(middle, open_at, SWEEP)


def _corner(x: float, open_at: Callable[[float], bool], step: float) -> float:
    while open_at(x + step):
        x += step
    return x


def every(parts: Sequence[Doubles]) -> Doubles:
    """How far all of `parts` together move each vertex."""
    return np.asarray(sum(np.linalg.norm(part, axis=1) for part in parts))
