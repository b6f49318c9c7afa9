"""Which curves of a rig may give way to lips and lids, and what they may not give up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from mien.rig import Rig
from mien.rig.reach import channels_of
from mien.values import CHANNELS

ANGLES: Final = frozenset(channel.name for channel in CHANNELS if channel.unit == "rad")
"""Channels of gaze and head: what they drive does not give way, or eyes would look elsewhere."""


def movable(rig: Rig) -> frozenset[str]:
    """Curves that may give way: weights that are driven, by no angle, and that no other curve reads."""
    read = {name for drive in rig.drives.values() for name in drive.reads}
    weights = {curve.name for curve in rig.curves if curve.unit == "weight"}
    driven = {name: channels for name, channels in channels_of(rig).items() if name in rig.drives}
    return frozenset(name for name in driven.keys() & weights - read if not driven[name] & ANGLES)


def inherited(rig: Rig) -> dict[str, str]:
    """By curve, the one that it may not exceed: `jawOpen` for `mouthClose`.

    They are copies of two curves of the base of which the one may not exceed the other. The copies kept to
    that by themselves, until curves gave way.
    """
    if rig.base is None:
        return {}
    roofs = inherited(rig.base)
    roofs |= {name: drive.at_most for name, drive in rig.base.drives.items() if drive.at_most}
    copies = {of: name for name in rig.drives if (of := _copied(rig, name)) is not None}
    return {
        copies[name]: copies[roof]
        for name, roof in roofs.items()
        if name in copies and roof in copies and rig.drives[copies[name]].at_most is None
    }


def _copied(rig: Rig, curve: str) -> str | None:
    """The curve of the base that `curve` is, if it is one."""
    terms, factors = rig.drives[curve].terms, rig.drives[curve].factors
    plain = len(terms) == 1 and terms[0].source.kind == "base" and terms[0].gain == 1 and not factors
    return terms[0].source.name if plain else None


def with_limits(rig: Rig, at_most: Mapping[str, str]) -> Rig:
    """`rig` whose curves do not exceed others."""
    drives = {name: replace(rig.drives[name], at_most=roof) for name, roof in at_most.items()}
    return replace(rig, drives={**rig.drives, **drives})
