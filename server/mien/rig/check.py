"""What may be wrong with a rig that loads, a sentence each."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from mien.rig.fit import drive
from mien.rig.reach import (
    Spans,
    factor_span,
    pose_of,
    reach_of,
    reach_of_sources,
    still_curves,
    unit_of,
    unread_channels,
)
from mien.rig.rig import Curve, Drive, Rig, Term
from mien.values import CHANNEL_INDEX, CHANNELS

Grade = Literal["warning", "note"]

CLOSE: Final = 0.02
"""Share of a curve's range that is not worth a word."""

NAMED: Final = 8
"""Names in one sentence; the finding holds them all."""

LARGEST_WEIGHT: Final = 2.0
"""Weights beyond this are percent, or another unit, more often than shapes overdone."""

OPEN: Final = 0.5
"""How far the jaw is opened to see whether the lips answer."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that may be wrong."""

    grade: Grade
    """A warning will be seen on the face; a note is as the rig may want it."""

    about: str
    """What kind of thing, in a word or three; the same words for the same kind."""

    names: tuple[str, ...]
    """The curves, channels or shapes concerned."""

    text: str
    """A sentence."""


def check(rig: Rig) -> list[Finding]:
    """All that may be wrong with `rig`, warnings first; nothing is certain about any of it."""
    rules = (_closure, _sides, _sided_channels, _rest, _limits, _full, _ends, _still, _lost, _doubled)
    found = [finding for rule in rules for finding in rule(rig)]
    return sorted(found, key=lambda finding: finding.grade != "warning")


def listed(names: Collection[str], most: int = NAMED) -> str:
    """`a, b, c and 12 more`."""
    some = list(names)[:most] if len(names) > most + 1 else list(names)
    more = f" and {len(names) - len(some)} more" if len(some) < len(names) else ""
    return ", ".join(some) + more


# What will be seen


def _closure(rig: Rig) -> Iterator[Finding]:
    rest, opened, closed = _driven(rig, {}, {"jawOpen": OPEN}, {"jawOpen": OPEN, "lipClosure": 1.0})
    if opened != rest and opened == closed:
        yield Finding(
            "warning",
            "closure",
            ("lipClosure",),
            "Where the jaw is open, lipClosure changes nothing: the lips will not close in p, b and m; drive "
            "the curve that shuts them by it, or without one let what opens the jaw fade with it (product).",
        )


def _sides(rig: Rig) -> Iterator[Finding]:
    still = set(still_curves(rig))
    pairs = zip(rig.groups.get("left", ()), rig.groups.get("right", ()), strict=True)
    alone = [(one, other) for one, other in _both_ways(pairs) if one in still and other not in still]
    if alone:
        texts = [f"'{one}' (as '{other}' is)" for one, other in alone]
        yield Finding(
            "warning",
            "one side",
            tuple(one for one, _ in alone),
            f"Driven on the other side alone; drive {listed(texts)} too.",
        )


def _both_ways(pairs: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for left, right in pairs:
        yield left, right
        yield right, left


def _sided_channels(rig: Rig) -> Iterator[Finding]:
    unread = set(unread_channels(rig))
    alone = [name for name in unread_channels(rig) if (other := _mirrored(name)) and other not in unread]
    if alone:
        yield Finding(
            "warning",
            "one side",
            tuple(alone),
            f"Channels of one side alone are read; nothing reads {listed(alone)}.",
        )


def _mirrored(channel: str) -> str:
    """The channel of the other side, or nothing."""
    for side, other in (("Left", "Right"), ("Right", "Left")):
        if channel.endswith(side):
            swapped = channel.removesuffix(side) + other
            return swapped if swapped in CHANNEL_INDEX else ""
    return ""


def _rest(rig: Rig) -> Iterator[Finding]:
    moves = {name for contact in rig.contacts for name in contact.moves}
    still = _driven(rig, {})[0]
    off = {
        curve.name: value
        for curve, value in zip(rig.curves, still, strict=True)
        if abs(value - curve.rest) > 1e-4 and curve.name not in moves
    }
    if off:
        texts = [f"'{name}' at {value:.4g}" for name, value in off.items()]
        yield Finding(
            "warning",
            "rest",
            tuple(off),
            f"A face that does nothing holds {listed(texts)}, which is not the 'rest' of the curve.",
        )


def _limits(rig: Rig) -> Iterator[Finding]:
    odd = [curve for curve in rig.curves if _odd(curve)]
    if odd:
        texts = [f"'{curve.name}' {curve.low:g}..{curve.high:g} {curve.unit}" for curve in odd]
        yield Finding(
            "warning",
            "limits",
            tuple(curve.name for curve in odd),
            f"Wide limits: {listed(texts)}; a weight is 1 for the full shape, not 100, and a full turn is "
            "6.28 rad or 360 deg.",
        )


def _odd(curve: Curve) -> bool:
    most = {"weight": LARGEST_WEIGHT, "rad": math.tau, "deg": 360.0}.get(curve.unit, math.inf)
    return max(abs(curve.low), abs(curve.high)) > most + 1e-3


def _full(rig: Rig) -> Iterator[Finding]:
    """Curves that one weight alone drives beyond a limit: the rest of its way is lost."""
    of, curves = reach_of_sources(rig), {curve.name: curve for curve in rig.curves}
    early: dict[str, str] = {}
    for name, found in rig.drives.items():
        for term in found.terms:
            weight = term.source.kind != "pose" and unit_of(rig, term.source) == "weight"
            if weight and (at := _full_at(curves[name], found, term, of)):
                early.setdefault(name, f"'{name}' at {at:.2g} of {term.source.name}")
    if early:
        yield Finding(
            "warning",
            "full early",
            tuple(early),
            f"At its limit before its source is: {listed(early.values())}; lower the gain, or widen it.",
        )


def _full_at(curve: Curve, drive: Drive, term: Term, of: Spans) -> float:
    """The value of a term's source at which the curve is at its limit, if it could go on; else 0."""
    gain = term.gain * math.prod(factor_span(factor, of)[1] for factor in drive.factors)
    room = (curve.high if gain > 0 else curve.low) - curve.rest
    beyond = abs(gain) * of(term.source)[1] - abs(room)
    return room / gain if room and beyond > CLOSE * (curve.high - curve.low) else 0.0


# What the rig may want so


def _ends(rig: Rig) -> Iterator[Finding]:
    """Weights that stop short of their limits. Bones may: their limits are what the joint allows."""
    reach, still = reach_of(rig), set(still_curves(rig))
    moved = [curve for curve in rig.curves if curve.name not in still and curve.unit == "weight"]
    short = {c.name: (reach[c.name][1], c.high) for c in moved if _short(c, c.high - reach[c.name][1])}
    shallow = {c.name: (reach[c.name][0], c.low) for c in moved if _short(c, reach[c.name][0] - c.low)}
    for about, found in (("max not reached", short), ("min not reached", shallow)):
        if found:
            texts = [f"'{name}' {end:.3g} of {limit:g}" for name, (end, limit) in found.items()]
            yield Finding("note", about, tuple(found), f"No motion gets that far: {listed(texts)}.")


def _short(curve: Curve, missing: float) -> bool:
    return missing > CLOSE * (curve.high - curve.low)


def _still(rig: Rig) -> Iterator[Finding]:
    if still := still_curves(rig):
        yield Finding("note", "not driven", still, f"Always at rest: {listed(still)}.")


def _lost(rig: Rig) -> Iterator[Finding]:
    if lost := unread_channels(rig):
        yield Finding("note", "lost", lost, f"Channels of the motion that no curve reads: {_by_part(lost)}.")


def _by_part(channels: Collection[str]) -> str:
    """Their names; of many, how many of each part of the face."""
    if len(channels) <= NAMED:
        return listed(channels)
    parts = Counter(CHANNELS[CHANNEL_INDEX[name]].group for name in channels)
    return ", ".join(f"{count} of the {part}" for part, count in parts.items())


def _doubled(rig: Rig) -> Iterator[Finding]:
    """Curves that always do the same; a left and a right one that do are no matter."""
    alike: dict[object, list[str]] = {}
    for name, found in rig.drives.items():
        alike.setdefault(_says(rig, name, found), []).append(name)
    sides = set(zip(rig.groups.get("left", ()), rig.groups.get("right", ()), strict=True))
    doubled = [names for names in alike.values() if len(names) > 1 and not _is_pair(names, sides)]
    if doubled:
        texts = [" = ".join(names) for names in doubled]
        yield Finding(
            "note",
            "doubled",
            tuple(name for names in doubled for name in names),
            f"Driven alike: {listed(texts)}; if their shapes are alike too, keep one.",
        )


def _is_pair(names: list[str], sides: Collection[tuple[str, str]]) -> bool:
    return tuple(names) in sides or tuple(names[::-1]) in sides


def _says(rig: Rig, name: str, found: Drive) -> object:
    """All that decides how the curve moves, from rest on, as a value of its own."""
    terms = frozenset(found.terms) if not (pose := pose_of(rig, name)) else frozenset(pose.items())
    curve = next(curve for curve in rig.curves if curve.name == name)
    return terms, frozenset(found.factors), found.at_least, found.at_most, curve.unit, curve.bone


def _driven(rig: Rig, *poses: Mapping[str, float]) -> list[list[float]]:
    """The curves for each of `poses`, channels by name; those it does not name are 0."""
    motion = np.zeros((len(poses), len(CHANNELS)), np.float32)
    for row, pose in zip(motion, poses, strict=True):
        for channel, value in pose.items():
            row[CHANNEL_INDEX[channel]] = value
    values: list[list[float]] = drive(motion, rig).tolist()
    return values
