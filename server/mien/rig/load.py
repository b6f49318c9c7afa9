"""The one loader of rig folders: reads `rig.json` and `map.json`, checks all, explains every mistake."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from graphlib import CycleError
from pathlib import Path
from typing import Any, Final, cast, get_args

from msgspec import UnsetType

from mien.errors import RigError, near
from mien.rig.read import (
    check_schema,
    is_folder,
    label_text,
    number,
    one_of,
    read_object,
    shown,
    twice,
    typed,
)
from mien.rig.rig import Curve, Drive, Factor, Half, Rig, Term, stages
from mien.rig.schema import SCHEMA, CurveRow, FactorRow, MapFile, RigFile, TermRow
from mien.values import CHANNEL_INDEX, CHANNELS, MOTION_SCHEMA, Unit

UNITS: Final = get_args(Unit)
HALVES: Final = get_args(Half)


def load_rig(folder: Path) -> Rig:
    """The rig in `folder`, checked to the last key; its name is the folder's.

    Raises:
        RigError: Anything wrong with the folder, in one sentence with file, key and the nearest name.
    """
    if not is_folder(folder):
        raise RigError(f"{shown(folder)}: not a folder; a rig is a folder with rig.json and map.json.")
    file = _rig_file(folder / "rig.json")
    curves = _curves(file, shown(folder / "rig.json"))
    groups = _groups(file, curves, shown(folder / "rig.json"))
    drives = _drives(folder / "map.json", curves)
    return Rig(folder.resolve().name, file.title, tuple(curves.values()), groups, drives)


# rig.json


def _rig_file(path: Path) -> RigFile:
    content, where = read_object(path), shown(path)
    check_schema(content, "schema", SCHEMA, where)
    file = typed(content, RigFile, where)
    label_text(file.title, "the title", where)
    return file


def _curves(file: RigFile, where: str) -> dict[str, Curve]:
    if not file.curves:
        raise RigError(f"{where}: 'curves' is empty; a rig has at least one curve.")
    curves = [_curve(row, index, where) for index, row in enumerate(file.curves)]
    again = twice(curve.name for curve in curves)
    if again is not None:
        raise RigError(f"{where}: curve '{again}' stands twice; keep one of the two.")
    return {curve.name: curve for curve in curves}


def _curve(content: object, index: int, where: str) -> Curve:
    where = f"{where}: curve {_called(content, index)}"
    row = typed(content, CurveRow, where)
    label_text(row.name, "the name", where)
    unit = cast(Unit, one_of(row.unit, UNITS, "unit", where))
    low = number(_limit(row.low, 0.0, "min", unit, where), "min", where)
    high = number(_limit(row.high, 1.0, "max", unit, where), "max", where)
    if not low <= number(row.rest, "rest", where) <= high:
        raise RigError(f"{where}: min {low:g}, rest {row.rest:g}, max {high:g}; wanted min <= rest <= max.")
    return Curve(row.name, unit, low, row.rest, high)


def _called(content: object, index: int) -> str:
    name = content.get("name") if isinstance(content, dict) else None
    return f"'{name}'" if isinstance(name, str) and name.isprintable() else str(index)


def _limit(given: float | UnsetType, of_weight: float, key: str, unit: Unit, where: str) -> float:
    if not isinstance(given, UnsetType):
        return given
    if unit != "weight":
        raise RigError(f"{where}: the key '{key}' is missing; only weights have a {key} of their own.")
    return of_weight


def _groups(file: RigFile, curves: Mapping[str, Curve], where: str) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for group, content in file.groups.items():
        label_text(group, "the name of a group", where)
        here = f"{where}: group '{group}'"
        groups[group] = tuple(typed(content, list[str], here))
        for name in groups[group]:
            _known(name, curves, "holds", f"rig's {len(curves)} curves", here)
        again = twice(groups[group])
        if again is not None:
            raise RigError(f"{here} holds '{again}' twice; keep one of the two.")
    return groups


def _known(name: str, known: Collection[str], verb: str, among: str, where: str) -> str:
    if name not in known:
        raise RigError(f"{where} {verb} '{name}', which is not one of the {among}.{near(name, known)}")
    return name


# map.json


def _drives(path: Path, curves: Mapping[str, Curve]) -> dict[str, Drive]:
    file, where = _map_file(path), shown(path)
    for table in ("linear", "products", "at_most"):
        _check_table(file, table, curves, where)
    drives = {}
    for name in file.linear:
        terms = _terms(file, curves[name], where)
        drives[name] = Drive(terms, _factors(file, name, curves, where), _at_most(file, name, curves, where))
    _check_order(drives, where)
    return drives


def _map_file(path: Path) -> MapFile:
    content, where = read_object(path), shown(path)
    check_schema(content, "schema", SCHEMA, where)
    check_schema(content, "motion", MOTION_SCHEMA, where)
    return typed(content, MapFile, where)


def _check_table(file: MapFile, table: str, curves: Mapping[str, Curve], where: str) -> None:
    if not file.linear:
        raise RigError(f"{where}: 'linear' is empty; a map drives at least one curve.")
    for name in getattr(file, table):
        _known(name, curves, "drives", f"rig's {len(curves)} curves", f"{where}: {table}")
        if name not in file.linear:
            raise RigError(f"{where}: {table} '{name}' has nothing to work on; 'linear' does not drive it.")


def _terms(file: MapFile, curve: Curve, where: str) -> tuple[Term, ...]:
    where = f"{where}: linear '{curve.name}'"
    rows = typed(file.linear[curve.name], dict[str, Any], where)
    if not rows:
        raise RigError(f"{where} names no channel; leave the curve out and it stays at rest.")
    return tuple(_term(channel, row, curve, where) for channel, row in rows.items())


def _term(channel: str, content: object, curve: Curve, where: str) -> Term:
    _known(channel, CHANNEL_INDEX, "reads channel", f"{len(CHANNELS)} motion channels", where)
    where = f"{where} from '{channel}'"
    content = content if isinstance(content, dict) else {"gain": typed(content, float, where)}
    row = typed(content, TermRow, where)
    half = cast(Half, one_of(row.half, HALVES, "half", where))
    unit = CHANNELS[CHANNEL_INDEX[channel]].unit
    if half == "negative" and unit == "weight":
        raise RigError(f"{where}: 'half' is 'negative', but '{channel}' is a weight and never below 0.")
    if number(row.per, "per", where) <= 0:
        raise RigError(f"{where}: 'per' is {row.per:g}; wanted a number above 0.")
    degrees = math.degrees(1.0) if (unit, curve.unit) == ("rad", "deg") else 1.0
    gain = number(number(row.gain, "gain", where) / row.per * degrees, "gain / per", where)
    return Term(channel, gain, half)


def _factors(file: MapFile, name: str, curves: Mapping[str, Curve], where: str) -> tuple[Factor, ...]:
    if name not in file.products:
        return ()
    where = f"{where}: product '{name}'"
    rows = typed(file.products[name], list[Any], where)
    if not rows:
        raise RigError(f"{where} names no factor; leave it out.")
    return tuple(_factor(row, curves, where) for row in rows)


def _factor(content: object, curves: Mapping[str, Curve], where: str) -> Factor:
    row = typed(content, FactorRow, where)
    at_zero, at_one = number(row.at_zero, "at_zero", where), number(row.at_one, "at_one", where)
    if isinstance(row.channel, str) and not isinstance(row.curve, str):
        _known(row.channel, CHANNEL_INDEX, "reads channel", f"{len(CHANNELS)} motion channels", where)
        return Factor("channel", row.channel, at_zero, at_one)
    if isinstance(row.curve, str) and not isinstance(row.channel, str):
        _known(row.curve, curves, "reads curve", f"rig's {len(curves)} curves", where)
        return Factor("curve", row.curve, at_zero, at_one)
    raise RigError(f"{where}: a factor reads one thing; wanted either 'channel' or 'curve'.")


def _at_most(file: MapFile, name: str, curves: Mapping[str, Curve], where: str) -> str | None:
    if name not in file.at_most:
        return None
    where = f"{where}: at_most '{name}'"
    roof = typed(file.at_most[name], str, where)
    _known(roof, curves, "names curve", f"rig's {len(curves)} curves", where)
    _check_roof(curves[name], curves[roof], where)
    return roof


def _check_roof(curve: Curve, other: Curve, where: str) -> None:
    if other.unit != curve.unit:
        raise RigError(
            f"{where}: '{other.name}' is in {other.unit}, '{curve.name}' in {curve.unit}; wanted one unit."
        )
    if other.low < curve.low:
        raise RigError(
            f"{where}: '{other.name}' falls to {other.low:g}, below {curve.low:g}, the min of '{curve.name}'."
        )


def _check_order(drives: Mapping[str, Drive], where: str) -> None:
    try:
        list(stages(drives))
    except CycleError as cycle:
        circle = " -> ".join(cycle.args[1])
        raise RigError(
            f"{where}: products and limits run in a circle, {circle}; break it at one curve."
        ) from None
