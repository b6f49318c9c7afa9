"""The rigs of ready-made characters against what other projects write about them.

Reallusion's three profiles, Ready Player Me, Rocketbox and Faceit: each is driven through the motion's
channels and compared with a table that our map was not taken from.
"""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mien.rig import Rig, find_rig, load_rig
from tests import rig_poses

FOREIGN = Path(__file__).resolve().parent / "data/foreign"
ONE = 0.43
"""Radians at which arkit's eyeLook* are 1."""

EYES: dict[str, dict[str, float]] = {
    "eyeLookOutLeft": {"eyeYawLeft": ONE},
    "eyeLookInLeft": {"eyeYawLeft": -ONE},
    "eyeLookOutRight": {"eyeYawRight": -ONE},
    "eyeLookInRight": {"eyeYawRight": ONE},
    "eyeLookUpLeft": {"eyePitchLeft": ONE},
    "eyeLookUpRight": {"eyePitchRight": ONE},
    "eyeLookDownLeft": {"eyePitchLeft": -ONE},
    "eyeLookDownRight": {"eyePitchRight": -ONE},
}
LIPS_CLOSE = {"jawOpen": 1.0, "lipClosure": 1.0}
"""What arkit's mouthClose 1 is made of; the jaw comes along."""

JAW = {"Jaw_Open", "jawOpen", "AK_25_JawOpen"}
REALLUSION = ["reallusion", "reallusion_standard", "reallusion_hd"]


@cache
def loaded(rig: str) -> Rig:
    return load_rig(find_rig(rig))


def pose_of(rig: str, **channels: float) -> dict[str, float]:
    return rig_poses.pose_of(loaded(rig), **channels)


def moved(rig: str, **channels: float) -> dict[str, float]:
    return rig_poses.moved(loaded(rig), **channels)


def foreign(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOREIGN / name).read_text(encoding="utf-8"))
    assert content["where"]
    return content


def shapes(rig: str, arkit: str) -> dict[str, float]:
    """The shapes, without bones, that `rig` moves for `arkit` at 1."""
    channels = {"mouthClose": LIPS_CLOSE, **EYES}.get(arkit, {arkit: 1.0})
    found = {name: value for name, value in moved(rig, **channels).items() if "CC_Base" not in name}
    return {name: value for name, value in found.items() if arkit != "mouthClose" or name not in JAW}


# Reallusion: shapes


@pytest.mark.parametrize(
    ("rig", "file"),
    [("reallusion", "reallusion_convai.json"), ("reallusion_standard", "reallusion_standard_rename.json")],
)
def test_every_arkit_pose_moves_the_shapes_that_another_project_names(rig: str, file: str) -> None:
    for arkit, names in foreign(file)["shapes"].items():
        if names and arkit not in EYES:
            assert shapes(rig, arkit) == pytest.approx(dict.fromkeys(names, 1.0)), arkit


@pytest.mark.parametrize(
    ("rig", "file"),
    [("reallusion", "reallusion_convai.json"), ("reallusion_standard", "reallusion_standard_rename.json")],
)
def test_a_shape_called_look_r_is_in_for_the_left_eye_and_out_for_the_right(rig: str, file: str) -> None:
    table = foreign(file)["shapes"]
    assert table["eyeLookInLeft"] == ["Eye_L_Look_R"]
    assert table["eyeLookOutRight"] == ["Eye_R_Look_R"]
    for arkit in EYES:
        assert list(shapes(rig, arkit)) == table[arkit], arkit


PARTS = ("UL", "UR", "DL", "DR")

HD_DIFFERS = {
    "browInnerUp": {"Brow_Lateral_L", "Brow_Lateral_R"},
    "browOuterUpLeft": {"Brow_Raise_In_L"},
    "browOuterUpRight": {"Brow_Raise_In_R"},
    "cheekPuff": {"Mouth_Lips_Blow_L", "Mouth_Lips_Blow_R"},
    "mouthPucker": {f"Mouth_{shape}_{part}" for shape in ("Funnel", "Lips_Towards") for part in PARTS},
}
"""What Epic's poses add to the one shape per pose of the Blender add-on."""

HD_OTHER = {
    *("mouthPressLeft", "mouthPressRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower"),
    *("mouthShrugUpper", "noseSneerLeft", "noseSneerRight"),
}
"""Poses for which Epic and the add-on name different shapes; SOURCE.md says why we follow Epic."""


def test_the_hd_shapes_are_those_of_the_blender_add_on_and_what_epic_adds() -> None:
    table = foreign("reallusion_hd_cc_tools.json")["shapes"]
    agreed = [arkit for arkit in table if arkit not in HD_OTHER]
    for arkit in agreed:
        ours, theirs = shapes("reallusion_hd", arkit), set(table[arkit])
        assert set(ours) - theirs == HD_DIFFERS.get(arkit, set()), arkit
        assert theirs <= set(ours), arkit
        if arkit not in EYES:
            assert {ours[name] for name in theirs} == {1.0}, arkit
    for arkit in HD_OTHER:
        assert not set(shapes("reallusion_hd", arkit)) & set(table[arkit]), arkit
    assert len(agreed) == 43


# Reallusion: bones


def turns(rig: str, **channels: float) -> dict[str, float]:
    """The bone curves that leave rest."""
    return {name: value for name, value in moved(rig, **channels).items() if name.startswith("CC_Base")}


GAZES = {
    "jawOpen": ({"jawOpen": 1.0}, 30.89),
    "eyesLeft": ({"eyeYawLeft": 0.3, "eyeYawRight": 0.3}, math.degrees(0.3)),
    "eyesRight": ({"eyeYawLeft": -0.3, "eyeYawRight": -0.3}, math.degrees(0.3)),
    "eyesUp": ({"eyePitchLeft": 0.3, "eyePitchRight": 0.3}, math.degrees(0.3)),
    "eyesDown": ({"eyePitchLeft": -0.3, "eyePitchRight": -0.3}, math.degrees(0.3)),
    "headLeft": ({"headYaw": 0.3}, math.degrees(0.3)),
    "headRight": ({"headYaw": -0.3}, math.degrees(0.3)),
    "headUp": ({"headPitch": 0.3}, math.degrees(0.3)),
    "headDown": ({"headPitch": -0.3}, math.degrees(0.3)),
    "headTiltLeft": ({"headRoll": 0.3}, math.degrees(0.3)),
    "headTiltRight": ({"headRoll": -0.3}, math.degrees(0.3)),
}
"""Channels by action, and the degrees that they ask for."""


@pytest.mark.parametrize("rig", ["reallusion", "reallusion_standard"])
def test_jaw_eye_and_head_bones_turn_about_the_axes_and_ways_of_another_engine(rig: str) -> None:
    for action, (bone, axis, most) in foreign("reallusion_loom3_bones.json")["turns"].items():
        channels, degrees = GAZES[action]
        curve = f"{bone}.rotation.{axis}"
        limits = next(one for one in loaded(rig).curves if one.name == curve)
        wanted = min(max(math.copysign(degrees, most), limits.low), limits.high)
        found = turns(rig, **channels)
        assert found.pop(curve) == pytest.approx(wanted, abs=1e-3), action
        assert {name.split(".")[0] for name in found} <= {"CC_Base_R_Eye"}, action
    assert turns(rig, jawOpen=1)["CC_Base_JawRoot.rotation.z"] == pytest.approx(30, abs=1)


def test_the_hd_bones_turn_the_same_ways() -> None:
    for action, (bone, axis, most) in foreign("reallusion_loom3_bones.json")["turns"].items():
        assert turns("reallusion_hd", **GAZES[action][0])[f"{bone}.rotation.{axis}"] * most > 0, action


@pytest.mark.parametrize(
    ("rig", "out", "into", "up", "down"),
    [
        ("reallusion", 40, 30, 20, 22),
        ("reallusion_standard", 40, 30, 20, 22),
        ("reallusion_hd", 45.71, 38.29, 28.12, 40.07),
    ],
)
def test_each_eye_has_its_own_limits_to_either_side(
    rig: str, out: float, into: float, up: float, down: float
) -> None:
    far = pose_of(rig, eyeYawLeft=1.5, eyeYawRight=1.5, eyePitchLeft=1.5, eyePitchRight=-1.5)
    assert far["CC_Base_L_Eye.rotation.z"] == pytest.approx(out)
    assert far["CC_Base_R_Eye.rotation.z"] == pytest.approx(into)
    assert far["CC_Base_L_Eye.rotation.x"] == pytest.approx(-up)
    assert far["CC_Base_R_Eye.rotation.x"] == pytest.approx(down)


@pytest.mark.parametrize("rig", REALLUSION)
def test_lids_are_at_full_look_when_the_eye_is_at_its_limit(rig: str) -> None:
    look = "Eye_Look_Left_{}" if rig == "reallusion_hd" else "Eye_{}_Look_L"
    limits = {curve.name: curve.high for curve in loaded(rig).curves}
    for side, channel in (("L", "eyeYawLeft"), ("R", "eyeYawRight")):
        limit = math.radians(limits[f"CC_Base_{side}_Eye.rotation.z"])
        assert pose_of(rig, **{channel: limit})[look.format(side)] == pytest.approx(1, abs=1e-3)
        assert pose_of(rig, **{channel: limit / 2})[look.format(side)] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize("rig", REALLUSION)
def test_the_jaw_opens_by_bone_and_shape_together(rig: str) -> None:
    full, half = turns(rig, jawOpen=1), turns(rig, jawOpen=0.5)
    assert pose_of(rig, jawOpen=0.5)["Jaw_Open"] == pytest.approx(0.5)
    assert half == pytest.approx({name: value / 2 for name, value in full.items()})


@pytest.mark.parametrize("rig", REALLUSION)
def test_the_jaw_bone_goes_to_the_subjects_left_and_forward_in_millimetres(rig: str) -> None:
    assert turns(rig, jawLeft=1) == pytest.approx({"CC_Base_JawRoot.translation.z": 7.19})
    assert turns(rig, jawRight=1) == pytest.approx({"CC_Base_JawRoot.translation.z": -7.19})
    assert turns(rig, jawForward=1) == pytest.approx({"CC_Base_JawRoot.translation.y": 6.81})


# Reallusion: lips and tongue


CLOSERS = {
    "reallusion": ["Mouth_Close"],
    "reallusion_standard": ["Mouth_Close"],
    "reallusion_hd": [f"Mouth_Lips_Together_{part}" for part in PARTS],
}


@pytest.mark.parametrize("rig", REALLUSION)
def test_lips_close_as_far_as_the_jaw_is_open_and_no_further(rig: str) -> None:
    for jaw in (0.0, 0.3, 1.0):
        closed = pose_of(rig, jawOpen=jaw, lipClosure=1, mouthFunnel=1, mouthLowerDownLeft=1, mouthPucker=1)
        assert [closed[name] for name in CLOSERS[rig]] == pytest.approx([jaw] * len(CLOSERS[rig]))
        assert all(value == 0 for name, value in closed.items() if "Funnel" in name or "Down_Lower" in name)


@pytest.mark.parametrize("rig", REALLUSION)
def test_the_tongue_says_what_the_tongue_channels_say(rig: str) -> None:
    assert shapes(rig, "tongueTipUp") == {"Tongue_Tip_Up": 1}
    assert shapes(rig, "tongueOut") == {"Tongue_Out": 1}
    assert list(shapes(rig, "tongueLeft")) == ["Tongue_Left" if rig == "reallusion_hd" else "Tongue_L"]


@pytest.mark.parametrize("rig", ["reallusion", "reallusion_hd"])
def test_action_units_that_arkit_lacks_have_shapes_of_their_own(rig: str) -> None:
    for unit in ("au21NeckTightener", "au23LipTightener", "au38NostrilDilate", "au39NostrilCompress"):
        assert shapes(rig, unit), unit


def test_four_part_shapes_follow_one_channel() -> None:
    for stem in ("Funnel", "Pucker"):
        found = shapes("reallusion", f"mouth{stem}")
        assert found == {f"Mouth_{stem}_{part}": 1 for part in ("Up_L", "Up_R", "Down_L", "Down_R")}


def test_one_inner_brow_channel_raises_both_brows() -> None:
    assert shapes("reallusion", "browInnerUp") == {"Brow_Raise_Inner_L": 1, "Brow_Raise_Inner_R": 1}


# Visemes that say the same again


EVERYTHING = {
    "jawOpen": 0.6,
    "mouthFunnel": 0.4,
    "mouthPucker": 0.5,
    "lipClosure": 0.3,
    "mouthSmileLeft": 0.7,
    "mouthSmileRight": 0.7,
    "eyeBlinkLeft": 1.0,
    "eyeBlinkRight": 1.0,
    "eyePitchLeft": 0.2,
    "eyePitchRight": 0.2,
}


@pytest.mark.parametrize("rig", ["reallusion", "reallusion_standard", "readyplayerme", "rocketbox", "faceit"])
def test_visemes_rest_since_the_single_shapes_say_it_already(rig: str) -> None:
    groups = loaded(rig).groups
    resting = [*groups["viseme"], *groups.get("whole", ())]
    found = pose_of(rig, **EVERYTHING)
    assert resting
    assert all(found[name] == 0 for name in resting)


# Ready Player Me


def test_every_documented_arkit_shape_of_ready_player_me_is_driven_by_its_namesake() -> None:
    documented = foreign("rpm_documented.json")
    assert len(documented["arkit"]) == 52
    for arkit in documented["arkit"]:
        assert shapes("readyplayerme", arkit) == pytest.approx({arkit: 1.0}), arkit


def test_ready_player_me_has_all_documented_shapes_and_no_others() -> None:
    documented = foreign("rpm_documented.json")
    names = loaded("readyplayerme").names
    assert set(names) == {*documented["arkit"], *documented["visemes"], *documented["extra"]}
    assert list(names[:15]) == documented["visemes"]
    assert list(names[67:]) == documented["extra"]


# Rocketbox


def test_rocketbox_aliases_of_another_project_name_the_shapes_that_we_drive() -> None:
    for arkit, names in foreign("rocketbox_avatars.json")["shapes"].items():
        assert shapes("rocketbox", arkit) == pytest.approx(dict.fromkeys(names, 1.0)), arkit


def test_emotions_written_for_rocketbox_heads_come_out_of_the_channels_of_those_names() -> None:
    for emotion, weights in foreign("rocketbox_avatars.json")["poses"].items():
        channels = {_arkit(shape): weight for shape, weight in weights.items()}
        assert moved("rocketbox", **channels) == pytest.approx(weights, abs=1e-6), emotion


def test_rocketbox_numbers_its_shapes_by_the_alphabet_and_not_in_apples_order() -> None:
    names = [name for name in loaded("rocketbox").names if name.startswith("AK_")]
    assert names == [f"AK_{n:02d}_{name[6:]}" for n, name in enumerate(sorted(names, key=_arkit), 1)]
    assert names[24:26] == ["AK_25_JawOpen", "AK_26_JawRight"]
    assert [_arkit(name) for name in names] != list(loaded("arkit").names)


def test_rocketbox_visemes_stand_first_in_the_order_of_oculus() -> None:
    assert list(loaded("rocketbox").names[:15]) == foreign("rocketbox_avatars.json")["visemes"]


def _arkit(shape: str) -> str:
    """ARKit's name of Rocketbox's `shape`."""
    name = shape.split("_", 2)[2]
    return name[0].lower() + name[1:]


# Faceit


def test_faceit_reads_arkit_in_an_order_of_its_own() -> None:
    theirs = foreign("faceit_neighbours.json")["arkit"]
    names = list(loaded("faceit").names)
    assert names[:52] == theirs
    arkit = list(loaded("arkit").names)
    differs = [name for name, other in zip(theirs, arkit, strict=True) if name != other]
    assert differs == ["mouthRight", "mouthLeft", "mouthFrownRight", "mouthFrownLeft"]


def test_faceit_shape_keys_are_driven_by_their_namesakes() -> None:
    for arkit in foreign("faceit_neighbours.json")["arkit"]:
        assert shapes("faceit", arkit) == pytest.approx({arkit: 1.0}), arkit


def test_faceit_phonemes_carry_the_names_that_its_neighbours_use() -> None:
    groups = loaded("faceit").groups
    assert set(groups["viseme"]) == set(foreign("faceit_neighbours.json")["phonemes"])
