"""What a map may read, and the range of each: channels, curves of the base, curves of the rig itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mien.errors import RigError, near
from mien.rig.read import known
from mien.rig.rig import Curve, Rig, Source
from mien.values import CHANNEL_INDEX, CHANNELS, Unit

Span = tuple[float, float]
"""From the least to the greatest value."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The names that a map may use."""

    curves: Mapping[str, Curve]
    """The rig's own."""

    base: Rig | None
    """The rig it is built on."""

    driven: frozenset[str]
    """Those of its own curves that the map moves."""

    def outside(self, name: str, verb: str, where: str) -> Source:
        """The source `name` that is none of the rig's own: a curve of the base, else a channel."""
        if self.base is None:
            return self.channel(name, f"{verb} channel", where)
        base = self.base.names
        if name in base:
            return Source("base", name)
        among = (
            f"one of the {len(base)} curves of '{self.base.name}' or of the {len(CHANNELS)} motion channels"
        )
        known(name, {*base, *CHANNEL_INDEX}, verb, among, where)
        return Source("channel", name)

    def channel(self, name: str, verb: str, where: str) -> Source:
        """The channel `name`."""
        known(name, CHANNEL_INDEX, verb, f"one of the {len(CHANNELS)} motion channels", where)
        return Source("channel", name)

    def of_base(self, name: str, verb: str, where: str) -> Source:
        """The curve `name` of the base."""
        if self.base is None:
            raise RigError(f"{where} {verb} '{name}' of the base, but the map has no 'base'.")
        among = f"one of the {len(self.base.curves)} curves of '{self.base.name}'"
        known(name, self.base.names, verb, among, where)
        return Source("base", name)

    def own(self, name: str, verb: str, where: str) -> Source:
        """The curve `name` of the rig itself."""
        if name not in self.curves:
            outside = {*CHANNEL_INDEX, *(self.base.names if self.base else ())}
            hint = " It is read in 'linear'." if name in outside else near(name, self.curves)
            count = len(self.curves)
            raise RigError(f"{where} {verb} '{name}', which is not one of the rig's {count} curves.{hint}")
        return Source("curve", name)

    def unit(self, source: Source) -> Unit:
        """What one step of `source` is."""
        if source.kind == "channel":
            return CHANNELS[CHANNEL_INDEX[source.name]].unit
        return self._curve(source).unit

    def span(self, source: Source) -> Span:
        """The values that `source` can take: one alone if nothing drives it."""
        if source.kind == "channel":
            return (-math.pi, math.pi) if self.unit(source) == "rad" else (0.0, 1.0)
        curve = self._curve(source)
        if source.kind == "pose":
            return curve.low - curve.rest, curve.high - curve.rest
        moving = self.driven if source.kind == "curve" or self.base is None else self.base.moving
        return (curve.low, curve.high) if source.name in moving else (curve.rest, curve.rest)

    def _curve(self, source: Source) -> Curve:
        if source.kind == "base" and self.base:
            return next(curve for curve in self.base.curves if curve.name == source.name)
        return self.curves[source.name]
