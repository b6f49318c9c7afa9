"""Maps at random: well-formed ones do what their formula says, broken ones are refused in a sentence."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from mien.errors import RigError
from mien.rig import Rig, drive, find_rig, load_rig
from mien.values import CHANNEL_INDEX, CHANNELS
from tests.rig_motion import random_rows
from tests.rig_written import folder_of

SAME_FOLDER = [HealthCheck.function_scoped_fixture]

# Well-formed maps

READ = ("jawOpen", "mouthFunnel", "lipClosure", "headYaw", "eyePitchLeft")
numbers = st.floats(-3, 3, width=32)


@st.composite
def well_formed(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """`rig.json` and `map.json` of some curves; each reads channels and curves before it in some order."""
    names = draw(st.permutations([f"curve {index}" for index in range(draw(st.integers(1, 6)))]))
    curves = {name: curve(draw, name) for name in names}
    tables: dict[str, Any] = {table: {} for table in ("linear", "mix", "products", "at_least", "at_most")}
    for place, name in enumerate(names):
        before = names[:place]
        tables["linear"][name] = draw(
            st.dictionaries(st.sampled_from(READ), term(draw), min_size=1, max_size=3)
        )
        if before and draw(st.booleans()):
            tables["mix"][name] = draw(
                st.dictionaries(st.sampled_from(before), term(draw), min_size=1, max_size=3)
            )
        if draw(st.booleans()):
            tables["products"][name] = draw(st.lists(factor(before), min_size=1, max_size=2))
        for table, fits in (("at_least", not_above), ("at_most", not_below)):
            others = [other for other in before if fits(curves[other], curves[name])]
            if others and draw(st.booleans()):
                tables[table][name] = draw(st.sampled_from(others))
    rows = [curves[name] for name in sorted(names)]
    return {"schema": 1, "title": "any", "curves": rows}, {"schema": 1, "motion": 1, **tables}


def curve(draw: st.DrawFn, name: str) -> dict[str, Any]:
    low, rest, high = sorted(draw(st.tuples(numbers, numbers, numbers)))
    return {"name": name, "min": low, "rest": rest, "max": high}


def term(draw: st.DrawFn) -> st.SearchStrategy[Any]:
    halves = st.sampled_from(["both", "positive"])
    full = st.fixed_dictionaries({"gain": numbers, "per": st.sampled_from([0.5, 1, 2]), "half": halves})
    return numbers | full


def factor(before: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    sources = [{"channel": name} for name in READ] + [{"curve": name} for name in before]
    ends = st.fixed_dictionaries({}, optional={"at_zero": numbers, "at_one": numbers})
    return st.tuples(st.sampled_from(sources), ends).map(lambda both: {**both[0], **both[1]})


def not_above(other: Mapping[str, float], own: Mapping[str, float]) -> bool:
    return other["max"] <= own["max"]


def not_below(other: Mapping[str, float], own: Mapping[str, float]) -> bool:
    return other["min"] >= own["min"]


class Formula:
    """One frame, curve by curve as the schema's docstring has it, in single precision."""

    def __init__(self, rig: Mapping[str, Any], map_: Mapping[str, Any], channels: np.ndarray) -> None:
        self.curves = {row["name"]: row for row in rig["curves"]}
        self.map, self.channels = map_, channels

    def value(self, name: str) -> np.float32:
        row, tables = self.curves[name], self.map
        moved = np.float32(0)
        for table, read in (("linear", self.channel), ("mix", self.value)):
            for of, share in tables[table].get(name, {}).items():
                moved += part(read(of), share)
        for row_ in tables["products"].get(name, ()):
            at_zero, at_one = row_.get("at_zero", 0), row_.get("at_one", 1)
            read_ = self.channel(row_["channel"]) if "channel" in row_ else self.value(row_["curve"])
            moved *= np.float32(at_zero) + np.float32(at_one - at_zero) * read_
        value = moved + np.float32(row["rest"])
        for table, pick in (("at_least", max), ("at_most", min)):
            if name in tables[table]:
                value = pick(value, self.value(tables[table][name]))
        return min(max(value, np.float32(row["min"])), np.float32(row["max"]))

    def channel(self, name: str) -> np.float32:
        end = np.float32(np.pi if CHANNELS[CHANNEL_INDEX[name]].unit == "rad" else 1)
        low = -end if end > 1 else np.float32(0)
        return min(max(self.channels[CHANNEL_INDEX[name]], low), end)


def part(value: np.float32, share: Any) -> np.float32:
    """What a term adds."""
    row = share if isinstance(share, dict) else {"gain": share, "per": 1, "half": "both"}
    seen = max(value, np.float32(0)) if row["half"] == "positive" else value
    return np.float32(seen * np.float32(row["gain"] / row["per"]))


@settings(max_examples=300, suppress_health_check=SAME_FOLDER)
@given(well_formed(), st.integers(0, 2**32))
def test_a_well_formed_map_gives_its_formula_to_the_bit(tmp_path: Path, files: Any, seed: int) -> None:
    try:
        rig = load_rig(folder_of(tmp_path, *files))
    except RigError as refused:
        assert "never leaves" in str(refused)
        reject()
    rows = random_rows(seed, 4)
    wanted = [[Formula(*files, row).value(name) for name in rig.names] for row in rows]
    np.testing.assert_array_equal(drive(rows, rig), np.array(wanted, np.float32))


@settings(max_examples=200, suppress_health_check=SAME_FOLDER)
@given(well_formed())
def test_a_map_that_is_refused_for_never_moving_a_curve_does_never_move_it(
    tmp_path: Path, files: Any
) -> None:
    try:
        load_rig(folder_of(tmp_path, *files))
    except RigError as refused:
        told = str(refused)
        name = told.split("'")[1]
        seen = {float(Formula(*files, row).value(name)) for row in random_rows(0, 60)}
        assert np.ptp([*seen]) < 1e-6
        assert f"'{name}' never leaves " in told


# Broken maps

VERA_RIG: dict[str, Any] = {
    "schema": 1,
    "title": "Vera",
    "curves": [
        {"name": "jaw"},
        {"name": "close"},
        {"name": "up", "max": 2},
        {
            "name": "turn", "unit": "deg", "min": -5, "max": 30,
            "bone": {"name": "Jaw", "moves": "rotation", "axis": [0, 0, 1]},
        },
        {"name": "aa"},
        {"name": "oh", "rest": 0.2},
        {"name": "both"},
    ],
    "groups": {"left": ["aa"], "right": ["oh"]},
}  # fmt: skip
VERA_MAP: dict[str, Any] = {
    "schema": 1,
    "motion": 1,
    "base": "arkit",
    "linear": {
        "jaw": {"jawOpen": 1, "eyeYawLeft": {"half": "negative", "gain": 2, "per": 3}},
        "close": {"mouthClose": 1},
        "up": {"mouthUpperUpLeft": 2},
        "turn": {"headYaw": 1},
    },
    "mix": {"both": {"jaw": 0.5, "up": 0.5}},
    "poses": {"aa": {"jawOpen": 0.7}, "oh": {"mouthFunnel": 0.5, "jawOpen": 0.3}},
    "solve": {"damping": 0.02, "importance": {"jawOpen": 2}},
    "products": {
        "aa": [{"channel": "lipClosure", "at_zero": 1, "at_one": 0}],
        "close": [{"base": "jawOpen"}],
    },
    "at_least": {"both": "oh"},
    "at_most": {"close": "jaw"},
    "contact": {
        "lips": {
            "demand": "lipClosure", "begin": 0.3, "full": 0.8, "rest": [0.6, 0.7],
            "gap": {"jaw": [30, 32], "close": [-37, -39], "aa": [3, 4]},
            "moves": {"close": 0.1}, "press": 0.2, "cross": 0.3,
        }
    },
}  # fmt: skip
SHIPPED = ("facs", "oculus15", "openxr_fb", "vroid")
ODD: list[Any] = [
    None, True, 0, -1, 1, 2, 0.5, 5e-324, -1e-12, 1e-12, 1e6, -1e6, 1e7, 1e300, 10**30, 10**400,
    [], {}, [1], [[]], [None], "", ".", "..", "/", "a\nb", "a\0b", "\u200b", "\ud7ff", "é" * 300,
    "jaw", "aa", "close", "arkit", "jawOpen", "headYaw", "lipClosure", "negative", "deg",
]  # fmt: skip


def whole(name: str) -> tuple[Any, Any]:
    """The files of a rig without a mistake."""
    if name == "vera":
        return VERA_RIG, VERA_MAP
    return tuple(json.loads((find_rig(name) / file).read_text("utf-8")) for file in ("rig.json", "map.json"))


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything inside `content`."""
    pairs = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    for key, value in pairs:
        yield (*path, key)
        yield from places(value, (*path, key))


def at(content: Any, path: Sequence[Any]) -> Any:
    for key in path:
        content = content[key]
    return content


def broken(name: str, seed: int) -> list[Any]:
    """The files of a rig after one to three slips: something gone, odd, renamed, or elsewhere too."""
    chance = random.Random(seed)
    files: list[Any] = json.loads(json.dumps(whole(name)))
    for _ in range(chance.choice([1, 1, 2, 3])):
        ways = [path for path in places(files) if len(path) > 1]
        path = chance.choice(ways)
        around, key = at(files, path[:-1]), path[-1]
        slip = chance.random()
        if slip < 0.2:
            del around[key]
        elif slip < 0.6:
            around[key] = chance.choice(ODD)
        elif slip < 0.85 and isinstance(around, dict):
            keys = [way[-1] for way in ways] + ODD
            around[chance.choice([new for new in keys if isinstance(new, str)])] = around.pop(key)
        else:
            around[key] = json.loads(json.dumps(at(files, chance.choice(ways))))
    return files


@settings(max_examples=1500, suppress_health_check=SAME_FOLDER)
@given(st.sampled_from(["vera", "vera", "vera", *SHIPPED]), st.integers(0, 2**32))
@example("vera", 0)
def test_a_broken_rig_is_refused_in_a_sentence_or_drives_within_its_limits(
    tmp_path: Path, name: str, seed: int
) -> None:
    try:
        rig = load_rig(folder_of(tmp_path, *broken(name, seed)))
    except RigError as refused:
        told = str(refused)
        assert told.isprintable()
        assert told.endswith((".", "?"))
        assert len(told) < 1000
    else:
        check_driven(rig, seed)


def check_driven(rig: Rig, seed: int) -> None:
    rows = random_rows(seed, 12)
    rows[3, ::2], rows[4], rows[5], rows[6] = np.nan, np.inf, 1, 0
    values = drive(rows, rig)
    assert (np.float32([curve.low for curve in rig.curves]) <= values).all()
    assert (values <= np.float32([curve.high for curve in rig.curves])).all()
    chunks = [drive(rows[start : start + 5], rig) for start in range(0, 12, 5)]
    assert np.concatenate(chunks).tobytes() == values.tobytes()
    columns = dict(zip(rig.names, values.T, strict=True))
    for curve_name, found in rig.drives.items():
        if found.at_most:
            assert (columns[curve_name] <= columns[found.at_most]).all()
        elif found.at_least:
            assert (columns[curve_name] >= columns[found.at_least]).all()


def test_without_a_slip_those_rigs_load() -> None:
    assert [type(load_rig(find_rig(name))) for name in SHIPPED] == [Rig] * len(SHIPPED)


@pytest.mark.parametrize("file", ["rig.json", "map.json"])
def test_a_file_that_is_cut_off_anywhere_is_refused(file: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, VERA_RIG, VERA_MAP)
    load_rig(folder)
    text = (folder / file).read_bytes()
    for end in range(0, len(text) - 1, 7):
        (folder / file).write_bytes(text[:end])
        with pytest.raises(RigError, match=f"{file}: not JSON: "):
            load_rig(folder)
