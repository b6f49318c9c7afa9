"""How far motion gets on a rig: which channels each curve reads, and between what values it can go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from mien.rig.rig import Curve, Drive, Factor, Rig, Source, Term, stages
from mien.rig.sources import Span
from mien.values import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, Unit

Channels = frozenset[str]
Spans = Callable[[Source], Span]
"""The values that a source can take."""


# What is read


def channels_of(rig: Rig) -> dict[str, Channels]:
    """By moved curve, in the rig's order, the channels that have a say in it: through the base, through other
    curves, as a factor, as a limit, as the demand of a contact or a curve that moves its edges."""
    base = channels_of(rig.base) if rig.base else {}
    found: dict[str, Channels] = {}

    def of(source: Source) -> Channels:
        if source.kind == "channel":
            return frozenset({source.name})
        if source.kind == "pose":
            return _union(of(share) for share in pose_of(rig, source.name))
        return (base if source.kind == "base" else found).get(source.name, frozenset())

    for name in _in_order(rig):
        read = (*rig.drives[name].sources, *(Source("curve", other) for other in rig.drives[name].reads))
        found[name] = _union(of(source) for source in read)
    for contact in rig.contacts:
        gaps = _union(
            of(Source("curve", name)) for name in contact.gaps
        )  # edges that cross are always parted
        found |= {name: found.get(name, frozenset()) | of(contact.demand) | gaps for name in contact.moves}
    return {name: found[name] for name in rig.names if name in found}


def unread_channels(rig: Rig) -> tuple[str, ...]:
    """The channels that no curve of `rig` reads: what it loses."""
    read = _union(channels_of(rig).values())
    return tuple(name for name in CHANNEL_NAMES if name not in read)


def still_curves(rig: Rig) -> tuple[str, ...]:
    """The curves that nothing moves, in the rig's order: they stay at rest."""
    return tuple(name for name in rig.names if name not in rig.moving)


def pose_of(rig: Rig, curve: str) -> dict[Source, float]:
    """What `curve` brings, at weight 1, to the sum of the poses; nothing if it has no pose."""
    if rig.poses is None or curve not in rig.poses.curves:
        return {}
    at = rig.poses.curves.index(curve)
    rows = zip(rig.poses.sources, rig.poses.shares, strict=True)
    return {source: shares[at] for source, shares in rows if shares[at]}


def unit_of(rig: Rig, source: Source) -> Unit:
    """What one step of a source that the map of `rig` reads is."""
    if source.kind == "channel":
        return CHANNELS[CHANNEL_INDEX[source.name]].unit
    curves = rig.base.curves if source.kind == "base" and rig.base else rig.curves
    return next(curve.unit for curve in curves if curve.name == source.name)


def _union(sets: Iterable[Channels]) -> Channels:
    none: Channels = frozenset()
    return none.union(*sets)


def _in_order(rig: Rig) -> Iterator[str]:
    """Driven curves, each after those it reads."""
    return (name for names in stages(rig.drives) for name in names)


# How far it goes


def reach_of(rig: Rig) -> dict[str, Span]:
    """By curve, the least and the greatest value that any motion can bring it to.

    Sources are taken as free of one another, so a curve may do less than this says and never more. A pose is
    taken to reach its full weight, and a curve that gives way in a contact its limits.
    """
    of = reach_of_sources(rig)
    return {name: of(Source("curve", name)) for name in rig.names}


def reach_of_sources(rig: Rig) -> Spans:
    """The same for anything that the map of `rig` may read."""
    curves = {curve.name: curve for curve in rig.curves}
    base = reach_of(rig.base) if rig.base else {}
    found = {curve.name: (curve.rest, curve.rest) for curve in rig.curves}

    def of(source: Source) -> Span:
        if source.kind == "channel":
            angle = CHANNELS[CHANNEL_INDEX[source.name]].unit == "rad"
            return (-math.pi, math.pi) if angle else (0.0, 1.0)
        if source.kind == "pose":
            curve = curves[source.name]
            return curve.low - curve.rest, curve.high - curve.rest
        return (base if source.kind == "base" else found)[source.name]

    for name in _in_order(rig):
        found[name] = _reach(curves[name], rig.drives[name], of)
    for contact in rig.contacts:
        found |= {name: (curves[name].low, curves[name].high) for name in contact.moves}
    return of


def _reach(curve: Curve, drive: Drive, of: Spans) -> Span:
    terms = [term_span(term, of) for term in drive.terms]
    moved = sum(low for low, _ in terms), sum(high for _, high in terms)
    for factor in drive.factors:
        moved = _span([a * b for a in moved for b in factor_span(factor, of)])
    low, high = curve.rest + moved[0], curve.rest + moved[1]
    for other, limit in ((drive.at_least, max), (drive.at_most, min)):
        if other:
            span = of(Source("curve", other))
            low, high = limit(low, span[0]), limit(high, span[1])
    return min(max(low, curve.low), curve.high), min(max(high, curve.low), curve.high)


def term_span(term: Term, of: Spans) -> Span:
    """What `term` can add."""
    low, high = of(term.source)
    if term.half != "both":
        low, high = (low, high) if term.half == "positive" else (-high, -low)
        low, high = max(low, 0.0), max(high, 0.0)
    return _span([low * term.gain, high * term.gain])


def factor_span(factor: Factor, of: Spans) -> Span:
    """What `factor` can be."""
    return _span([factor.at_zero + (factor.at_one - factor.at_zero) * end for end in of(factor.source)])


def _span(ends: list[float]) -> Span:
    return min(ends), max(ends)
