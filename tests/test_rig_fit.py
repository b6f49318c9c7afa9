"""Fitting to a rig: what the arkit rig does to motion, within its limits and at any frame rate."""

from __future__ import annotations

import csv
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
from mien.errors import OptionError
from mien.rig import drive, fit, frames_ready, resample, resample_rows
from mien.values import CHANNEL_INDEX, CHANNEL_NAMES, CHANNELS, Curves, Motion
from tests.conftest import unavailable
from tests.rig_motion import ARKIT, any_rows, mirrored, motion, other_side, random_rows

REPOSITORY = Path(__file__).resolve().parents[1]
ARKIT61 = REPOSITORY.parent / "shared/reference/arkit/arkit61.tsv"
RATES = ["24000/1001", "25", "29.97", "30", "48", "60", "90", "120"]
EVERY_RATE = pytest.mark.parametrize("rate", [frame_rate(text) for text in RATES], ids=RATES)


def pose(**channels: float) -> dict[str, float]:
    """The arkit curves that are not 0 under `channels`."""
    row = drive(motion(**channels).values, ARKIT)[0]
    return {name: float(value) for name, value in zip(ARKIT.names, row, strict=True) if value}


any_rate = st.sampled_from([frame_rate(text) for text in RATES])


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


def test_every_arkit_curve_runs_from_0_to_1_is_driven_and_stands_in_one_group_besides_its_side() -> None:
    assert {(curve.unit, curve.low, curve.rest, curve.high) for curve in ARKIT.curves} == {
        ("weight", 0, 0, 1)
    }
    assert set(ARKIT.drives) == set(ARKIT.names)
    parts = [names for group, names in ARKIT.groups.items() if group not in {"left", "right"}]
    assert sorted(name for names in parts for name in names) == sorted(ARKIT.names)


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
