"""A rig's map as column numbers, so that a frame costs a handful of numpy calls and not one per curve.

All numbers of a frame lie side by side in a bank: the channels, then, rig by rig from the lowest base up, the
weights that poses were given and the curves. Curves are laid into stages, each reading only what is finished
before it. Within a stage the first terms of all curves are taken side by side, then the second ones, and so
on; factors likewise. ARKit takes two stages.

Every step treats a frame by itself, with arithmetic that does not depend on how many frames come at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.rig.contact import Limits, Meeting
from mien.rig.rig import Contact, Curve, Drive, Factor, Poses, Rig, Source, Term, stages
from mien.solve import BoundedLeastSquares
from mien.values import CHANNEL_INDEX, CHANNELS

T = TypeVar("T")
Floats = NDArray[np.float32]
Columns = NDArray[np.intp]
Where = Callable[[Source], int]
"""The column of a source in the bank."""

SIGN = {"both": 1.0, "positive": 1.0, "negative": -1.0}
FLOOR = {"both": -np.inf, "positive": 0.0, "negative": 0.0}


class Step(Protocol):
    """Something that finishes columns of the bank."""

    def fill(self, bank: Floats) -> None:
        """Reads finished columns and writes its own."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """At most one term of each curve of a stage, side by side."""

    into: Columns
    source: Columns
    sign: Floats
    floor: Floats
    gain: Floats


@dataclass(frozen=True, slots=True)
class _Factors:
    """At most one factor of each curve of a stage, side by side."""

    into: Columns
    source: Columns
    at_zero: Floats
    slope: Floats


@dataclass(frozen=True, slots=True)
class Stage:
    """Curves that need none of each other."""

    curves: Columns
    terms: tuple[_Terms, ...]
    factors: tuple[_Factors, ...]
    floors: Limits
    roofs: Limits
    low: Floats
    rest: Floats
    high: Floats

    def fill(self, bank: Floats) -> None:
        """The stage's curves, from all that is finished."""
        moved = np.zeros((len(bank), len(self.curves)), np.float32)
        for term in self.terms:
            moved[:, term.into] += np.maximum(bank[:, term.source] * term.sign, term.floor) * term.gain
        for factor in self.factors:
            moved[:, factor.into] *= factor.at_zero + factor.slope * bank[:, factor.source]
        values = moved + self.rest
        if len(self.floors.into):
            values[:, self.floors.into] = np.maximum(values[:, self.floors.into], bank[:, self.floors.other])
        if len(self.roofs.into):
            values[:, self.roofs.into] = np.minimum(values[:, self.roofs.into], bank[:, self.roofs.other])
        bank[:, self.curves] = np.fmin(np.fmax(values, self.low), self.high)


@dataclass(frozen=True, slots=True)
class Solve:
    """The weights of poses, found together."""

    weights: Columns
    sources: Columns
    problem: BoundedLeastSquares

    def fill(self, bank: Floats) -> None:
        """The weights, from the sources."""
        bank[:, self.weights] = self.problem.solve(bank[:, self.sources])


@dataclass(frozen=True, slots=True)
class Plan:
    """All there is to do for a frame."""

    width: int
    """Columns of the bank."""

    own: slice
    """Those of the rig's curves."""

    rested: Columns
    """Columns of all curves, bases included."""

    rest: Floats
    """Their rest values: what curves that nothing drives keep."""

    steps: tuple[Step, ...]
    """In the order in which they run."""


@lru_cache(maxsize=1024)
def plan(rig: Rig) -> Plan:
    """The plan of `rig`, made once."""
    width, curves, steps = len(CHANNELS), list[tuple[int, Curve]](), list[Step]()
    base: dict[str, int] = {}
    for part in _from_the_ground(rig):
        poses = part.poses.curves if part.poses else ()
        weights = {name: width + index for index, name in enumerate(poses)}
        own = {name: width + len(poses) + index for index, name in enumerate(part.names)}
        steps += _steps(part, _where(base, weights, own), own)
        curves += [(own[curve.name], curve) for curve in part.curves]
        width += len(poses) + len(part.curves)
        base = own
    return Plan(
        width=width,
        own=slice(width - len(rig.curves), width),
        rested=_columns(column for column, _ in curves),
        rest=_floats(curve.rest for _, curve in curves),
        steps=tuple(steps),
    )


def _from_the_ground(rig: Rig) -> Iterator[Rig]:
    """The rigs that `rig` is built on, lowest first, then `rig`."""
    if rig.base:
        yield from _from_the_ground(rig.base)
    yield rig


def _where(base: Mapping[str, int], weights: Mapping[str, int], own: Mapping[str, int]) -> Where:
    tables = {"channel": CHANNEL_INDEX, "base": base, "pose": weights, "curve": own}
    return lambda source: tables[source.kind][source.name]


def _steps(rig: Rig, where: Where, own: Mapping[str, int]) -> Iterator[Step]:
    curves = {curve.name: curve for curve in rig.curves}
    if rig.poses:
        yield _solve(rig.poses, curves, where)
    for names in stages(rig.drives):
        if names:
            yield _stage([curves[name] for name in names], [rig.drives[name] for name in names], where)
    for contact in rig.contacts:
        yield _meeting(contact, rig, curves, where)


def _stage(curves: Sequence[Curve], drives: Sequence[Drive], where: Where) -> Stage:
    return Stage(
        curves=_columns(where(Source("curve", curve.name)) for curve in curves),
        terms=tuple(_terms(layer, where) for layer in _layers([drive.terms for drive in drives])),
        factors=tuple(_factors(layer, where) for layer in _layers([drive.factors for drive in drives])),
        floors=_limits([drive.at_least for drive in drives], where),
        roofs=_limits([drive.at_most for drive in drives], where),
        low=_floats(curve.low for curve in curves),
        rest=_floats(curve.rest for curve in curves),
        high=_floats(curve.high for curve in curves),
    )


def _layers(rows: Sequence[Sequence[T]]) -> list[list[tuple[int, T]]]:
    """The first item of every row, then the second ones, ...; each with the number of its row."""
    depth = max(map(len, rows), default=0)
    return [
        [(place, row[layer]) for place, row in enumerate(rows) if layer < len(row)] for layer in range(depth)
    ]


def _terms(layer: Sequence[tuple[int, Term]], where: Where) -> _Terms:
    return _Terms(
        into=_columns(place for place, _ in layer),
        source=_columns(where(term.source) for _, term in layer),
        sign=_floats(SIGN[term.half] for _, term in layer),
        floor=_floats(FLOOR[term.half] for _, term in layer),
        gain=_floats(term.gain for _, term in layer),
    )


def _factors(layer: Sequence[tuple[int, Factor]], where: Where) -> _Factors:
    return _Factors(
        into=_columns(place for place, _ in layer),
        source=_columns(where(factor.source) for _, factor in layer),
        at_zero=_floats(factor.at_zero for _, factor in layer),
        slope=_floats(factor.at_one - factor.at_zero for _, factor in layer),
    )


def _limits(others: Sequence[str | None], where: Where) -> Limits:
    limited = [(place, where(Source("curve", other))) for place, other in enumerate(others) if other]
    return Limits(_columns(place for place, _ in limited), _columns(column for _, column in limited))


def _solve(poses: Poses, curves: Mapping[str, Curve], where: Where) -> Solve:
    return Solve(
        weights=_columns(where(Source("pose", name)) for name in poses.curves),
        sources=_columns(where(source) for source in poses.sources),
        problem=BoundedLeastSquares(
            np.array(poses.shares, np.float64),
            low=np.array([curves[name].low - curves[name].rest for name in poses.curves]),
            high=np.array([curves[name].high - curves[name].rest for name in poses.curves]),
            damping=poses.damping,
            importance=np.array(poses.importance),
        ),
    )


def _meeting(contact: Contact, rig: Rig, curves: Mapping[str, Curve], where: Where) -> Meeting:
    drives = [rig.drives.get(name, Drive(())) for name in contact.moves]
    return Meeting(
        demand=where(contact.demand),
        begin=contact.begin,
        full=contact.full,
        known=_columns(where(Source("curve", name)) for name in contact.gaps),
        rest=np.array(contact.rest),
        gaps=np.array(list(contact.gaps.values())),
        moved=_columns(where(Source("curve", name)) for name in contact.moves),
        power=np.array([contact.gaps[name] for name in contact.moves]),
        cost=np.array(list(contact.moves.values())),
        low=np.array([curves[name].low for name in contact.moves]),
        high=np.array([curves[name].high for name in contact.moves]),
        floors=_limits([drive.at_least for drive in drives], where),
        roofs=_limits([drive.at_most for drive in drives], where),
        press=contact.press,
        cross=contact.cross,
    )


def _columns(numbers: Iterable[int]) -> Columns:
    return np.array(list(numbers), np.intp)


def _floats(numbers: Iterable[float]) -> Floats:
    return np.array(list(numbers), np.float32)
