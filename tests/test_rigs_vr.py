"""Unified Expressions, OpenXR's face weights, VRM and VRoid, against tables and formulas of others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import radians
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.rig import Rig, drive, find_rig, load_rig
from mien.values import CHANNELS
from tests.rig_poses import moved, pose_of

FOREIGN = Path(__file__).parent / "data" / "foreign"
UNIFIED, FB, VRM1, VRM0, VROID = (
    load_rig(find_rig(name)) for name in ("unified", "openxr_fb", "vrm1", "vrm0", "vroid")
)
ONE_LOOK = 0.43
"""Radians of an eye when arkit's eyeLook* is 1."""


def foreign(name: str) -> Any:
    """The facts in tests/data/foreign/`name`; its `where` says whose they are."""
    return json.loads((FOREIGN / name).read_text("utf-8"))


def motion_of(shape: str, weight: float) -> dict[str, float]:
    """Channels with which arkit's `shape` is `weight`; mouthClose has a jaw to close over."""
    if shape == "mouthClose":
        return {"lipClosure": 1, "jawOpen": weight}
    look = re.fullmatch("eyeLook(Up|Down|In|Out)(Left|Right)", shape)
    if look is None:
        return {shape: weight}
    way, side = look.groups()
    positive = way == "Up" or (way, side) in {("Out", "Left"), ("In", "Right")}
    axis = "Pitch" if way in {"Up", "Down"} else "Yaw"
    return {f"eye{axis}{side}": weight * ONE_LOOK * (1 if positive else -1)}


def motion_of_all(*shapes: str, weight: float) -> dict[str, float]:
    """`motion_of` for several shapes together."""
    return {channel: value for shape in shapes for channel, value in motion_of(shape, weight).items()}


def any_motion(frames: int, seed: int) -> np.ndarray:
    """Motion that no face makes: every weight in 0..1, every angle in -1..1 rad, (frames, channels)."""
    low = [-1 if channel.unit == "rad" else 0 for channel in CHANNELS]
    return np.random.default_rng(seed).uniform(low, 1, (frames, len(low))).astype(np.float32)


def columns(rig: Rig, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Curves of `rig` by name, each (frames,)."""
    return dict(zip(rig.names, drive(rows, rig).T.astype(float), strict=True))


def pose_error(got: Mapping[str, float], wanted: Mapping[str, float]) -> float:
    """Mean absolute difference over the curves that either pose moves."""
    curves = got.keys() | wanted.keys()
    return sum(abs(got.get(name, 0) - wanted.get(name, 0)) for name in curves) / len(curves)


def camel(name: str) -> str:
    """LIP_SUCK_UPPER_LEFT as v2/LipSuckUpperLeft."""
    return "v2/" + name.title().replace("_", "")


def snake(name: str) -> str:
    """LipSuckLB as LIP_SUCK_LB, MouthLeft as MOUTH_LEFT."""
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", name).upper()


# Unified Expressions


def test_unified_poses_are_those_of_the_pico_module() -> None:
    """It leaves MouthUpperDeepen alone; VRCFaceTracking's own table for ARKit feeds it from the upper lip."""
    base = {f"v2/{name}" for name in base_shapes()}
    errors = {}
    for shape, targets in foreign("unified_pico.json")["arkit"].items():
        got = {name: value for name, value in moved(UNIFIED, **motion_of(shape, 0.6)).items() if name in base}
        got = {name: value for name, value in got.items() if "UpperDeepen" not in name}
        wanted = {f"v2/{name}": 0.6 for name in targets}
        errors[shape] = pose_error(got, wanted | ({"v2/JawOpen": 0.6} if shape == "mouthClose" else {}))
    assert len(errors) == 42
    assert max(errors.values()) < 1e-5, errors


def test_unified_parameters_are_those_of_a_tracker_for_rokoko() -> None:
    table = foreign("unified_rokoko.json")["unified"]
    assert len(table) == 63
    for name, shapes in table.items():
        assert pose_of(UNIFIED, **motion_of_all(*shapes, weight=0.6))[camel(name)] == pytest.approx(0.6), name


def base_shapes() -> set[str]:
    """The shapes that VRCFaceTracking's formulas read and do not make."""
    tables = foreign("unified_formulas.json")
    made = {*tables["simple"], *tables["combined"]}
    return {name.removeprefix("v2/") for name in UNIFIED.names} - made


def test_combined_parameters_are_what_vrcfacetracking_computes() -> None:
    """Its formulas in Python, over the shapes that the rig gives for 200 random motions."""
    tables = foreign("unified_formulas.json")
    frames = columns(UNIFIED, any_motion(200, seed=4))
    shapes = {name.removeprefix("v2/"): values for name, values in frames.items()}
    values: dict[str, Any] = {name: shapes[name] for name in base_shapes() if "/" not in name}
    values |= {f"EyeOpenness{side}": shapes[f"EyeOpen{side}"] for side in ("Left", "Right")}
    for name, formula in (tables["simple"] | tables["combined"]).items():
        values[name] = eval(formula, {"max": np.maximum, "min": np.minimum}, values)
        np.testing.assert_allclose(shapes[name], values[name], atol=1e-6, err_msg=name)
    assert len(tables["combined"]) == 70


def test_an_eye_at_rest_is_open_and_its_lid_at_three_quarters() -> None:
    rest = {name: value for name, value in pose_of(UNIFIED).items() if value}
    open_, lid, pupil = (f"v2/{name}" for name in ("EyeOpen", "EyeLid", "PupilDiameter"))
    sides = ("", "Left", "Right")
    wanted = {open_ + side: 1 for side in sides} | {lid + side: 0.75 for side in sides}
    assert rest == wanted | {pupil + side: 0.5 for side in sides} | {"v2/PupilDilation": 0.5}


def test_lids_go_from_shut_over_rest_to_wide() -> None:
    lids = [
        pose_of(UNIFIED, **face)["v2/EyeLidLeft"]
        for face in ({"eyeBlinkLeft": 1.0}, {}, {"eyeWideLeft": 1.0})
    ]
    assert lids == [0, 0.75, 1]


def test_gaze_is_positive_to_the_subjects_right_and_up() -> None:
    """In radians, as modules for VRCFaceTracking give it; the signs are the PICO module's."""
    for name, formula in foreign("unified_pico.json")["gaze"].items():
        towards, away = formula.split(" - ")
        assert pose_of(UNIFIED, **motion_of(towards, 0.5))["v2/" + name] == pytest.approx(0.5 * ONE_LOOK)
        assert pose_of(UNIFIED, **motion_of(away, 0.5))["v2/" + name] == pytest.approx(-0.5 * ONE_LOOK)
    both = pose_of(UNIFIED, eyeYawLeft=-0.2, eyeYawRight=-0.4, eyePitchLeft=0.1, eyePitchRight=0.1)
    assert (both["v2/EyeX"], both["v2/EyeY"]) == pytest.approx((0.3, 0.1))


def test_a_head_turned_left_and_raised_and_tilted_left_has_these_signs() -> None:
    """UnifiedHeadData: 1 is 90 degrees; yaw to the right, pitch down and roll to the left are positive."""
    angle = radians(45)
    head = moved(UNIFIED, headYaw=angle, headPitch=angle, headRoll=angle)
    assert head == pytest.approx({"v2/Head/Yaw": -0.5, "v2/Head/Pitch": -0.5, "v2/Head/Roll": 0.5}, abs=1e-5)


def test_jaw_and_mouth_are_positive_to_the_right() -> None:
    left = moved(UNIFIED, jawLeft=0.5, mouthLeft=0.5)
    sideways = {name: value for name, value in left.items() if name.endswith("X")}
    assert sideways == {f"v2/{name}X": -0.5 for name in ("Jaw", "Mouth", "MouthUpper", "MouthLower")}


def test_the_sad_mouth_is_the_stronger_of_frown_and_stretch_not_their_sum() -> None:
    mouth = pose_of(UNIFIED, mouthFrownLeft=0.4, mouthStretchLeft=0.7, mouthFrownRight=0.6)
    assert (mouth["v2/MouthSadLeft"], mouth["v2/MouthSadRight"]) == pytest.approx((0.7, 0.6))


def test_a_tongue_behind_the_teeth_does_not_lift_a_tongue_that_shows() -> None:
    """TongueUp and its like tilt a tongue that is out; speech lifts it inside."""
    assert moved(UNIFIED, tongueUp=0.5, tongueLeft=0.2) == {}
    out = moved(UNIFIED, tongueUp=0.5, tongueOut=0.5)
    assert (out["v2/TongueUp"], out["v2/TongueY"]) == pytest.approx((0.25, 0.25))


def test_the_curled_tongue_is_positive_in_the_arch_as_in_the_code_not_as_in_the_docs() -> None:
    assert pose_of(UNIFIED, tongueTipUp=0.5)["v2/TongueArchY"] == pytest.approx(0.5)
    assert pose_of(UNIFIED, tongueWide=0.5)["v2/TongueShape"] == pytest.approx(0.5)


# OpenXR: XR_FB_face_tracking2


def test_fb_poses_are_those_of_metas_own_arkit_table() -> None:
    errors = {}
    for shape, targets in foreign("openxr_meta_arkit.json")["arkit"].items():
        wanted = {snake(name): 0.6 for name in targets}
        if shape == "mouthClose":
            wanted["JAW_DROP"] = 0.6
        errors[shape] = pose_error(moved(FB, **motion_of(shape, 0.6)), wanted)
    assert len(errors) == 52
    assert max(errors.values()) < 1e-5, errors


def test_fb_and_unified_agree_as_godots_tracker_reads_one_as_the_other() -> None:
    tables = foreign("openxr_godot_unified.json")
    rows = any_motion(100, seed=2)
    rows[:, [c.name.startswith("eyePitch") for c in CHANNELS]] = 0  # lids that follow the gaze come below
    fb, unified = columns(FB, rows), columns(UNIFIED, rows)
    assert len(tables["unified"]) == 56
    for name, weight in tables["unified"].items():
        np.testing.assert_allclose(fb[weight], unified[camel(name)], atol=1e-6, err_msg=name)


def test_the_order_of_the_70_weights_is_the_headers() -> None:
    """openxr.h: XrFaceExpression2FB; hosts go by index."""
    assert len(FB.names) == 70
    known = {
        0: "BROW_LOWERER_L",
        12: "EYES_CLOSED_L",
        24: "JAW_DROP",
        50: "LIPS_TOWARD",
        63: "TONGUE_TIP_INTERDENTAL",
    }
    assert {index: FB.names[index] for index in known} == known
    assert FB.names[68:] == ("TONGUE_OUT", "TONGUE_RETREAT")


@pytest.mark.parametrize("blink", [0.3, 1.0])
@pytest.mark.parametrize("down", [0.3, 1.0])
def test_an_eye_that_looks_down_is_not_closed_twice(blink: float, down: float) -> None:
    """Meta's weights sum to 1 at most, since lids follow a lowered gaze; receivers add the gaze back."""
    eye = pose_of(FB, eyeBlinkLeft=blink, eyePitchLeft=-down * ONE_LOOK)
    assert eye["EYES_LOOK_DOWN_L"] == pytest.approx(down, abs=1e-5)
    closed = eye["EYES_CLOSED_L"] + eye["EYES_LOOK_DOWN_L"]
    assert max(blink, down) - 1e-5 <= closed <= 1 + 1e-5


@pytest.mark.parametrize("jaw", [0.0, 0.2, 1.0])
def test_lips_move_toward_each_other_by_as_much_as_the_jaw_dropped(jaw: float) -> None:
    mouth = pose_of(FB, lipClosure=1, jawOpen=jaw, mouthFunnel=1, mouthLowerDownLeft=1)
    assert mouth["LIPS_TOWARD"] == mouth["JAW_DROP"] == pytest.approx(jaw)
    assert mouth["LIP_FUNNELER_LB"] == mouth["LOWER_LIP_DEPRESSOR_L"] == 0


TONGUES = {
    "TONGUE_TIP_INTERDENTAL": {"tongueStretch": 0.3, "tongueWide": 0.2, "tongueOut": 0.2},
    "TONGUE_TIP_ALVEOLAR": {"tongueTipUp": 0.7},
    "TONGUE_FRONT_DORSAL_PALATE": {"tongueUp": 0.4, "tongueWide": 0.4, "tongueTipDown": 0.15},
    "TONGUE_BACK_DORSAL_VELAR": {"tongueUp": 0.55, "tongueIn": 0.25, "tongueTipDown": 0.25},
    "TONGUE_RETREAT": {"tongueIn": 0.4, "tongueDown": 0.2},
}
"""Where phonetics puts the tongue: between the teeth, at the ridge, the palate, the velum, drawn back."""


@pytest.mark.parametrize("name", TONGUES)
def test_a_tongue_at_its_place_is_named_by_that_place(name: str) -> None:
    tongue = {
        n: v for n, v in pose_of(FB, **TONGUES[name]).items() if n.startswith("TONGUE") and n != "TONGUE_OUT"
    }
    assert tongue.pop(name) > max(0.5, 1.5 * max(tongue.values()))


# VRM


def test_vrm0_has_the_clips_of_univrm_and_gives_them_what_vrm1_gives() -> None:
    names = foreign("vrm_univrm_clips.json")["vrm1"]
    assert VRM0.names == tuple(names)
    assert {*names.values()} == {*VRM1.names} - {"surprised"}
    rows = any_motion(50, seed=3)
    old, new = columns(VRM0, rows), columns(VRM1, rows)
    for clip, expression in names.items():
        np.testing.assert_array_equal(old[clip], new[expression])


@pytest.mark.parametrize("turn", ["yaw +", "yaw -", "pitch +", "pitch -"])
def test_a_look_of_30_degrees_has_the_side_and_the_weight_of_the_vrm_specification(turn: str) -> None:
    """VRM's pitch is positive downwards; a table of another project looks right with lookLeft, wrongly."""
    facts = foreign("vrm_look.json")
    axis, sign = turn.split()
    angle = radians(30) * (1 if sign == "+" else -1) * (-1 if axis == "pitch" else 1)
    channels = {f"eye{axis.title()}{side}": angle for side in ("Left", "Right")}
    weight = 30 / facts["input_max_degrees"] * facts["output_scale"]
    assert moved(VRM1, **channels) == pytest.approx({facts["expression"][turn]: weight}, abs=1e-5)


def test_eyes_that_cross_look_nowhere_as_vrm_has_one_look_for_both() -> None:
    assert moved(VRM1, eyeYawLeft=-0.2, eyeYawRight=0.2) == {}


def test_a_blink_closes_each_eye_once() -> None:
    """blink, blinkLeft and blinkRight add up on the mesh."""
    eyes = moved(VRM1, eyeBlinkLeft=1, eyeBlinkRight=0.5)
    assert eyes == {"blinkLeft": 1, "blinkRight": 0.5}


def test_nothing_in_the_motion_raises_an_emotion_that_would_block_lips_or_lids() -> None:
    """overrideMouth, overrideBlink and overrideLookAt of an emotion may switch the others off."""
    frames = columns(VRM1, any_motion(100, seed=5))
    for name in ("happy", "angry", "sad", "relaxed", "surprised", "neutral", "blink"):
        assert not frames[name].any()


def test_a_smile_is_no_vowel() -> None:
    assert moved(VRM1, mouthSmileLeft=1, mouthSmileRight=1, cheekSquintLeft=1) == {}


# VRoid


def test_vroid_shapes_stand_in_the_order_of_an_export() -> None:
    assert list(VROID.names) == foreign("vroid_shapes.json")["order"]


def test_vroids_mouth_shapes_weigh_what_the_vrm_vowels_weigh_that_bind_them() -> None:
    rows = any_motion(50, seed=6)
    shapes, vowels = columns(VROID, rows), columns(VRM1, rows)
    for vowel, shape in foreign("vroid_shapes.json")["vowels"].items():
        np.testing.assert_array_equal(shapes[shape], vowels[vowel])


@pytest.mark.parametrize(
    "shape", ["Fcl_EYE_Close_L", "Fcl_EYE_Close_R", "Fcl_MTH_A", "Fcl_MTH_I", "Fcl_MTH_U", "Fcl_BRW_Angry"]
)
def test_vroid_poses_are_those_of_another_mocap_tool(shape: str) -> None:
    """Where both have the shape; its E is pressed lips and its O a funnel alone, which speech does not do."""
    sources = foreign("vroid_motion_gen.json")["shapes"][shape]
    got = moved(VROID, **motion_of_all(*sources, weight=1))
    assert max(got, key=lambda name: got[name]) == shape
    assert got[shape] > 0.85


def test_vroid_clips_are_those_of_a_perfect_sync_writer() -> None:
    clips = {"Blink_L": "Fcl_EYE_Close_L", "Blink_R": "Fcl_EYE_Close_R", "Angry": "Fcl_BRW_Angry"}
    clips |= {vowel: f"Fcl_MTH_{vowel}" for vowel in "AIUEO"} | {"Surprised": "Fcl_BRW_Surprised"}
    confirmed = 0
    for source, (clip, _) in foreign("vroid_autovtuber.json")["clips"].items():
        if clip in clips:
            got = moved(VROID, **{source: 1.0})
            assert max(got, key=lambda name: got[name]) == clips[clip], source
            confirmed += 1
    assert confirmed == 11


def test_a_wink_is_the_subjects_own_left_eye() -> None:
    """Two tools that rename shapes have it by the viewer's side."""
    assert moved(VROID, eyeBlinkLeft=1) == {"Fcl_EYE_Close_L": 1}


def test_squint_and_blink_together_close_an_eye_once() -> None:
    eye = moved(VROID, eyeBlinkLeft=0.8, eyeSquintLeft=1)
    assert eye == pytest.approx({"Fcl_EYE_Close_L": 0.8, "Fcl_EYE_Joy_L": 0.4 * 0.2})
    assert moved(VROID, eyeBlinkLeft=1, eyeSquintLeft=1) == {"Fcl_EYE_Close_L": 1}


def test_brows_go_the_way_their_shapes_go() -> None:
    ways = foreign("vroid_shapes.json")["brow_moves"]
    up = moved(VROID, browOuterUpLeft=1, browOuterUpRight=1)
    down = moved(VROID, browDownLeft=1, browDownRight=1)
    assert {ways[name] for name in up} == {"up"}
    assert {ways[name] for name in down} == {"down"}
    inner = moved(VROID, browInnerUp=1)
    assert inner == {"Fcl_BRW_Sorrow": 0.5, "Fcl_BRW_Surprised": 0.5}


def test_whole_faces_and_teeth_of_vroid_stay_at_rest() -> None:
    frames = columns(VROID, any_motion(50, seed=7))
    assert not any(values.any() for name, values in frames.items() if "_ALL_" in name or "_HA_" in name)
