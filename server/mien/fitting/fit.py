"""Fitting a rig to a mesh, on one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import MeshError
from mien.face import Edges, FaceMesh, every, lids, lids_given, lips, lips_given
from mien.fitting import report as found
from mien.fitting.closed import blinking
from mien.fitting.closeup import Closeup, close_up
from mien.fitting.contacts import LIPS, contact, lids_of
from mien.fitting.gains import gains, with_gains
from mien.fitting.movable import inherited, with_limits
from mien.fitting.report import Report
from mien.fitting.worn import WornRig, by_shapes, wear
from mien.rig import Contact, Rig
from mien.values import Motion

Given = Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]]
"""Vertices of the upper and the lower edge, by contact: `lips`, `lidsLeft`, `lidsRight`."""

CONTACTS: Final = ("lips", "lidsLeft", "lidsRight")
"""What can meet on a face."""

OPENED: Final = {"jawOpen": 1.0}
RAISED: Final = {"mouthUpperUpLeft": 1.0, "mouthUpperUpRight": 1.0}
LOWERED: Final = {"mouthLowerDownLeft": 1.0, "mouthLowerDownRight": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A rig that knows its mesh."""

    rig: Rig
    """With gains and contacts."""

    gains: Mapping[str, float]
    """What the terms of each curve were multiplied by, where that is not 1."""

    limits: Mapping[str, str]
    """Curves that do not exceed another any more."""

    report: Report
    """What was found."""


def fit_to_mesh(
    rig: Rig, mesh: FaceMesh, heard: Motion, given: Given | None = None, scale: bool = True
) -> Fitted:
    """`rig` with gains and contacts of `mesh`.

    Args:
        rig: Its weights are shapes or expressions of the mesh, by name; contacts it has are replaced.
        heard: Speech to measure the result on; a blink is measured apart.
        given: Edges that are not to be looked for.
        scale: Whether curves get gains.
    Raises:
        MeshError: The mesh has none of the rig's curves, or no mouth.
    """
    plain = wear(replace(rig, contacts=()), mesh)
    limits = {name: roof for name, roof in inherited(rig).items() if name in plain.shapes}
    plain = plain.with_rig(with_limits(plain.rig, limits))
    by_curve = {name: gain for name, gain in gains(plain).items() if gain != 1} if scale else {}
    worn = plain.with_rig(with_gains(plain.rig, by_curve))
    edges, contacts, notes = _contacts(worn, given or {}, mesh.name)
    near = {name: close_up(worn, part) for name, part in edges.items()}
    fitted = worn.with_rig(replace(worn.rig, contacts=contacts))
    said = Report(
        mesh=mesh.name,
        mm=worn.space.scale,
        jaw=_jaw(worn, near["lips"]),
        gains=by_curve,
        seals=_seals(fitted, plain, near, contacts, heard),
        absent=found.absent(worn),
        unused=found.unused(worn, mesh),
        dead=found.dead(worn),
        doubled=found.doubled(worn),
        collisions=found.collisions(worn, near),
        notes=notes,
    )
    return Fitted(fitted.rig, by_curve, limits, said)


def _contacts(
    worn: WornRig, given: Given, mesh: str
) -> tuple[dict[str, Edges], tuple[Contact, ...], tuple[str, ...]]:
    """The lips, and the lids of each eye that has them, as edges and as contacts; why an eye has none.

    Each contact knows those before it, for they move curves that it reads.
    """
    edges: dict[str, Edges] = {}
    notes, closing = [], worn
    for name in CONTACTS:
        try:
            part = _lips(worn, given) if name == "lips" else _lids(worn, given, name.removeprefix("lids"))
            made = contact(closing, part, LIPS if name == "lips" else lids_of(name.removeprefix("lids")))
        except MeshError as problem:
            if name == "lips" or name in given:
                raise MeshError(f"{mesh}: {name}: {problem}") from None
            notes.append(f"{name}: {problem}")
            continue
        edges[name] = part
        closing = closing.with_rig(replace(closing.rig, contacts=(*closing.rig.contacts, made)))
    return edges, closing.rig.contacts, tuple(notes)


def _lips(worn: WornRig, given: Given) -> Edges:
    opened = worn.displaced(**OPENED)
    if "lips" in given:
        return lips_given(worn.points, worn.triangles, *given["lips"], opened)
    return lips(worn.points, worn.skin, worn.displaced(**RAISED), worn.displaced(**LOWERED), opened)


def _lids(worn: WornRig, given: Given, side: str) -> Edges:
    by_shapes(worn.rig, f"closes the {side.lower()} eye", f"eyeBlink{side}")
    if f"lids{side}" in given:
        return lids_given(worn.points, worn.triangles, *given[f"lids{side}"], side.lower())
    closed = worn.displaced(**{f"eyeBlink{side}": 1.0})
    others = [worn.displaced(**{stem + side: 1.0}) for stem in ("eyeSquint", "eyeWide")]
    return lids(worn.points, worn.skin, closed, every([closed, *others]), side.lower())


def _jaw(worn: WornRig, near: Closeup) -> float:
    columns = near.edges.columns(3)
    gaps = near.gaps(np.stack([worn.curves(), worn.curves(**OPENED)]), columns)
    return round(max(0.0, float(np.nanmax(gaps[1] - gaps[0]))), 1)


def _seals(
    fitted: WornRig, plain: WornRig, near: Mapping[str, Closeup], contacts: tuple[Contact, ...], heard: Motion
) -> dict[str, found.Seal]:
    seals = {}
    for made in contacts:
        motion = heard if made.name == "lips" else blinking(made.demand.name, heard)
        seals[made.name] = found.seal(fitted, plain, near[made.name], made, motion)
    return seals
