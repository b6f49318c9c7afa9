"""What is added to speech: strengths over time in closed form, and what a layer may and may not move."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

import mien
from mien.clock import MOTION_RATE
from mien.errors import LimitError, OptionError
from mien.layers import LayerStack, Track, articulation, check_control, check_strengths
from mien.values import CHANNEL_INDEX, CHANNELS, Control
from mien.voice import Voice
from tests.grpc_server import speech

ROWS = 300
TIMES = np.arange(ROWS) / MOTION_RATE
EASES = [0.0, 1e-12, 0.02, 0.2, 1.0, 60.0]
"""None, less than any row, one row, the default, long, longer than the line."""

strengths = st.one_of(st.sampled_from([0.0, 1.0, 2.0]), st.floats(0, 2))
times = st.one_of(st.integers(0, ROWS).map(lambda row: row / MOTION_RATE), st.floats(0, ROWS / MOTION_RATE))
keys = st.lists(st.tuples(strengths, times, st.sampled_from(EASES)), max_size=8)
cuts = st.lists(st.integers(0, ROWS), max_size=12).map(lambda inner: [0, *sorted(inner), ROWS])


def _track(base: float, changes: list[tuple[float, float, float]]) -> Track:
    track = Track(base)
    for change in changes:
        track.set(*change)
    return track


def _moving(rows: int = ROWS, seed: int = 0) -> np.ndarray:
    """Speech in which every channel moves."""
    return np.random.default_rng(seed).random((rows, len(CHANNELS)), np.float32)


# A strength over time


@given(strengths, keys, cuts)
def test_a_strength_is_the_same_however_time_is_cut(base, changes, ends) -> None:
    whole, track = _track(base, changes).at(TIMES), _track(base, changes)
    for start, end in pairwise(ends):
        track.forget(start / MOTION_RATE)
        np.testing.assert_array_equal(track.at(TIMES[start:end]), whole[start:end])


@given(strengths, keys, strengths, times, st.sampled_from(EASES))
def test_a_change_leaves_what_was_before_it_as_it_was(base, changes, target, at, ease) -> None:
    before, track = _track(base, changes).at(TIMES), _track(base, changes)
    track.set(target, at, ease)
    past = at > TIMES
    np.testing.assert_array_equal(track.at(TIMES)[past], before[past])


@given(strengths, keys)
def test_a_strength_stays_within_what_was_asked_for(base, changes) -> None:
    asked = [base, *(target for target, _, _ in changes)]
    values = _track(base, changes).at(TIMES)
    assert values.min() >= min(asked) - 1e-6
    assert values.max() <= max(asked) + 1e-6


@given(strengths, st.lists(st.tuples(strengths, times, st.sampled_from([0.2, 0.5, 1.0, 60.0])), max_size=6))
def test_no_strength_jumps(base, changes) -> None:
    """A smooth step is steepest in its middle: one and a half times the straight way."""
    steps = np.abs(np.diff(_track(base, changes).at(TIMES)))
    steepest = sum(1.5 * 2 / (ease * MOTION_RATE) for _, _, ease in changes)
    assert steps.max() <= steepest + 1e-6


@given(strengths, strengths, times)
def test_a_change_is_done_after_its_ease(base, target, at) -> None:
    values = _track(base, [(target, at, 0.5)]).at(np.array([at, at + 0.25, at + 0.5, at + 100]))
    assert values[0] == pytest.approx(base, abs=1e-6)
    assert values[1] == pytest.approx((base + target) / 2, abs=1e-6), "half way in the middle"
    assert values[2] == values[3] == pytest.approx(target, abs=1e-6)


def test_a_strength_that_came_back_to_one_costs_nothing_any_more() -> None:
    track = _track(1.0, [(0.5, 1.0, 0.2), (1.0, 2.0, 0.2)])
    track.forget(2.19)
    assert not track.rests_at(1.0)
    track.forget(2.21)
    assert track.rests_at(1.0)


@pytest.mark.parametrize(("apart", "words"), [(1.0, "are to come"), (0.001, "are under way at once")])
def test_more_changes_than_can_be_held_are_refused(apart, words) -> None:
    track = Track(1.0)
    with pytest.raises(LimitError, match=rf"More than \d+ changes of a layer {words}; send fewer"):
        for number in range(10_000):
            track.set(0.5, 1e6 + apart * number, 0.2)


# Articulation

SCALED = {"jaw", "mouth", "cheek", "tongue"}


@given(st.integers(0, 1000), strengths)
def test_articulation_scales_what_speech_moves_and_nothing_else(seed, strength) -> None:
    said = _moving(7, seed)
    total = said + articulation(said, np.full(7, strength, "f4"))
    for column, channel in enumerate(CHANNELS):
        wanted = strength if channel.group in SCALED and channel.unit == "weight" else 1
        np.testing.assert_allclose(total[:, column], wanted * said[:, column], atol=1e-6)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.7, 2.0])
def test_who_mumbles_closes_the_lips_all_the_same(strength) -> None:
    said = _moving()
    added = LayerStack({"articulation": strength}).add(said, 0)["articulation"]
    assert not added[:, CHANNEL_INDEX["lipClosure"]].any()
    assert added[:, CHANNEL_INDEX["jawOpen"]].any()


def test_a_layer_at_strength_one_adds_nothing_and_is_not_there() -> None:
    assert LayerStack().add(_moving(), 0) == {}
    assert LayerStack({"articulation": 1.0}).add(_moving(), 0) == {}


@given(strengths, keys, cuts)
def test_layers_add_the_same_however_rows_are_cut(base, changes, ends) -> None:
    def stack() -> LayerStack:
        return LayerStack(
            {"articulation": base}, [Control({"articulation": s}, at, e) for s, at, e in changes]
        )

    said, whole, cut = _moving(), np.zeros((ROWS, len(CHANNELS)), "f4"), stack()
    for added in stack().add(said, 0).values():
        whole += added
    for start, end in pairwise(ends):
        got = cut.add(said[start:end], start).get("articulation", np.zeros_like(said[start:end]))
        np.testing.assert_array_equal(got, whole[start:end])


def test_controls_may_be_named_in_any_order() -> None:
    changes = [Control({"articulation": n / 4}, at=n * 0.7, ease=0.5) for n in range(6)]
    first, second = LayerStack({}, changes), LayerStack({}, changes[::-1])
    np.testing.assert_array_equal(
        first.add(_moving(), 0)["articulation"], second.add(_moving(), 0)["articulation"]
    )


# Refusals


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"articulatoin": 1.0},
            r"no layer 'articulatoin'; there is articulation\. Did you mean 'articulation'",
        ),
        ({"articulation": -0.001}, r"-0\.001 of 'articulation' is outside 0\.\.2"),
        ({"articulation": 2.001}, r"2\.001 of 'articulation' is outside 0\.\.2"),
        ({"articulation": float("nan")}, r"nan of 'articulation' is outside 0\.\.2"),
        ({"articulation": float("inf")}, r"inf of 'articulation' is outside 0\.\.2"),
    ],
)
def test_a_strength_that_makes_no_sense_is_refused(wrong, words) -> None:
    for refuse in (check_strengths, LayerStack, lambda given: check_control(Control(given, 0.0))):
        with pytest.raises(OptionError, match=words):
            refuse(wrong)


@pytest.mark.parametrize("strength", [0.0, 2.0])
def test_the_ends_of_the_range_belong_to_it(strength) -> None:
    assert check_strengths({"articulation": strength}) == {"articulation": strength}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Control({}, at=-0.1), r"control\.at: -0\.1 s is no time from the first sample on"),
        (Control({}, at=float("nan")), r"control\.at: nan s"),
        (Control({}, at=float("inf")), r"control\.at: inf s"),
        (Control({}, at=0, ease=-1), r"control\.ease: -1 s is outside 0\.\.60 s"),
        (Control({}, at=0, ease=60.1), r"control\.ease: 60\.1 s"),
        (Control({}, at=0, ease=float("nan")), r"control\.ease: nan s"),
    ],
)
def test_a_control_out_of_range_is_refused(wrong, words) -> None:
    with pytest.raises(OptionError, match=words):
        check_control(wrong)


def test_a_control_known_beforehand_needs_its_time() -> None:
    with pytest.raises(OptionError, match="needs its time, 'at'"):
        LayerStack({}, [Control({"articulation": 0.5})])


# Streams with controls

PLANNED = (Control({"articulation": 0.2}, 0.4), Control({"articulation": 1.9}, 1.3, ease=0.5))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds and a half of something like speech."""
    path = tmp_path_factory.mktemp("line") / "line.wav"
    soundfile.write(path, speech(2.5), 16_000, subtype="FLOAT")
    return path


def _baked(line: Path, model: Path, *controls: Control, **options) -> np.ndarray:
    return mien.bake(line, model=model, controls=controls, **options).curves().values


def _samples(line: Path) -> np.ndarray:
    return soundfile.read(line, dtype="float32")[0]


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=6), strengths)
def test_a_stream_with_controls_is_the_bake_with_the_same_controls(line, model_folder, sizes, base) -> None:
    samples, frames, at, turn = _samples(line), [], 0, 0
    layers = {"articulation": base}
    with mien.open_stream(model=model_folder, layers=layers, controls=PLANNED) as stream:
        while at < len(samples):
            size = max(sizes[turn % len(sizes)], 300)
            frames.append(stream.push(samples[at : at + size]).values)
            at, turn = at + size, turn + 1
        got = np.concatenate([*frames, stream.flush().values])
    np.testing.assert_array_equal(got, _baked(line, model_folder, *PLANNED, layers=layers))


@settings(max_examples=30)
@given(st.integers(0, 40_000), st.floats(0, 4), strengths, st.sampled_from([0.0, 0.1, 0.2, 3.0]))
def test_a_control_in_a_stream_is_the_bakes_at_the_time_it_was_applied(
    line, model_folder, pushed, at, strength, ease
) -> None:
    samples = _samples(line)
    with mien.open_stream(model=model_folder) as stream:
        before = stream.push(samples[:pushed]).values
        applied = stream.control({"articulation": strength}, at, ease)
        got = np.concatenate([before, stream.push(samples[pushed:]).values, stream.flush().values])
    assert applied.late == (applied.at > at)
    same = Control({"articulation": strength}, applied.at, ease)
    np.testing.assert_array_equal(got, _baked(line, model_folder, same))


def test_a_control_without_a_time_begins_where_the_sound_ends(line, model_folder) -> None:
    with mien.open_stream(model=model_folder) as stream:
        stream.push(_samples(line)[:12_345])
        assert stream.control({"articulation": 0.0}) == (12_345 / 16_000, False)


def test_a_control_that_comes_late_begins_at_once_and_says_so(line, model_folder) -> None:
    with mien.open_stream(model=model_folder) as stream:
        settled = stream.push(_samples(line)[:32_000]).values
        at, late = stream.control({"articulation": 0.0}, at=0.5)
        assert late
        assert len(settled) / 60 - 1 / 60 <= at < 2.0, "with the first row that is not out yet"


def test_a_control_that_is_refused_changes_nothing(line, model_folder) -> None:
    samples = _samples(line)
    with mien.open_stream(model=model_folder) as stream:
        before = stream.push(samples[:9_000]).values
        with pytest.raises(OptionError, match="no layer 'brows'"):
            stream.control({"brows": 1.0})
        got = np.concatenate([before, stream.push(samples[9_000:]).values, stream.flush().values])
    np.testing.assert_array_equal(got, _baked(line, model_folder))


def test_a_flushed_stream_takes_no_control(model_folder) -> None:
    with mien.open_stream(model=model_folder) as stream:
        stream.flush()
        with pytest.raises(mien.InputError, match="flushed; open a new one"):
            stream.control({"articulation": 1.0})


def test_curves_do_not_jump_where_a_control_begins(demo_line) -> None:
    """With the real model: to mumble and back moves the jaw no faster than speech does."""
    plain = mien.bake(demo_line).curves().column("jawOpen")
    changed = mien.bake(demo_line, controls=[Control({"articulation": s}, s * 2.0) for s in (0.1, 1.0)])
    steps = np.abs(np.diff(changed.curves().column("jawOpen")))
    assert steps.max() <= np.abs(np.diff(plain)).max() + 0.05


def test_strong_articulation_opens_the_jaw_wider_and_mumbling_less(demo_line) -> None:
    def mean(strength: float) -> float:
        take = mien.bake(demo_line, layers={"articulation": strength})
        return float(take.curves().column("jawOpen").mean())

    assert mean(0.0) == 0
    assert mean(0.5) < mean(1.0) < mean(1.5)


def test_what_a_take_was_asked_is_in_its_file(line, model_folder, tmp_path) -> None:
    take = mien.bake(line, model=model_folder, layers={"articulation": 0.5}, controls=PLANNED)
    take.save(tmp_path / "line.mien")
    again = mien.open_take(tmp_path / "line.mien")
    assert again.settings["layers"] == {"articulation": 0.5}
    assert [each["at"] for each in again.settings["controls"]] == [0.4, 1.3]
    np.testing.assert_array_equal(again.curves().values, take.curves().values)


def test_a_voice_that_is_only_heard_leaves_the_face_at_rest(line, model_folder) -> None:
    voice = Voice(mien.motion.load_model(model_folder), 16_000, 0.3, mute=True)
    rows = np.concatenate([voice.push(_samples(line)), voice.flush()])
    assert len(rows) == 50 * 2.8 + 1
    assert not rows.any()
