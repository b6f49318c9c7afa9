"""The Rigify rig against Blender itself: where the generated face goes under our curves.

`rigify_measured.json` is what real Blender made of our curves (tests/rigify_measure.py); it is compared with
the ICT face, a measured mesh of another origin, scaled to the size of Rigify's default human.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.rig import find_rig, load_rig
from tests.rig_poses import moved

FOREIGN = Path(__file__).resolve().parent / "data/foreign"
RIGIFY = load_rig(find_rig("rigify"))


def foreign(name: str) -> Any:
    return json.loads((FOREIGN / name).read_text(encoding="utf-8"))


MEASURED = foreign("rigify_measured.json")["poses"]
ICT = foreign("rigify_ict.json")
REST = {point: np.array(place) for point, place in MEASURED["rest"]["points"].items()}
MOUTH = (REST["lips.L"] - REST["lips.R"])[0] / ICT["sizes"]["mouth_width"]
"""Rigify's millimetres per ICT centimetre by the width of the mouth: 13.9; by eyes to chin too."""

LIDS = (REST["lid.T.L.002"] - REST["lid.B.L.002"])[1] / ICT["sizes"]["eye_gap"]
"""The same by the opening of the eye, which is larger on Rigify's human."""

PER_MM = 63.9 / 103.2
"""A millimetre on Rigify's human, whose eyes are 103.2 mm apart, is so many on a face of ICT's size."""


def went(pose: str, point: str) -> NDArray[np.float64]:
    """How far `point` is from rest, in mm: left, up, front."""
    return np.asarray(np.array(MEASURED[pose]["points"][point]) - REST[point])


def parted(pose: str, upper: str = "lip.T", lower: str = "lip.B") -> float:
    """How much wider than at rest the gap between two points is, in mm."""
    return float((went(pose, upper) - went(pose, lower))[1])


# The measurement


@pytest.mark.parametrize("pose", sorted(MEASURED))
def test_the_curves_that_blender_was_given_are_those_of_the_map(pose: str) -> None:
    found = moved(RIGIFY, **MEASURED[pose]["channels"])
    assert found == pytest.approx(MEASURED[pose]["curves"], abs=1e-5)


# The mouth


GAPS = {
    *("mouthSmileLeft", "mouthFrownLeft", "mouthPucker", "mouthFunnel", "mouthLeft", "mouthUpperUpLeft"),
    *("mouthLowerDownLeft", "mouthRollLower", "mouthShrugLower", "cheekPuff", "noseSneerLeft"),
}


@pytest.mark.parametrize("pose", sorted(GAPS))
def test_lips_part_and_meet_as_on_the_ict_face(pose: str) -> None:
    assert parted(pose) == pytest.approx(ICT["moves"][pose]["lip_gap"] * MOUTH, abs=0.5)


@pytest.mark.parametrize("pose", sorted(GAPS - {"noseSneerLeft"} | {"mouthStretchLeft"}))
def test_the_corner_of_the_mouth_goes_where_it_goes_on_the_ict_face(pose: str) -> None:
    wanted = np.array(ICT["moves"][pose]["corner"]) * MOUTH
    assert np.linalg.norm(went(pose, "lips.L") - wanted) < 2


def test_the_open_jaw_opens_the_mouth_as_wide_as_thirty_degrees_allow() -> None:
    wanted = ICT["moves"]["jawOpen"]
    assert parted("jawOpen") == pytest.approx(wanted["lip_gap"] * MOUTH, rel=0.25)
    assert went("jawOpen", "lips.L")[1] == pytest.approx(wanted["corner"][1] * MOUTH, rel=0.25)
    chin = went("jawOpen", "chin")
    assert chin[0] == 0
    assert chin[1] < -20
    assert chin[2] < -20


def test_the_jaw_goes_forward_against_its_own_z_axis() -> None:
    forward = MEASURED["jawForward"]["curves"]
    assert forward["jaw_master.location.z"] < 0 < forward["jaw_master.location.y"]
    assert went("jawForward", "chin")[2] == pytest.approx(
        ICT["moves"]["jawForward"]["chin"][2] * MOUTH, abs=0.5
    )
    assert abs(went("jawForward", "chin")[1]) < 1


def test_the_jaw_goes_to_the_subjects_own_left() -> None:
    wanted = ICT["moves"]["jawLeft"]["chin"][0] * MOUTH
    assert went("jawLeft", "chin") == pytest.approx([wanted, 0, 0], abs=0.5)


def test_the_right_side_mirrors_the_left() -> None:
    for left, right in (("lips.L", "lips.R"), ("lip.T.L.001", "lip.T.R.001"), ("lip.B.L.001", "lip.B.R.001")):
        mirrored = went("mouthSmileLeft", left) * [-1, 1, 1]
        assert went("mouthSmileRight", right) == pytest.approx(mirrored, abs=0.3)


CLOSED = sorted(pose for pose in MEASURED if pose.startswith("closed"))


@pytest.mark.parametrize("pose", CLOSED)
def test_lips_close_over_any_jaw_to_a_third_of_a_millimetre(pose: str) -> None:
    for upper, lower in (("lip.T", "lip.B"), ("lip.T.L.001", "lip.B.L.001"), ("lip.T.R.001", "lip.B.R.001")):
        assert abs(parted(pose, upper, lower)) * PER_MM < 0.3


def test_half_a_closure_is_about_half_a_gap() -> None:
    open_gap = parted("jawOpen") * 0.6
    assert 0.4 < parted("half closed over jawOpen .6") / open_gap < 0.7


# Eyes, brows, nose


def lid_gaps(pose: str) -> list[float]:
    """Millimetres from three points of the left upper lid down to the lower one."""
    points = MEASURED[pose]["points"]
    lower = sorted(points[f"lid.{name}"] for name in ("T.L", "B.L", "B.L.001", "B.L.002", "B.L.003"))
    across, up = [point[0] for point in lower], [point[1] for point in lower]
    upper = [points[f"lid.T.L.00{number}"] for number in (1, 2, 3)]
    return [float(point[1] - np.interp(point[0], across, up)) for point in upper]


@pytest.mark.parametrize("pose", ["eyeBlinkLeft", "blink and squint", "blink, looking down"])
def test_lids_meet_all_along_within_half_a_millimetre_of_a_face(pose: str) -> None:
    assert max(abs(gap) for gap in lid_gaps(pose)) * PER_MM < 0.5


def test_a_wide_eye_opens_and_a_squint_narrows_as_on_the_ict_face() -> None:
    for pose in ("eyeWideLeft", "eyeSquintLeft"):
        wanted = ICT["moves"][pose]["eye_gap"] * LIDS
        assert parted(pose, "lid.T.L.002", "lid.B.L.002") == pytest.approx(wanted, abs=1.5)


def test_brows_and_nose_go_up_and_down_as_on_the_ict_face() -> None:
    for pose, point, of_ict in (
        ("browInnerUp", "brow.T.L.003", "inner_brow"),
        ("browOuterUpLeft", "brow.T.L.001", "outer_brow"),
        ("browDownLeft", "brow.T.L.003", "inner_brow"),
        ("noseSneerLeft", "nose.L.001", "nostril"),
    ):
        wanted = ICT["moves"][pose][of_ict][1] * MOUTH
        assert went(pose, point)[1] == pytest.approx(wanted, abs=2), pose
        assert abs(went(pose, point)[1]) > 2, pose


@pytest.mark.parametrize("pose", ["looking left", "looking up", "crossed eyes", "blink, looking down"])
def test_eyes_look_where_the_motion_says_within_a_degree(pose: str) -> None:
    channels = MEASURED[pose]["channels"]
    for side, name in (("L", "Left"), ("R", "Right")):
        wanted = [channels.get(f"eyeYaw{name}", 0), channels.get(f"eyePitch{name}", 0)]
        assert MEASURED[pose]["gaze"][side] == pytest.approx(wanted, abs=math.radians(1))


def test_the_head_turns_left_looks_up_and_tips_to_the_left_shoulder() -> None:
    assert MEASURED["headYaw"]["gaze"]["L"] == pytest.approx([0.3, 0], abs=1e-3)
    assert MEASURED["headPitch"]["gaze"]["L"] == pytest.approx([0, 0.3], abs=1e-3)
    assert went("headRoll", "nose.002")[0] > 10
    assert MEASURED["headRoll"]["points"]["lips.L"][1] < MEASURED["headRoll"]["points"]["lips.R"][1]


def test_the_tongue_comes_out_between_the_lips() -> None:
    tip = MEASURED["tongueOut"]["points"]["tongue"]
    assert tip[2] > REST["lip.T"][2] + 10
    assert went("tongueTipUp", "tongue")[1] > 10


# Another project's controls


GLANCES = {
    "eyeLookOutLeft": {"eyeYawLeft": 0.2},
    "eyeLookInLeft": {"eyeYawLeft": -0.2},
    "eyeLookOutRight": {"eyeYawRight": -0.2},
    "eyeLookInRight": {"eyeYawRight": 0.2},
    "eyeLookUpLeft": {"eyePitchLeft": 0.2},
    "eyeLookDownLeft": {"eyePitchLeft": -0.2},
}


def test_controls_go_the_ways_that_another_add_on_moves_them() -> None:
    for arkit, (control, channel, sign) in foreign("rigify_mediapipe.json")["signs"].items():
        found = moved(RIGIFY, **GLANCES.get(arkit, {arkit: 1.0}))
        assert found[f"{control}.{channel}"] * sign > 0, arkit
