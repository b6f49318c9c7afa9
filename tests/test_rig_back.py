"""Curves back to motion: what a rig says comes back on every rig, closed lips stay closed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mien
from mien.errors import RigError
from mien.rig import Rig, drive, find_rig, fit, load_rig, motion_of, rig_names
from mien.values import CHANNEL_INDEX, CHANNELS, Curves, Motion
from tests.rig_motion import ARKIT, motion, random_rows
from tests.rig_written import loaded

VISEMES = {"oculus15": 0.12, "vrm0": 0.1, "vrm1": 0.1, "vroid": 0.1}
"""Rigs that say little: weights of poses at their limits hide what the motion was, and some rows stay off."""

CONTACTS = 0.02
"""Of rigs whose edges meet: where curves have given way, more than one motion may have asked."""


@pytest.fixture(scope="module")
def spoken() -> Motion:
    """The shipped line, its first three seconds."""
    line = Path(__file__).resolve().parents[1] / "server" / "mien" / "demo" / "line.flac"
    return Motion(mien.bake(line).motion.values[:150])


def curves_of(rows: np.ndarray, rig: Rig, rate: int = 50) -> Curves:
    """The curves of `rig` for `rows`."""
    return Curves(rig.names, drive(rows, rig), Fraction(rate))


def misses(curves: Curves, rig: Rig) -> np.ndarray:
    """How far the curves of the motion of `curves` are from `curves`, in shares of each curve's range."""
    size = np.array([max(curve.high - curve.low, 1e-9) for curve in rig.curves])
    return np.asarray(np.abs(drive(motion_of(curves, rig).values, rig) - curves.values) / size)


# There and back


@pytest.mark.parametrize("name", rig_names())
def test_speech_on_every_rig_comes_back_as_motion_with_the_same_curves(name: str, spoken: Motion) -> None:
    rig = load_rig(find_rig(name))
    off = misses(curves_of(spoken.values, rig), rig)
    assert off.max() < VISEMES.get(name, CONTACTS if rig.contacts else 0.002)
    assert np.median(off.max(axis=1)) < 0.001


@pytest.mark.parametrize("name", sorted({*rig_names()} - {*VISEMES}))
def test_any_motion_comes_back_with_the_same_curves(name: str) -> None:
    rig = load_rig(find_rig(name))
    rows = np.clip(random_rows(7), [-0.4 if channel.unit == "rad" else 0 for channel in CHANNELS], 1)
    off = misses(curves_of(rows.astype(np.float32), rig), rig).max(axis=1)
    assert np.quantile(off, 0.9) < 0.005
    assert off.max() < (
        0.25 if rig.contacts else 0.03
    )  # any motion: lids that are shut and wide at once, say


@pytest.mark.parametrize("name", rig_names())
def test_closed_lips_stay_closed(name: str, spoken: Motion) -> None:
    rig = load_rig(find_rig(name))
    asked = spoken.values[spoken.column("lipClosure") > 0.9]
    back = drive(motion_of(curves_of(asked, rig), rig).values, ARKIT)
    jaw, closed = (back[:, ARKIT.names.index(curve)] for curve in ("jawOpen", "mouthClose"))
    assert len(asked) > 3
    assert (jaw - closed).max() < 0.05


@pytest.mark.parametrize("name", sorted({*rig_names()} - {*VISEMES, "oculus15"}))
def test_an_open_mouth_stays_as_open_as_it_was(name: str, spoken: Motion) -> None:
    rig = load_rig(find_rig(name))
    asked = spoken.values[spoken.column("lipClosure") < 0.1]
    back = motion_of(curves_of(asked, rig), rig)
    off = np.abs(back.column("jawOpen") - asked[:, CHANNEL_INDEX["jawOpen"]])
    assert off.max() < 0.01


def test_what_no_curve_says_stays_at_rest() -> None:
    rows = motion(4, tongueTipUp=0.8, headYaw=0.3, au21NeckTightener=1.0, jawOpen=0.4).values
    back = motion_of(curves_of(rows, ARKIT), ARKIT)
    assert np.count_nonzero(np.abs(back.values[0]) > 1e-3) == 1
    assert back.column("jawOpen") == pytest.approx(0.4, abs=1e-3)


def test_angles_come_back_with_their_sign() -> None:
    rows = motion(2, eyeYawLeft=-0.2, eyeYawRight=0.3, eyePitchLeft=0.1, eyePitchRight=-0.4).values
    back = motion_of(curves_of(rows, ARKIT), ARKIT)
    assert back.values == pytest.approx(rows, abs=1e-3)


def test_a_row_does_not_feel_its_neighbours(spoken: Motion) -> None:
    for name in ("arkit", "vrm1"):
        rig = load_rig(find_rig(name))
        curves = curves_of(spoken.values[:70], rig)
        whole = motion_of(curves, rig)
        for first, last in ((0, 1), (1, 2), (3, 45), (45, 70)):
            part = Curves(curves.names, curves.values[first:last], curves.rate, first / 50)
            found = motion_of(part, rig)
            assert found.start == first / 50
            assert np.array_equal(found.values, whole.values[first:last])


def test_a_fitted_rig_comes_back_too(tmp_path: Path) -> None:
    curves = ["jawOpen", "mouthClose", "smile"]
    rig = loaded(
        tmp_path / "vera",
        curves,
        linear={"jawOpen": {"jawOpen": 1}, "mouthClose": {"lipClosure": 1}, "smile": {"mouthSmileLeft": 0.5}},
        products={"mouthClose": [{"curve": "jawOpen"}]},
        contact={
            "lips": {
                "demand": "lipClosure", "begin": 0.3, "full": 0.8, "press": 0.1, "cross": 0.3,
                "rest": [0.6, 0.7],
                "gap": {"jawOpen": [30, 32], "mouthClose": [-30, -31], "smile": [3, 2]},
                "moves": {"mouthClose": 0.1, "smile": 0.2},
            }
        },
    )  # fmt: skip
    rows = random_rows(3, 60).clip(0, 1).astype(np.float32)
    assert np.quantile(misses(curves_of(rows, rig), rig).max(axis=1), 0.9) < 0.01
    closed = motion_of(curves_of(motion(1, jawOpen=0.4, lipClosure=1).values, rig), rig)
    assert closed.column("lipClosure")[0] > 0.75


# In time


@pytest.mark.parametrize(("rate", "first"), [("30", 0), ("60", 7), ("24000/1001", 5), ("120", 0), ("50", 3)])
def test_rows_cover_the_frames_at_any_rate(rate: str, first: int) -> None:
    exact = Fraction(rate)
    told = motion(100, browInnerUp=0.5).values.copy()
    told[:, CHANNEL_INDEX["jawOpen"]] = np.linspace(0, 0.8, 100)
    curves = fit(Motion(told), ARKIT, exact, 40, first)
    back = motion_of(curves, ARKIT)
    assert back.start <= curves.start < back.start + 0.02 + 1e-9
    assert back.times[-1] >= curves.times[-1] - 1e-9
    again = fit(back, ARKIT, exact, 40, first)
    assert again.values[1:-1] == pytest.approx(curves.values[1:-1], abs=0.004)


@given(st.integers(0, 5000), st.sampled_from(["24000/1001", "25", "30", "60", "90"]), st.integers(0, 5))
@settings(max_examples=30)
def test_the_rows_lie_on_the_grid_of_motion(first: int, rate: str, frames: int) -> None:
    curves = fit(motion(3, jawOpen=0.3), ARKIT, Fraction(rate), frames, first)
    back = motion_of(curves, ARKIT)
    assert back.start * 50 == pytest.approx(round(back.start * 50), abs=1e-6)
    assert (len(back.values) == 0) == (frames == 0)


# Which curves


def test_a_curve_that_is_missing_says_nothing() -> None:
    whole = curves_of(motion(2, jawOpen=0.5, mouthSmileLeft=0.3, lipClosure=0.2).values, ARKIT)
    kept = [name for name in ARKIT.names if not name.startswith("mouthSmile")][::-1]
    part = Curves(tuple(kept), np.stack([whole.column(name) for name in kept], axis=1), whole.rate)
    back = motion_of(part, ARKIT)
    assert back.column("mouthSmileLeft") == pytest.approx(0, abs=1e-6)
    assert back.column("jawOpen") == pytest.approx(0.5, abs=1e-3)
    assert back.column("lipClosure") == pytest.approx(0.2, abs=1e-3)


def test_values_beyond_a_limit_count_as_the_limit() -> None:
    values = np.array([[1.7, -0.2]], np.float32)
    back = motion_of(Curves(("jawOpen", "browInnerUp"), values, Fraction(50)), ARKIT)
    assert back.column("jawOpen")[0] == pytest.approx(1, abs=1e-3)
    assert back.column("browInnerUp")[0] == 0


def refusal(curves: Curves, rig: Rig = ARKIT) -> str:
    """What is said to `curves`."""
    with pytest.raises(RigError) as refused:
        motion_of(curves, rig)
    return str(refused.value)


def test_curves_of_another_rig_are_refused_with_a_near_name() -> None:
    one = np.zeros((1, 1), np.float32)
    wanted = "name the rig that these curves were made for. Did you mean 'jawOpen'?"
    said = refusal(Curves(("JawOpen",), one, Fraction(30)))
    assert said == f"'JawOpen' is not one of the 52 curves of the rig 'arkit'; {wanted}"


def test_curves_that_nothing_moves_are_refused() -> None:
    rig = load_rig(find_rig("azure55"))
    still = [name for name in rig.names if name not in rig.moving]
    curves = Curves(tuple(still), np.zeros((1, len(still)), np.float32), Fraction(30))
    assert refusal(curves, rig) == f"None of the {len(still)} curves is one that the rig 'azure55' moves."


def test_a_value_that_is_no_number_is_refused() -> None:
    values = np.zeros((3, 1), np.float32)
    values[2] = np.nan
    said = refusal(Curves(("jawOpen",), values, Fraction(30)))
    assert said == "The curve 'jawOpen' is nan at frame 2; wanted a finite number."
