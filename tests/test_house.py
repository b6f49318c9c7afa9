"""The house head: a face that holds together in every shape, closes where it must, and moves as faces do."""

from __future__ import annotations

import itertools
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mien.face import FaceMesh, read_head
from mien.preview.head import Head, load_head
from mien.preview.shown import lid_opening, mouth_opening
from mien.rig import Rig, drive, find_rig, load_rig, mesh_of
from mien.values import CHANNEL_INDEX, CHANNELS
from tests.surfaces import Surface

FOLDER = find_rig("house")

JOINT = np.array([0.0, -22.0, -76.0])
"""Middle of the axis of the jaw, mm (`house/jaw.py`)."""

SEAM = 2.0
"""Mm² of rays, half a millimetre apart, that slip through the seam of lips that touch; a slit shows 20."""

EVERYDAY = (
    {"jawOpen": 1, "mouthClose": 1}, {"jawOpen": 1, "mouthSmile": 1}, {"jawOpen": 0.7, "mouthFunnel": 1},
    {"mouthPucker": 1, "mouthFunnel": 1}, {"jawOpen": 0.4, "mouthPucker": 1},
    {"mouthSmile": 1, "cheekSquint": 1}, {"mouthSmile": 1, "mouthUpperUp": 1},
    {"browDown": 1, "eyeSquint": 1}, {"mouthFrown": 1, "mouthShrugLower": 1},
    {"mouthRollLower": 1, "mouthRollUpper": 1}, {"mouthPress": 1, "mouthSmile": 1},
    {"mouthStretch": 1, "jawOpen": 0.5}, {"noseSneer": 1, "mouthUpperUp": 1},
    {"browInnerUp": 1, "browOuterUp": 1}, {"eyeWide": 1, "browOuterUp": 1},
    {"mouthDimple": 1, "mouthSmile": 1}, {"jawLeft": 1, "jawOpen": 0.5}, {"jawForward": 1, "jawOpen": 0.5},
    {"mouthLowerDown": 1, "mouthUpperUp": 1}, {"eyeLookDown": 1, "browInnerUp": 1},
    {"tongueOut": 1, "jawOpen": 0.5}, {"cheekPuff": 1, "mouthPress": 1}, {"mouthLeft": 1, "mouthSmile": 1},
    {"eyeLookUp": 1, "eyeWide": 1},
)  # fmt: skip
"""Pairs that faces make, stems for both sides."""


@cache
def face() -> FaceMesh:
    return read_head(FOLDER / "head.glb")[0]


@cache
def head() -> Head:
    return load_head(FOLDER / "head.glb")


@cache
def rig() -> Rig:
    return load_rig(FOLDER)


def mm() -> NDArray[np.float64]:
    """All vertices at rest, mm."""
    return face().vertices.astype(np.float64) * 1000


def moved(**weights: float) -> NDArray[np.float64]:
    """What shapes add, mm; a stem stands for both sides."""
    total = np.zeros_like(mm())
    for name, weight in weights.items():
        for shape in (name, name + "Left", name + "Right"):
            if shape in face().shapes:
                total += weight * 1000.0 * face().shapes[shape]
    return total


def rows(*parts: str) -> NDArray[np.int64]:
    return np.concatenate([np.arange(*face().parts[part]) for part in parts])


@cache
def surface() -> Surface:
    return Surface(mm(), face().triangles.astype(np.int64))


def posed(**channels: float) -> NDArray[np.float32]:
    """The head as the rig poses it for a motion; a stem stands for both sides."""
    motion = np.zeros((1, len(CHANNELS)), np.float32)
    for name, value in channels.items():
        for channel in (name, name + "Left", name + "Right"):
            if channel in CHANNEL_INDEX:
                motion[0, CHANNEL_INDEX[channel]] = value
    return head().pose(rig().names, drive(motion, rig())[0])


def at(place: tuple[float, float, float], part: str = "head/skin") -> int:
    """The vertex of a part that is nearest to a place, mm."""
    inside = rows(part)
    return int(inside[cKDTree(mm()[inside]).query(place)[1]])


# What it is


def test_the_head_is_small_enough_for_a_game_and_a_web_page() -> None:
    assert len(face().vertices) <= 12_000
    assert (FOLDER / "head.glb").stat().st_size <= 3_000_000


def test_every_curve_that_is_a_weight_is_a_shape_and_nothing_else_is() -> None:
    assert sorted(c.name for c in rig().curves if c.unit == "weight") == sorted(face().shapes)
    assert mesh_of(FOLDER) == FOLDER / "head.glb"
    names = set(face().shapes)
    arkit = {curve.name for curve in load_rig(find_rig("arkit")).curves}
    tongue = {c.name for c in CHANNELS if c.group == "tongue"}
    assert len(arkit) == 52 and len(tongue - arkit) == 16
    assert names == arkit | tongue | {c.name for c in CHANNELS if c.name.startswith("au")}


def test_every_shape_moves_something() -> None:
    assert {name for name, way in face().shapes.items() if np.abs(way).max() < 0.001} == set()


def test_the_head_is_its_own_mirror_image_and_so_are_its_shapes() -> None:
    both = np.setdiff1d(np.arange(len(mm())), rows("hair"))
    points = mm()[both]
    far, _ = cKDTree(points).query(points * [-1, 1, 1])
    assert far.max() < 0.01
    pairs = [(name, name.replace("Left", "Right")) for name in face().shapes if "Left" in name]
    for left, right in pairs:
        here, there = moved(**{left: 1.0})[both], moved(**{right: 1.0})[both] * [-1, 1, 1]
        tree = cKDTree(np.concatenate([points, here], axis=1))  # lips share places at rest, and not ways
        assert tree.query(np.concatenate([points * [-1, 1, 1], there], axis=1))[0].max() < 0.1


# How it holds together


def test_the_skin_is_one_sheet_open_at_neck_and_eyes_alone() -> None:
    part = rows("head/skin", "head/lips", "head/mouth")
    opened = mm() + moved(jawOpen=1.0)  # lips that touch would be taken for one
    _, merged = np.unique(np.round(opened[part], 3), axis=0, return_inverse=True)
    own = np.full(len(mm()), -1)
    own[part] = merged
    inside = np.isin(face().triangles, part).all(axis=1)
    sheet = Surface(np.zeros((merged.max() + 1, 3)), own[face().triangles[inside]])
    assert sheet.borders() == (56 + 2 * 48, 0)  # `house/skin.py` NECK_COLUMNS, `house/lids.py` COLUMNS


@pytest.mark.parametrize("name", sorted(face().shapes))
def test_no_face_turns_over_in_a_shape(name: str) -> None:
    for weight in (0.5, 1.0):
        way = weight * 1000.0 * face().shapes[name].astype(np.float64)
        assert _places(surface().inverted(way, 0.02)) == []
        assert surface().shrunk(way)[surface().areas > 0.02].min() > 0.04


@pytest.mark.parametrize("pair", EVERYDAY, ids="+".join)
def test_no_face_turns_over_where_two_shapes_meet(pair: dict[str, float]) -> None:
    assert _places(surface().inverted(moved(**pair), 0.02)) == []


def test_no_face_turns_over_in_what_the_rig_makes_of_any_two_channels() -> None:
    stems = sorted(
        {c.name.removesuffix("Left").removesuffix("Right") for c in CHANNELS if c.unit == "weight"}
    )
    chance = np.random.default_rng(5)
    some = chance.permutation(list(itertools.combinations(stems, 2)))[:60]
    rest = head().pose(rig().names, drive(np.zeros((1, len(CHANNELS)), np.float32), rig())[0])
    for one, other in some.tolist():
        way = (posed(**{one: 0.8, other: 0.8}) - rest).astype(np.float64) * 1000
        assert (one, other, len(surface().inverted(way, 0.05))) <= (one, other, 2)


def _places(triangles: NDArray[np.int64]) -> list[list[float]]:
    return mm()[face().triangles[triangles]].mean(axis=1).round(1).tolist()


def test_neighbours_move_alike_but_where_lips_and_lids_part() -> None:
    for name, way in face().shapes.items():
        steepest = surface().steepest(way.astype(np.float64) * 1000, 0.3)
        assert (name, steepest) <= (name, 5.5 if name.startswith("jaw") else 2.3)


# What meets


@pytest.mark.parametrize("jaw", [0.0, 0.1, 0.3, 0.6, 1.0])
def test_lips_meet_in_a_closure_whatever_the_jaw_does(jaw: float) -> None:
    assert mouth_opening(head(), posed(jawOpen=jaw, lipClosure=1.0)) <= SEAM


@pytest.mark.parametrize(
    "also",
    [
        "mouthSmile",
        "mouthFunnel",
        "mouthPucker",
        "mouthUpperUp",
        "mouthLowerDown",
        "mouthStretch",
        "mouthFrown",
        "noseSneer",
        "mouthLeft",
        "jawLeft",
        "jawForward",
    ],
)
def test_lips_meet_in_a_closure_whatever_the_face_feels(also: str) -> None:
    assert mouth_opening(head(), posed(**{"jawOpen": 0.25, "lipClosure": 1.0, also: 0.7})) <= SEAM


def test_the_shapes_alone_close_the_lips_over_an_open_jaw() -> None:
    for jaw in (0.2, 0.5, 1.0):
        names, row = ("jawOpen", "mouthClose"), np.array([jaw, jaw], np.float32)
        assert mouth_opening(head(), head().pose(names, row)) <= SEAM


def test_an_open_jaw_opens_the_mouth_and_more_jaw_opens_it_more() -> None:
    seen = [mouth_opening(head(), posed(jawOpen=jaw)) for jaw in (0.0, 0.2, 0.4, 0.7, 1.0)]
    assert seen[0] == 0.0 and np.all(np.diff(seen) > 50) and seen[-1] > 700


@pytest.mark.parametrize("also", ["", "eyeSquint", "cheekSquint", "browDown", "browOuterUp", "mouthSmile"])
def test_lids_meet_in_a_blink(also: str) -> None:
    left, right = lid_opening(head(), posed(**{"eyeBlink": 1.0, **({also: 0.7} if also else {})}))
    assert left <= 1.0 and right <= 1.0


def test_half_a_blink_covers_half_the_eye_without_the_ball_coming_through() -> None:
    whole, _ = lid_opening(head(), posed())
    shares = [lid_opening(head(), posed(eyeBlink=share))[0] / whole for share in (0.25, 0.5, 0.75)]
    assert 0.6 < shares[0] < 0.9 and 0.3 < shares[1] < 0.6 and 0.05 < shares[2] < 0.35


# How it moves


def test_the_jaw_turns_about_its_joints() -> None:
    teeth = mm()[rows("teethLower")]
    opened = teeth + moved(jawOpen=1.0)[rows("teethLower")]
    before, after = (np.linalg.norm((points - JOINT)[:, 1:], axis=1) for points in (teeth, opened))
    assert np.abs(after / before - 1).max() < 0.04
    front = int(np.argmax(teeth[:, 2]))
    assert opened[front, 1] < teeth[front, 1] - 20 and opened[front, 2] < teeth[front, 2] - 10
    assert np.abs(moved(jawOpen=1.0)[rows("teethUpper")]).max() == 0


def test_the_chin_rides_with_the_jaw_and_the_forehead_does_not() -> None:
    way = moved(jawOpen=1.0)
    chin, teeth = way[at((0, -92, 22))], way[rows("teethLower")].mean(axis=0)
    assert np.linalg.norm(chin - teeth) < 10
    assert np.linalg.norm(way[at((0, 45, 20))]) < 0.5


def test_a_smile_draws_corners_out_and_up_and_raises_the_cheeks() -> None:
    way = moved(mouthSmileLeft=1.0)
    corner, cheek, other = way[at((25, -64, 14))], way[at((36, -33, 14))], way[at((-25, -64, 14))]
    assert corner[0] > 5 and corner[1] > 5 and corner[2] < -3
    assert cheek[1] > 3 and cheek[2] > 2
    assert np.linalg.norm(other) < 0.5


def test_lids_follow_the_gaze() -> None:
    lid, ball = at((33, 8, 17)), rows("eyeLeft")
    assert moved(eyeLookDownLeft=1.0)[lid][1] < -2.5
    assert moved(eyeLookUpLeft=1.0)[lid][1] > 0.6
    pupil = ball[int(np.argmax(mm()[ball][:, 2]))]
    down = moved(eyeLookDownLeft=1.0)[pupil][1]
    assert down == pytest.approx(-18 * math.sin(math.radians(25)), abs=1.0)
    assert moved(eyeLookInLeft=1.0)[pupil][0] < -6 < 6 < moved(eyeLookOutLeft=1.0)[pupil][0]


def test_brows_move_with_the_skin_beneath_them() -> None:
    way = moved(browOuterUpLeft=1.0)
    brow = rows("browLeft")
    outer = brow[np.argsort(-mm()[brow][:, 0])[:10]]
    assert way[outer, 1].mean() > 4
    assert np.abs(way[rows("browRight")]).max() < 0.5


def test_a_pucker_narrows_the_mouth_and_brings_the_lips_forward() -> None:
    way = moved(mouthPucker=1.0)
    corner, lip = way[at((25, -64, 14), "head/lips")], way[at((0, -70, 30), "head/lips")]
    assert corner[0] < -8 and lip[2] > 6


def test_the_tip_of_the_tongue_reaches_the_ridge_behind_the_teeth() -> None:
    tongue = rows("tongue")
    tip = tongue[int(np.argmax(mm()[tongue][:, 2]))]
    low = mm()[tip] + moved(jawOpen=0.3)[tip]
    high = mm()[tip] + moved(jawOpen=0.3, tongueTipUp=1.0)[tip]
    ridge = -62.0
    assert low[1] < ridge - 8 and abs(high[1] - ridge) < 5


# How it is made


@pytest.mark.heavy
def test_the_script_builds_a_head_that_holds_and_closes_as_the_one_that_ships(tmp_path: Path) -> None:
    from house.head import head as built
    from house.rig import write_rig_folder

    write_rig_folder(built(), tmp_path / "house")
    made, ships = read_head(tmp_path / "house" / "head.glb")[0], face()
    assert list(made.shapes) == list(ships.shapes) and list(made.parts) == list(ships.parts)
    assert abs(len(made.vertices) - len(ships.vertices)) < 0.03 * len(ships.vertices)
    far = cKDTree(made.vertices).query(ships.vertices)[0] * 1000
    assert np.quantile(far, 0.99) < 6.0
    again = load_head(tmp_path / "house" / "head.glb")
    names, row = ("jawOpen", "mouthClose"), np.array([0.5, 0.5], np.float32)
    assert mouth_opening(again, again.pose(names, row)) <= SEAM
