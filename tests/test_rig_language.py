"""What a map can say: rigs built on rigs, sums and limits, bones; and what the loader says to nonsense."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.rig import Bone, Rig, drive, load_rig
from mien.rig.rig import Source
from tests.rig_motion import motion, random_rows
from tests.rig_poses import pose_of
from tests.rig_written import folder_of, loaded, refusal, rig_written

Write = Callable[..., Rig]


@pytest.fixture
def rig(tmp_path: Path) -> Write:
    """Writes a rig and loads it: curves, then the tables of its map."""
    return lambda *curves, **tables: loaded(tmp_path / "vera", curves, **tables)


def curve(name: str, **row: Any) -> dict[str, Any]:
    return {"name": name, **row}


# Sources and terms


def test_a_curve_is_its_rest_and_the_sum_of_its_sources(rig: Write) -> None:
    vera = rig(
        curve("open", min=-2, rest=0.5, max=3),
        linear={"open": {"jawOpen": 2, "cheekPuff": -1, "jawLeft": 0.25}},
    )
    assert pose_of(vera, jawOpen=0.5, cheekPuff=0.75, jawLeft=1)["open"] == 0.5 + 1 - 0.75 + 0.25
    assert pose_of(vera, jawOpen=1, jawLeft=1)["open"] == 2.75
    assert pose_of(vera, cheekPuff=1)["open"] == -0.5


def test_per_divides_and_half_sees_one_side_of_0(rig: Write) -> None:
    up, down = ({"eyePitchLeft": {"gain": 3, "per": 2, "half": half}} for half in ("positive", "negative"))
    vera = rig(curve("up", max=9), curve("down", max=9), linear={"up": up, "down": down})
    assert pose_of(vera, eyePitchLeft=0.5) == {"up": 0.75, "down": 0}
    assert pose_of(vera, eyePitchLeft=-0.5) == {"up": 0, "down": 0.75}


def test_angles_are_converted_between_radians_and_degrees_and_nothing_else_is(rig: Write) -> None:
    wide = {"min": -400, "max": 400}
    names = [
        curve("deg", unit="deg", **wide),
        curve("rad", unit="rad", **wide),
        curve("mm", unit="mm", **wide),
    ]
    linear = {name: {"headYaw": {"gain": 2, "per": 4}} for name in ("deg", "rad", "mm", "weight")}
    back = {"rad again": {"deg": 1}, "deg again": {"rad": 1}, "same": {"deg": 1}}
    vera = rig(
        *names, curve("weight", **wide), curve("rad again", unit="rad", **wide),
        curve("deg again", unit="deg", **wide), curve("same", unit="deg", **wide), linear=linear, mix=back,
    )  # fmt: skip
    frame = pose_of(vera, headYaw=1.0)
    assert [frame[name] for name in ("rad", "mm", "weight", "rad again")] == pytest.approx([0.5] * 4)
    assert [frame[name] for name in ("deg", "deg again", "same")] == pytest.approx([math.degrees(0.5)] * 3)


def test_a_mix_reads_finished_curves_in_any_order_of_the_file(rig: Write) -> None:
    vera = rig(
        curve("twice", max=2), curve("mean", min=-1), "left", "right",
        mix={"twice": {"mean": 2}, "mean": {"left": {"per": 2}, "right": 0.5}},
        linear={"left": {"mouthSmileLeft": 4}, "right": {"mouthSmileRight": 1}, "mean": {"cheekPuff": -1}},
    )  # fmt: skip
    frame = pose_of(vera, mouthSmileLeft=1, mouthSmileRight=0.5, cheekPuff=0.25)
    assert frame == {"twice": 1.0, "mean": 0.5, "left": 1, "right": 0.5}
    assert pose_of(vera, cheekPuff=1) == {"twice": 0, "mean": -1, "left": 0, "right": 0}


def test_factors_multiply_the_sum_and_not_the_rest(rig: Write) -> None:
    fade = [
        {"channel": "lipClosure", "at_zero": 1, "at_one": 0},
        {"curve": "jaw", "at_zero": 0.5, "at_one": 1.5},
    ]
    vera = rig(
        "jaw", curve("funnel", rest=0.25),
        linear={"jaw": {"jawOpen": 1}, "funnel": {"mouthFunnel": 1}}, products={"funnel": fade},
    )  # fmt: skip
    assert pose_of(vera, mouthFunnel=0.5)["funnel"] == 0.5
    assert pose_of(vera, mouthFunnel=0.5, jawOpen=1)["funnel"] == 1
    assert pose_of(vera, mouthFunnel=0.5, jawOpen=1, lipClosure=0.5)["funnel"] == 0.625
    assert pose_of(vera, mouthFunnel=0.5, jawOpen=1, lipClosure=1)["funnel"] == 0.25


def test_at_least_and_at_most_hold_a_curve_between_two_others(rig: Write) -> None:
    vera = rig(
        "floor", "roof", "held", "larger",
        linear={
            "floor": {"jawLeft": 1}, "roof": {"jawRight": 1},
            "held": {"jawOpen": 1}, "larger": {"jawOpen": 1},
        },
        at_least={"held": "floor", "larger": "floor"}, at_most={"held": "roof"},
    )  # fmt: skip
    assert pose_of(vera, jawOpen=0.5, jawLeft=0.25, jawRight=0.75)["held"] == 0.5
    assert pose_of(vera, jawOpen=0.1, jawLeft=0.25, jawRight=0.75)["held"] == 0.25
    assert pose_of(vera, jawOpen=0.9, jawLeft=0.25, jawRight=0.75)["held"] == 0.75
    assert pose_of(vera, jawLeft=0.75, jawRight=0.25)["held"] == 0.25, "where the two cross, the roof"
    assert pose_of(vera, jawOpen=0.5, jawLeft=0.75)["larger"] == 0.75


# Bones


def test_a_bone_is_turned_about_or_shifted_along_its_axis(rig: Write) -> None:
    turn = {"name": "Jaw", "moves": "rotation", "axis": [0, 0.6, -0.8]}
    shift = {"name": "Jaw", "moves": "translation", "axis": [1, 0, 0]}
    vera = rig(
        curve("Jaw.turn", unit="deg", min=-5, max=35, bone=turn),
        curve("Jaw.x", unit="mm", min=-7, max=7, bone=shift),
        linear={"Jaw.turn": {"jawOpen": 35}, "Jaw.x": {"jawLeft": 7, "jawRight": -7}},
    )  # fmt: skip
    assert [found.bone for found in vera.curves] == [
        Bone("Jaw", "rotation", (0, 0.6, -0.8)),
        Bone("Jaw", "translation", (1, 0, 0)),
    ]
    assert pose_of(vera, jawOpen=0.5, jawRight=0.5) == {"Jaw.turn": 17.5, "Jaw.x": -3.5}


BONE = {"name": "Jaw", "moves": "rotation", "axis": [0, 0, 1]}
BONE_MISTAKES = {
    "bone as text": ("Jaw", "'bone' is \"Jaw\"; wanted an object in { }."),
    "no axis": ({"name": "Jaw", "moves": "rotation"}, "bone: the key 'axis' is missing."),
    "empty name": ({**BONE, "name": ""}, 'bone: the name is ""; wanted printable text, '),
    "unknown kind": (
        {**BONE, "moves": "rotates"},
        "'moves' is 'rotates'; wanted 'rotation', 'translation'. Did",
    ),
    "angle that shifts": ({**BONE, "moves": "translation"}, "bone: a translation in deg; wanted mm."),
    "long axis": (
        {**BONE, "axis": [0, 1, 1]},
        "bone: 'axis' is [0.0, 1.0, 1.0]; wanted three numbers of length 1, as",
    ),
    "flat axis": ({**BONE, "axis": [0, 1]}, "bone: 'axis' is [0.0, 1.0]; wanted three numbers of length 1"),
    "no length": ({**BONE, "axis": [0, 0, 0]}, "wanted three numbers of length 1"),
    "axis as text": ({**BONE, "axis": [0, 0, "z"]}, "bone: 'axis', entry 2 is \"z\"; wanted a number."),
}


@pytest.mark.parametrize(("bone", "message"), BONE_MISTAKES.values(), ids=BONE_MISTAKES)
def test_a_mistake_in_a_bone_is_told_with_its_curve(bone: Any, message: str, tmp_path: Path) -> None:
    jaw = curve("turn", unit="deg", min=0, max=9, bone=bone)
    told = refusal(rig_written(tmp_path, [jaw], linear={"turn": {"jawOpen": 9}}))
    assert told.startswith("rig.json: curve 'turn': ")
    assert message in told


def test_a_bone_of_a_weight_or_that_turns_by_millimetres_is_refused(tmp_path: Path) -> None:
    told = refusal(rig_written(tmp_path, [curve("turn", bone=BONE)], linear={"turn": {"jawOpen": 1}}))
    assert told == "rig.json: curve 'turn': bone: a rotation in weight; wanted rad or deg."


# Sides


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"left": ["a"]}, "group 'left' holds 1 curves, 'right' 0; they mirror one another."),
        ({"left": ["a"], "right": ["a"]}, "'a' is in the groups 'left' and 'right'; a curve has one side."),
    ],
)
def test_sides_that_do_not_mirror_one_another_are_refused(groups: Any, message: str, tmp_path: Path) -> None:
    row = {"schema": 1, "title": "Vera", "curves": [curve("a")], "groups": groups}
    folder = folder_of(tmp_path, row, {"schema": 1, "motion": 1, "linear": {"a": {"jawOpen": 1}}})
    assert refusal(folder) == f"rig.json: {message}"


# Rigs on rigs


def test_a_rig_reads_the_curves_of_the_one_it_is_built_on(rig: Write) -> None:
    vera = rig("shut", "in", base="arkit", linear={"shut": {"mouthClose": 1}, "in": {"eyeLookInLeft": 1}})
    frame = pose_of(vera, jawOpen=0.5, lipClosure=0.5, eyeYawLeft=-0.215)
    assert frame == pytest.approx({"shut": 0.25, "in": 0.5})


def test_a_name_that_base_and_motion_share_is_the_curve_of_the_base(rig: Write) -> None:
    vera = rig(
        "as base", "as channel", base="arkit",
        linear={"as base": {"mouthFunnel": 1}, "as channel": {"cheekPuff": 1}},
        products={"as channel": [{"channel": "mouthFunnel"}]},
    )  # fmt: skip
    assert vera.drives["as base"].sources == (Source("base", "mouthFunnel"),)
    frame = pose_of(vera, mouthFunnel=1, cheekPuff=1, lipClosure=0.75)  # arkit fades the funnel
    assert frame == {"as base": 0.25, "as channel": 1}


def test_rigs_may_stand_on_rigs_that_stand_on_rigs(tmp_path: Path) -> None:
    loaded(tmp_path / "ground", ["a"], linear={"a": {"jawOpen": 0.5}})
    loaded(
        tmp_path / "first", ["a", curve("b", max=9)], base="ground", linear={"a": {"a": 0.5}, "b": {"a": 8}}
    )
    top = loaded(
        tmp_path / "second", ["c"], base="first", linear={"c": {"a": 1}}, products={"c": [{"base": "b"}]}
    )
    assert top.base and top.base.base and top.base.base.name == "ground"
    assert pose_of(top, jawOpen=1) == {"c": 0.25 * 4}


def test_a_base_is_looked_for_among_the_known_rigs_then_beside_the_rig(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home" / "rigs", tmp_path / "here"
    for place, gain in ((home, 0.5), (here, 0.25)):
        for name in ("stand", "arkit"):
            loaded(place / name, ["a"], linear={"a": {"jawOpen": gain}})
    vera = rig_written(here / "vera", ["b"], base="stand", linear={"b": {"a": 1}})
    assert pose_of(load_rig(vera), jawOpen=1) == {"b": 0.25}
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    assert pose_of(load_rig(vera), jawOpen=1) == {"b": 0.5}
    own = rig_written(here / "arkit", ["b"], base="arkit", linear={"b": {"mouthClose": 1}})
    assert pose_of(load_rig(own), jawOpen=1, lipClosure=0.5) == {"b": 0.5}, "Mien's own arkit comes first"


@pytest.mark.parametrize("base", ["stand", ".", "../elsewhere/stand", "{there}/stand"])
def test_the_working_folder_decides_nothing_about_a_base(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "elsewhere"
    loaded(there / "stand", ["a"], linear={"a": {"jawOpen": 1}})
    monkeypatch.chdir(there)
    base = base.format(there=there)
    told = refusal(rig_written(tmp_path / "here" / "vera", ["b"], base=base, linear={"b": {"a": 1}}))
    assert told.startswith(f"map.json: base: There is no rig '{base}'; there is ")


def test_rigs_that_stand_on_one_another_are_refused(tmp_path: Path) -> None:
    one, two = (rig_written(tmp_path / name, ["a"], linear={"a": {"jawOpen": 1}}) for name in ("one", "two"))
    for folder, base in ((one, "two"), (two, "one")):
        rig_written(folder, ["a"], base=base, linear={"a": {"jawOpen": 1}})
    told = refusal(one).replace(f"{two}/", "")
    assert told == "map.json: rigs are built on one another in a circle, one -> two -> one; break it at one."
    rig_written(one, ["a"], base="one", linear={"a": {"jawOpen": 1}})
    assert "in a circle, one -> one; break it at one." in refusal(one)


def test_a_mistake_in_the_base_is_told_with_the_file_of_the_base(tmp_path: Path) -> None:
    rig_written(tmp_path / "stand", ["a"], linear={"a": {"jawOpn": 1}})
    told = refusal(rig_written(tmp_path / "vera", ["b"], base="stand", linear={"b": {"a": 1}}))
    assert told.startswith(f"{tmp_path}/stand/map.json: linear 'a' reads channel 'jawOpn'")


def test_a_rig_on_a_rig_gives_any_chunking_the_same_bits(tmp_path: Path) -> None:
    loaded(
        tmp_path / "stand", ["a", "b"], linear={"a": {"jawOpen": 0.7}, "b": {"headYaw": {"half": "positive"}}}
    )
    top = loaded(tmp_path / "top", ["c"], base="stand", linear={"c": {"a": 0.3, "b": 0.1, "cheekPuff": 0.7}})
    rows = random_rows(2, 50)
    alone = np.concatenate([drive(rows[k : k + 1], top) for k in range(50)])
    assert alone.tobytes() == drive(rows, top).tobytes()


# Mistakes

CURVES = [
    "jaw",
    "shut",
    "both",
    curve("turn", unit="deg", min=-9, max=9),
    curve("wide", min=-1, max=2),
    "idle",
]
MAP: dict[str, Any] = {
    "linear": {
        "jaw": {"jawOpen": 1},
        "shut": {"lipClosure": 1},
        "turn": {"headYaw": 1},
        "wide": {"headRoll": 1},
    },
    "mix": {"both": {"jaw": 0.5, "shut": 0.5}},
}


def with_(table: str, **rows: Any) -> dict[str, Any]:
    return {**MAP, table: {**MAP.get(table, {}), **rows}}


MISTAKES = {
    "base as number": ({**MAP, "base": 1}, "'base' is 1; wanted text."),
    "unknown base": ({**MAP, "base": "arkti"}, "base: There is no rig 'arkti'. Did you mean 'arkit'?"),
    "nameless base": ({**MAP, "base": ""}, "base: There is no rig ''; there is "),
    "unknown source with a base": (
        {**with_("linear", jaw={"mouthClosed": 1}), "base": "arkit"},
        "linear 'jaw' reads 'mouthClosed', which is not one of the 52 curves of 'arkit' or of the 71 motion "
        "channels. Did you mean 'mouthClose'?",
    ),
    "base of a map without one": (
        with_("products", shut=[{"base": "jawOpen"}]),
        "product 'shut' reads curve 'jawOpen' of the base, but the map has no 'base'.",
    ),
    "unknown curve of the base": (
        {**with_("products", shut=[{"base": "jawOpn"}]), "base": "arkit"},
        "product 'shut' reads curve 'jawOpn', which is not one of the 52 curves of 'arkit'. Did you mean "
        "'jawOpen'?",
    ),
    "channel in a mix": (
        with_("mix", both={"jawOpen": 1}),
        "mix 'both' reads 'jawOpen', which is not one of the rig's 6 curves. It is read in 'linear'.",
    ),
    "unknown curve in a mix": (
        with_("mix", both={"jav": 1}),
        "mix 'both' reads 'jav', which is not one of the rig's 6 curves. Did you mean 'jaw'?",
    ),
    "empty mix": (
        with_("mix", both={}),
        "mix 'both' names no source; leave the curve out and it stays at rest.",
    ),
    "mix of itself": (with_("mix", both={"both": 1}), "in a circle, both -> both; break it at one."),
    "circle of limits": (
        {**with_("mix", idle={"both": 1}), "at_least": {"both": "idle"}},
        "curves read one another in a circle, ",
    ),
    "half of a weight in a mix": (
        with_("mix", both={"jaw": {"half": "negative"}}),
        "mix 'both' from 'jaw': 'half' is 'negative', but 'jaw' is never below 0.",
    ),
    "limit on nothing": (
        {**MAP, "at_least": {"idle": "jaw"}},
        "at_least 'idle' has nothing to work on; none of 'linear', 'mix' and 'poses' drives it.",
    ),
    "floor in another unit": (
        {**MAP, "at_least": {"jaw": "turn"}},
        "at_least 'jaw': 'turn' is in deg, 'jaw' in weight; wanted one unit.",
    ),
    "floor above the max": (
        {**MAP, "at_least": {"jaw": "wide"}},
        "at_least 'jaw': 'wide' rises to 2, above 1, the max of 'jaw'.",
    ),
    "roof below the min": (
        {**MAP, "at_most": {"jaw": "wide"}},
        "at_most 'jaw': 'wide' falls to -1, below 0, the min of",
    ),
    "roof at rest": (
        {**MAP, "at_most": {"shut": "idle"}},
        "'shut' never leaves 0: what drives it adds 0 to 1 to its rest of 0, and its limits allow no more; ",
    ),
    "factor at rest": (
        with_("products", shut=[{"curve": "idle"}]),
        "'shut' never leaves 0: what drives it adds 0 to 0 ",
    ),
    "gain the wrong way": (
        with_("linear", jaw={"jawOpen": -1}),
        "'jaw' never leaves 0: what drives it adds -1 to 0 to",
    ),
    "gain 0": (
        with_("linear", jaw={"jawOpen": 0}),
        "'jaw' never leaves 0: what drives it adds 0 to 0 to its rest",
    ),
    "source at rest": (with_("mix", both={"idle": 1}), "'both' never leaves 0: "),
    "factor 0": (with_("products", shut=[{"curve": "jaw", "at_one": 0}]), "'shut' never leaves 0: "),
    "factors that outgrow": (
        with_("products", shut=[{"curve": "jaw", "at_one": 1e6}] * 5),
        "'shut' is driven from 0 to 1e+30; mend its gains.",
    ),
    "factors that outgrow and end at 0": (
        with_("products", shut=[*[{"curve": "jaw", "at_one": 1e6}] * 9, {"curve": "idle"}]),
        "'shut' is driven from 0 to 1e+30; mend its gains.",
    ),
    "limits as list": ({**MAP, "at_most": ["jaw"]}, "'at_most' is [\"jaw\"]; wanted an object in { }."),
    "line break in a name": (
        with_("mix", **{"a\nb": {}}),
        '"a\\nb" holds \\n, which cannot be printed; take it out.',
    ),
    "name as long as a book": (
        with_("mix", **{"x" * 5000: {}}),
        f"mix drives '{'x' * 100}...', which is not one of ",
    ),
}


@pytest.mark.parametrize(("map_", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_map_is_told_with_table_and_curve(map_: Any, message: str, tmp_path: Path) -> None:
    told = refusal(rig_written(tmp_path, CURVES, **map_))
    assert told.startswith("map.json: ")
    assert message in told
    assert len(told) < 500


def test_without_its_mistakes_that_map_loads(tmp_path: Path) -> None:
    assert set(loaded(tmp_path, CURVES, **MAP).drives) == {"jaw", "shut", "both", "turn", "wide"}


def test_a_curve_that_two_undriven_ones_share_with_a_driven_one_is_no_mistake(tmp_path: Path) -> None:
    vera = loaded(tmp_path, CURVES, **with_("mix", both={"jaw": 1, "idle": 1}))
    assert pose_of(vera, jawOpen=0.5)["both"] == 0.5


def test_a_rig_loads_where_the_working_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    folder = rig_written(tmp_path / "vera", ["a"], linear={"a": {"jawOpen": 1}})
    assert drive(motion(jawOpen=1).values, load_rig(folder)) == 1
    (folder / "map.json").write_text(json.dumps([]), encoding="utf-8")
    assert refusal(folder) == "map.json: holds []; wanted an object in { }."
