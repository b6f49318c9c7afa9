"""Poses the real Rigify face with the curves of `rigs/rigify` and reads back where its points go.

By hand, since Blender as a module weighs 370 MB. Two steps, because bpy 5.0.1 wants a Python 3.11 of its own:

    .venv/bin/python tests/rigify_measure.py poses poses.json
    python3.11 -m venv blender && blender/bin/pip install bpy==5.0.1
    blender/bin/python tests/rigify_measure.py measure poses.json tests/data/foreign/rigify_measured.json

The second step knows nothing of Mien: it makes the human metarig, generates the rig, sets each curve on its
bone and writes the points in mm, as x to the character's left, y up, z to the front.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
AXES = {"x": 0, "y": 1, "z": 2}
POINTS = (
    *("lip.T", "lip.B", "lip.T.L.001", "lip.T.R.001", "lip.B.L.001", "lip.B.R.001"),
    *("lips.L", "lips.R", "chin"),
    *("lid.T.L", "lid.T.L.001", "lid.T.L.002", "lid.T.L.003"),
    *("lid.B.L", "lid.B.L.001", "lid.B.L.002", "lid.B.L.003"),
    *("brow.T.L.001", "brow.T.L.002", "brow.T.L.003", "nose.L.001", "cheek.T.L.001", "cheek.B.L.001"),
    *("tongue", "nose.002"),
)
"""Controls at whose place a deforming bone begins or ends: what the skin there does."""

FULL = (
    *("jawOpen", "jawForward", "jawLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft"),
    *(
        "mouthStretchLeft",
        "mouthPucker",
        "mouthFunnel",
        "mouthLeft",
        "mouthUpperUpLeft",
        "mouthLowerDownLeft",
    ),
    *("mouthRollLower", "mouthShrugLower", "cheekPuff", "noseSneerLeft", "tongueOut", "tongueTipUp"),
    *("eyeBlinkLeft", "eyeWideLeft", "eyeSquintLeft", "browDownLeft", "browInnerUp", "browOuterUpLeft"),
)
"""Channels that make a pose of their own, at 1."""

PARTING = dict.fromkeys(
    ("mouthFunnel", "mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight"), 0.5
)
POSES: dict[str, dict[str, float]] = {
    "rest": {},
    **{channel: {channel: 1} for channel in FULL},
    "closed over jawOpen .2": {"jawOpen": 0.2, "lipClosure": 1},
    "closed over jawOpen .6": {"jawOpen": 0.6, "lipClosure": 1},
    "closed over jawOpen 1": {"jawOpen": 1, "lipClosure": 1},
    "closed over all that parts": {"jawOpen": 0.4, "lipClosure": 1, **PARTING},
    "half closed over jawOpen .6": {"jawOpen": 0.6, "lipClosure": 0.5},
    "blink and squint": {"eyeBlinkLeft": 1, "eyeSquintLeft": 1, "cheekSquintLeft": 1},
    "blink, looking down": {"eyeBlinkLeft": 1, "eyePitchLeft": -0.25},
    "looking left": {"eyeYawLeft": 0.35, "eyeYawRight": 0.35},
    "looking up": {"eyePitchLeft": 0.2, "eyePitchRight": 0.2},
    "crossed eyes": {"eyeYawLeft": -0.2, "eyeYawRight": 0.2},
    "headYaw": {"headYaw": 0.3},
    "headPitch": {"headPitch": 0.3},
    "headRoll": {"headRoll": 0.3},
}
"""Channels of the motion by pose."""


def write_poses(to: Path) -> None:
    """The curves that our rig makes of `POSES`."""
    sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "server")]
    from tests.rig_poses import moved

    poses = {
        name: {"channels": channels, "curves": moved("rigify", **channels)}
        for name, channels in POSES.items()
    }
    to.write_text(json.dumps(poses), encoding="utf-8")


def measure(poses: Path, to: Path) -> None:
    """Where the points of the generated rig are in each pose."""
    rig = _generated()
    places = {point: _place(rig, point) for point in POINTS}
    wanted = json.loads(poses.read_text(encoding="utf-8"))
    rows = {name: {**pose, **_measured(rig, places, pose["curves"])} for name, pose in wanted.items()}
    head = {
        "what": "points of Blender's Rigify face (human metarig, faces.super_face) under our curves",
        "where": f"measured in bpy {_blender_version()} by tests/rigify_measure.py",
        "units": "points in mm: x character's left, y up, z front; gaze in radians: yaw left, pitch up",
        "control of each point": {point: list(place) for point, place in places.items()},
    }
    lines = [f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in rows.items()]
    text = json.dumps(head, indent=2)[:-2] + ',\n  "poses": {\n' + ",\n".join(lines) + "\n  }\n}\n"
    to.write_text(text, encoding="utf-8")


def _blender_version() -> str:
    import bpy

    return str(bpy.app.version_string)


def _generated() -> Any:
    import bpy

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.preferences.addon_enable(module="rigify")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


def _place(rig: Any, control: str) -> tuple[str, str]:
    """The deforming bone that begins or ends where `control` is, and which of its ends that is."""
    at = rig.pose.bones[control].head
    ends = [
        ((getattr(bone, end) - at).length, bone.name, end)
        for bone in rig.pose.bones
        if bone.name.startswith("DEF-")
        for end in ("head", "tail")
    ]
    distance, bone, end = min(ends)
    assert distance < 1e-6, f"no deforming bone at {control}"
    return bone, end


def _measured(rig: Any, places: Mapping[str, tuple[str, str]], curves: Mapping[str, float]) -> dict[str, Any]:
    _pose(rig, curves)
    bones = rig.pose.bones
    points = {point: _character(getattr(bones[bone], end)) for point, (bone, end) in places.items()}
    gaze = {side: _gaze(bones[f"MCH-eye.{side}"]) for side in ("L", "R")}
    return {"points": points, "gaze": gaze}


def _pose(rig: Any, curves: Mapping[str, float]) -> None:
    import bpy

    for bone in rig.pose.bones:
        bone.rotation_mode, bone.location, bone.rotation_euler = "XYZ", (0, 0, 0), (0, 0, 0)
    rig.pose.bones["jaw_master"]["mouth_lock"] = 0.0
    for name, value in curves.items():
        _set(rig.pose.bones, name, value)
    rig.update_tag()
    bpy.context.view_layer.update()


def _set(bones: Any, name: str, value: float) -> None:
    if name.endswith(".mouth_lock"):
        bones[name.removesuffix(".mouth_lock")]["mouth_lock"] = value
        return
    bone, kind, axis = name.rsplit(".", 2)
    getattr(bones[bone], kind)[AXES[axis]] = value / 1000 if kind == "location" else value


def _character(place: Any) -> list[float]:
    return [round(1000 * value, 2) + 0.0 for value in (place.x, place.z, -place.y)]


def _gaze(eye: Any) -> list[float]:
    import math

    ahead = (eye.tail - eye.head).normalized()
    return [round(math.atan2(ahead.x, -ahead.y), 4) + 0.0, round(math.asin(ahead.z), 4) + 0.0]


if __name__ == "__main__":
    step, *paths = sys.argv[1:]
    {"poses": write_poses, "measure": measure}[step](*map(Path, paths))
