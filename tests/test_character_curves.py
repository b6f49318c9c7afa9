"""What a character makes of the curves: laws, over many motions and rigs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.character import load_character
from mien.character.lead import LOOKS, SHUTS, led_by
from mien.rig import drive, rig_names
from mien.values import CHANNEL_INDEX
from tests.characters import VERA, column, plain, rig_with, written
from tests.rig_motion import any_rows, mirrored, random_rows
from tests.rig_poses import moved, pose_of


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for files that tests write over and over."""
    return tmp_path_factory.mktemp("characters")


# What becomes of the curves


@pytest.mark.parametrize("name", rig_names())
def test_a_character_that_changes_nothing_has_the_plain_rig_to_the_bit(shelf, name) -> None:
    rig = plain(name)
    one = next(curve for curve in rig.curves if curve.name in rig.drives)
    same = {"gains": {one.name: 1}, "limits": {one.name: [one.low, one.high]}}
    own = rig_with(shelf, name, 0, **same)
    assert own.says == rig.says
    np.testing.assert_array_equal(drive(random_rows(1), own), drive(random_rows(1), rig))


def test_characters_share_a_rig_that_none_of_them_changes(shelf) -> None:
    arkit = plain("arkit")
    file = written(shelf, VERA.partition("asymmetry")[0])
    assert load_character(file, lambda folder: arkit).rig is arkit


@settings(max_examples=20)
@given(any_rows, st.floats(0, 2), st.sampled_from(["arkit", "arkit61", "reallusion", "metahuman"]))
def test_a_gain_multiplies_the_movement_from_rest(shelf, rows, gain, name) -> None:
    rig, rows = plain(name), (rows * 0.4).astype(np.float32)
    curves = [curve for curve in rig.curves if curve.name in rig.drives]
    for curve in curves[:: len(curves) // 9]:
        at = column(rig, curve.name)
        before = drive(rows, rig)[:, at].astype(np.float64)
        after = drive(rows, rig_with(shelf, name, gains={curve.name: gain}))[:, at]
        inside = (before > curve.low + 1e-6) & (before < curve.high - 1e-6)
        wanted = np.clip(curve.rest + gain * (before - curve.rest), curve.low, curve.high)
        np.testing.assert_allclose(after[inside], wanted[inside], atol=1e-5 * max(1, curve.high))


@settings(max_examples=20)
@given(st.data(), any_rows)
def test_gains_and_limits_of_a_group_are_those_of_each_of_its_curves(shelf, data, rows) -> None:
    name = data.draw(st.sampled_from(["arkit", "unified", "facs", "faceit", "metahuman", "oculus15"]))
    rig = plain(name)
    within = {
        group: (set(curves) - led_by(rig, SHUTS)) & set(rig.drives) for group, curves in rig.groups.items()
    }
    group = data.draw(st.sampled_from([group for group, curves in within.items() if curves]))
    gain, tables = data.draw(st.floats(0, 2)), {}
    tables["gains"] = dict.fromkeys(within[group], gain)
    by_group = {"gains": {group: gain}}
    if {(curve.low, curve.high) for curve in rig.curves if curve.name in within[group]} == {(0, 1)}:
        by_group["limits"], tables["limits"] = {group: [0, 0.5]}, {each: [0, 0.5] for each in within[group]}
    one, other = rig_with(shelf, name, **by_group), rig_with(shelf, name, **tables)
    np.testing.assert_array_equal(drive(rows, one), drive(rows, other))


def test_a_groups_gain_counts_once_for_a_curve_that_is_made_of_others(shelf) -> None:
    own = rig_with(shelf, "unified", gains={"mouth": 0.5})
    asked = {"mouthSmileLeft": 0.8, "mouthSmileRight": 0.4, "mouthFrownLeft": 0.6, "mouthUpperUpLeft": 0.3}
    before, after = pose_of("unified", **asked), pose_of(own, **asked)
    mixed = [name for name, one in own.drives.items() if any(t.source.kind == "curve" for t in one.terms)]
    halved = [name for name in mixed if before[name] and name in own.groups["mouth"]]
    assert len(halved) > 8
    for name in halved:
        assert after[name] == pytest.approx(before[name] / 2, abs=1e-6), name


def test_a_curves_own_entry_replaces_those_of_its_groups_which_are_multiplied(shelf) -> None:
    own = rig_with(
        shelf,
        "arkit",
        gains={"mouth": 0.5, "left": 0.5, "mouthSmileLeft": 0.9},
        limits={"mouth": [0, 0.75], "left": [0, 0.5], "mouthFrownLeft": [0, 1]},
    )
    said = pose_of(own, mouthSmileLeft=0.5, mouthDimpleLeft=1, mouthDimpleRight=1, browDownLeft=1)
    assert [
        said[name] for name in ("mouthSmileLeft", "mouthDimpleLeft", "mouthDimpleRight")
    ] == pytest.approx([0.45, 0.25, 0.5])
    assert said["browDownLeft"] == 0.5
    high = {curve.name: curve.high for curve in own.curves}
    wanted = {"mouthFunnel": 0.75, "mouthDimpleLeft": 0.5, "mouthFrownLeft": 1, "browDownLeft": 0.5}
    assert {name: high[name] for name in wanted} == wanted


@settings(max_examples=30)
@given(any_rows, st.floats(-1, 1), st.sampled_from(["arkit", "metahuman", "unified", "faceit", "a2f"]))
def test_an_asymmetric_face_in_a_mirror_is_one_of_the_opposite_asymmetry(shelf, rows, lean, name) -> None:
    rig, one, other = plain(name), *(rig_with(shelf, name, each) for each in (lean, -lean))
    pairs = zip(rig.groups["left"], rig.groups["right"], strict=True)
    look = led_by(rig, LOOKS)  # where a curve may count to the left, and in the mirror to the right
    left, right = zip(*((column(rig, a), column(rig, b)) for a, b in pairs if a not in look), strict=True)
    straight, swapped = drive(rows, one), drive(mirrored(rows), other)
    np.testing.assert_allclose(swapped[:, right], straight[:, left], atol=1e-6)
    np.testing.assert_allclose(swapped[:, left], straight[:, right], atol=1e-6)


def test_asymmetry_makes_the_left_stronger_and_goes_by_group(shelf) -> None:
    asked = {f"{stem}{side}": 0.5 for stem in ("mouthSmile", "browDown") for side in ("Left", "Right")}
    everywhere = moved(rig_with(shelf, "arkit", 0.2), **asked)
    assert [round(everywhere[name], 6) for name in asked] == [0.6, 0.4, 0.6, 0.4]
    mouth = moved(rig_with(shelf, "arkit", {"mouth": -0.2}), **asked)
    assert [round(mouth[name], 6) for name in asked] == [0.4, 0.6, 0.5, 0.5]


@settings(max_examples=25)
@given(st.data(), any_rows)
def test_limits_hold_whatever_the_motion_and_the_gains(shelf, data, rows) -> None:
    name = data.draw(
        st.sampled_from(["arkit", "vrm1", "oculus15", "reallusion", "metahuman_board", "unified"])
    )
    rig, limits = plain(name), {}
    for curve in data.draw(st.lists(st.sampled_from(rig.curves), min_size=1, max_size=6, unique=True)):
        if curve.name in rig.drives:
            down, up = (data.draw(st.floats(0.125, 1)) for _ in range(2))
            ends = [curve.rest + down * (curve.low - curve.rest), curve.rest + up * (curve.high - curve.rest)]
            limits[curve.name] = ends
    gain = data.draw(st.floats(0.5, 3))
    own = rig_with(shelf, name, 0.3 if rig.groups.get("left") and name != "vrm1" else 0, limits=limits,
                   gains=dict.fromkeys(limits, gain))  # fmt: skip
    values = drive(rows, own)
    for curve, (low, high) in limits.items():
        ends = np.float32([low, high])
        assert (values[:, column(rig, curve)] >= ends[0]).all()
        assert (values[:, column(rig, curve)] <= ends[1]).all()


# Lips and lids shut


JAWS = {
    "arkit": ("jawOpen", "mouthClose"),
    "arkit61": ("jawOpen", "mouthClose"),
    "a2f": ("JawOpen", "MouthClose"),
    "azure55": ("jawOpen", "mouthClose"),
    "faceit": ("jawOpen", "mouthClose"),
    "readyplayerme": ("jawOpen", "mouthClose"),
    "rocketbox": ("AK_25_JawOpen", "AK_27_MouthClose"),
    "openxr_fb": ("JAW_DROP", "LIPS_TOWARD"),
    "unified": ("v2/JawOpen", "v2/MouthClosed"),
    "facs": ("AU26", "AU08"),
}


@pytest.mark.parametrize("name", JAWS)
@pytest.mark.parametrize(
    "change", [{"gains": 0.6}, {"gains": 1.4}, {"limits": [0, 0.3]}, {"gains": 0.7, "limits": [0, 0.5]}]
)
def test_lips_close_against_the_jaw_that_the_character_opens(shelf, name, change) -> None:
    jaw, close = JAWS[name]
    own = rig_with(shelf, name, **{table: {jaw: value} for table, value in change.items()})
    for opening in (0.1, 0.3, 0.6, 1.0):
        for closure in (0.0, 0.5, 1.0):
            said = pose_of(own, jawOpen=opening, lipClosure=closure)
            assert said[close] == pytest.approx(closure * said[jaw], abs=1e-6)


def test_of_several_curves_that_open_the_jaw_lips_close_against_the_mean(shelf) -> None:
    asked = {"jawOpen": 0.5, "lipClosure": 1}
    one = pose_of(rig_with(shelf, "reallusion", gains={"Jaw_Open": 0.6}), **asked)
    both = {"Jaw_Open": 0.6, "CC_Base_JawRoot.rotation.z": 0.6}
    other = pose_of(rig_with(shelf, "reallusion", gains=both), **asked)
    assert (one["Mouth_Close"], other["Mouth_Close"]) == (pytest.approx(0.4), pytest.approx(0.3))


@settings(max_examples=20)
@given(any_rows, st.floats(0, 1.5), st.floats(0, 1.5), st.floats(0.2, 1), st.floats(-0.5, 0.5))
def test_a_rig_that_is_built_on_arkit_moves_as_arkit_does(shelf, rows, jaw, mouth, most, lean) -> None:
    tables = {"gains": {"jaw": jaw, "mouth": mouth}, "limits": {"jawOpen": [0, most]}}
    one, other = (rig_with(shelf, name, lean, **tables) for name in ("arkit", "arkit61"))
    shared = [column(other, name) for name in one.names]
    np.testing.assert_allclose(drive(rows, other)[:, shared], drive(rows, one), atol=1e-6)


@pytest.mark.parametrize("name", rig_names())
def test_what_closes_lips_and_lids_takes_no_part_in_groups_and_asymmetry(shelf, name) -> None:
    rig = plain(name)
    shut, look = led_by(rig, SHUTS), led_by(rig, LOOKS)
    groups = [group for group, curves in rig.groups.items() if (set(curves) - shut) & set(rig.drives)]
    sided = {*rig.groups.get("left", ()), *rig.groups.get("right", ())} - shut - look
    own = rig_with(shelf, name, 0.4 if sided & set(rig.drives) else 0, gains=dict.fromkeys(groups, 0.5))
    halved = rig_with(shelf, name, gains=dict.fromkeys(groups, 0.5))
    asked = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0, "lipClosure": 1.0}
    before, after = pose_of(rig, **asked), pose_of(own, **asked)
    assert {name: after[name] for name in shut} == pytest.approx({name: before[name] for name in shut})
    looking = {"eyeYawLeft": 0.2, "eyeYawRight": 0.2, "eyePitchLeft": 0.1, "eyePitchRight": 0.1}
    one, other = pose_of(own, **looking), pose_of(halved, **looking)
    assert {name: one[name] for name in look} == {name: other[name] for name in look}


def test_what_closes_is_changed_by_its_own_name(shelf) -> None:
    own = rig_with(shelf, "arkit", gains={"mouth": 0.5, "mouthClose": 0.9, "eyeBlinkLeft": 0.8})
    said = pose_of(own, jawOpen=0.5, lipClosure=1, eyeBlinkLeft=1, eyeBlinkRight=1)
    assert [said[name] for name in ("mouthClose", "eyeBlinkLeft", "eyeBlinkRight")] == pytest.approx(
        [0.45, 0.8, 1]
    )


def test_the_channels_that_are_spared_are_there() -> None:
    assert CHANNEL_INDEX.keys() >= SHUTS | LOOKS
    assert len(LOOKS) == 4
