"""A rig as the program knows it: its curves, and how motion drives each.

    curve = min..max of  rest + (sum of terms) x (product of factors), and at most another curve

Terms read channels of the motion; factors read channels or other curves, already finished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import Literal

from mien.values import Unit

Half = Literal["both", "positive", "negative"]
"""The part of a signed channel that a term sees: all of it, or the size of what lies above or below 0."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One named number that the rig's face follows."""

    name: str
    """As the rig's host spells it."""

    unit: Unit = "weight"
    """What `low`, `rest` and `high` count."""

    low: float = 0.0
    """The least value the rig takes."""

    rest: float = 0.0
    """The value of a face that does nothing."""

    high: float = 1.0
    """The greatest value the rig takes."""


@dataclass(frozen=True, slots=True)
class Term:
    """A channel's share in a curve."""

    channel: str
    """A channel of motion schema 1."""

    gain: float = 1.0
    """What the curve gains, in its unit, for one unit of the channel: degrees for a radian, say."""

    half: Half = "both"
    """Which side of 0 counts."""


@dataclass(frozen=True, slots=True)
class Factor:
    """What a sum of terms is multiplied by: a straight line over a channel or over another curve."""

    kind: Literal["channel", "curve"]
    """Where `name` is looked up."""

    name: str
    """The channel or curve that is read."""

    at_zero: float = 0.0
    """The factor where it reads 0."""

    at_one: float = 1.0
    """The factor where it reads 1."""


@dataclass(frozen=True, slots=True)
class Drive:
    """How motion moves one curve."""

    terms: tuple[Term, ...]
    """Summed; at least one."""

    factors: tuple[Factor, ...] = ()
    """Multiplied with the sum, never with the rest value."""

    at_most: str | None = None
    """The curve that this one never exceeds."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The curves that must be finished before this one."""
        factors = tuple(factor.name for factor in self.factors if factor.kind == "curve")
        return factors if self.at_most is None else (*factors, self.at_most)


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """The target of motion: curves in the rig's order, and what drives them. Any thread may hold it."""

    name: str
    """The name of its folder."""

    title: str
    """What a human calls it."""

    curves: tuple[Curve, ...]
    """In the order of the rig's host."""

    groups: Mapping[str, tuple[str, ...]]
    """Curve names by part of the face."""

    drives: Mapping[str, Drive]
    """By curve name; a curve without one stays at rest."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        object.__setattr__(self, "drives", MappingProxyType(dict(self.drives)))

    @property
    def names(self) -> tuple[str, ...]:
        """One name per curve, in order."""
        return tuple(curve.name for curve in self.curves)


def stages(drives: Mapping[str, Drive]) -> Iterator[tuple[str, ...]]:
    """Driven curves in groups, each reading only curves of the groups before it.

    Raises:
        graphlib.CycleError: Curves wait for one another; its second argument lists them.
    """
    sorter = TopologicalSorter({name: drive.reads for name, drive in drives.items()})
    sorter.prepare()
    while sorter.is_active():
        ready = sorter.get_ready()
        yield tuple(name for name in ready if name in drives)
        sorter.done(*ready)
