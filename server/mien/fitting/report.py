"""What a fit found: how well lips and lids meet, and what is wrong with the shapes of the mesh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.face import FaceMesh
from mien.fitting.closeup import Closeup
from mien.fitting.worn import WornRig
from mien.rig import Contact, drive
from mien.values import CHANNEL_INDEX, Motion

Doubles = NDArray[np.float64]

DEAD: Final = 0.05
"""A shape that moves nothing farther than this, mm, is dead."""

ALIKE: Final = 0.99
"""Two shapes whose displacements have at least this cosine are one shape twice."""

COLLISION: Final = 0.5
"""Lips that are deeper in each other than this, mm, show."""

LONG: Final = 3.0
"""An upper lid that comes down over the lower one by more than this, mm, shows."""

CUTS: Final = 19
"""Cuts through each pair of edges that is measured: between those that were fitted as well."""

MOST_FRAMES: Final = 300
"""Frames of each kind that are measured, evenly over the motion."""


@dataclass(frozen=True, slots=True)
class Seal:
    """How a pair of edges met over a motion, mm."""

    frames: int
    """Measured frames in which contact was fully demanded."""

    widest: float
    """The largest gap in those."""

    deepest: float
    """How deep the edges were in each other at most, in those and in all others."""

    before: tuple[float, float]
    """The same two of the rig as it came."""


@dataclass(frozen=True, slots=True)
class Report:
    """All a fit has to say."""

    mesh: str
    """Its name."""

    mm: float
    """Millimetres of the face in one unit of the file."""

    jaw: float
    """By how much full `jawOpen` parts the lips, mm."""

    gains: Mapping[str, float]
    """Of curves whose gain is not 1."""

    seals: Mapping[str, Seal]
    """By contact."""

    absent: tuple[str, ...]
    """Weights that motion drives and the mesh does not have."""

    unused: tuple[str, ...]
    """Shapes of the mesh that no curve of the rig moves."""

    dead: tuple[str, ...]
    """Curves whose shape moves nothing."""

    doubled: tuple[tuple[str, str], ...]
    """Pairs of curves with the same shape."""

    collisions: tuple[tuple[str, str, float], ...]
    """Curve, edges, and how deep its weight 1 alone pushes them into each other, mm."""

    notes: tuple[str, ...] = ()
    """What could not be fitted."""


def seal(fitted: WornRig, plain: WornRig, near: Closeup, contact: Contact, motion: Motion) -> Seal:
    """How the edges of `contact` meet while the face does `motion`."""
    asked = motion.values[:, CHANNEL_INDEX[contact.demand.name]] >= contact.full
    columns = near.edges.columns(CUTS)
    closed, others = _some(np.flatnonzero(asked)), _some(np.flatnonzero(~asked))

    def measured(worn: WornRig) -> tuple[Doubles, Doubles]:
        curves = drive(motion.values, worn.rig).astype(np.float64)
        return near.gaps(curves[closed], columns), near.gaps(curves[others], columns)

    (shut, free), (shut_before, free_before) = measured(fitted), measured(plain)
    before = _widest(shut_before), _deepest(shut_before, free_before)
    return Seal(len(closed), _widest(shut), _deepest(shut, free), before)


def _some(frames: NDArray[np.intp]) -> NDArray[np.intp]:
    return frames[:: max(1, -(-len(frames) // MOST_FRAMES))]


def _widest(gaps: Doubles) -> float:
    return round(float(np.max(gaps, initial=0.0, where=np.isfinite(gaps))), 2)


def _deepest(*gaps: Doubles) -> float:
    least = (float(np.min(part, initial=0.0, where=np.isfinite(part))) for part in gaps)
    return round(max(-part for part in least), 2) + 0.0  # never -0


def absent(worn: WornRig) -> tuple[str, ...]:
    """Weights that motion drives and the mesh does not have."""
    weights = [curve.name for curve in worn.rig.curves if curve.unit == "weight"]
    return tuple(name for name in weights if name in worn.rig.drives and name not in worn.shapes)


def unused(worn: WornRig, mesh: FaceMesh) -> tuple[str, ...]:
    """Shapes of the mesh that no curve moves, itself or by an expression."""
    moved = {shape for name in worn.shapes for shape in mesh.expressions.get(name, {name: 1.0})}
    return tuple(name for name in mesh.shapes if name not in moved)


def dead(worn: WornRig) -> tuple[str, ...]:
    """Curves whose shape moves nothing."""
    return tuple(name for name, shape in worn.shapes.items() if np.linalg.norm(shape, axis=1).max() < DEAD)


def doubled(worn: WornRig) -> tuple[tuple[str, str], ...]:
    """Pairs of curves with the same shape, dead ones aside."""
    alive = [name for name in worn.shapes if name not in set(dead(worn))]
    if not alive:
        return ()
    flat = np.array([worn.shapes[name].ravel() for name in alive])
    size = np.linalg.norm(flat, axis=1)
    likeness = (flat @ flat.T) / np.outer(size, size)
    return tuple(
        (alive[a], alive[b]) for a, b in combinations(range(len(alive)), 2) if likeness[a, b] > ALIKE
    )


def collisions(worn: WornRig, near: Mapping[str, Closeup]) -> tuple[tuple[str, str, float], ...]:
    """Curves that push edges into each other all by themselves, deepest first. One that another limits, as
    `mouthClose` by `jawOpen`, never is by itself."""
    found = []
    for name, edges in near.items():
        rest, columns = worn.curves(), edges.edges.columns(CUTS)
        most = LONG if edges.edges.seen else COLLISION
        most = max(most, _deepest(edges.gaps(rest[np.newaxis], columns)) + DEAD)
        for row, curve in enumerate(worn.rig.curves):
            if curve.name not in worn.shapes or _limited(worn, curve.name):
                continue
            face = rest.copy()
            face[row] = curve.high
            deep = _deepest(edges.gaps(face[np.newaxis], columns))
            if deep > most:
                found.append((curve.name, name, deep))
    return tuple(sorted(found, key=lambda row: -row[2]))


def _limited(worn: WornRig, curve: str) -> bool:
    return curve in worn.rig.drives and worn.rig.drives[curve].at_most is not None
