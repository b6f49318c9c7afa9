"""The head that wears a rig: a file in the rig's folder, named in `rig.json`."""

from __future__ import annotations

from pathlib import Path

from mien.errors import RigError
from mien.rig.load_curves import mesh_in, rig_file
from mien.rig.read import shown


def mesh_of(folder: Path) -> Path | None:
    """The mesh of the rig in `folder`; None when its `rig.json` names none.

    Curves can be had without it, so a rig whose mesh is gone still loads.

    Raises:
        RigError: `rig.json` has a mistake in it, or names a file that is not there or lies elsewhere.
    """
    where = shown(folder / "rig.json")
    name = mesh_in(rig_file(folder / "rig.json"), where)
    if name is None:
        return None
    if not (folder / name).is_file():
        raise RigError(
            f"{where}: the mesh '{name}' is not in the rig's folder; put it there, or take 'mesh' out."
        )
    return folder / name
