"""A rig as the program knows it: its curves, and how motion drives each.

    curve = min..max of  rest + (sum of terms) x (product of factors), not below one curve, not above another

Terms and factors read sources: channels of the motion, curves of the rig this one is built on, or other
curves of its own, already finished. Curves that overlap, as visemes do, have poses instead of terms: their
weights are found together, so that the sum of poses comes nearest to the motion. Last come contacts: curves
give way to one another until lips or lids meet on the rig's own mesh.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import Literal, NamedTuple

from mien.values import Unit

Half = Literal["both", "positive", "negative"]
"""The part of a signed source that a term sees: all of it, or the size of what lies above or below 0."""

Kind = Literal["channel", "base", "curve", "pose"]
"""Where a source is looked up."""

Moves = Literal["rotation", "translation"]
"""What a curve does to a bone."""


class Source(NamedTuple):
    """A number that a map may read, frame by frame."""

    kind: Kind
    """A channel of motion schema 1, a curve of the base, a curve of this rig, or the weight its pose was
    given."""

    name: str
    """The channel's or the curve's."""


@dataclass(frozen=True, slots=True)
class Bone:
    """What a curve in degrees, radians or millimetres does to a skeleton."""

    name: str
    """As the host spells it."""

    moves: Moves
    """Turns it, or shifts it."""

    axis: tuple[float, float, float]
    """Unit vector in the bone's own frame: turned about by the right-hand rule, or shifted along."""


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

    bone: Bone | None = None
    """For a curve that is no shape: the bone it moves."""


@dataclass(frozen=True, slots=True)
class Term:
    """A source's share in a curve."""

    source: Source
    """What is read."""

    gain: float = 1.0
    """What the curve gains, in its unit, for one unit of the source: degrees for a radian, say."""

    half: Half = "both"
    """Which side of 0 counts."""


@dataclass(frozen=True, slots=True)
class Factor:
    """What a sum of terms is multiplied by: a straight line over a source."""

    source: Source
    """What is read."""

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

    at_least: str | None = None
    """The curve that this one never falls below."""

    at_most: str | None = None
    """The curve that this one never exceeds."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that terms and factors read."""
        return (*(term.source for term in self.terms), *(factor.source for factor in self.factors))

    @property
    def reads(self) -> tuple[str, ...]:
        """The curves that must be finished before this one."""
        read = [source.name for source in self.sources if source.kind == "curve"]
        return (*read, *(name for name in (self.at_least, self.at_most) if name is not None))


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """Curves that overlap, each described by the motion of its full effect.

    Their weights w make damping |w|^2 + sum over sources of importance^2 (posed - asked)^2 least.
    """

    curves: tuple[str, ...]
    """Whose weights are looked for."""

    sources: tuple[Source, ...]
    """Channels and curves of the base that at least one pose names."""

    shares: tuple[tuple[float, ...], ...]
    """Of every source, what each curve brings of it at weight 1."""

    importance: tuple[float, ...]
    """Of every source, how much a miss of it counts."""

    damping: float
    """What a weight costs. Larger is calmer and smaller; at 0 poses that resemble each other flicker."""


@dataclass(frozen=True, slots=True, eq=False)
class Contact:
    """Two edges of the mesh that meet when the motion demands it: lips, or lids.

    Upright cuts go through the edges; in each there is a gap, in mm, that is the gap at rest plus every
    curve's share of it. Curves give way until the gaps are what the demand leaves of them; edges that cross
    too far are parted always.
    """

    name: str
    """What meets: `lips`, say."""

    demand: Source
    """What asks the edges to touch."""

    begin: float
    """The demand up to which the gap is left as it is."""

    full: float
    """The demand from which on the edges touch; between the two the gap shrinks evenly."""

    rest: tuple[float, ...]
    """Gap in each cut when all curves are 0, mm."""

    gaps: Mapping[str, tuple[float, ...]]
    """By curve, what its weight 1 adds to the gap of each cut, mm."""

    moves: Mapping[str, float]
    """The curves that may give way, each with what its weight 1 changes elsewhere: mm^2 that weigh as much as
    the square of the gap."""

    press: float = 0.0
    """How far edges that touch are pressed into each other at least, mm: lips are soft."""

    cross: float = 0.0
    """How far edges may overlap before they are parted, mm; between `press` and this anything will do."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "gaps", MappingProxyType(dict(self.gaps)))
        object.__setattr__(self, "moves", MappingProxyType(dict(self.moves)))


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
    """Curve names by part of the face; `left` and `right` mirror one another, curve by curve."""

    drives: Mapping[str, Drive]
    """By curve name; a curve without one stays at rest."""

    base: Rig | None = None
    """The rig that is driven first and whose curves this one's map reads."""

    poses: Poses | None = None
    """Of the curves whose drive reads the weight of its pose."""

    contacts: tuple[Contact, ...] = field(default=())
    """Edges that meet, in the order in which they are brought together."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        object.__setattr__(self, "drives", MappingProxyType(dict(self.drives)))

    @property
    def names(self) -> tuple[str, ...]:
        """One name per curve, in order."""
        return tuple(curve.name for curve in self.curves)

    @property
    def moving(self) -> frozenset[str]:
        """The curves that do not stay at rest: driven ones, and those that give way in a contact."""
        return frozenset(self.drives).union(*(contact.moves for contact in self.contacts))

    @property
    def says(self) -> tuple[object, ...]:
        """All that decides which curves come of a motion, in plain values whose `repr` never differs."""
        parts = (self.base.says if self.base else None, self.poses and astuple_of(self.poses))
        contacts = tuple(astuple_of(contact) for contact in self.contacts)
        return (self.name, self.curves, sorted(self.drives.items()), *parts, contacts)


def astuple_of(part: Poses | Contact) -> tuple[object, ...]:
    """The fields of `part`, tables as pairs in the order in which they are summed."""
    fields = (getattr(part, name) for name in part.__slots__)
    return tuple(tuple(value.items()) if isinstance(value, Mapping) else value for value in fields)


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
