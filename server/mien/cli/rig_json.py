"""A rig as JSON, for programs: `mien rig show --json`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from mien.cli.rig_formula import Wording
from mien.rig import Contact, Curve, Drive, Rig
from mien.rig.reach import channels_of, pose_of, still_curves, unread_channels


def rig_json(rig: Rig, curves: tuple[Curve, ...], down: bool) -> dict[str, Any]:
    """`curves` of `rig`, each with what drives it; with `down` also what that reads, down to the channels."""
    read, words = channels_of(rig), Wording(rig, down)
    names = {curve.name for curve in curves}
    return {
        "rig": rig.name,
        "title": rig.title,
        "base": rig.base.name if rig.base else None,
        "curves": [
            _curve(rig, curve)
            | {
                "channels": sorted(read.get(curve.name, ())),
                "formula": words.formula(curve.name),
                "below": dict(words.below(curve.name, ())) if down else {},
            }
            for curve in curves
        ],
        "not_driven": [name for name in still_curves(rig) if name in names],
        "unread_channels": list(unread_channels(rig)),
        "groups": {group: list(members) for group, members in rig.groups.items()},
        "contacts": [_contact(contact) for contact in rig.contacts],
    }


def _curve(rig: Rig, curve: Curve) -> dict[str, Any]:
    drive, pose = rig.drives.get(curve.name), pose_of(rig, curve.name)
    return {
        "name": curve.name,
        "unit": curve.unit,
        "min": curve.low,
        "rest": curve.rest,
        "max": curve.high,
        "bone": asdict(curve.bone) if curve.bone else None,
        "groups": [group for group, names in rig.groups.items() if curve.name in names],
        "driven": curve.name in rig.moving,
        "pose": [source._asdict() | {"share": share} for source, share in pose.items()],
        **_drive(drive or Drive(())),
    }


def _drive(drive: Drive) -> dict[str, Any]:
    return {
        "terms": [
            term.source._asdict() | {"gain": term.gain, "half": term.half}
            for term in drive.terms
            if term.source.kind != "pose"
        ],
        "factors": [
            factor.source._asdict() | {"at_zero": factor.at_zero, "at_one": factor.at_one}
            for factor in drive.factors
        ],
        "at_least": drive.at_least,
        "at_most": drive.at_most,
    }


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "name": contact.name,
        "demand": contact.demand.name,
        "begin": contact.begin,
        "full": contact.full,
        "cuts": len(contact.rest),
        "moves": dict(contact.moves),
        "press": contact.press,
        "cross": contact.cross,
    }
