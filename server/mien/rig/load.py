"""The one loader of rig folders: reads `rig.json` and `map.json`, checks all, explains every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mien.errors import RigError, unknown
from mien.rig.find import known_rig, rig_names
from mien.rig.load_curves import curves_in, groups_in, mesh_in, rig_file
from mien.rig.load_map import driven_in, drives_in, map_file
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
    mesh_in(file, shown(folder / "rig.json"))
    return _mapped(Rig(folder.name, file.title, tuple(curves.values()), groups, {}), curves, folder, above)


def _mapped(rig: Rig, curves: Mapping[str, Curve], folder: Path, above: tuple[Path, ...]) -> Rig:
    path = folder / "map.json"
    file, where = map_file(path), shown(path)
    base = _base(file, folder, (*above, folder), where)
    sources = Sources(curves, base, driven_in(file))
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
    found = known_rig(file.base) or (beside if beside.name == file.base and is_folder(beside) else None)
    if found is None:
        raise RigError(f"{where}: base: {unknown('rig', file.base, rig_names())}")
    found = found.resolve()
    if found in above:
        circle = " -> ".join(rig.name for rig in (*above[above.index(found) :], found))
        raise RigError(f"{where}: rigs are built on one another in a circle, {circle}; break it at one.")
    return _load(found, above)
