"""What is solved frame by frame: poses that share a motion, and curves that give way until edges touch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import lsq_linear

from mien.rig import Rig, drive
from mien.values import CHANNEL_INDEX
from tests.rig_motion import any_rows, motion, random_rows
from tests.rig_poses import pose_of
from tests.rig_written import loaded, refusal, rig_written


def same_in_any_chunks(rig: Rig, rows: np.ndarray) -> bool:
    """Whether one by one, three at a time and all at once come out alike, to the bit."""
    chunked = ([drive(rows[k : k + size], rig) for k in range(0, len(rows), size)] for size in (1, 3))
    return all(np.concatenate(chunks).tobytes() == drive(rows, rig).tobytes() for chunks in chunked)


# Poses

POSES = {
    "aa": {"jawOpen": 0.7, "mouthLowerDownLeft": 0.2, "mouthLowerDownRight": 0.2},
    "oh": {"jawOpen": 0.4, "mouthFunnel": 0.5, "mouthPucker": 0.3},
    "ou": {"jawOpen": 0.1, "mouthPucker": 0.9, "mouthFunnel": 0.3},
    "ee": {"mouthStretchLeft": 0.6, "mouthStretchRight": 0.6, "jawOpen": 0.1},
    "look": {"eyeYawLeft": 0.5},
}
SHAPES: list[Any] = ["aa", "oh", "ou", {"name": "ee", "rest": 0.25}, {"name": "look", "min": -1, "max": 0.5}]
NAMES = [*POSES]


@pytest.fixture(scope="module")
def vowels(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    solve = {"damping": 0.05, "importance": {"jawOpen": 2, "mouthStretchLeft": 0}}
    return loaded(tmp_path_factory.mktemp("vowels"), SHAPES, poses=POSES, solve=solve)


@settings(max_examples=30)
@given(any_rows)
def test_the_weights_of_poses_are_the_least_squares_of_scipy(vowels: Rig, rows: np.ndarray) -> None:
    assert vowels.poses is not None
    sources = [source.name for source in vowels.poses.sources]
    counts = np.array([{"jawOpen": 2, "mouthStretchLeft": 0}.get(name, 1) for name in sources])
    matrix = np.array([[POSES[pose].get(name, 0) for pose in NAMES] for name in sources])
    stacked = np.vstack([matrix * counts[:, None], np.sqrt(0.05) * np.eye(5)])
    low, high = [0, 0, 0, -0.25, -1], [1, 1, 1, 0.75, 0.5]
    for row in rows[:8]:
        ends = [np.pi if name == "eyeYawLeft" else 1 for name in sources]
        asked = np.clip(
            row[[CHANNEL_INDEX[name] for name in sources]], [-end if end > 1 else 0 for end in ends], ends
        )
        found = lsq_linear(
            stacked, np.append(asked * counts, np.zeros(5)), (low, high), tol=1e-14, method="bvls"
        ).x
        values = drive(row[None], vowels)[0]
        np.testing.assert_allclose(values, found + np.array([0, 0, 0, 0.25, 0]), atol=2e-6)


def test_a_pose_shown_alone_comes_out_as_that_pose(vowels: Rig) -> None:
    for name in NAMES[:3]:
        frame = pose_of(vowels, **POSES[name])
        assert frame[name] > 0.75
        assert sum(frame[other] for other in NAMES[:3] if other != name) < 0.2


def test_damping_makes_weights_smaller_and_importance_makes_a_source_count(tmp_path: Path) -> None:
    def jaw(**solve: Any) -> float:
        poses = {"aa": {"jawOpen": 1, "mouthFunnel": 1}}
        rig = loaded(tmp_path, ["aa"], poses=poses, solve=solve)
        return pose_of(rig, jawOpen=0.8)["aa"]

    assert jaw(damping=1e-9) == pytest.approx(0.4)  # between .8 of the jaw and 0 of the funnel
    assert jaw(damping=2) == pytest.approx(0.8 / 4)
    assert jaw(damping=1e-9, importance={"jawOpen": 3}) == pytest.approx(0.8 * 9 / 10)
    assert jaw(damping=1e-9, importance={"mouthFunnel": 0}) == pytest.approx(0.8)


def test_poses_fade_have_roofs_and_are_read_like_other_curves(tmp_path: Path) -> None:
    rig = loaded(
        tmp_path, ["aa", "ou", "roof", "rest"],
        poses={"aa": {"jawOpen": 1}, "ou": {"mouthPucker": 1}}, solve={"damping": 1e-9},
        products={"aa": [{"channel": "lipClosure", "at_zero": 1, "at_one": 0}]},
        linear={"roof": {"cheekPuff": 1}}, mix={"rest": {"aa": 0.5, "ou": 0.25}}, at_most={"ou": "roof"},
    )  # fmt: skip
    frame = pose_of(rig, jawOpen=0.8, mouthPucker=0.6, lipClosure=0.5, cheekPuff=0.2)
    assert frame == pytest.approx({"aa": 0.4, "ou": 0.2, "roof": 0.2, "rest": 0.25}, abs=1e-6)


def test_a_pose_may_belong_to_a_curve_that_goes_below_its_rest_alone(tmp_path: Path) -> None:
    down = {"name": "down", "min": -1, "max": 0}
    rig = loaded(tmp_path, [down], poses={"down": {"jawOpen": -1}}, solve={"damping": 1e-9})
    assert pose_of(rig, jawOpen=0.5)["down"] == pytest.approx(-0.5)


@settings(max_examples=20)
@given(any_rows)
def test_poses_in_any_chunks_are_the_same_bits(vowels: Rig, rows: np.ndarray) -> None:
    assert same_in_any_chunks(vowels, rows)


def solved(**solve: Any) -> dict[str, Any]:
    return {"poses": POSES, "solve": solve}


POSE_MISTAKES = {
    "damping 0": (solved(damping=0), "solve: 'damping' is 0; wanted a number above 0, such as 0.02."),
    "huge damping": (
        solved(damping=1e99),
        "solve: 'damping' is 1e+99; wanted a number from -1000000 to 1000000.",
    ),
    "damping as text": (solved(damping="low"), "solve: 'damping' is \"low\"; wanted a number."),
    "damping of nothing between equals": (
        {"poses": {"aa": {"jawOpen": 1}, "oh": {"jawOpen": 1}}, "solve": {"damping": 1e-40}},
        "solve: 'damping' is 1e-40, too little for poses so much alike; wanted more, such as 0.02.",
    ),
    "importance of what no pose moves": (
        solved(importance={"cheekPuff": 1}),
        "solve: importance names 'cheekPuff', which no pose moves.",
    ),
    "importance of nobody": (
        solved(importance={"jawOpn": 1}),
        "importance names channel 'jawOpn', which is not one of ",
    ),
    "negative importance": (
        solved(importance={"jawOpen": -1}),
        "importance 'jawOpen' is -1; wanted 0 or more.",
    ),
    "solve without poses": (
        {"linear": {"aa": {"jawOpen": 1}}, "solve": {}},
        "'solve' has nothing to solve; there are no 'poses'.",
    ),
    "unknown solve key": (
        solved(dampening=1),
        "solve: 'dampening' is not a key here; wanted 'damping', 'importance'. Did",
    ),
    "pose of nobody": (
        {"poses": {"ah": {"jawOpen": 1}}},
        "poses drives 'ah', which is not one of the rig's 6 curves.",
    ),
    "pose that names nothing": (
        {"poses": {"aa": {}}},
        "pose 'aa' moves nothing; leave the curve out and it stays at",
    ),
    "pose of noughts": ({"poses": {"aa": {"jawOpen": 0}}}, "pose 'aa' moves nothing; "),
    "pose of an unknown channel": (
        {"poses": {"aa": {"jaw": 1}}},
        "pose 'aa' names channel 'jaw', which is not one of",
    ),
    "share as object": (
        {"poses": {"aa": {"jawOpen": {"gain": 1}}}},
        "pose 'aa' of 'jawOpen': came {\"gain\": 1}; wanted",
    ),
    "huge share": (
        {"poses": {"aa": {"jawOpen": 1e9}}},
        "pose 'aa': 'jawOpen' is 1000000000.0; wanted a number from",
    ),
    "pose of an angle": (
        {"poses": {"turn": {"headYaw": 1}}},
        "pose 'turn': the curve is in deg; a pose is a weight.",
    ),
    "pose and linear": (
        {"poses": POSES, "linear": {"aa": {"jawOpen": 1}}},
        "'aa' is in 'poses' and in 'linear'; keep it in one of the two.",
    ),
    "pose and mix": (
        {"poses": POSES, "mix": {"aa": {"oh": 1}}},
        "'aa' is in 'poses' and in 'mix'; keep it in one of",
    ),
}


@pytest.mark.parametrize(("tables", "message"), POSE_MISTAKES.values(), ids=POSE_MISTAKES)
def test_a_mistake_in_poses_is_told_with_the_pose(tables: Any, message: str, tmp_path: Path) -> None:
    turn = {"name": "turn", "unit": "deg", "min": -9, "max": 9}
    told = refusal(rig_written(tmp_path, [*SHAPES, turn], **tables))
    assert told.startswith("map.json: ")
    assert message in told


# Contact

LIPS: dict[str, Any] = {
    "demand": "lipClosure",
    "begin": 0.2,
    "full": 0.6,
    "rest": [1.0],
    "gap": {"jaw": [10.0], "shut": [-5.0]},
    "moves": {"shut": 1e-9},
    "press": 0.2,
    "cross": 0.3,
}
LINEAR = {"jaw": {"jawOpen": 1}, "shut": {"cheekPuff": 1}}


def face(folder: Path, curves: list[Any] | None = None, tables: Any = None, **lips: Any) -> Rig:
    """A jaw that parts lips, a curve that shuts them, and `lips` that differ from `LIPS`."""
    contact = {"lips": {**LIPS, **lips}}
    return loaded(folder, curves or ["jaw", "shut"], **{"linear": LINEAR, **(tables or {})}, contact=contact)


def gap(frame: dict[str, float]) -> float:
    return 1 + 10 * frame["jaw"] - 5 * frame["shut"]


@pytest.mark.parametrize(
    ("demand", "wanted"),
    [
        (0, 3),
        (0.2, 3),
        (0.3, 0.75 * 3 - 0.25 * 0.2),
        (0.4, 1.4),
        (0.5, 0.6),
        (0.6, -0.2),
        (0.8, -0.2),
        (1, -0.2),
    ],
)
def test_the_gap_shrinks_evenly_from_the_begin_of_the_demand_to_the_full_one(
    demand: float, wanted: float, tmp_path: Path
) -> None:
    frame = pose_of(face(tmp_path), jawOpen=0.2, lipClosure=demand)
    assert gap(frame) == pytest.approx(wanted, abs=1e-5)
    assert frame["jaw"] == np.float32(0.2), "what may not give way does not"


def test_what_the_curves_cost_decides_how_far_they_give_way(tmp_path: Path) -> None:
    dear = face(tmp_path, moves={"shut": 5})  # (5w - 3.2)^2 + 5w^2 is least at 16/30
    assert pose_of(dear, jawOpen=0.2, lipClosure=1)["shut"] == pytest.approx(16 / 30, abs=1e-6)
    both = face(
        tmp_path, ["jaw", "shut", "roll"],
        gap={"jaw": [10], "shut": [-5], "roll": [-5]}, moves={"shut": 1, "roll": 4},
    )  # fmt: skip
    frame = pose_of(both, jawOpen=0.2, lipClosure=1)  # shares go by 1/cost: 16/32.25 and a quarter of it
    assert (frame["shut"], frame["roll"]) == pytest.approx((16 / 32.25, 4 / 32.25), abs=1e-6)


def test_curves_change_from_where_the_motion_put_them(tmp_path: Path) -> None:
    frame = pose_of(face(tmp_path, moves={"shut": 5}), jawOpen=0.2, cheekPuff=0.4, lipClosure=1)
    assert frame["shut"] == pytest.approx(0.4 + 5 * 1.2 / 30, abs=1e-6)  # 1.2 mm are left to close


def test_several_cuts_are_closed_on_average(tmp_path: Path) -> None:
    cuts = {"rest": [1.0, 2.0], "gap": {"jaw": [10, 10], "shut": [-5, -4]}}
    frame = pose_of(face(tmp_path, **cuts, moves={"shut": 3}, cross=0.2), jawOpen=0.2, lipClosure=1)
    closing = (5 * 3.2 + 4 * 4.2) / 2 / ((25 + 16) / 2 + 3)  # slope of the mean over the cuts, plus cost
    assert frame["shut"] == pytest.approx(closing, abs=1e-6)


def test_edges_that_cross_too_far_are_parted_without_any_demand(tmp_path: Path) -> None:
    assert gap(pose_of(face(tmp_path), cheekPuff=0.9)) == pytest.approx(-0.3, abs=1e-5)
    assert gap(pose_of(face(tmp_path), cheekPuff=0.9, lipClosure=1)) == pytest.approx(-0.3, abs=1e-5)


@pytest.mark.parametrize("demand", [0, 0.4, 1])
def test_edges_that_touch_already_are_left_as_they_are(demand: float, tmp_path: Path) -> None:
    pressed = pose_of(face(tmp_path), cheekPuff=0.25, lipClosure=demand)  # -.25 mm: between press and cross
    assert pressed == {"jaw": 0, "shut": 0.25}


def test_limits_roofs_and_floors_hold_the_curves_that_give_way(tmp_path: Path) -> None:
    half = face(tmp_path, ["jaw", {"name": "shut", "max": 0.5}])
    assert pose_of(half, jawOpen=0.2, lipClosure=1)["shut"] == 0.5
    roofed = face(tmp_path, tables={"at_most": {"shut": "jaw"}})
    assert pose_of(roofed, jawOpen=0.2, lipClosure=1)["shut"] == np.float32(0.2)
    floored = face(
        tmp_path,
        ["jaw", "shut", "floor"],
        {"linear": {**LINEAR, "floor": {"jawLeft": 1}}, "at_least": {"shut": "floor"}},
    )
    assert pose_of(floored, jawLeft=0.7, cheekPuff=0.9)["shut"] == np.float32(0.7), (
        "parted no further than its floor"
    )


def test_a_roof_at_the_min_of_its_curve_may_round_below_it(tmp_path: Path) -> None:
    high = {"min": 0.7, "rest": 0.7}  # .7 in single precision is a little less
    rig = face(
        tmp_path,
        ["jaw", {"name": "shut", **high}, {"name": "roof", **high}],
        {"linear": {**LINEAR, "roof": {"jawLeft": 0.1}}, "at_most": {"shut": "roof"}},
    )
    assert pose_of(rig, jawOpen=0.5, lipClosure=1)["shut"] == np.float32(0.7)


def test_a_curve_that_nothing_drives_gives_way_from_its_rest(tmp_path: Path) -> None:
    rig = face(tmp_path, tables={"linear": {"jaw": {"jawOpen": 1}}})
    assert gap(pose_of(rig, jawOpen=0.2, lipClosure=1)) == pytest.approx(-0.2, abs=1e-5)
    assert pose_of(rig, jawOpen=0.2) == {"jaw": np.float32(0.2), "shut": 0}


def test_the_demand_may_be_a_curve_of_the_base(tmp_path: Path) -> None:
    rig = face(tmp_path, tables={"base": "arkit"}, demand="mouthClose")
    open_, closed = (pose_of(rig, jawOpen=0.7, lipClosure=closure) for closure in (0, 1))
    assert gap(open_) == pytest.approx(8, abs=1e-5)
    assert gap(closed) == pytest.approx(3, abs=1e-5), "shut is at its end"


def test_a_rig_on_top_reads_the_curves_after_they_gave_way(tmp_path: Path) -> None:
    stand = face(tmp_path / "stand")
    top = loaded(tmp_path / "top", ["copy"], base="stand", linear={"copy": {"shut": 1}})
    asked = {"jawOpen": 0.1, "lipClosure": 1.0}
    assert (
        pose_of(top, **asked)["copy"] == pose_of(stand, **asked)["shut"] == pytest.approx(2.2 / 5, abs=1e-6)
    )


def test_contacts_come_one_after_the_other(tmp_path: Path) -> None:
    lids = {
        **LIPS,
        "demand": "eyeBlinkLeft",
        "rest": [2.0],
        "gap": {"shut": [-1.0], "lid": [-4.0]},
        "moves": {"lid": 1e-9},
    }
    rig = loaded(
        tmp_path, ["jaw", "shut", "lid"], linear={**LINEAR, "lid": {"eyeBlinkLeft": 0.25}},
        contact={"lips": LIPS, "lids": lids},
    )  # fmt: skip
    frame = pose_of(rig, jawOpen=0.2, lipClosure=1, eyeBlinkLeft=1)
    assert frame["shut"] == pytest.approx(0.64, abs=1e-6)
    assert frame["lid"] == pytest.approx((2 - 0.64 + 0.2) / 4, abs=1e-6), "the lids know what the lips did"


@pytest.fixture(scope="module")
def wide_face(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """Three cuts and three curves that give way, one of them below the jaw."""
    curves = ["jaw", "shut", "roll", "press", "other"]
    linear = {**LINEAR, "roll": {"mouthRollUpper": 0.6}, "press": {"jawLeft": 1}, "other": {"headYaw": 0.3}}
    gaps = {"jaw": [9, 11, 8], "shut": [-6, -9, -5], "roll": [-2, -3, -1], "press": [-1.5, -0.5, -2.5]}
    lips = {"rest": [0.5, 0.7, 0.4], "gap": gaps, "moves": {"shut": 0.2, "roll": 0.5, "press": 0.1}}
    return face(
        tmp_path_factory.mktemp("wide"), curves, {"linear": linear, "at_most": {"shut": "jaw"}}, **lips
    )


@settings(max_examples=40)
@given(any_rows)
def test_curves_that_give_way_keep_their_limits_and_chunks_their_bits(
    wide_face: Rig, rows: np.ndarray
) -> None:
    values = drive(rows, wide_face)
    assert ((values >= 0) & (values <= 1)).all()
    assert (values[:, 1] <= values[:, 0]).all()
    assert same_in_any_chunks(wide_face, rows)


@settings(max_examples=40)
@given(any_rows, st.floats(0, 1))
def test_the_gaps_come_as_near_as_scipy_brings_them(wide_face: Rig, rows: np.ndarray, demand: float) -> None:
    """Where each cut has one goal: no more room between press and cross."""
    rows[:, CHANNEL_INDEX["lipClosure"]] = demand
    lips = replace(wide_face.contacts[0], cross=0.2)
    before = drive(rows, replace(wide_face, contacts=())).astype(float)
    after = drive(rows, replace(wide_face, contacts=(lips,)))
    gaps = np.array(lips.rest) + before[:, :4] @ np.array([*lips.gaps.values()])
    left = 1 - np.clip((np.float32(demand) - 0.2) / 0.4, 0, 1)
    change = left * np.maximum(gaps, -0.2) - (1 - left) * 0.2 - gaps
    power, cost = np.array([lips.gaps[name] for name in lips.moves]).T, np.array([*lips.moves.values()])
    stacked = np.vstack([power / np.sqrt(3), np.diag(np.sqrt(cost))])
    for row in range(6):
        start, high = before[row, 1:4], np.array([max(before[row, 0], 1e-12), 1, 1])
        target = np.append((power @ start + change[row]) / np.sqrt(3), np.sqrt(cost) * start)
        found = lsq_linear(stacked, target, (0, high), tol=1e-14, method="bvls").x
        np.testing.assert_allclose(after[row, 1:4], found, atol=5e-5)


@settings(max_examples=40)
@given(any_rows, st.floats(0, 0.2))
def test_faces_that_ask_for_nothing_keep_their_bits(wide_face: Rig, rows: np.ndarray, demand: float) -> None:
    rows[:, CHANNEL_INDEX["lipClosure"]] = demand
    rig = replace(wide_face, contacts=(replace(wide_face.contacts[0], cross=100.0),))
    assert drive(rows, rig).tobytes() == drive(rows, replace(rig, contacts=())).tobytes()


def test_only_the_frames_that_ask_change(wide_face: Rig) -> None:
    rows = np.concatenate([motion(jawOpen=0.3).values, motion(jawOpen=0.3, lipClosure=1).values] * 5)
    values, before = drive(rows, wide_face), drive(rows, replace(wide_face, contacts=()))
    assert values[::2].tobytes() == before[::2].tobytes()
    assert (values[1::2] != before[1::2]).any(axis=1).all()
    assert same_in_any_chunks(wide_face, random_rows(3, 300))


def contact(**lips: Any) -> dict[str, Any]:
    return {"linear": LINEAR, "contact": {"lips": {**LIPS, **lips}}}


CONTACT_MISTAKES = {
    "contact as list": ({"linear": LINEAR, "contact": []}, "'contact' is []; wanted an object in { }."),
    "lips as text": (
        {"linear": LINEAR, "contact": {"lips": "x"}},
        "contact 'lips': came \"x\"; wanted an object in { }.",
    ),
    "nameless": (
        {"linear": LINEAR, "contact": {"": LIPS}},
        'the name of a contact is ""; wanted printable text',
    ),
    "no demand": (
        {"linear": LINEAR, "contact": {"lips": {"begin": 0}}},
        "contact 'lips': the key 'demand' is missing.",
    ),
    "unknown key": (
        contact(squeeze=1),
        "contact 'lips': 'squeeze' is not a key here; wanted 'demand', 'begin', 'full', ",
    ),
    "unknown demand": (
        contact(demand="lipClose"),
        "contact 'lips' asks channel 'lipClose', which is not one of the",
    ),
    "no cut": (
        contact(rest=[]),
        "contact 'lips': 'rest' is empty; wanted the gap of each cut through the edges, in mm.",
    ),
    "gap as text": (contact(rest=[1, "x"]), "contact 'lips': 'rest', entry 1 is \"x\"; wanted a number."),
    "infinite gap": (contact(rest=[1e300]), "contact 'lips': 'rest' is 1e+300; wanted a number from"),
    "too many gaps": (
        contact(gap={"jaw": [1], "shut": [1, 2]}),
        "contact 'lips': gap 'shut' has 2 gaps, 'rest' has 1; wanted one for each.",
    ),
    "gap of nobody": (
        contact(gap={"jav": [1]}),
        "contact 'lips' knows a gap of 'jav', which is not one of the rig's 4 curves. Did you mean 'jaw'?",
    ),
    "gap of an angle": (
        contact(gap={"turn": [1], "shut": [1]}),
        "contact 'lips': gap 'turn': the curve is in deg; wanted a weight.",
    ),
    "gap as number": (
        contact(gap={"shut": -5}),
        "contact 'lips': gap 'shut': came -5; wanted a list in [ ].",
    ),
    "moves without gap": (
        contact(moves={"read": 1}),
        "contact 'lips' moves 'read', which is not one of the 2 curves in its 'gap'.",
    ),
    "moves nothing": (
        contact(moves={}),
        "contact 'lips': 'moves' is empty; wanted the curves that may give way, each",
    ),
    "free move": (
        contact(moves={"shut": 0}),
        "contact 'lips': moves 'shut': the cost is 0; wanted a number above 0.",
    ),
    "cost as text": (
        contact(moves={"shut": "1"}),
        "contact 'lips': moves 'shut': came \"1\"; wanted a number.",
    ),
    "cost of nothing between equals": (
        contact(gap={"shut": [-5], "more": [-5]}, moves={"shut": 1e-30, "more": 1e-30}),
        "contact 'lips': 'moves' costs too little for curves so much alike; wanted more, such as 0.01.",
    ),
    "press beyond cross": (
        contact(press=0.5),
        "contact 'lips': press 0.5, cross 0.3; wanted 0 <= press <= cross, in mm.",
    ),
    "negative press": (
        contact(press=-0.1),
        "contact 'lips': press -0.1, cross 0.3; wanted 0 <= press <= cross",
    ),
    "begin after full": (
        contact(begin=0.6),
        "contact 'lips': begin 0.6, full 0.6; wanted 0 <= begin < full <= 1.",
    ),
    "full beyond 1": (
        contact(full=1.5),
        "contact 'lips': begin 0.2, full 1.5; wanted 0 <= begin < full <= 1.",
    ),
    "moves what a mix reads": (
        {**contact(), "mix": {"read": {"shut": 1}}},
        "contact 'lips': moves 'shut', which 'read' reads; wanted a curve that no other reads.",
    ),
    "moves what a factor reads": (
        {**contact(), "products": {"jaw": [{"curve": "shut"}]}},
        "contact 'lips': moves 'shut', which 'jaw' reads; wanted a curve that no other reads.",
    ),
    "moves what a limit reads": (
        {**contact(gap={"jaw": [10]}, moves={"jaw": 1}), "at_most": {"shut": "jaw"}},
        "contact 'lips': moves 'jaw', which 'shut' reads; wanted a curve that no other reads.",
    ),
}


@pytest.mark.parametrize(("tables", "message"), CONTACT_MISTAKES.values(), ids=CONTACT_MISTAKES)
def test_a_mistake_in_a_contact_is_told_with_its_name(tables: Any, message: str, tmp_path: Path) -> None:
    turn = {"name": "turn", "unit": "deg", "min": -9, "max": 9}
    curves = ["jaw", "shut", "read", turn]
    if "more" in message or "more" in str(tables):
        curves.append("more")
    told = refusal(rig_written(tmp_path, curves, **tables))
    assert told.startswith("map.json: ")
    assert message in told
