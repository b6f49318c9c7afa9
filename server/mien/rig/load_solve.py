"""`map.json`, what is solved: poses that share the motion, and edges that meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import UnsetType
from numpy.typing import ArrayLike

from mien.errors import RigError
from mien.rig.read import known, label_text, number, typed
from mien.rig.rig import Contact, Drive, Poses, Source
from mien.rig.schema import ContactRow, MapFile, SolveRow
from mien.rig.sources import Sources
from mien.solve import BoundedLeastSquares


def poses_in(file: MapFile, sources: Sources, where: str) -> Poses | None:
    """The poses of the map, if it has any."""
    solve = (
        SolveRow() if isinstance(file.solve, UnsetType) else typed(file.solve, SolveRow, f"{where}: solve")
    )
    if not file.poses:
        if not isinstance(file.solve, UnsetType):
            raise RigError(f"{where}: 'solve' has nothing to solve; there are no 'poses'.")
        return None
    rows = {
        name: _pose(name, file.poses[name], sources, where) for name in sources.curves if name in file.poses
    }
    read = tuple(dict.fromkeys(source for row in rows.values() for source in row))
    if number(solve.damping, "damping", f"{where}: solve") <= 0:
        raise RigError(
            f"{where}: solve: 'damping' is {solve.damping:g}; wanted a number above 0, such as 0.02."
        )
    shares = tuple(tuple(row.get(source, 0.0) for row in rows.values()) for source in read)
    importance = _importance(solve, read, sources, f"{where}: solve: importance")
    if not _told_apart(shares, solve.damping, importance):
        raise RigError(
            f"{where}: solve: 'damping' is {solve.damping:g}, too little for poses so much alike; "
            "wanted more, such as 0.02."
        )
    return Poses(tuple(rows), read, shares, importance, solve.damping)


def _told_apart(columns: ArrayLike, damping: ArrayLike, importance: ArrayLike) -> bool:
    """Whether rounding leaves the solver one answer."""
    try:
        BoundedLeastSquares(columns, 0, 1, damping, importance)
    except ValueError:
        return False
    return True


def _pose(name: str, content: object, sources: Sources, where: str) -> dict[Source, float]:
    where = f"{where}: pose '{name}'"
    if sources.curves[name].unit != "weight":
        raise RigError(f"{where}: the curve is in {sources.curves[name].unit}; a pose is a weight.")
    rows = typed(content, dict[str, Any], where)
    shares = {
        sources.outside(of, "names", where): number(typed(share, float, f"{where} of '{of}'"), of, where)
        for of, share in rows.items()
    }
    if not any(shares.values()):
        raise RigError(f"{where} moves nothing; leave the curve out and it stays at rest.")
    return shares


def _importance(solve: SolveRow, read: tuple[Source, ...], sources: Sources, where: str) -> tuple[float, ...]:
    given = {
        sources.outside(name, "names", where): number(typed(value, float, f"{where} '{name}'"), name, where)
        for name, value in solve.importance.items()
    }
    for source, value in given.items():
        if source not in read:
            raise RigError(f"{where} names '{source.name}', which no pose moves.")
        if value < 0:
            raise RigError(f"{where} '{source.name}' is {value:g}; wanted 0 or more.")
    return tuple(given.get(source, 1.0) for source in read)


# Contacts


def contacts_in(
    file: MapFile, sources: Sources, drives: Mapping[str, Drive], where: str
) -> tuple[Contact, ...]:
    """The edges of the map that meet, in its order."""
    return tuple(_contact(name, row, sources, drives, where) for name, row in file.contact.items())


def _contact(
    name: str, content: object, sources: Sources, drives: Mapping[str, Drive], where: str
) -> Contact:
    label_text(name, "the name of a contact", where)
    where = f"{where}: contact '{name}'"
    row = typed(content, ContactRow, where)
    if not row.rest:
        raise RigError(f"{where}: 'rest' is empty; wanted the gap of each cut through the edges, in mm.")
    rest = tuple(number(gap, "rest", where) for gap in row.rest)
    gaps = {curve: _gaps(curve, gap, len(rest), sources, where) for curve, gap in row.gap.items()}
    moves = {curve: _cost(curve, cost, gaps, sources, where) for curve, cost in row.moves.items()}
    if not moves:
        raise RigError(f"{where}: 'moves' is empty; wanted the curves that may give way, each with its cost.")
    if not 0 <= number(row.press, "press", where) <= number(row.cross, "cross", where):
        raise RigError(
            f"{where}: press {row.press:g}, cross {row.cross:g}; wanted 0 <= press <= cross, in mm."
        )
    if not 0 <= row.begin < row.full <= 1:
        raise RigError(f"{where}: begin {row.begin:g}, full {row.full:g}; wanted 0 <= begin < full <= 1.")
    _check_readers(moves, drives, where)
    if not _told_apart(np.transpose([gaps[curve] for curve in moves]), [*moves.values()], len(rest) ** -0.5):
        raise RigError(
            f"{where}: 'moves' costs too little for curves so much alike; wanted more, such as 0.01."
        )
    demand = sources.outside(row.demand, "asks", where)
    return Contact(name, demand, row.begin, row.full, rest, gaps, moves, row.press, row.cross)


def _gaps(name: str, content: object, points: int, sources: Sources, where: str) -> tuple[float, ...]:
    known(name, sources.curves, "knows a gap of", f"one of the rig's {len(sources.curves)} curves", where)
    here = f"{where}: gap '{name}'"
    if sources.curves[name].unit != "weight":
        raise RigError(f"{here}: the curve is in {sources.curves[name].unit}; wanted a weight.")
    gaps = typed(content, list[float], here)
    if len(gaps) != points:
        raise RigError(f"{here} has {len(gaps)} gaps, 'rest' has {points}; wanted one for each.")
    return tuple(number(gap, "gap", here) for gap in gaps)


def _cost(name: str, content: object, gaps: Mapping[str, Any], sources: Sources, where: str) -> float:
    known(name, gaps, "moves", f"one of the {len(gaps)} curves in its 'gap'", where)
    cost = number(typed(content, float, f"{where}: moves '{name}'"), "the cost", f"{where}: moves '{name}'")
    if cost <= 0:
        raise RigError(f"{where}: moves '{name}': the cost is {cost:g}; wanted a number above 0.")
    return cost


def _check_readers(moves: Mapping[str, float], drives: Mapping[str, Drive], where: str) -> None:
    """Refuses a curve that gives way after others have read it: they would tell an old tale."""
    for reader, drive in drives.items():
        for name in moves:
            if name in drive.reads:
                raise RigError(
                    f"{where}: moves '{name}', which '{reader}' reads; wanted a curve that no other reads."
                )
