"""`map.json`: how motion drives each curve."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from graphlib import CycleError
from pathlib import Path
from typing import Any, Final, cast, get_args

from msgspec import UnsetType

from mien.errors import RigError
from mien.rig.read import LARGEST, check_schema, known, number, one_of, read_object, shown, typed
from mien.rig.rig import Drive, Factor, Half, Source, Term, stages
from mien.rig.schema import SCHEMA, FactorRow, MapFile, TermRow
from mien.rig.sources import Sources, Span
from mien.values import MOTION_SCHEMA

HALVES: Final = get_args(Half)
TERMS: Final = ("linear", "mix", "poses")
"""The tables that make a curve move; the others work on what these make."""

LIMITS: Final = ("products", "at_least", "at_most")

Resolve = Callable[[str, str, str], Source]
"""Name, verb and place of a source to the source itself."""


def map_file(path: Path) -> MapFile:
    """The file, its parts still to be typed."""
    content, where = read_object(path), shown(path)
    check_schema(content, "schema", SCHEMA, where)
    check_schema(content, "motion", MOTION_SCHEMA, where)
    return typed(content, MapFile, where)


def driven_in(file: MapFile) -> frozenset[str]:
    """The names of the curves that the map moves."""
    return frozenset(name for table in TERMS for name in getattr(file, table))


def drives_in(file: MapFile, sources: Sources, where: str) -> dict[str, Drive]:
    """The drive of every curve that the map moves, in the rig's order."""
    _check_tables(file, sources, where)
    reader = _Reader(file, sources, where)
    drives = {name: reader.drive(name) for name in sources.curves if name in sources.driven}
    try:
        list(stages(drives))
    except CycleError as cycle:
        circle = " -> ".join(cycle.args[1])
        raise RigError(f"{where}: curves read one another in a circle, {circle}; break it at one.") from None
    for name, drive in drives.items():
        _check_effect(name, drive, sources, where)
    return drives


def _check_tables(file: MapFile, sources: Sources, where: str) -> None:
    if not any(getattr(file, table) for table in TERMS):
        raise RigError(f"{where}: 'linear', 'mix' and 'poses' are empty; a map drives at least one curve.")
    for table in (*TERMS, *LIMITS):
        among = f"one of the rig's {len(sources.curves)} curves"
        for name in getattr(file, table):
            known(name, sources.curves, "drives", among, f"{where}: {table}")
            if name not in sources.driven:
                raise RigError(
                    f"{where}: {table} '{name}' has nothing to work on; none of 'linear', 'mix' and 'poses' "
                    "drives it."
                )
    for name in file.poses:
        if name in file.linear or name in file.mix:
            other = "linear" if name in file.linear else "mix"
            raise RigError(f"{where}: '{name}' is in 'poses' and in '{other}'; keep it in one of the two.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads all that a map says of one curve."""

    file: MapFile
    sources: Sources
    where: str

    def drive(self, name: str) -> Drive:
        if name in self.file.poses:
            terms: tuple[Term, ...] = (Term(Source("pose", name)),)
        else:
            linear = self._terms("linear", name, self.sources.outside)
            terms = (*linear, *self._terms("mix", name, self.sources.own))
        return Drive(terms, self._factors(name), self._limit(name, "at_least"), self._limit(name, "at_most"))

    def _terms(self, table: str, name: str, resolve: Resolve) -> tuple[Term, ...]:
        rows = getattr(self.file, table)
        if name not in rows:
            return ()
        where = f"{self.where}: {table} '{name}'"
        if not typed(rows[name], dict[str, Any], where):
            raise RigError(f"{where} names no source; leave the curve out and it stays at rest.")
        return tuple(
            self._term(name, resolve(of, "reads", where), row, where) for of, row in rows[name].items()
        )

    def _term(self, name: str, source: Source, content: object, where: str) -> Term:
        where = f"{where} from '{source.name}'"
        content = content if isinstance(content, dict) else {"gain": typed(content, float, where)}
        row = typed(content, TermRow, where)
        half = cast(Half, one_of(row.half, HALVES, "half", where))
        if half == "negative" and self.sources.span(source)[0] >= 0:
            raise RigError(f"{where}: 'half' is 'negative', but '{source.name}' is never below 0.")
        if number(row.per, "per", where) <= 0:
            raise RigError(f"{where}: 'per' is {row.per:g}; wanted a number above 0.")
        units = (self.sources.unit(source), self.sources.curves[name].unit)
        turn = {("rad", "deg"): math.degrees(1.0), ("deg", "rad"): math.radians(1.0)}.get(units, 1.0)
        return Term(
            source, number(number(row.gain, "gain", where) / row.per * turn, "gain / per", where), half
        )

    def _factors(self, name: str) -> tuple[Factor, ...]:
        if name not in self.file.products:
            return ()
        where = f"{self.where}: product '{name}'"
        rows = typed(self.file.products[name], list[Any], where)
        if not rows:
            raise RigError(f"{where} names no factor; leave it out.")
        return tuple(self._factor(row, where) for row in rows)

    def _factor(self, content: object, where: str) -> Factor:
        row = typed(content, FactorRow, where)
        at_zero, at_one = number(row.at_zero, "at_zero", where), number(row.at_one, "at_one", where)
        named: list[tuple[str | UnsetType, Resolve, str]] = [
            (row.channel, self.sources.channel, "reads channel"),
            (row.base, self.sources.of_base, "reads curve"),
            (row.curve, self.sources.own, "reads curve"),
        ]
        given = [(name, resolve, verb) for name, resolve, verb in named if isinstance(name, str)]
        if len(given) != 1:
            raise RigError(f"{where}: a factor reads one thing; wanted one of 'channel', 'base' and 'curve'.")
        name, resolve, verb = given[0]
        return Factor(resolve(str(name), verb, where), at_zero, at_one)

    def _limit(self, name: str, table: str) -> str | None:
        rows: dict[str, Any] = getattr(self.file, table)
        if name not in rows:
            return None
        where = f"{self.where}: {table} '{name}'"
        limit = typed(rows[name], str, where)
        self.sources.own(limit, "names curve", where)
        curve, other = self.sources.curves[name], self.sources.curves[limit]
        if other.unit != curve.unit:
            raise RigError(
                f"{where}: '{limit}' is in {other.unit}, '{name}' in {curve.unit}; wanted one unit."
            )
        if table == "at_most" and other.low < curve.low:
            raise RigError(
                f"{where}: '{limit}' falls to {other.low:g}, below {curve.low:g}, the min of '{name}'."
            )
        if table == "at_least" and other.high > curve.high:
            raise RigError(
                f"{where}: '{limit}' rises to {other.high:g}, above {curve.high:g}, the max of '{name}'."
            )
        return limit


# What a map can do to a curve


def _check_effect(name: str, drive: Drive, sources: Sources, where: str) -> None:
    """Refuses a curve that its map can never move, and one whose sums float32 might not hold."""
    curve, moved = sources.curves[name], _moved(drive, sources)
    if max(-moved[0], moved[1]) > LARGEST**4:
        raise RigError(f"{where}: '{name}' is driven from {moved[0]:g} to {moved[1]:g}; mend its gains.")
    low, high = _bounded((curve.rest + moved[0], curve.rest + moved[1]), drive, sources)
    low, high = min(max(low, curve.low), curve.high), min(max(high, curve.low), curve.high)
    if math.isclose(low, high, abs_tol=1e-9):
        raise RigError(
            f"{where}: '{name}' never leaves {low:g}: what drives it adds {moved[0]:g} to {moved[1]:g} to "
            f"its rest of {curve.rest:g}, and its limits allow no more; mend the gains or the limits."
        )


def _moved(drive: Drive, sources: Sources) -> Span:
    """What terms and factors add to rest at the least and at the most."""
    moved = _total([_scaled(_half(sources.span(term.source), term.half), term.gain) for term in drive.terms])
    for factor in drive.factors:
        if max(-moved[0], moved[1]) <= LARGEST**4:
            moved = _times(moved, _line(sources.span(factor.source), factor.at_zero, factor.at_one))
    return moved


def _bounded(span: Span, drive: Drive, sources: Sources) -> Span:
    """`span` between the curves that limit it."""
    if drive.at_least is not None:
        floor = sources.span(Source("curve", drive.at_least))
        span = max(span[0], floor[0]), max(span[1], floor[1])
    if drive.at_most is not None:
        roof = sources.span(Source("curve", drive.at_most))
        span = min(span[0], roof[0]), min(span[1], roof[1])
    return span


def _half(span: Span, half: Half) -> Span:
    if half == "both":
        return span
    low, high = span if half == "positive" else (-span[1], -span[0])
    return max(low, 0.0), max(high, 0.0)


def _scaled(span: Span, gain: float) -> Span:
    ends = sorted((span[0] * gain, span[1] * gain))
    return ends[0], ends[1]


def _total(spans: list[Span]) -> Span:
    return sum(span[0] for span in spans), sum(span[1] for span in spans)


def _line(span: Span, at_zero: float, at_one: float) -> Span:
    low, high = _scaled(span, at_one - at_zero)
    return low + at_zero, high + at_zero


def _times(one: Span, other: Span) -> Span:
    products = [a * b for a in one for b in other]
    return min(products), max(products)
