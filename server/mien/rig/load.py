"""The one loader of rig folders: reads `rig.json` and `map.json`, checks all, explains every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mien.errors import RigError
from mien.rig.find import find_rig
from mien.rig.load_curves import curves_in, groups_in, rig_file
from mien.rig.load_map import drives_in, map_file
from mien.rig.load_solve import contacts_in, poses_in
from mien.rig.read import is_folder, shown
from mien.rig.rig import Curve, Rig
from mien.rig.schema import MapFile
from mien.rig.sources import Sources


def load_rig(folder: Path) -> Rig:
    """The rig in `folder`, checked to the last key; its name is the folder's.

    Raises:
        RigError: Anything wrong with the folder, in one sentence with file, key and the nearest name.
    """
    return _load(folder, ())


def _load(folder: Path, above: tuple[Path, ...]) -> Rig:
    if not is_folder(folder):
        raise RigError(f"{shown(folder)}: not a folder; a rig is a folder with rig.json and map.json.")
    folder = folder.resolve()
    file = rig_file(folder / "rig.json")
    curves = curves_in(file, shown(folder / "rig.json"))
    groups = groups_in(file, curves, shown(folder / "rig.json"))
    return _mapped(Rig(folder.name, file.title, tuple(curves.values()), groups, {}), curves, folder, above)


def _mapped(rig: Rig, curves: Mapping[str, Curve], folder: Path, above: tuple[Path, ...]) -> Rig:
    path = folder / "map.json"
    file, where = map_file(path), shown(path)
    base = _base(file, folder, (*above, folder), where)
    sources = Sources(curves, base)
    drives = drives_in(file, sources, where)
    return Rig(
        rig.name,
        rig.title,
        rig.curves,
        rig.groups,
        drives=drives,
        base=base,
        poses=poses_in(file, sources, where),
        contacts=contacts_in(file, sources, drives, where),
    )


def _base(file: MapFile, folder: Path, above: tuple[Path, ...], where: str) -> Rig | None:
    """The rig that the map is built on: one that Mien knows by name, else a folder beside this one."""
    if not isinstance(file.base, str):
        return None
    beside = folder.parent / file.base
    try:
        found = find_rig(file.base).resolve()
    except RigError as problem:
        if not is_folder(beside) or len(Path(file.base).parts) != 1:
            raise RigError(f"{where}: base: {problem}") from None
        found = beside.resolve()
    if found in above:
        circle = " -> ".join(rig.name for rig in (*above[above.index(found) :], found))
        raise RigError(f"{where}: rigs are built on one another in a circle, {circle}; break it at one.")
    return _load(found, above)
