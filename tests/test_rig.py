"""The rig room: what the arkit rig does to motion, and what the loader says to a rig with a mistake in it."""

from __future__ import annotations

import csv
import json
import math
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.clock import frame_rate, frame_to_row_floor, seconds_to_frames_ceil, tail_seconds
from mien.errors import OptionError, RigError
from mien.rig import drive, find_rig, fit, frames_ready, load_rig, resample, resample_rows, rig_names
from mien.values import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, Curves, Motion
from tests.conftest import unavailable

REPOSITORY = Path(__file__).resolve().parents[1]
ARKIT61 = REPOSITORY.parent / "shared/reference/arkit/arkit61.tsv"
ARKIT = load_rig(find_rig("arkit"))
RATES = ["24000/1001", "25", "29.97", "30", "48", "60", "90", "120"]
EVERY_RATE = pytest.mark.parametrize("rate", [frame_rate(text) for text in RATES], ids=RATES)


# Motion to try things on


def motion(rows: int = 1, **channels: float) -> Motion:
    """`rows` equal rows with `channels` set and all else 0."""
    values = np.zeros((rows, len(CHANNELS)), np.float32)
    for name, value in channels.items():
        values[:, CHANNEL_INDEX[name]] = value
    return Motion(values)


def pose(**channels: float) -> dict[str, float]:
    """The arkit curves that are not 0 under `channels`."""
    row = drive(motion(**channels).values, ARKIT)[0]
    return {name: float(value) for name, value in zip(ARKIT.names, row, strict=True) if value}


def random_rows(seed: int, rows: int = 40) -> np.ndarray:
    """Rows all over the channels' ranges, now and then beyond them; in some most channels are 0."""
    random = np.random.default_rng(seed)
    values = random.uniform(-0.5, 1.5, (rows, len(CHANNELS))).astype(np.float32)
    values[:, [channel.unit == "rad" for channel in CHANNELS]] *= 2
    values[random.random(values.shape) < random.random((rows, 1))] = 0
    return values


any_rows = st.integers(0, 2**32).map(random_rows)
any_rate = st.sampled_from([frame_rate(text) for text in RATES])


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
    with pytest.raises(RigError, match=r"^There is no rig 'arkti'; there is .*\. Did you mean 'arkit'\?$"):
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


# What is in arkit


def test_the_52_curves_stand_in_the_order_of_the_live_link_wire() -> None:
    if not ARKIT61.exists():
        unavailable("the reference tables of ../shared are not here")
    with ARKIT61.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    wanted = {int(row["ue_llf_udp_index"]): row["camel"] for row in rows if row["unit"] == "coefficient"}
    assert ARKIT.names == tuple(wanted[index] for index in range(52))


def test_left_comes_before_right_where_csv_files_of_the_app_swap_them() -> None:
    names = ARKIT.names
    assert [names[index] for index in (15, 16, 21, 22)] == ["jawLeft", "jawRight", "mouthLeft", "mouthRight"]


def test_every_arkit_curve_runs_from_0_to_1_is_driven_and_stands_in_one_group() -> None:
    assert {(curve.unit, curve.low, curve.rest, curve.high) for curve in ARKIT.curves} == {
        ("weight", 0, 0, 1)
    }
    assert set(ARKIT.drives) == set(ARKIT.names)
    assert sorted(name for group in ARKIT.groups.values() for name in group) == sorted(ARKIT.names)


def test_a_face_at_rest_has_all_curves_at_0() -> None:
    assert pose() == {}


def test_a_channel_of_the_same_name_passes_as_it_is() -> None:
    derived = {name for name in ARKIT.names if name.startswith("eyeLook") or name == "mouthClose"}
    for name in set(ARKIT.names) - derived:
        assert pose(**{name: 0.25}) == {name: 0.25}


def test_the_left_eye_looks_out_and_the_right_eye_in_when_both_turn_to_the_left() -> None:
    assert pose(eyeYawLeft=0.43, eyeYawRight=0.43) == {"eyeLookOutLeft": 1, "eyeLookInRight": 1}
    assert pose(eyeYawLeft=-0.43, eyeYawRight=-0.43) == {"eyeLookInLeft": 1, "eyeLookOutRight": 1}


def test_each_eye_looks_up_and_down_by_itself() -> None:
    assert pose(eyePitchLeft=0.43, eyePitchRight=-0.43) == {"eyeLookUpLeft": 1, "eyeLookDownRight": 1}
    assert pose(eyePitchLeft=-0.215) == {"eyeLookDownLeft": 0.5}


def test_an_eye_turned_further_than_the_shape_can_say_stays_at_1() -> None:
    assert pose(eyeYawLeft=1.5) == {"eyeLookOutLeft": 1}


def test_mouth_close_closes_the_lips_against_the_open_jaw_only() -> None:
    assert pose(lipClosure=1) == {}
    assert pose(lipClosure=1, jawOpen=0.5) == {"jawOpen": 0.5, "mouthClose": 0.5}
    assert pose(lipClosure=0.5, jawOpen=0.5) == {"jawOpen": 0.5, "mouthClose": 0.25}


def test_a_half_closure_halves_the_shapes_that_part_the_lips() -> None:
    assert pose(lipClosure=0.5, mouthFunnel=1, mouthUpperUpLeft=0.5) == {
        "mouthFunnel": 0.5,
        "mouthUpperUpLeft": 0.25,
    }


def test_channels_that_arkit_cannot_say_are_left_out() -> None:
    assert pose(au38NostrilDilate=1, tongueUp=1, headYaw=1) == {}


# Laws


@given(any_rows)
def test_curves_stay_within_their_limits(rows: np.ndarray) -> None:
    values = drive(rows, ARKIT)
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert values.max() <= 1


@given(st.sampled_from(CHANNEL_NAMES), st.sampled_from([np.nan, np.inf, -np.inf, 1e38, -1e38]))
def test_a_broken_number_never_leaves(channel: str, broken: float) -> None:
    rows = random_rows(1, 5)
    rows[2, CHANNEL_INDEX[channel]] = broken
    with np.errstate(all="ignore"):
        values = fit(Motion(rows), ARKIT, Fraction(60), 6).values
    assert np.isfinite(values).all()
    assert 0 <= values.min() <= values.max() <= 1


@given(any_rows)
def test_mouth_close_never_exceeds_jaw_open(rows: np.ndarray) -> None:
    curves = Curves(ARKIT.names, drive(rows, ARKIT), Fraction(50))
    assert (curves.column("mouthClose") <= curves.column("jawOpen")).all()


def aperture(curves: Curves) -> np.ndarray:
    """How far the lips are apart, as the bench reckons it: <= 0 is closed."""

    def both(stem: str) -> np.ndarray:
        return (curves.column(stem + "Left") + curves.column(stem + "Right")) / 2

    rolls = curves.column("mouthRollLower") + curves.column("mouthRollUpper")
    jaw = np.maximum(0, curves.column("jawOpen") - curves.column("mouthClose"))
    apart = 0.30 * both("mouthLowerDown") + 0.15 * both("mouthUpperUp") + 0.10 * curves.column("mouthFunnel")
    return np.asarray(jaw + apart - 0.5 * both("mouthPress") - 0.25 * rolls)


@given(any_rows, any_rate)
def test_lips_touch_whatever_else_the_face_does_where_lip_closure_is_1(
    rows: np.ndarray, rate: Fraction
) -> None:
    rows[:, CHANNEL_INDEX["lipClosure"]] = 1
    assert (aperture(fit(Motion(rows), ARKIT, rate, 24)) <= 0).all()


def test_the_same_motion_parts_the_lips_without_lip_closure() -> None:
    apart = motion(jawOpen=0.5, mouthFunnel=0.5, mouthLowerDownLeft=0.5, mouthUpperUpRight=0.5)
    assert aperture(fit(apart, ARKIT, Fraction(30), 1)) > 0.5


def other_side(name: str) -> str:
    """`mouthLeft` of `mouthRight` and the other way round."""
    swap = {"Left": "Right", "Right": "Left"}
    for side, other in swap.items():
        if name.endswith(side):
            return name.removesuffix(side) + other
    return name


def mirrored(rows: np.ndarray) -> np.ndarray:
    """The motion of the face in a mirror."""
    swapped = rows[:, [CHANNEL_INDEX[other_side(name)] for name in CHANNEL_NAMES]]
    turns = ["headYaw", "headRoll", "eyeYawLeft", "eyeYawRight"]
    swapped[:, [CHANNEL_INDEX[name] for name in turns]] *= -1
    return swapped


@given(any_rows)
def test_motion_with_its_sides_swapped_gives_curves_with_their_sides_swapped(rows: np.ndarray) -> None:
    swapped = [ARKIT.names.index(other_side(name)) for name in ARKIT.names]
    np.testing.assert_array_equal(drive(mirrored(rows), ARKIT), drive(rows, ARKIT)[:, swapped])


@settings(max_examples=60)
@given(st.integers(0, 2**32), any_rate, st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_any_chunking_gives_the_same_curves_to_the_bit(seed: int, rate: Fraction, sizes: list[int]) -> None:
    whole = Motion(random_rows(seed, 60))
    at_once = fit(whole, ARKIT, rate, sum(sizes)).values
    starts = np.cumsum([0, *sizes])[:-1]
    chunks = [fit(whole, ARKIT, rate, size, int(k)).values for size, k in zip(sizes, starts, strict=True)]
    assert np.concatenate(chunks).tobytes() == at_once.tobytes()


@settings(max_examples=60)
@given(st.integers(0, 2**32), any_rate, st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_a_stream_that_sees_a_few_rows_at_a_time_gives_the_curves_of_the_file(
    seed: int, rate: Fraction, sizes: list[int]
) -> None:
    rows = random_rows(seed, sum(sizes))
    sent, chunks = 0, []
    for come in np.cumsum(sizes):
        ready = frames_ready(int(come), rate)
        first_row = frame_to_row_floor(sent, rate)[0]
        channels = resample_rows(rows[first_row:come], rate, ready - sent, sent, first_row)
        chunks.append(drive(channels, ARKIT))
        sent = ready
    assert np.concatenate(chunks).tobytes() == fit(Motion(rows), ARKIT, rate, sent).values.tobytes()


def test_more_frames_than_one_block_are_the_same_to_the_bit() -> None:
    whole = Motion(random_rows(3, 2500))
    long = fit(whole, ARKIT, Fraction(60), 3000).values
    assert fit(whole, ARKIT, Fraction(60), 100, 2000).values.tobytes() == long[2000:2100].tobytes()


def test_long_curves_are_held_once() -> None:
    whole = motion(10, jawOpen=0.5)
    tracemalloc.start()
    curves = fit(whole, ARKIT, Fraction(60), 60_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.6 * curves.values.nbytes


# Time


@pytest.mark.parametrize("rate", [Fraction(thousands * 1000, 1001) for thousands in (24, 30, 48, 60, 120)])
def test_a_broadcast_rate_is_exact_however_it_is_rounded(rate: Fraction) -> None:
    for form in (float(rate), np.float64(rate), np.float32(rate), str(rate), rate):
        assert frame_rate(form) == rate
    for digits in (3, 4, 6, 12):
        assert frame_rate(f"{float(rate):.{digits}f}") == frame_rate(round(float(rate), digits)) == rate


def test_broadcast_names_are_exact_and_other_decimals_stay_as_written() -> None:
    names = ["23.98", "23.980", "29.97", "29.970", "47.95", "59.94", "119.88", 23.98, 29.97]
    thousands = [24, 24, 30, 30, 48, 60, 120, 24, 30]
    assert [frame_rate(name) * 1001 / 1000 for name in names] == thousands
    assert [
        frame_rate(given) for given in ("29.9701", 23.977, "2997/100", Fraction(2997, 100), 12.5, 30)
    ] == [
        *(Fraction(299_701, 10_000), Fraction(23_977, 1000), Fraction(2997, 100), Fraction(2997, 100)),
        *(Fraction(25, 2), Fraction(30)),
    ]


def test_a_tail_is_a_number_of_seconds_up_to_a_minute() -> None:
    assert [tail_seconds(given) for given in (0, 0.3, "1.5", 60)] == [0, 0.3, 1.5, 60]


@pytest.mark.parametrize("given", [-0.1, 60.1, 1e300, 10**400, math.nan, math.inf, None, "long", [1]])
def test_any_other_tail_is_refused(given: Any) -> None:
    with pytest.raises(OptionError) as refused:
        tail_seconds(given)
    assert str(refused.value) == f"A tail of {given} s is outside 0..60 s."


@EVERY_RATE
def test_frames_lie_at_k_over_rate_and_there_are_as_many_as_the_duration_asks_for(rate: Fraction) -> None:
    frames = seconds_to_frames_ceil(Fraction(7, 3), rate)
    curves = fit(motion(120), ARKIT, rate, frames)
    assert curves.values.shape == (math.ceil(Fraction(7, 3) * rate), 52)
    assert curves.rate == rate
    assert curves.times.tolist() == [float(k / rate) for k in range(frames)]


@EVERY_RATE
def test_resampling_is_as_exact_as_the_clock(rate: Fraction) -> None:
    rows = random_rows(5, 400)
    first = 100_003
    row, weight = np.array([frame_to_row_floor(first + k, rate) for k in range(150)]).T
    row, weight = row.astype(int) - frame_to_row_floor(first, rate)[0], weight.astype(np.float32)[:, None]
    after = rows[np.minimum(row + (weight[:, 0] > 0), 399)]
    wanted = rows[row] + (after - rows[row]) * weight
    got = resample_rows(rows, rate, 150, first, frame_to_row_floor(first, rate)[0])
    assert got.tobytes() == wanted.tobytes()


def test_a_rate_of_many_digits_stays_exact_where_whole_numbers_outgrow_64_bits() -> None:
    rate = Fraction("29.970029970029970029")
    ramp = np.repeat(np.arange(30, dtype=np.float32)[:, None], len(CHANNELS), axis=1)
    first_row = frame_to_row_floor(10**6, rate)[0]
    got = resample_rows(ramp, rate, 9, 10**6, first_row)[:, 0]
    np.testing.assert_allclose(got, [float((10**6 + k) * 50 / rate) - first_row for k in range(9)], atol=2e-6)


def test_a_frame_between_two_rows_lies_on_the_line_between_them() -> None:
    rows = np.concatenate([motion(jawOpen=0.2).values, motion(jawOpen=0.6).values])
    jaw = fit(Motion(rows), ARKIT, Fraction(100), 4).column("jawOpen")
    np.testing.assert_allclose(jaw, [0.2, 0.4, 0.6, 0.6], atol=1e-7)


def test_frames_past_the_end_hold_the_last_row_and_frames_before_the_start_the_first() -> None:
    rows = np.concatenate([motion(jawOpen=0.2).values, motion(jawOpen=0.6).values])
    held = fit(Motion(rows, start=0.1), ARKIT, Fraction(50), 9).column("jawOpen")
    np.testing.assert_array_equal(held, np.float32([0.2] * 6 + [0.6] * 3))


def test_a_frame_on_a_row_needs_no_other_row() -> None:
    rows = random_rows(8, 3)
    alone = resample(Motion(rows[:2]), Fraction(25), 1)
    rows[1] = np.nan
    assert resample(Motion(rows), Fraction(25), 1).tobytes() == alone.tobytes()


@EVERY_RATE
def test_frames_are_ready_once_the_rows_on_both_sides_have_come(rate: Fraction) -> None:
    assert frames_ready(0, rate) == 0
    for rows in (1, 2, 3, 50, 51, 1234):
        ready = frames_ready(rows, rate)
        needs = [math.ceil(k * 50 / rate) for k in (ready - 1, ready)]
        assert needs[0] < rows <= needs[1]


def test_the_first_frame_gives_the_start_of_the_curves() -> None:
    assert fit(motion(99), ARKIT, Fraction(30), 3, first_frame=45).start == 1.5


def test_motion_without_rows_or_off_the_grid_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no motion rows"):
        fit(motion(0), ARKIT, Fraction(30), 3)
    with pytest.raises(ValueError, match="50 Hz grid"):
        fit(Motion(motion(3).values, start=0.013), ARKIT, Fraction(30), 3)


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
    """A rig folder of `rig` and `map_`: text as it is, anything else as JSON, None left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("rig.json", rig), ("map.json", map_)):
        if content is not None:
            text = content if isinstance(content, str) else json.dumps(content)
            (folder / name).write_text(text, encoding="utf-8")
    return folder


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
        "\\ud800 is half a character; wanted whole ones.",
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
        "'curvs' is not a key here; wanted 'schema', 'title', 'curves', 'groups'. Did you mean 'curves'?",
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
    "name with a line break": (curve(name="a\nb"), 'curve 0: the name is "a\\nb"; wanted printable text, '),
    "curve twice": (curve(name="seal"), "curve 'seal' stands twice; keep one of the two."),
    "unknown curve key": (
        curve(maximum=1),
        "curve 'Mouth Open': 'maximum' is not a key here; wanted 'name', 'unit', 'min', 'rest', 'max'.",
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
    with pytest.raises(RigError) as refused:
        load_rig(rig_folder(tmp_path / "vera", rig=rig))
    check_message(str(refused.value), "vera/rig.json: ", message)


def check_message(told: str, start: str, message: str) -> None:
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
    "empty map": ({**MAP, "linear": {}}, "'linear' is empty; a map drives at least one curve."),
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
        "linear 'seal' names no channel; leave the curve out and it stays at rest.",
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
        "'half' is 'negative', but 'lipClosure' is a weight and never below 0.",
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
        "a factor reads one thing; wanted either 'channel' or 'curve'.",
    ),
    "factor of two things": (product({"channel": "jawOpen", "curve": "seal"}), "a factor reads one thing; "),
    "huge factor": (
        product({"channel": "jawOpen", "at_one": 1e300}),
        "product 'seal': 'at_one' is 1e+300; wanted",
    ),
    "product on nothing": (
        {**MAP, "products": {"idle": [{"channel": "jawOpen"}]}},
        "products 'idle' has nothing to work on; 'linear' does not drive it.",
    ),
    "product that reads itself": (
        product({"curve": "seal"}),
        "products and limits run in a circle, seal -> seal; break it at one curve.",
    ),
    "circle": (
        {**MAP, "at_most": {"Mouth Open": "seal"}},
        "products and limits run in a circle, ",
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
    with pytest.raises(RigError) as refused:
        load_rig(rig_folder(tmp_path / "vera", map_=map_))
    check_message(str(refused.value), "vera/map.json: ", message)


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
