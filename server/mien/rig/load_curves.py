"""`rig.json`: what the rig has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final, cast, get_args

from msgspec import UnsetType

from mien.errors import RigError
from mien.rig.read import (
    check_schema,
    cut,
    known,
    label_text,
    number,
    one_of,
    read_object,
    shown,
    twice,
    typed,
)
from mien.rig.rig import Bone, Curve, Moves
from mien.rig.schema import SCHEMA, BoneRow, CurveRow, RigFile
from mien.values import Unit

UNITS: Final = get_args(Unit)
BONE_UNITS: Final = {"rotation": ("rad", "deg"), "translation": ("mm",)}


def rig_file(path: Path) -> RigFile:
    """The file, its parts still to be typed."""
    content, where = read_object(path), shown(path)
    check_schema(content, "schema", SCHEMA, where)
    file = typed(content, RigFile, where)
    label_text(file.title, "the title", where)
    return file


def mesh_in(file: RigFile, where: str) -> str | None:
    """The name of the rig's mesh, if it has one: that of a file in the rig's own folder."""
    if isinstance(file.mesh, UnsetType):
        return None
    name = label_text(file.mesh, "the mesh", where)
    if name in {".", ".."} or not PurePosixPath(name).name == PureWindowsPath(name).name == name:
        raise RigError(
            f"{where}: the mesh is '{cut(name)}'; wanted the plain name of a file in the rig's folder, "
            "such as head.glb."
        )
    return name


def curves_in(file: RigFile, where: str) -> dict[str, Curve]:
    """The curves of the file, by name and in its order."""
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
    bone = None if isinstance(row.bone, UnsetType) else _bone(row.bone, unit, where)
    return Curve(row.name, unit, low, row.rest, high, bone)


def _called(content: object, index: int) -> str:
    name = content.get("name") if isinstance(content, dict) else None
    return f"'{name}'" if isinstance(name, str) and name.isprintable() else str(index)


def _limit(given: float | UnsetType, of_weight: float, key: str, unit: Unit, where: str) -> float:
    if not isinstance(given, UnsetType):
        return given
    if unit != "weight":
        raise RigError(f"{where}: the key '{key}' is missing; only weights have a {key} of their own.")
    return of_weight


def _bone(content: object, unit: Unit, where: str) -> Bone:
    where = f"{where}: bone"
    row = typed(content, BoneRow, where)
    label_text(row.name, "the name", where)
    moves = cast(Moves, one_of(row.moves, tuple(BONE_UNITS), "moves", where))
    if unit not in BONE_UNITS[moves]:
        raise RigError(f"{where}: a {moves} in {unit}; wanted {' or '.join(BONE_UNITS[moves])}.")
    if len(row.axis) != 3 or not math.isclose(math.hypot(*row.axis), 1.0, abs_tol=1e-3):
        raise RigError(f"{where}: 'axis' is {row.axis}; wanted three numbers of length 1, as [0, 0, 1].")
    return Bone(row.name, moves, (row.axis[0], row.axis[1], row.axis[2]))


def groups_in(file: RigFile, curves: Mapping[str, Curve], where: str) -> dict[str, tuple[str, ...]]:
    """The groups of the file. `left` and `right`, if there, are of one length."""
    groups = {group: _group(group, content, curves, where) for group, content in file.groups.items()}
    left, right = groups.get("left", ()), groups.get("right", ())
    if len(left) != len(right):
        raise RigError(
            f"{where}: group 'left' holds {len(left)} curves, 'right' {len(right)}; they mirror one another."
        )
    if both := set(left) & set(right):
        raise RigError(f"{where}: '{min(both)}' is in the groups 'left' and 'right'; a curve has one side.")
    return groups


def _group(group: str, content: object, curves: Mapping[str, Curve], where: str) -> tuple[str, ...]:
    label_text(group, "the name of a group", where)
    where = f"{where}: group '{group}'"
    names = tuple(typed(content, list[str], where))
    for name in names:
        known(name, curves, "holds", f"one of the rig's {len(curves)} curves", where)
    again = twice(names)
    if again is not None:
        raise RigError(f"{where} holds '{again}' twice; keep one of the two.")
    return names
