"""A rig's map as column numbers, so that a frame costs a handful of numpy calls and not one per curve.

Curves are laid into stages, each reading only what is finished before it. Within a stage the first terms of
all curves are taken side by side, then the second ones, and so on; factors likewise. ARKit takes two stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.rig.rig import Curve, Drive, Factor, Rig, Term, stages
from mien.values import CHANNEL_INDEX, CHANNELS

T = TypeVar("T")
Floats = NDArray[np.float32]
Columns = NDArray[np.intp]

SIGN = {"both": 1.0, "positive": 1.0, "negative": -1.0}
FLOOR = {"both": -np.inf, "positive": 0.0, "negative": 0.0}


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
    """Curves that need none of each other. Columns count in the bank: all channels, then all curves."""

    curves: Columns
    terms: tuple[_Terms, ...]
    factors: tuple[_Factors, ...]
    capped: Columns
    caps: Columns
    low: Floats
    rest: Floats
    high: Floats

    def values(self, bank: Floats) -> Floats:
        """The stage's curves, shape (frames, curves of the stage)."""
        moved = np.zeros((len(bank), len(self.curves)), np.float32)
        for term in self.terms:
            moved[:, term.into] += np.maximum(bank[:, term.source] * term.sign, term.floor) * term.gain
        for factor in self.factors:
            moved[:, factor.into] *= factor.at_zero + factor.slope * bank[:, factor.source]
        values = moved + self.rest
        if len(self.capped):
            values[:, self.capped] = np.minimum(values[:, self.capped], bank[:, self.caps])
        return np.asarray(np.fmin(np.fmax(values, self.low), self.high), np.float32)


@dataclass(frozen=True, slots=True)
class Plan:
    """All there is to do for a frame."""

    rest: Floats
    """Of every curve of the rig: what those that nothing drives keep."""

    stages: tuple[Stage, ...]
    """In the order in which they run."""


@lru_cache(maxsize=64)
def plan(rig: Rig) -> Plan:
    """The plan of `rig`, made once."""
    columns = {name: len(CHANNELS) + index for index, name in enumerate(rig.names)}
    curves = {curve.name: curve for curve in rig.curves}
    steps = (
        _stage([curves[name] for name in names], [rig.drives[name] for name in names], columns)
        for names in stages(rig.drives)
        if names
    )
    return Plan(_floats(curve.rest for curve in rig.curves), tuple(steps))


def _stage(curves: Sequence[Curve], drives: Sequence[Drive], columns: Mapping[str, int]) -> Stage:
    capped = [(place, columns[drive.at_most]) for place, drive in enumerate(drives) if drive.at_most]
    return Stage(
        curves=_columns(columns[curve.name] for curve in curves),
        terms=tuple(_terms(layer) for layer in _layers([drive.terms for drive in drives])),
        factors=tuple(_factors(layer, columns) for layer in _layers([drive.factors for drive in drives])),
        capped=_columns(place for place, _ in capped),
        caps=_columns(column for _, column in capped),
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


def _terms(layer: Sequence[tuple[int, Term]]) -> _Terms:
    return _Terms(
        into=_columns(place for place, _ in layer),
        source=_columns(CHANNEL_INDEX[term.channel] for _, term in layer),
        sign=_floats(SIGN[term.half] for _, term in layer),
        floor=_floats(FLOOR[term.half] for _, term in layer),
        gain=_floats(term.gain for _, term in layer),
    )


def _factors(layer: Sequence[tuple[int, Factor]], columns: Mapping[str, int]) -> _Factors:
    where = {"channel": CHANNEL_INDEX, "curve": columns}
    return _Factors(
        into=_columns(place for place, _ in layer),
        source=_columns(where[factor.kind][factor.name] for _, factor in layer),
        at_zero=_floats(factor.at_zero for _, factor in layer),
        slope=_floats(factor.at_one - factor.at_zero for _, factor in layer),
    )


def _columns(numbers: Iterable[int]) -> Columns:
    return np.array(list(numbers), np.intp)


def _floats(numbers: Iterable[float]) -> Floats:
    return np.array(list(numbers), np.float32)
