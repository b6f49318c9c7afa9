"""The skin between the openings: points spread evenly over the head, and the triangles between them.

Points are named by their direction from the head's middle, so that the convex hull of all directions is a
good triangulation of the surface (Delaunay on the sphere). Springs spread them, as DistMesh does (P.-O.
Persson and G. Strang, "A Simple Mesh Generator in MATLAB", SIAM Review 2004), longer where the face is plain.
The left half alone is made and mirrored, so that the head is symmetrical to the last vertex.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, cKDTree

from house.part import MIRROR, Points
from house.sculpt import folded, outwards, towards

Rows = NDArray[np.int64]

ROUNDS: Final = 160
"""Of springs; fewer leave slivers."""

FINE: Final = (
    # place on the left half, mm; spring length there; how far that reaches
    ((0, -35, 38), 2.3, 16),  # nose
    ((9, -40, 28), 2.0, 12),
    ((0, -52, 30), 2.6, 14),
    ((33, 0, 18), 3.4, 30),
    ((0, -66, 26), 4.0, 36),
    ((20, 24, 18), 4.4, 34),
    ((38, -36, 12), 5.0, 38),
    ((0, -98, 8), 3.8, 34),
    ((36, -76, -24), 4.8, 50),
)
COARSE: Final = 10.5
"""Spring length where nothing is said, mm."""


def spread(loops: list[Points], floor: Points) -> Points:
    """Points of the left half (x >= 0) that fill the skin between `loops`, on the surface.

    Args:
        loops: Outer rings of the openings, left half; points do not enter them.
        floor: The ring around the neck, left half; nothing lies below it.
    """
    fixed = np.concatenate([*loops, floor])
    free = _sown(fixed, loops, floor)
    for _ in range(ROUNDS):
        free = _kept(free, loops, floor)
        whole = np.concatenate([fixed, free])
        free = _pushed(whole, len(fixed))
    return _cut(np.concatenate([fixed, _kept(free, loops, floor)]), loops, floor)[len(fixed) :]


def triangulated(points: Points, loops: list[Points], floor: Points) -> Rows:
    """Triangles of the left half between all points on the surface; openings and the neck are left out."""
    whole, own = _doubled(points)
    faces = _hull(whole)
    faces = own[faces[(own[faces] >= 0).all(axis=1)]]
    middle = points[faces].mean(axis=1)
    out = np.zeros(len(faces), bool)
    for loop in loops:
        out |= _within(middle, loop)
    for loop in [*loops, floor]:  # triangles across an opening have all their corners on its loop
        out |= np.isin(faces, _rows_of(points, loop)).all(axis=1)
    return np.asarray(faces[~out])


def _sown(fixed: Points, loops: list[Points], floor: Points) -> Points:
    """Points by chance, as dense as the springs want them, and a row along the middle."""
    chance = np.random.default_rng(7)
    ways = chance.normal(size=(60_000, 3))
    ways[:, 0] = np.abs(ways[:, 0])
    points = outwards(ways / np.linalg.norm(ways, axis=1, keepdims=True))
    points = points[_length(points) ** -2.0 * 9 > chance.random(len(points))]
    middle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    ring = outwards(np.stack([0 * middle, np.sin(middle), np.cos(middle)], axis=1))
    points = _thinned(np.concatenate([fixed, ring, points]), len(fixed))
    return _kept(points, loops, floor)


def _thinned(points: Points, fixed: int) -> Points:
    """Greedily without neighbours nearer than the springs; the first `fixed` stay and are left out."""
    tree, wanted = cKDTree(points), _length(points)
    gone = np.zeros(len(points), bool)
    for row in range(len(points)):
        if gone[row]:
            continue
        near = np.array(tree.query_ball_point(points[row], 0.8 * wanted[row]))
        gone[near[near > max(row, fixed - 1)]] = True
    gone[:fixed] = True
    return points[~gone]


def _kept(points: Points, loops: list[Points], floor: Points) -> Points:
    """Without those in an opening, too near its loop, or below the floor."""
    bad = points[:, 1] < np.interp(points[:, 2], *_sorted(floor)) + 3.0
    for loop in loops:
        bad |= _within(points, loop)
    near = cKDTree(np.concatenate([*loops, floor])).query(points)[0]
    bad |= near < 0.45 * _length(points)
    return points[~bad]


def _sorted(floor: Points) -> tuple[Points, Points]:
    order = np.argsort(floor[:, 2])
    return floor[order, 2], floor[order, 1]


def _pushed(whole: Points, fixed: int) -> Points:
    """One round of springs on the points after the first `fixed`."""
    doubled, own = _doubled(whole)
    faces = _hull(doubled)
    bars = _bars(faces)
    way = doubled[bars[:, 0]] - doubled[bars[:, 1]]
    long = np.linalg.norm(way, axis=1)
    wanted = _length((doubled[bars[:, 0]] + doubled[bars[:, 1]]) / 2) * 1.15
    push = np.maximum(wanted - long, 0)[:, None] * way / long[:, None]
    force = np.stack(
        [np.bincount(bars[:, 0], push[:, k], len(doubled)) - np.bincount(bars[:, 1], push[:, k], len(doubled))
         for k in range(3)], axis=1,
    )  # fmt: skip
    rows = np.flatnonzero(own >= 0)
    moved = np.zeros_like(whole)
    moved[own[rows]] = 0.2 * force[rows]
    free = whole[fixed:]
    target = free + moved[fixed:]
    target[:, 0] = np.maximum(target[:, 0], 0)
    target[free[:, 0] == 0, 0] = 0
    pulled = target[:, 0] < 0.35 * _length(target)
    target[pulled, 0] = 0
    return outwards(towards(target))


def _cut(points: Points, loops: list[Points], floor: Points) -> Points:
    """With a point wherever a triangle would reach across the middle."""
    while True:
        doubled, _ = _doubled(points)
        bars = _bars(_hull(doubled))
        ends = doubled[bars]
        middle = ends.mean(axis=1)
        across = (ends[:, 0, 0] * ends[:, 1, 0] < 0) & (middle[:, 1] > floor[:, 1].min() - 2)
        for loop in loops:
            across &= ~_within(middle, loop)
        across &= cKDTree(floor).query(folded(ends))[0].max(axis=1) > 1e-6
        if not across.any():
            return points
        points = np.concatenate([points, outwards(towards(middle[across] * [0, 1, 1]))])


def _bars(faces: Rows) -> Rows:
    """Every edge once."""
    return np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)


def _doubled(points: Points) -> tuple[Points, Rows]:
    """Both halves, and of each the row of the left half, or -1 for the right."""
    aside = points[:, 0] > 1e-9
    own = np.concatenate([np.arange(len(points)), np.full(int(aside.sum()), -1)])
    return np.concatenate([points, points[aside] * MIRROR]), own


def _hull(points: Points) -> Rows:
    ways = towards(points)
    faces = ConvexHull(ways).simplices.astype(np.int64)
    a, b, c = ways[faces[:, 0]], ways[faces[:, 1]], ways[faces[:, 2]]
    turned = np.einsum("ij,ij->i", np.cross(b - a, c - a), a) < 0
    faces[turned] = faces[turned][:, ::-1]
    return faces


def _length(points: Points) -> NDArray[np.float64]:
    """How long springs want to be there, mm."""
    wanted = np.full(len(points), COARSE)
    for place, length, reach in FINE:
        far = np.linalg.norm(points - np.array(place), axis=1)
        wanted = np.minimum(wanted, length + np.maximum(far - 0.4 * reach, 0) * 0.10)
    return wanted


def _within(points: Points, loop: Points) -> NDArray[np.bool_]:
    """Whether points at the front lie in the opening, as seen from the front."""
    from matplotlib.path import Path

    inside = Path(loop[:, :2]).contains_points(points[:, :2], radius=0.0)
    return np.asarray(inside & (points[:, 2] > -40))


def _rows_of(points: Points, some: Points) -> Rows:
    return np.asarray(cKDTree(points).query(some)[1], np.int64)
