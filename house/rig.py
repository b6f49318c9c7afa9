"""The head's rig folder: its curves, what drives them, the fit to its own mesh, and where it comes from."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from house.gltf import write_glb
from house.head import Head
from mien.face import read_face
from mien.fitting import fit_to_mesh
from mien.fitting.written import map_with_fit, said
from mien.pipeline import bake
from mien.rig import find_rig, load_rig
from mien.rig.write import write_rig
from mien.values import CHANNELS, Motion

MESH: Final = "head.glb"

TURNS: Final = {
    "headYaw": (1.4, (0, 1, 0)),
    "headPitch": (1.1, (-1, 0, 0)),
    "headRoll": (0.9, (0, 0, -1)),
}
"""What a neck does at most, radians, and about which axis of the bone."""

SOURCE: Final = """# house: where it comes from

The head of Mien is ours: a script builds it, from ellipsoids, rings and a table of what muscles pull,
`house/` in the repository; `make house` writes this folder again. CC0 1.0: do with it what you like.

Proportions and amplitudes were measured on the ICT face (MIT) and on tables of the field; no geometry was
copied.

* Curves: ARKit's 52, the 16 tongue shapes of Audio2Face-3D under our channels' names, four action units that
  ARKit lacks, and three turns of the bone `head_bone`, which stands upright at rest; the shoulders stay.
* The map is that of `arkit`, one to one for tongue, action units and head; the contacts are those of `mien
  rig fit` on this mesh.

## The fit
{said}
"""


def write_rig_folder(head: Head, folder: Path) -> None:
    """Write `folder`, in place of what it holds, and print what the fit found."""
    rig, map_ = _rig(), _map()
    with tempfile.TemporaryDirectory() as beside:
        plain, done = Path(beside) / "plain", Path(beside) / "house"
        mesh = Path(beside) / MESH
        write_glb(head, mesh)
        write_rig(plain, rig, map_, "Before the fit.\n", {MESH: mesh})
        fitted = fit_to_mesh(load_rig(plain), read_face(mesh), _heard(), scale=False)
        report = "\n".join(said(fitted.report))
        write_rig(done, rig, map_with_fit(map_, fitted), SOURCE.format(said=report), {MESH: mesh})
        folder.mkdir(parents=True, exist_ok=True)
        for made in sorted(done.iterdir()):
            shutil.move(made, folder / made.name)
    print(report)


def _rig() -> dict[str, Any]:
    arkit = json.loads((find_rig("arkit") / "rig.json").read_text(encoding="utf-8"))
    names = [channel.name for channel in CHANNELS if _more(channel.name)]
    groups = dict(arkit["groups"])
    for channel in CHANNELS:
        if channel.name in names:
            groups[channel.group] = [*groups.get(channel.group, []), channel.name]
    groups["left"] = [*groups["left"], *(name for name in names if name.endswith("Left"))]
    groups["right"] = [*groups["right"], *(name for name in names if name.endswith("Right"))]
    groups["head"] = list(TURNS)
    turns = [
        {"name": name, "unit": "rad", "min": -most, "rest": 0, "max": most,
         "bone": {"name": "head_bone", "moves": "rotation", "axis": list(axis)}}
        for name, (most, axis) in TURNS.items()
    ]  # fmt: skip
    return {
        "schema": 1,
        "title": "The house head: ARKit, tongue, four action units",
        "mesh": MESH,
        "curves": [*arkit["curves"], *({"name": name} for name in names), *turns],
        "groups": groups,
    }


def _more(name: str) -> bool:
    """Whether a channel is a shape of the head that ARKit does not have."""
    return (name.startswith("tongue") and name != "tongueOut") or name.startswith("au")


def _map() -> dict[str, Any]:
    arkit = json.loads((find_rig("arkit") / "rig.json").read_text(encoding="utf-8"))
    own = [curve["name"] for curve in arkit["curves"]]
    names = [*own, *(channel.name for channel in CHANNELS if _more(channel.name)), *TURNS]
    return {"schema": 1, "motion": 1, "base": "arkit", "linear": {name: {name: 1} for name in names}}


def _heard() -> Motion:
    with as_file(files("mien").joinpath("demo", "line.flac")) as line:
        return bake(line).motion
