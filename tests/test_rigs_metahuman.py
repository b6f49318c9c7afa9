"""The MetaHuman's raw controls, its face board and EmoFace's order of it, against tables of others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import radians
from pathlib import Path
from typing import Any

import pytest

from mien.rig import find_rig, load_rig
from tests.rig_poses import moved, pose_of

FOREIGN = Path(__file__).parent / "data" / "foreign"
RAW = "CTRL_expressions_"
TOGETHER = {f"{RAW}mouthLipsTogether{part}{side}" for part in "UD" for side in "LR"}


def foreign(name: str) -> Any:
    """The facts in tests/data/foreign/`name`; its `where` says whose they are."""
    return json.loads((FOREIGN / name).read_text("utf-8"))


def raw(weights: Mapping[str, float]) -> dict[str, float]:
    """`weights` by the full names of raw controls."""
    return {RAW + name: weight for name, weight in weights.items()}


def pose_error(got: Mapping[str, float], wanted: Mapping[str, float]) -> float:
    """Mean absolute difference over the curves that either pose moves."""
    curves = got.keys() | wanted.keys()
    return sum(abs(got.get(name, 0) - wanted.get(name, 0)) for name in curves) / len(curves)


# Raw controls


def test_poses_are_those_of_epics_asset_of_2022() -> None:
    errors = {
        name: pose_error(moved("metahuman", **{name: 1.0}), raw(weights))
        for name, weights in foreign("metahuman_poses_2022.json")["poses"].items()
    }
    assert len(errors) == 18
    assert max(errors.values()) < 0.0005, errors


def test_the_tongue_comes_out_as_epic_has_it_without_leaning_to_a_side() -> None:
    wanted = raw(foreign("metahuman_poses_2022.json")["tongueOut"])
    assert pose_error(moved("metahuman", tongueOut=1), wanted) < 0.0005


def test_users_name_a_control_that_the_pose_moves() -> None:
    named = foreign("metahuman_names_by_users.json")["one_of"]
    missed = [shape for shape, name in named.items() if RAW + name not in moved("metahuman", **{shape: 1.0})]
    assert missed == []


def test_the_upper_nose_wrinkle_rests_at_one_as_in_epics_own_frames() -> None:
    rest = {name: value for name, value in pose_of("metahuman").items() if value}
    assert rest == raw(foreign("metahuman_poses_2022.json")["default"])
    rest = {name: value for name, value in pose_of("metahuman_board").items() if value}
    assert list(rest) == foreign("metahuman_board_app.json")["default_1"]


@pytest.mark.parametrize("jaw", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("closure", [0.3, 1.0])
def test_lips_come_together_by_epics_rule_from_arkits_curves(jaw: float, closure: float) -> None:
    """LipsTogether = clamp(MouthClose / JawOpen): what an engine would make of our ARKit curves."""
    arkit = pose_of("arkit", jawOpen=jaw, lipClosure=closure)
    frame = pose_of("metahuman", jawOpen=jaw, lipClosure=closure)
    for name in TOGETHER:
        assert frame[name] == pytest.approx(arkit["mouthClose"] / arkit["jawOpen"])


def test_closed_lips_do_not_part_by_their_own_muscles() -> None:
    closed = moved("metahuman", lipClosure=1, mouthFunnel=1, mouthLowerDownLeft=1, mouthUpperUpRight=1)
    assert set(closed) == TOGETHER | {f"{RAW}mouthStretchLipsClose{side}" for side in "LR"}


def test_correctives_that_squeeze_stay_off() -> None:
    everything = {
        "eyeBlinkLeft": 1.0,
        "eyeBlinkRight": 1.0,
        "eyeSquintLeft": 1.0,
        "jawOpen": 1.0,
        "mouthStretchLeft": 1.0,
    }
    frame = pose_of("metahuman", **everything)
    for name in ("eyeLidPressL", "eyeLidPressR", "jawOpenExtreme", "mouthStretchLipsCloseL"):
        assert frame[RAW + name] == 0


def test_eyes_turn_by_the_degrees_that_another_project_measured() -> None:
    degrees = foreign("metahuman_eye_degrees.json")
    side = moved("metahuman", eyeYawLeft=radians(degrees["horizontal"]) / 2, eyeYawRight=0)
    assert side == raw({"eyeLookLeftL": 0.5})
    up = pose_of("metahuman", eyePitchLeft=radians(15))[RAW + "eyeLookUpL"]
    down = pose_of("metahuman", eyePitchLeft=radians(-20))[RAW + "eyeLookDownL"]
    assert (15 / up + 20 / down) / 2 == pytest.approx(degrees["vertical"], rel=1e-4)


def test_a_glance_moves_both_eyes_to_the_same_side() -> None:
    right = moved("metahuman", eyeYawLeft=-0.349066, eyeYawRight=-0.349066)
    assert right == raw({"eyeLookRightL": 0.5, "eyeLookRightR": 0.5})


def test_units_that_arkit_lacks_and_the_tongue_arrive() -> None:
    assert moved("metahuman", au21NeckTightener=0.5) == raw({"neckStretchL": 0.5, "neckStretchR": 0.5})
    assert len(moved("metahuman", au23LipTightener=1)) == 4
    assert set(moved("metahuman", au38NostrilDilate=1)) == set(
        raw({"noseNostrilDilateL": 1, "noseNostrilDilateR": 1})
    )
    assert set(moved("metahuman", au39NostrilCompress=1)) == set(
        raw({"noseNostrilCompressL": 1, "noseNostrilCompressR": 1})
    )
    assert moved("metahuman", tongueTipUp=0.4, tongueStretch=0.3) == raw(
        {"tongueTipUp": 0.4, "tongueOut": 0.3}
    )


def test_the_other_side_of_a_look_is_the_other_eye_looking_the_other_way() -> None:
    groups = load_rig(find_rig("metahuman")).groups
    mirror = dict(zip(groups["left"], groups["right"], strict=True))
    assert mirror[RAW + "eyeLookLeftL"] == RAW + "eyeLookRightR"
    assert mirror[RAW + "eyeLookRightL"] == RAW + "eyeLookLeftR"
    assert mirror[RAW + "jawLeft"] == RAW + "jawRight"


# The face board

POSES: dict[str, dict[str, float]] = {
    "speech": {"jawOpen": 0.4, "mouthFunnel": 0.3, "mouthRollLower": 0.2, "mouthUpperUpLeft": 0.5},
    "shout": {"jawOpen": 0.9, "mouthLowerDownLeft": 0.6, "browOuterUpLeft": 0.4, "mouthShrugUpper": 0.2},
    "closed": {"jawOpen": 0.5, "lipClosure": 1, "mouthPucker": 0.6, "mouthStretchLeft": 0.3},
    "aside": {"jawLeft": 0.3, "mouthRight": 0.4, "jawForward": 0.5, "eyeYawLeft": 0.3, "eyeYawRight": -0.2},
    "other side": {
        "jawRight": 0.3,
        "mouthLeft": 0.4,
        "eyeYawLeft": -0.2,
        "eyeYawRight": 0.1,
        "eyePitchLeft": 0.3,
    },
    "look down": {"eyePitchLeft": -0.2, "eyePitchRight": -0.2, "eyeWideLeft": 0.7},
    "lick": {
        "tongueOut": 0.8,
        "tongueTipUp": 0.5,
        "tongueLeft": 0.4,
        "tongueRollRight": 0.6,
        "tongueNarrow": 1,
    },
    "curl": {
        "tongueRollUp": 0.7,
        "tongueTipDown": 0.2,
        "tongueTipRight": 0.3,
        "tongueIn": 0.5,
        "tongueUp": 0.4,
    },
    "bend": {
        "tongueRollDown": 0.7,
        "tongueRight": 0.2,
        "tongueRollLeft": 0.3,
        "tongueTipLeft": 0.5,
        "tongueWide": 1,
    },
    "mood": {"browInnerUp": 0.6, "cheekSquintLeft": 0.4, "noseSneerLeft": 0.7, "mouthSmileLeft": 0.8},
    "gloom": {"browDownLeft": 0.6, "mouthFrownLeft": 0.4, "mouthDimpleLeft": 0.3, "mouthShrugLower": 0.8},
    "units": {"au21NeckTightener": 0.6, "au23LipTightener": 0.4, "au38NostrilDilate": 0.7, "cheekPuff": 0.3},
    "more": {"au39NostrilCompress": 0.6, "eyeBlinkLeft": 0.9, "eyeSquintLeft": 0.2, "mouthPressLeft": 0.5},
}


@pytest.mark.parametrize("name", POSES)
def test_the_board_says_what_the_raw_controls_say_by_the_apps_own_table(name: str) -> None:
    rows = foreign("metahuman_board_app.json")["rows"]
    raw_pose, board = pose_of("metahuman", **POSES[name]), pose_of("metahuman_board", **POSES[name])
    wanted: dict[str, float] = {}
    for control, curve, slope in rows:
        wanted[control] = wanted.get(control, 0) + slope * raw_pose[RAW + curve]
    assert {control: board[control] for control in wanted} == pytest.approx(wanted, abs=1e-6)


def test_the_poses_above_move_every_row_of_the_apps_table() -> None:
    still = {curve for _, curve, _ in foreign("metahuman_board_app.json")["rows"]}
    for channels in POSES.values():
        still -= {name.removeprefix(RAW) for name in moved("metahuman", **channels)}
    assert still == set()


def test_the_board_is_posed_as_nvidia_posed_it() -> None:
    errors = {
        name: pose_error(moved("metahuman_board", **pose["motion"]), pose["board"])
        for name, pose in foreign("metahuman_board_nvidia.json")["poses"].items()
    }
    assert len(errors) == 17
    assert max(errors.values()) < 0.002, errors


def test_where_nvidia_mixes_other_controls_the_board_follows_epic() -> None:
    errors = {
        name: round(pose_error(moved("metahuman_board", **pose["motion"]), pose["board"]), 2)
        for name, pose in foreign("metahuman_board_nvidia.json")["other_mixtures"].items()
    }
    assert errors == {"browLowerL": 0.5, "innerBrowRaiserL+R": 0.67, "cheekPuffL+R": 0.75, "pucker": 0.45}


def test_the_jaw_slides_against_the_sign_of_the_mouth() -> None:
    """tx is positive to the subject's right for the jaw, to the left for mouth, eyes and tongue."""
    assert moved("metahuman_board", jawRight=0.5) == {"CTRL_C_jaw.tx": 0.5}
    assert moved("metahuman_board", jawLeft=0.5) == {"CTRL_C_jaw.tx": -0.5}
    assert moved("metahuman_board", mouthLeft=0.5) == {"CTRL_C_mouth.tx": 0.5}
    assert moved("metahuman_board", mouthRight=0.5) == {"CTRL_C_mouth.tx": -0.5}
    assert moved("metahuman_board", tongueLeft=0.5) == {"CTRL_C_tongue_move.tx": 0.5}
    assert moved("metahuman_board", eyeYawRight=0.349066) == {"CTRL_R_eye.tx": 0.5}


def test_jaw_forward_and_tongue_out_are_minus_one() -> None:
    assert moved("metahuman_board", jawForward=1) == {"CTRL_C_jaw_fwdBack.ty": -0.999}
    assert moved("metahuman_board", tongueStretch=1) == {"CTRL_C_tongue_inOut.ty": -1.0}
    assert moved("metahuman_board", tongueIn=1) == {"CTRL_C_tongue_inOut.ty": 1.0}


def test_one_slider_blinks_and_widens() -> None:
    assert moved("metahuman_board", eyeBlinkLeft=0.8) == {"CTRL_L_eye_blink.ty": 0.8}
    assert moved("metahuman_board", eyeWideLeft=0.8) == {"CTRL_L_eye_blink.ty": -0.8}


# EmoFace


def emoface_names() -> list[str]:
    """The rig's curves as EmoFace spells them."""
    attributes = {".tx": "-translateX", ".ty": "-translateY"}
    return [name[:-3] + attributes[name[-3:]] for name in load_rig(find_rig("emoface174")).names]


def test_emofaces_174_stand_in_the_order_of_its_recordings() -> None:
    table, ours = foreign("metahuman_emoface_names.json"), emoface_names()
    assert len(ours) == len(set(ours)) == table["count"]
    assert ours[:30] == table["from_0"]
    assert ours[167:] == table["from_167"]
    assert [name.replace("_L_", "_R_") for name in ours[29:98]] == ours[98:167]
    assert ours == sorted(ours, key=lambda name: name.split("-"))


def test_the_tongue_rolls_where_one_list_of_emoface_says_tip_twice() -> None:
    ours = load_rig(find_rig("emoface174")).names
    assert ours[25:29] == tuple(
        f"CTRL_C_tongue_{part}.{axis}" for part in ("roll", "tip") for axis in ("tx", "ty")
    )
    assert moved("emoface174", tongueRollUp=0.5) == {"CTRL_C_tongue_roll.ty": 0.5}
    assert moved("emoface174", tongueTipUp=0.5) == {"CTRL_C_tongue_tip.ty": 0.5}


def test_emoface_is_posed_as_nvidia_posed_the_board() -> None:
    table = foreign("metahuman_board_nvidia.json")
    for pose in table["poses"].values():
        assert pose_error(moved("emoface174", **pose["motion"]), pose["board"]) < 0.002
    for pose in table["directions"].values():
        frame = moved("emoface174", **pose["motion"])
        assert frame.keys() == pose["board"].keys()
        assert all(frame[name] * value > 0 for name, value in pose["board"].items())


def test_emoface_keeps_the_gaze_that_both_eyes_share_in_one_control() -> None:
    row = foreign("metahuman_emoface_names.json")["a_row"]
    assert abs(row["0"]) > 10 * abs(row["34"])
    frame = moved("emoface174", eyeYawLeft=0.4, eyeYawRight=0.3)
    board = moved("metahuman_board", eyeYawLeft=0.4, eyeYawRight=0.3)
    for side in "LR":
        both = frame["CTRL_C_eye.tx"] + frame[f"CTRL_{side}_eye.tx"]
        assert both == pytest.approx(board[f"CTRL_{side}_eye.tx"], abs=1e-5)
