"""ARKit and the rigs that are ARKit in other words, against files and tables of others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mien.rig import find_rig, load_rig
from tests.rig_poses import moved, pose_of

FOREIGN = Path(__file__).parent / "data" / "foreign"


def foreign(name: str) -> Any:
    """The facts in tests/data/foreign/`name`; its `where` says whose they are."""
    return json.loads((FOREIGN / name).read_text("utf-8"))


def names(rig: str) -> tuple[str, ...]:
    """Curve names of `rig`, in its order."""
    return load_rig(find_rig(rig)).names


def camel(name: str) -> str:
    """`JawOpen` as Apple spells it: `jawOpen`."""
    return name[0].lower() + name[1:]


RECORDING = foreign("arkit_livelink_recording.json")
OPEN_MOUTH: Mapping[str, float] = dict(zip(RECORDING["header"], RECORDING["open_mouth"], strict=True))
"""One frame of the Live Link Face app, by the names of the file's own header."""


def recorded_channels() -> dict[str, float]:
    """The channels that say what `OPEN_MOUTH` shows: closure and eyes as motion has them, others by name."""
    derived = ("MouthClose", "EyeLook", "LeftEye", "RightEye", "Head")
    channels = {camel(name): value for name, value in OPEN_MOUTH.items() if not name.startswith(derived)}
    channels["lipClosure"] = OPEN_MOUTH["MouthClose"] / OPEN_MOUTH["JawOpen"]
    for side in ("Left", "Right"):
        channels[f"eyeYaw{side}"] = -OPEN_MOUTH[f"{side}EyeYaw"]
        channels[f"eyePitch{side}"] = -OPEN_MOUTH[f"{side}EyePitch"]
    return channels


# ARKit and its rotations


def test_the_61_stand_in_the_order_of_the_wire() -> None:
    wire = [camel(name) for name in foreign("arkit_livelink_wire.json")["order"]]
    assert list(names("arkit61")) == wire
    assert list(names("arkit")) == wire[:52]


def test_the_apps_own_files_swap_left_and_right_against_the_wire() -> None:
    wire, header = foreign("arkit_livelink_wire.json")["order"], RECORDING["header"]
    differ = [(ours, theirs) for ours, theirs in zip(wire, header, strict=True) if ours != theirs]
    assert differ == [
        ("JawLeft", "JawRight"),
        ("JawRight", "JawLeft"),
        ("MouthLeft", "MouthRight"),
        ("MouthRight", "MouthLeft"),
    ]
    by_place = dict(zip(wire, RECORDING["open_mouth"], strict=True))
    assert (by_place["JawLeft"], OPEN_MOUTH["JawLeft"]) == (0.0256, 0)
    assert (by_place["MouthRight"], OPEN_MOUTH["MouthRight"]) == (0.0215, 0)


def test_a_recorded_frame_comes_out_as_it_was_recorded() -> None:
    frame = pose_of("arkit61", **recorded_channels())
    error = {name: abs(frame[camel(name)] - value) for name, value in OPEN_MOUTH.items()}
    weights = {name: miss for name, miss in error.items() if not name.startswith("EyeLook")}
    assert sum(weights.values()) / len(weights) < 0.003  # lips that part fade by the recorded closure, .03
    assert max(weights, key=lambda name: weights[name]) == "MouthLowerDownRight"
    assert max(weights.values()) < 0.03


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_eye_rotations_and_look_shapes_go_together_as_in_a_recording(side: str) -> None:
    first, second, third = RECORDING["eyes"]
    for before, after, turn, look in (
        (first, second, "Yaw", "In"),
        (first, third, "Pitch", "Down"),
        (second, third, "Pitch", "Down"),
    ):
        turned = after[f"{side}Eye{turn}"] - before[f"{side}Eye{turn}"]
        looked = after[f"EyeLook{look}{side}"] - before[f"EyeLook{look}{side}"]
        frame = pose_of("arkit61", **{f"eye{turn}{side}": -turned})
        assert frame[f"{camel(side)}Eye{turn}"] == pytest.approx(turned, abs=1e-6)
        opposite = {"In": "Out", "Down": "Up"}[look]
        ours = frame[f"eyeLook{look}{side}"] - frame[f"eyeLook{opposite}{side}"]
        assert ours * looked > 0
        assert 1 / 1.7 < ours / looked < 1.7  # eyes differ: this file has .6 rad a weight, others .43


def test_a_glance_to_the_left_is_out_for_one_eye_and_in_for_the_other() -> None:
    glance = moved("arkit61", eyeYawLeft=0.215, eyeYawRight=0.215)
    assert glance == {
        "eyeLookOutLeft": 0.5,
        "eyeLookInRight": 0.5,
        "leftEyeYaw": -0.215,
        "rightEyeYaw": -0.215,
    }


def test_the_head_turns_as_programs_that_were_tried_on_screen_have_it() -> None:
    turn = {"headYaw": 0.3, "headPitch": 0.2, "headRoll": 0.1}
    for signs in foreign("arkit_livelink_head.json")["senders_and_receivers"].values():
        assert moved("arkit61", **turn) == {
            camel(name): sign * turn[camel(name)] for name, sign in signs.items()
        }


def test_lips_close_against_an_open_jaw_and_never_further() -> None:
    assert moved("arkit61", lipClosure=1) == {}
    assert moved("arkit61", lipClosure=1, jawOpen=0.4) == {"jawOpen": 0.4, "mouthClose": 0.4}
    assert OPEN_MOUTH["MouthClose"] < OPEN_MOUTH["JawOpen"]


def test_sides_of_arkit_are_listed_pair_by_pair() -> None:
    groups = load_rig(find_rig("arkit")).groups
    assert len(groups["left"]) == len(groups["right"]) == 20
    assert [name.replace("Left", "Right") for name in groups["left"]] == list(groups["right"])


# NVIDIA Audio2Face-3D


def test_a2f_has_the_52_of_the_wire_and_then_the_tongue() -> None:
    wire = foreign("arkit_livelink_wire.json")["order"]
    assert list(names("a2f")) == wire[:52] + foreign("a2f_names.json")["tongue"]


def test_every_column_that_a_client_of_nvidia_reads_is_driven_by_the_motion_of_its_name() -> None:
    for column, shape in foreign("a2f_names.json")["columns_of_the_service"].items():
        curve = column.removeprefix("blendShapes.")
        assert moved("a2f", **{camel(curve): 0.6}) == {curve: 0.6}
        words = shape.split("_")[1:]
        assert "".join(words) in (curve, curve.replace("Wide", "Width"))


def test_a2f_closes_lips_as_arkit_does() -> None:
    assert moved("a2f", lipClosure=0.5, jawOpen=0.4) == {"JawOpen": 0.4, "MouthClose": 0.2}


# Azure


def test_azures_numbers_stand_where_a_client_looks_for_them() -> None:
    table = foreign("azure_order.json")
    assert list(names("azure55"))[table["first"] :] == table["order"]
    for name in ("jawOpen", "mouthSmileLeft", "mouthRight", "browInnerUp", "tongueOut"):
        frame = list(pose_of("azure55", **{name: 0.7}).values())
        place = table["first"] + table["order"].index(name)
        assert [k for k, value in enumerate(frame) if value] == [place]
        assert frame[place] == pytest.approx(0.7)


def test_azures_rolls_of_unknown_unit_stay_at_rest() -> None:
    assert moved("azure55", headRoll=0.5, headYaw=0.5) == {}


# Action units


def shapes_moved(shapes: list[str]) -> dict[str, float]:
    """The action units that `shapes` at full weight make."""
    return moved("facs", **dict.fromkeys(shapes, 1.0))


def sides_of(unit: str, shapes: list[str]) -> set[str]:
    """Curves that say `unit` (`AU4`) when `shapes` move: one, or one for each side that moves."""
    number = f"AU{int(unit[2:]):02}"
    if number in names("facs"):
        return {number}
    sides = {"L" if name.endswith("Left") else "R" for name in shapes if name.endswith(("Left", "Right"))}
    return {number + side for side in sides or {"L", "R"}}


@pytest.mark.parametrize("table", ["arkit", "ict"])
def test_action_units_are_those_of_other_tables(table: str) -> None:
    for unit, shapes in foreign("facs_tables.json")[table]["units"].items():
        frame = shapes_moved(shapes)
        assert all(frame[curve] == 1 for curve in sides_of(unit, shapes)), unit


def test_each_side_has_its_own_action_unit() -> None:
    for unit, shapes in foreign("facs_tables.json")["arkit"]["units"].items():
        for shape in shapes if len(shapes) == 2 else []:
            assert set(shapes_moved([shape])) - {"AU25"} == sides_of(unit, [shape])


def test_lip_tightener_comes_from_its_own_channel_since_arkit_has_none() -> None:
    assert foreign("facs_tables.json")["arkit"]["none"] == ["AU23"]
    assert moved("facs", au23LipTightener=0.5) == {"AU23": 0.5}


def test_ict_alone_calls_the_raised_upper_lip_11_and_the_puffed_cheek_33() -> None:
    other = foreign("facs_tables.json")["ict"]["other_numbers"]
    assert {"AU10L", "AU10R"} <= set(shapes_moved(other["AU11"]))
    assert shapes_moved(other["AU33"]) == {"AU34": 1.0}


@pytest.mark.parametrize("tool", ["openface", "pyfeat"])
def test_every_unit_of_the_common_detectors_has_a_curve(tool: str) -> None:
    units = foreign("facs_tables.json")[tool]["units"]
    ours = set(names("facs"))
    assert [unit for unit in units if not {unit, unit + "L"} & ours] == []


def test_no_name_can_be_taken_for_openfaces_intensity_column() -> None:
    """`AU12_r` of OpenFace is a regression of both sides; the right side here is `AU12R`."""
    assert not [name for name in names("facs") if "_" in name]


def test_the_jaw_drops_first_and_is_stretched_after() -> None:
    assert moved("facs", jawOpen=0.2) == {"AU25": 0.5, "AU26": 0.5}
    assert moved("facs", jawOpen=0.4) == {"AU25": 1.0, "AU26": 1.0}
    assert moved("facs", jawOpen=0.7) == {"AU25": 1.0, "AU26": 1.0, "AU27": 0.5}


def test_closed_lips_over_an_open_jaw_are_lips_toward_each_other_and_not_parted() -> None:
    assert moved("facs", jawOpen=0.4, lipClosure=1) == {"AU08": 1.0, "AU26": 1.0}


def test_head_and_eyes_turn_to_their_own_sides() -> None:
    assert set(moved("facs", headYaw=0.3, headPitch=0.2, headRoll=0.1)) == {"AU51", "AU53", "AU55"}
    assert set(moved("facs", headYaw=-0.3, headPitch=-0.2, headRoll=-0.1)) == {"AU52", "AU54", "AU56"}
    assert moved("facs", eyeYawLeft=0.43, eyeYawRight=0.43) == {"AU61": 1.0}
    assert moved("facs", eyePitchLeft=-0.43, eyePitchRight=-0.43) == {"AU64": 1.0}
