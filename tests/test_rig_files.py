"""Rig files: where rigs are found, what their files say, and what the loader says to a mistake in one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.errors import RigError
from mien.rig import drive, find_rig, load_rig, rig_names
from mien.values import CHANNEL_INDEX, CHANNELS
from tests.rig_motion import ARKIT, motion
from tests.rig_written import folder_of

# Where rigs are


def test_arkit_is_found_by_its_name_and_by_its_path() -> None:
    folder = find_rig("arkit")
    assert load_rig(find_rig(folder)).names == ARKIT.names
    assert "arkit" in rig_names()
    assert (ARKIT.name, ARKIT.title) == ("arkit", "Apple ARKit, 52 blendshapes")


def test_a_rig_in_mien_home_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = rig_folder(tmp_path / "rigs" / "vera")
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    assert find_rig("vera") == folder
    assert {"arkit", "vera"} <= set(rig_names())
    assert load_rig(find_rig("vera")).name == "vera"


def test_a_mien_home_without_rigs_is_no_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    assert "arkit" in rig_names()


def test_an_unknown_rig_name_is_refused_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIEN_HOME", raising=False)
    with pytest.raises(RigError, match=r"^There is no rig 'arkti'\. Did you mean 'arkit'\?$"):
        find_rig("arkti")
    with pytest.raises(RigError, match="There is no rig 'xxx"):
        find_rig("x" * 5000)
    with pytest.raises(RigError, match="There is no rig ''"):
        find_rig("")


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        RigError, match=r"nowhere: not a folder; a rig is a folder with rig\.json and map\.json"
    ):
        find_rig(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(RigError, match="file: not a folder"):
        load_rig(tmp_path / "file")


# Rigs of the user's own

CURVES = [
    {"name": "Mouth Open", "max": 2},
    {"name": "seal"},
    {"name": "head_turn", "unit": "deg", "min": -40, "rest": 5, "max": 40},
    {"name": "idle"},
]
LINEAR = {
    "Mouth Open": {"jawOpen": 3, "mouthFunnel": {"gain": -1, "per": 2}},
    "seal": {"lipClosure": 1},
    "head_turn": {"headYaw": 1},
}
RIG: dict[str, Any] = {
    "schema": 1,
    "title": "Vera",
    "curves": CURVES,
    "groups": {"mouth": ["Mouth Open", "seal"]},
}
MAP: dict[str, Any] = {
    "schema": 1,
    "motion": 1,
    "linear": LINEAR,
    "products": {"seal": [{"curve": "Mouth Open"}]},
}


def rig_folder(folder: Path, rig: Any = RIG, map_: Any = MAP) -> Path:
    """The folder with Vera's files, or with others in their place."""
    return folder_of(folder, rig, map_)


def test_gains_rest_limits_and_products_are_obeyed(tmp_path: Path) -> None:
    rig = load_rig(rig_folder(tmp_path / "vera"))
    rows = motion(3, mouthFunnel=0.5, lipClosure=0.5).values.copy()
    rows[:, CHANNEL_INDEX["jawOpen"]] = [0, 0.25, 1]
    rows[:, CHANNEL_INDEX["headYaw"]] = [0, math.radians(-10), math.radians(60)]
    wanted = [[0, 0, 5, 0], [0.5, 0.25, -5, 0], [2, 1, 40, 0]]
    np.testing.assert_allclose(drive(rows, rig), wanted, atol=1e-5)


def test_a_limit_by_another_curve_is_obeyed_in_any_order_of_the_file(tmp_path: Path) -> None:
    chain = {"seal": "Mouth Open", "idle": "seal"}
    linear = {"idle": {"browInnerUp": 1}, **LINEAR}
    rig = load_rig(
        rig_folder(tmp_path / "vera", map_={**MAP, "linear": linear, "products": {}, "at_most": chain})
    )
    row = drive(motion(browInnerUp=1, lipClosure=0.75, jawOpen=0.125).values, rig)[0]
    np.testing.assert_allclose(row, [0.375, 0.375, 5, 0.375])


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert load_rig(rig_folder(tmp_path / "vera", rig="\ufeff" + json.dumps(RIG))).title == "Vera"


def test_a_rig_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        ARKIT.drives["jawOpen"] = ARKIT.drives["jawOpen"]  # type: ignore[index]


# Mistakes in rig.json


def curve(**changes: Any) -> dict[str, Any]:
    return {**RIG, "curves": [{**CURVES[0], **changes}, *CURVES[1:]]}


RIG_MISTAKES = {
    "no file": (None, "there is no such file; a rig is a folder with rig.json and map.json."),
    "no JSON": ('{"schema": 1,}', "not JSON: "),
    "empty file": ("", "not JSON: Expecting value at line 1, column 1."),
    "no object": ("[1]", "holds [1]; wanted an object in { }."),
    "too deep": ("[" * 100_000, "not JSON that can be read: nested too deep, or a number too long."),
    "NaN": ('{"schema": 1, "title": NaN}', "NaN is not a number in JSON; wanted a finite number."),
    "half a character": (
        '{"schema": 1, "title": "\\ud800"}',
        ': "\\ud800" holds \\ud800, which cannot be printed; take it out.',
    ),
    "key twice": ('{"schema": 1, "schema": 1}', "'schema' stands twice in one object; keep one of the two."),
    "no schema": ({"title": "Vera"}, "the key 'schema' is missing; wanted \"schema\": 1."),
    "schema as text": ({**RIG, "schema": "1"}, "'schema': came \"1\"; wanted a whole number."),
    "newer schema": (
        {"schema": 2, "shapes": {}},
        "schema 2 is newer than 1, the newest this Mien reads; update Mien.",
    ),
    "schema 0": ({**RIG, "schema": 0}, "schema is 0; wanted 1."),
    "unknown key": (
        {**RIG, "curvs": []},
        "'curvs' is not a key here; wanted 'schema', 'title', 'curves', 'groups', 'mesh'. "
        "Did you mean 'curves'?",
    ),
    "missing key": ({"schema": 1, "curves": CURVES}, "the key 'title' is missing."),
    "empty title": (
        {**RIG, "title": ""},
        'the title is ""; wanted printable text, not empty, no blanks around it.',
    ),
    "curves as object": ({**RIG, "curves": {}}, "'curves' is {}; wanted a list in [ ]."),
    "no curves": ({**RIG, "curves": []}, "'curves' is empty; a rig has at least one curve."),
    "curve as text": ({**RIG, "curves": ["jaw"]}, 'curve 0: came "jaw"; wanted an object in { }.'),
    "curve without name": ({**RIG, "curves": [{"max": 1}]}, "curve 0: the key 'name' is missing."),
    "name with a line break": (
        curve(name="a\nb"),
        ': "a\\nb" holds \\n, which cannot be printed; take it out.',
    ),
    "name with a blank before it": (
        curve(name=" a"),
        "curve ' a': the name is \" a\"; wanted printable text, ",
    ),
    "wide blank in a group's name": (
        {**RIG, "groups": {"a\u3000b": []}},
        "holds \\u3000, which cannot be printed; ",
    ),
    "deep": ("[" * 30 + "]" * 30, "nested too deep; wanted at most 20 objects and lists in one another."),
    "a key as long as a book": (
        curve(**{"b" * 9999: 0}),
        f"curve 'Mouth Open': '{'b' * 100}...' is not a key here; wanted 'name', ",
    ),
    "curve twice": (curve(name="seal"), "curve 'seal' stands twice; keep one of the two."),
    "unknown curve key": (
        curve(maximum=1),
        "'maximum' is not a key here; wanted 'name', 'unit', 'min', 'rest', 'max', 'bone'.",
    ),
    "unknown unit": (
        curve(unit="degs"),
        "curve 'Mouth Open': 'unit' is 'degs'; wanted 'weight', 'rad', 'deg', 'mm'. Did you mean 'deg'?",
    ),
    "unit without limits": (
        curve(unit="mm"),
        "curve 'Mouth Open': the key 'min' is missing; only weights have a min of their own.",
    ),
    "limit as text": (curve(max="high"), "curve 'Mouth Open': 'max' is \"high\"; wanted a number."),
    "limit as truth": (curve(max=True), "curve 'Mouth Open': 'max' is true; wanted a number."),
    "limit as null": (curve(min=None), "curve 'Mouth Open': 'min' is null; wanted a number."),
    "infinite limit": (
        json.dumps(curve(max=7)).replace("7", "1e999"),
        "curve 'Mouth Open': 'max' is inf; wanted a number from -1000000 to 1000000.",
    ),
    "huge limit": (curve(max=10**400), "; wanted a number of at most 1000000."),
    "limits crossed": (
        curve(min=1, max=0),
        "curve 'Mouth Open': min 1, rest 0, max 0; wanted min <= rest <= max.",
    ),
    "rest outside": (curve(rest=3), "curve 'Mouth Open': min 0, rest 3, max 2; wanted min <= rest <= max."),
    "groups as list": ({**RIG, "groups": []}, "'groups' is []; wanted an object in { }."),
    "group as text": ({**RIG, "groups": {"m": "seal"}}, "group 'm': came \"seal\"; wanted a list in [ ]."),
    "group of numbers": ({**RIG, "groups": {"m": ["seal", 3]}}, "group 'm': entry 1 is 3; wanted text."),
    "group of a curve nobody has": (
        {**RIG, "groups": {"m": ["Seal"]}},
        "group 'm' holds 'Seal', which is not one of the rig's 4 curves. Did you mean 'seal'?",
    ),
    "group with a curve twice": (
        {**RIG, "groups": {"m": ["seal", "seal"]}},
        "group 'm' holds 'seal' twice; keep one of the two.",
    ),
}


@pytest.mark.parametrize(("rig", "message"), RIG_MISTAKES.values(), ids=RIG_MISTAKES)
def test_a_mistake_in_rig_json_is_told_with_file_and_key(
    rig: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_refused(rig_folder(tmp_path / "vera", rig=rig), "vera/rig.json: ", message)


def check_refused(folder: Path, start: str, message: str) -> None:
    with pytest.raises(RigError) as refused:
        load_rig(folder)
    told = str(refused.value)
    assert told.startswith(start)
    assert message in told
    assert told.isprintable(), "one line that any terminal can print"


# Mistakes in map.json


def linear(name: str, content: Any) -> dict[str, Any]:
    return {**MAP, "linear": {**LINEAR, name: content}}


def product(*factors: Any) -> dict[str, Any]:
    return {**MAP, "products": {"seal": list(factors)}}


MAP_MISTAKES = {
    "no file": (None, "there is no such file; a rig is a folder with rig.json and map.json."),
    "no motion schema": (
        {"schema": 1, "linear": LINEAR},
        "the key 'motion' is missing; wanted \"motion\": 1.",
    ),
    "newer motion": (
        {**MAP, "motion": 2},
        "motion 2 is newer than 1, the newest this Mien reads; update Mien.",
    ),
    "newer schema": (
        {**MAP, "schema": 9},
        "schema 9 is newer than 1, the newest this Mien reads; update Mien.",
    ),
    "unknown table": ({**MAP, "product": {}}, "Did you mean 'products'?"),
    "empty map": (
        {**MAP, "linear": {}},
        "'linear', 'mix' and 'poses' are empty; a map drives at least one curve.",
    ),
    "curve twice": (
        json.dumps(MAP).replace('"head_turn"', '"seal"'),
        "'seal' stands twice in one object; keep one of the two.",
    ),
    "unknown curve": (
        linear("MouthOpen", {"jawOpen": 1}),
        "linear drives 'MouthOpen', which is not one of the rig's 4 curves. Did you mean 'Mouth Open'?",
    ),
    "unknown channel": (
        linear("seal", {"lipClosed": 1}),
        f"linear 'seal' reads channel 'lipClosed', which is not one of the {len(CHANNELS)} motion channels. "
        "Did you mean 'lipClosure'?",
    ),
    "terms as number": (linear("seal", 1), "linear 'seal': came 1; wanted an object in { }."),
    "no terms": (
        linear("seal", {}),
        "linear 'seal' names no source; leave the curve out and it stays at rest.",
    ),
    "gain as text": (
        linear("seal", {"lipClosure": "1"}),
        "linear 'seal' from 'lipClosure': came \"1\"; wanted a nu",
    ),
    "huge gain": (
        linear("seal", {"lipClosure": 1e7}),
        "linear 'seal' from 'lipClosure': 'gain' is 10000000.0; wanted a number from -1000000 to 1000000.",
    ),
    "huge gain per little": (
        linear("seal", {"lipClosure": {"gain": 1e6, "per": 1e-9}}),
        "linear 'seal' from 'lipClosure': 'gain / per' is ",
    ),
    "unknown term key": (
        linear("seal", {"lipClosure": {"weight": 1}}),
        "linear 'seal' from 'lipClosure': 'weight' is not a key here; wanted 'gain', 'per', 'half'.",
    ),
    "per 0": (
        linear("seal", {"lipClosure": {"per": 0}}),
        "linear 'seal' from 'lipClosure': 'per' is 0; wanted a number above 0.",
    ),
    "unknown half": (
        linear("seal", {"headYaw": {"half": "positiv"}}),
        "'half' is 'positiv'; wanted 'both', 'positive', 'negative'. Did you mean 'positive'?",
    ),
    "negative weight": (
        linear("seal", {"lipClosure": {"half": "negative"}}),
        "'half' is 'negative', but 'lipClosure' is never below 0.",
    ),
    "product as null": (
        {**MAP, "products": {"seal": None}},
        "product 'seal': came null; wanted a list in [ ].",
    ),
    "empty product": (product(), "product 'seal' names no factor; leave it out."),
    "product of an unknown curve": (
        product({"curve": "Mouth Opn"}),
        "product 'seal' reads curve 'Mouth Opn', which is not one of the rig's 4 curves. "
        "Did you mean 'Mouth Open'?",
    ),
    "product of an unknown channel": (product({"channel": "jawOpn"}), "Did you mean 'jawOpen'?"),
    "factor of nothing": (
        product({"at_one": 1}),
        "a factor reads one thing; wanted one of 'channel', 'base' and 'curve'.",
    ),
    "factor of two things": (product({"channel": "jawOpen", "curve": "seal"}), "a factor reads one thing; "),
    "huge factor": (
        product({"channel": "jawOpen", "at_one": 1e300}),
        "product 'seal': 'at_one' is 1e+300; wanted",
    ),
    "product on nothing": (
        {**MAP, "products": {"idle": [{"channel": "jawOpen"}]}},
        "products 'idle' has nothing to work on; none of 'linear', 'mix' and 'poses' drives it.",
    ),
    "product that reads itself": (
        product({"curve": "seal"}),
        "curves read one another in a circle, seal -> seal; break it at one.",
    ),
    "circle": (
        {**MAP, "at_most": {"Mouth Open": "seal"}},
        "curves read one another in a circle, ",
    ),
    "limit by an unknown curve": (
        {**MAP, "at_most": {"seal": "Mouth open"}},
        "at_most 'seal' names curve 'Mouth open', which is not one of the rig's 4 curves. "
        "Did you mean 'Mouth Open'?",
    ),
    "limit as number": ({**MAP, "at_most": {"seal": 1}}, "at_most 'seal': came 1; wanted text."),
    "limit in another unit": (
        {**MAP, "at_most": {"seal": "head_turn"}},
        "at_most 'seal': 'head_turn' is in deg, 'seal' in weight; wanted one unit.",
    ),
}


@pytest.mark.parametrize(("map_", "message"), MAP_MISTAKES.values(), ids=MAP_MISTAKES)
def test_a_mistake_in_map_json_is_told_with_file_and_key(
    map_: Any, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_refused(rig_folder(tmp_path / "vera", map_=map_), "vera/map.json: ", message)


def test_a_limit_that_falls_below_the_min_of_its_curve_is_refused(tmp_path: Path) -> None:
    rig = {**RIG, "curves": [*CURVES, {"name": "low", "min": -1}]}
    with pytest.raises(RigError, match="at_most 'seal': 'low' falls to -1, below 0, the min of 'seal'"):
        load_rig(rig_folder(tmp_path / "vera", rig, {**MAP, "at_most": {"seal": "low"}}))


def test_a_file_that_is_no_text_or_a_folder_is_refused(tmp_path: Path) -> None:
    folder = rig_folder(tmp_path / "vera")
    (folder / "rig.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RigError, match=r"rig\.json: not text in UTF-8; save it as UTF-8\."):
        load_rig(folder)
    (folder / "rig.json").unlink()
    (folder / "rig.json").mkdir()
    with pytest.raises(RigError, match=r"rig\.json: cannot be read: Is a directory\."):
        load_rig(folder)
