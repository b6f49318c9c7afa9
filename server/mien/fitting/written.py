"""A fit as files that people read: the map with gains and contacts, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mien.fitting.fit import Fitted
from mien.fitting.report import Report, Seal
from mien.rig import Contact


def map_with_fit(map_: Mapping[str, Any], fitted: Fitted) -> dict[str, Any]:
    """The content of a `map.json` with the gains, limits and contacts of a fit."""
    made = dict(map_)
    if "linear" in made:
        rows = made["linear"].items()
        made["linear"] = {name: _scaled(row, fitted.gains.get(name, 1.0)) for name, row in rows}
    if fitted.limits:
        made["at_most"] = {**made.get("at_most", {}), **fitted.limits}
    made["contact"] = {contact.name: _contact(contact) for contact in fitted.rig.contacts}
    return made


def _scaled(row: Mapping[str, Any], gain: float) -> Mapping[str, Any]:
    """One row of `linear`, times `gain`."""
    return row if gain == 1 else {source: _times(value, gain) for source, value in row.items()}


def _times(value: Any, gain: float) -> Any:
    if isinstance(value, Mapping):
        return {**value, "gain": round(value.get("gain", 1.0) * gain, 6)}
    return round(value * gain, 6)


def _contact(contact: Contact) -> dict[str, Any]:
    return {
        "demand": contact.demand.name,
        "begin": contact.begin,
        "full": contact.full,
        "press": contact.press,
        "cross": contact.cross,
        "rest": list(contact.rest),
        "gap": {name: list(gaps) for name, gaps in contact.gaps.items()},
        "moves": dict(contact.moves),
    }


def source_of(report: Report, rig: str, before: str) -> str:
    """The text of `SOURCE.md`: what was fitted to what, then what the rig's own said."""
    lines = [
        f"# {rig} on {report.mesh}: where it comes from",
        "",
        f"Made by `mien rig fit` from the rig `{rig}` and the mesh `{report.mesh}`. The numbers in `contact`",
        "are of that mesh and of no other; fit again when its shapes change.",
        "",
        *said(report),
        "",
        "## The rig it was made from",
        "",
        before.strip(),
    ]
    return "\n".join(lines) + "\n"


def said(report: Report) -> list[str]:
    """The report, line by line."""
    lines = [
        f"* The face: {report.mm:.4g} mm in a unit of the file; the jaw opens the lips by {report.jaw:g} mm."
    ]
    lines += [f"* {name}: {_met(seal)}" for name, seal in report.seals.items()]
    if report.gains:
        lines.append("* Gains, so that curves go as far as a face does: " + _pairs(report.gains) + ".")
    for what, names in (
        ("Driven, but not on the mesh", report.absent),
        ("On the mesh, but no curve of the rig", report.unused),
        ("Dead, their shape moves nothing", report.dead),
    ):
        if names:
            lines.append(f"* {what}: {', '.join(names)}.")
    if report.doubled:
        lines.append("* One shape twice: " + ", ".join(f"{a} and {b}" for a, b in report.doubled) + ".")
    if report.collisions:
        alone = ", ".join(f"{curve} ({edges} {deep:g} mm)" for curve, edges, deep in report.collisions)
        lines.append(f"* Alone at full weight they push edges into each other: {alone}.")
    lines += [f"* Not fitted: {note}" for note in report.notes]
    return lines


def _met(seal: Seal) -> str:
    if not seal.frames:
        return "nothing asked them to meet in what was heard; measure on speech with p, b or m."
    return (
        f"closed, at most {seal.widest:g} mm open (before {seal.before[0]:g}); never more than "
        f"{seal.deepest:g} mm over each other (before {seal.before[1]:g}); {seal.frames} closed frames."
    )


def _pairs(gains: Mapping[str, float]) -> str:
    return ", ".join(f"{name} x {gain:g}" for name, gain in gains.items())
