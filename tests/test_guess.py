"""Names of shapes to what drives them: real lists, odd spellings, and what must not be guessed."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import RigError
from mien.rig import Rig, find_rig, load_rig
from mien.rig.guess import KEPT, MOST, Guess, guess
from mien.rig.guess_rig import map_of, rig_of
from mien.rig.guess_tables import NOTHING, spellings, tables
from mien.rig.guess_words import Reader
from mien.values import CHANNEL_NAMES
from tests.rig_poses import moved, pose_of

NAMES = Path(__file__).parent / "data/names"
ARKIT = load_rig(find_rig("arkit")).names
VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
POSES = {name: dict(pose) for name, pose in tables().poses.items()}


# Real lists


class Row(NamedTuple):
    """A name and what a rigger would accept for it."""

    name: str
    truth: frozenset[str]


class NameList(NamedTuple):
    """One file of `tests/data/names`."""

    title: str
    use: str
    rows: tuple[Row, ...]


class Score(NamedTuple):
    """How a list came out."""

    right: int
    wrong: list[str]
    missed: list[str]


def name_list(path: Path) -> NameList:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# where: ") and lines[1].startswith("# use: ") and lines[2] == "name\ttruth"
    rows = (line.split("\t") for line in lines[3:])
    return NameList(
        path.stem,
        lines[1].removeprefix("# use: "),
        tuple(Row(name, frozenset(map(ordered, truth.split("|")))) for name, truth in rows),
    )


def ordered(sources: str) -> str:
    return "+".join(sorted(sources.split("+")))


def said(one: Guess, least: float = KEPT) -> str:
    """A guess as truth is written; nothing when it is not sure enough for a map."""
    if one.confidence < least or not one.drives_something:
        return NOTHING
    if one.pose is not None:
        viseme = next(name for name, pose in POSES.items() if pose == dict(one.pose))
        return "@" + tables().alike.get(viseme, viseme)
    return "+".join(sorted(source for source, _ in one.drives))


def scored(rows: Iterable[Row]) -> Score:
    rows = list(rows)
    answers = [(row, said(one)) for row, one in zip(rows, guess([row.name for row in rows]), strict=True)]
    return Score(
        sum(answer in row.truth for row, answer in answers),
        [f"{row.name}: {answer}" for row, answer in answers if answer not in row.truth | {NOTHING}],
        [row.name for row, answer in answers if answer == NOTHING and NOTHING not in row.truth],
    )


LISTS = [name_list(path) for path in sorted(NAMES.glob("*.tsv"))]
MOVING = [names for names in LISTS if any(NOTHING not in row.truth for row in names.rows)]
by_list = pytest.mark.parametrize("names", LISTS, ids=[names.title for names in LISTS])
by_moving_list = pytest.mark.parametrize("names", MOVING, ids=[names.title for names in MOVING])


def test_there_are_lists_of_many_ecosystems_and_some_that_were_never_looked_at() -> None:
    assert len(LISTS) >= 30 and sum(len(names.rows) for names in LISTS) >= 2000
    assert sum(names.use.startswith("held out, its rows never") for names in LISTS) >= 4


@by_list
def test_no_row_is_wrong_and_few_are_missed(names: NameList) -> None:
    score = scored(names.rows)
    assert score.wrong == []
    assert score.right >= 0.95 * len(names.rows), score.missed


def test_of_shapes_that_must_move_nearly_all_do() -> None:
    must = [row for names in LISTS for row in names.rows if NOTHING not in row.truth]
    missed = [name for names in LISTS for name in scored(names.rows).missed]
    assert len(must) >= 1000 and len(missed) <= 0.02 * len(must)


def test_of_sure_rows_at_least_95_in_100_are_right() -> None:
    sure = right = 0
    for names in LISTS:
        for row, one in zip(names.rows, guess([row.name for row in names.rows]), strict=True):
            if one.confidence >= 0.8:
                sure += 1
                right += said(one) in row.truth
    assert sure >= 1000 and right >= 0.95 * sure


@by_list
def test_half_a_list_says_nothing_that_the_whole_does_not_allow(names: NameList) -> None:
    """Fewer names prove fewer families; a row may be lost, but must not turn wrong."""
    rows = random.Random(names.title).sample(names.rows, len(names.rows) // 2)
    score = scored(rows)
    assert len(score.wrong) <= 0.03 * len(rows), score.wrong


# Spellings of one name


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("ARKit_MouthSmile_L", "mouthSmileLeft"),
        ("AK_09_EyeBlinkLeft", "eyeBlinkLeft"),
        ("A25_Jaw_Open", "jawOpen"),
        ("eyelookinright", "eyeLookInRight"),
        ("noseSneer_rt", "noseSneerRight"),
        ("lf_mouthPress", "mouthPressLeft"),
        ("mouthUpperUpLft", "mouthUpperUpLeft"),
        ("Genesis8Female__facs_bs_MouthStretchLeft_div2", "mouthStretchLeft"),
        ("head.eCTRLMouthSmileL", "mouthSmileLeft"),
        ("facs_ctrl_EyeBlinkL", "eyeBlinkLeft"),
        ("AU12_L", "mouthSmileLeft"),
        ("LIP_CORNER_PULLER_L", "mouthSmileLeft"),
        ("JAW_DROP", "jawOpen"),
        ("左まばたき", "eyeBlinkLeft"),
        ("口角上げ右", "mouthSmileRight"),
        ("舌出し", "tongueOut"),
        ("browInnerUp_L", "browInnerUp"),
        ("NostrilDilator_R", "au38NostrilDilate"),
        ("tongue_tip_up", "tongueTipUp"),
        ("screenLeft_eyeBlink", "eyeBlinkRight"),
    ],
)
def test_a_shape_is_known_in_many_spellings(name: str, source: str) -> None:
    (one,) = guess([name])
    assert one.drives == ((source, 1.0),) and one.confidence >= 0.8, one


def spelled(source: str, style: str) -> str:
    words = re.findall(r"[A-Z]?[a-z]+|\d+", source)
    return {
        "camel": source,
        "pascal": "".join(word.capitalize() for word in words),
        "spaced": " ".join(words),
        "kebab": "-".join(words).lower(),
        "upper": "_".join(words).upper(),
        "snake": "_".join(words).lower(),
    }[style]


@pytest.mark.parametrize("style", ["camel", "pascal", "spaced", "kebab", "upper", "snake"])
@pytest.mark.parametrize("behind", ["", "_geo", ".001", "_bs", "1"])
def test_every_arkit_name_is_itself_in_any_style(style: str, behind: str) -> None:
    for before in (
        "",
        "Head.",
        "blendShape1.",
        "BS_",
        "Genesis9__",
        "Wolf3D_Head:",
        "01_",
        "chr:face_",
        "a|b|",
    ):
        guesses = guess([before + spelled(source, style) + behind for source in ARKIT])
        assert [one.drives for one in guesses] == [((source, 1.0),) for source in ARKIT]
        assert min(one.confidence for one in guesses) >= 0.9


@given(st.permutations(ARKIT))
def test_names_with_sides_swapped_are_guessed_with_sides_swapped(order: list[str]) -> None:
    def swapped(text: str) -> str:
        return text.replace("Left", "?").replace("Right", "Left").replace("?", "Right")

    guesses = dict(zip(order, guess(order), strict=True))
    for name, one in guesses.items():
        other = guesses[swapped(name)]
        assert [swapped(source) for source, _ in one.drives] == [source for source, _ in other.drives]


# Sides


@pytest.mark.parametrize("style", ["EYES_LOOK_{1}_{0}", "Eye_{0}_Look_{1}", "eyeLook{1}{0}", "Eye_{0}_{1}"])
@pytest.mark.parametrize(
    ("eye", "way", "source"),
    [
        ("Left", "Left", "eyeLookOutLeft"),
        ("Left", "Right", "eyeLookInLeft"),
        ("Right", "Left", "eyeLookInRight"),
        ("Right", "Right", "eyeLookOutRight"),
        ("Left", "Up", "eyeLookUpLeft"),
        ("Left", "Down", "eyeLookDownLeft"),
        ("Right", "Up", "eyeLookUpRight"),
        ("Right", "Down", "eyeLookDownRight"),
    ],
)
def test_each_eye_looks_where_its_name_says(style: str, eye: str, way: str, source: str) -> None:
    (one,) = guess([style.format(eye, way)])
    assert one.drives == ((source, 1.0),), one.why


def test_eye_l_look_r_is_the_left_eye_towards_the_nose() -> None:
    one, other = guess(["Eye_L_Look_R", "EYES_LOOK_LEFT_L"])
    assert (one.drives, other.drives) == ((("eyeLookInLeft", 1.0),), (("eyeLookOutLeft", 1.0),))


def test_a_look_of_both_eyes_turns_both_to_one_side() -> None:
    (one,) = guess(["lookLeft"])
    assert one.drives == (("eyeLookOutLeft", 0.5), ("eyeLookInRight", 0.5))


def test_a_shape_without_side_is_driven_by_half_of_each() -> None:
    blink, smile, brow = guess(["Blink", "mouthSmile", "browUp"])
    assert blink.drives == (("eyeBlinkLeft", 0.5), ("eyeBlinkRight", 0.5))
    assert smile.drives == (("mouthSmileLeft", 0.5), ("mouthSmileRight", 0.5))
    assert dict(brow.drives) == {"browInnerUp": 0.5, "browOuterUpLeft": 0.25, "browOuterUpRight": 0.25}


def test_quarters_of_one_shape_are_all_driven() -> None:
    names = [f"LIP_FUNNELER_{quarter}" for quarter in ("LB", "LT", "RB", "RT")]
    assert [said(one) for one in guess(names)] == ["mouthFunnel"] * 4


# What must not be guessed


NO_SHAPES = (
    "Body_Fat; Key 1; Basis; ear long; Hair_Up; skirt_open; jawOpen_mouthClose_fix; "
    "mouthSmile_corrective; neutral; happy; Blush; EyeSmile; mouth_scale_up; eyebrows-trans-up; "
    "mouthSmile_min; eyes_rightleft; head turn left; AU6_12; ▲; ω; 123; _"
)


@pytest.mark.parametrize("name", NO_SHAPES.split("; "))
def test_what_is_no_shape_of_the_face_in_motion_gets_nothing(name: str) -> None:
    (one,) = guess([name])
    assert one.drives == () and one.pose is None and one.confidence == 0, one
    assert one.why


def test_a_contrary_is_not_taken_for_the_thing() -> None:
    for name in ("Eye_Wide", "lid open", "eye-left-opened-up", "EyesOpen_L", "upperLidRaiser"):
        (one,) = guess([name])
        assert {source[:7] for source, _ in one.drives} == {"eyeWide"}, name


def test_a_doubtful_word_keeps_a_row_out_of_the_map() -> None:
    for name in ("evil smile", "big mouth open", "zombie_brow_up"):
        (one,) = guess([name])
        assert one.confidence < KEPT


def test_a_slip_of_the_pen_is_mended_with_less_confidence() -> None:
    (one,) = guess(["jawForewad"])
    assert one.drives == (("jawForward", 1.0),)
    assert KEPT <= one.confidence < 0.8 and "forewad = forward" in one.why


def test_letters_are_visemes_only_where_the_set_is_there() -> None:
    assert all(one.pose for one in guess(["A", "I", "U", "E", "O"]))
    assert not any(one.pose for one in guess(["A", "I"]))
    assert not any(one.pose for one in guess([f"Outfit_{letter}" for letter in "ABCDEFGHX"]))


# Names together


def test_of_doubled_curves_the_surest_is_kept() -> None:
    guesses = {one.name: one for one in guess(["mouthOpen", "Jaw_Drop2", "jawOpen"])}
    assert guesses["jawOpen"].confidence == 0.99
    for name in ("mouthOpen", "Jaw_Drop2"):
        assert guesses[name].confidence < KEPT and guesses[name].why == "doubled by 'jawOpen'"


def test_two_halves_are_kept_before_the_whole_and_the_whole_before_one_half() -> None:
    whole, left, right = guess(["Smile", "Smile_L", "Smile_R"])
    assert (whole.confidence < KEPT, left.confidence >= KEPT, right.confidence >= KEPT) == (True, True, True)
    whole, left = guess(["Smile", "Smile_L"])
    assert (whole.confidence >= KEPT, left.confidence < KEPT) == (True, True)


def test_copies_of_a_shape_on_several_meshes_are_all_driven() -> None:
    assert [said(one) for one in guess(["face.blink_L", "lashes.blink_L"])] == ["eyeBlinkLeft"] * 2


def test_visemes_give_way_to_single_shapes_of_the_mouth() -> None:
    visemes = ["viseme_" + name for name in (*VISEMES[:12], "I", "O", "U")]
    alone = guess(visemes)
    assert [said(one) for one in alone[1:]] == [f"@{name}" for name in VISEMES[1:]]
    beside = guess([*visemes, *ARKIT])[: len(visemes)]
    assert {said(one) for one in beside} == {NOTHING}
    assert "doubled by the" in beside[1].why


@pytest.mark.parametrize(
    "names",
    ["vrc.v_{}", "V_{}", "blendShape1.AA_VI_{}", "v{}", "Face.M_F00_{}", "{}"],
)
def test_visemes_are_known_behind_any_beginning(names: str) -> None:
    guesses = guess([names.format(name) for name in VISEMES])
    assert sum(one.pose is not None for one in guesses) == 14


# Bad input


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"^There are no names to guess from; wanted the names of a face's shape keys\.$"),
        (["jawOpen", "jawOpen"], r"^'jawOpen' stands twice among the names; give each shape once\.$"),
        (
            ["jawOpen", "a\tb"],
            r'^name 1 is "a\\tb"; wanted printable text, not empty, no blanks around it\.$',
        ),
        ([""], r'^name 0 is ""; wanted printable'),
        (["wink "], r'^name 0 is "wink "; wanted printable'),
        (
            [str(k) for k in range(MOST + 1)],
            r"^100001 names are more than the 100000 that are guessed at once",
        ),
    ],
)
def test_names_that_cannot_be_guessed_from_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(RigError, match=message):
        guess(names)


def test_a_hundred_thousand_names_and_very_long_ones_are_taken() -> None:
    guesses = guess([*(f"jawOpen_{k}" for k in range(MOST - 1)), "smile" * 2000])
    assert len(guesses) == MOST and sum(one.confidence >= KEPT for one in guesses) == 1


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1), min_size=1, unique=True))
def test_any_names_get_one_guess_each_within_limits(names: list[str]) -> None:
    known = {*ARKIT, *CHANNEL_NAMES}
    for name, one in zip(names, guess(names), strict=True):
        assert one.name == name and 0 <= one.confidence <= 1 and one.why
        assert {source for source, _ in one.drives} <= known
        assert bool(one.drives or one.pose) == (one.confidence > 0)


# Rig folders


def folder_of(names: list[str], path: Path, title: str = "Guessed") -> Rig:
    """The rig that a folder with what was guessed makes."""
    guesses = guess(names)
    path.mkdir()
    (path / "rig.json").write_text(json.dumps(rig_of(names, guesses, title)), encoding="utf-8")
    (path / "map.json").write_text(json.dumps(map_of(guesses)), encoding="utf-8")
    return load_rig(path)


@by_moving_list
def test_the_guessed_folder_loads_and_rests_at_rest(names: NameList, tmp_path: Path) -> None:
    rig = folder_of([row.name for row in names.rows], tmp_path / "guessed")
    assert rig.names == tuple(row.name for row in names.rows) and rig.title == "Guessed"
    assert set(pose_of(rig).values()) == {0.0}
    assert len(rig.groups.get("left", ())) == len(rig.groups.get("right", ()))


@by_moving_list
def test_a_mirrored_face_moves_the_other_side_of_the_guessed_rig(names: NameList, tmp_path: Path) -> None:
    rig = folder_of([row.name for row in names.rows], tmp_path / "guessed")
    left, right = rig.groups.get("left", ()), rig.groups.get("right", ())
    face = {
        "eyeBlinkLeft": 0.6,
        "mouthSmileLeft": 0.7,
        "browOuterUpLeft": 0.4,
        "jawLeft": 0.3,
        "jawOpen": 0.5,
    }
    other = {name.replace("Left", "Right"): value for name, value in face.items()}
    one = pose_of(rig, **face, eyeYawLeft=0.2, eyeYawRight=0.2)
    two = pose_of(rig, **other, eyeYawLeft=-0.2, eyeYawRight=-0.2)
    np.testing.assert_allclose([one[name] for name in left], [two[name] for name in right], atol=1e-6)


def test_a_guessed_map_drives_the_named_shape(tmp_path: Path) -> None:
    names = ["Blink", "LeftSmile", "RightSmile", "Jaw_Drop", "CheekPuff", "Ears"]
    rig = folder_of(names, tmp_path / "guessed", "Forty keys")
    assert moved(rig, eyeBlinkLeft=1, eyeBlinkRight=1) == {"Blink": 1}
    assert moved(rig, mouthSmileLeft=0.5) == {"LeftSmile": 0.5}
    assert rig.groups == {
        "eye": ("Blink",),
        "mouth": ("LeftSmile", "RightSmile"),
        "jaw": ("Jaw_Drop",),
        "cheek": ("CheekPuff",),
        "ear": ("Ears",),
        "left": ("LeftSmile",),
        "right": ("RightSmile",),
    }


def test_guessed_visemes_open_for_aa_and_close_for_closure(tmp_path: Path) -> None:
    rig = folder_of(list(VISEMES), tmp_path / "guessed")
    opened = pose_of(rig, jawOpen=0.57, mouthLowerDownLeft=0.15, mouthLowerDownRight=0.15)
    assert max(opened, key=lambda name: opened[name]) == "aa"
    closed = pose_of(rig, jawOpen=0.4, lipClosure=1)
    assert [name for name, value in closed.items() if value > 0.01] == ["PP"]


def test_rows_below_the_wanted_confidence_are_left_out() -> None:
    guesses = guess(["jawOpen", "pout"])
    assert set(map_of(guesses)["linear"]) == {"jawOpen", "pout"}
    assert set(map_of(guesses, 0.8)["linear"]) == {"jawOpen"}
    assert map_of(guesses)["base"] == "arkit" and "poses" not in map_of(guesses)


def test_a_map_of_nothing_is_refused() -> None:
    with pytest.raises(
        RigError, match=r"^None of the 2 names is known by at least 0\.5; give the names of the"
    ):
        map_of(guess(["Ears", "Tail"]))


# The tables


def test_every_source_in_the_tables_exists() -> None:
    known = {*ARKIT, *CHANNEL_NAMES}
    assert set(tables().sources) == known
    families = (drives.removeprefix("& ") for family in tables().families for drives in family.names.values())
    for drives in (
        *families,
        *tables().units.values(),
        *(action.drives for action in tables().actions.values()),
    ):
        for word in drives.replace(NOTHING, "").split():
            if not re.fullmatch(r"\d*\.?\d+", word):
                assert {word.replace("*", side).replace(">", side) for side in ("Left", "Right")} <= known, (
                    word
                )
    for pose in POSES.values():
        assert set(pose) <= known and all(0 < share <= 1 for share in pose.values())
    for viseme_set in tables().sets:
        assert set(viseme_set.members.values()) <= {*POSES, NOTHING}
        assert len(set(viseme_set.members.values()) - {NOTHING}) >= viseme_set.needs


def test_patterns_are_made_of_words_that_the_lexicon_knows() -> None:
    meanings = {meaning for known in tables().lexicon.meanings.values() for meaning in known}
    phrases = {meaning for known in tables().lexicon.phrases.values() for meaning in known}
    assert {word for words in tables().actions for word in words} <= meanings | {">"}
    assert phrases - {"laugh", "big"} <= meanings
    assert list(spellings("(mouth/lip) pull")) == [("mouth", "pull"), ("lip", "pull"), ("pull",)]


def test_no_word_has_two_meanings() -> None:
    rows = json.loads(
        Path(tables.__wrapped__.__code__.co_filename).with_name("words.json").read_text("utf-8")
    )
    words = [word for spelled in rows["words"].values() for word in spelled.split()]
    assert len(words) == len(set(words)), {word for word in words if words.count(word) > 1}
    assert not set(words) & set(rows["noise"].split())


def test_a_reader_tells_which_side_a_name_belongs_to() -> None:
    reader = Reader(tables().lexicon, [])
    sides = {
        "Eye_L_Look_R": "left",
        "EYES_LOOK_LEFT_R": "right",
        "jawLeft": "left",
        "Blink": "",
        "右眉": "right",
    }
    assert {name: reader.side(name) for name in sides} == sides
