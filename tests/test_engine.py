"""Many streams at once: side by side they give what each gives alone, and none takes from another."""

from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mien
from mien.engine import Bank, ControlDone, Ended, Failed, FramesReady, StreamOrder
from mien.engine.bank import FEWEST, Share
from mien.engine.engine import MOST_STEPS
from mien.errors import AudioError, OptionError
from mien.motion import MotionModel, load_model
from mien.train.shape import Shape
from mien.values import Control
from tests.engine_rounds import PLANS, Plan, Playing, Rounds, alone, order_of, planned
from tests.grpc_server import pcm
from tests.published import until
from tests.rig_motion import ARKIT
from tests.tiny_model import write_tiny_model

STEP = 2 * 320
"""Bytes of one step of the model, 16 bits at 16 kHz."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[MotionModel]:
    """Two tiny ones of different shape."""
    shapes = (Shape(width=32, taps=3, dilations=(1, 2), delay=3), Shape(32, 3, (1,), delay=1))
    return [
        load_model(write_tiny_model(tmp_path_factory.mktemp(f"tiny{seed}"), shape, seed))
        for seed, shape in enumerate(shapes)
    ]


# Side by side is alone


@settings(max_examples=25)
@given(st.lists(PLANS, min_size=1, max_size=9), st.data())
def test_streams_side_by_side_give_what_each_gives_alone_to_the_bit(models, several, data) -> None:
    rounds = Rounds()
    playing = [Playing(plan, rounds.open(planned(plan, models))) for plan in several]
    while left := [each for each in playing if not each.told]:
        for each in data.draw(st.lists(st.sampled_from(left), max_size=12)) or left:
            each.tell(rounds)
        for _ in range(data.draw(st.integers(0, 2))):
            rounds.engine.round()
    rounds.until_ended(*(each.stream for each in playing))
    for each in playing:
        np.testing.assert_array_equal(rounds.values(each.stream), alone(each.plan, models))


def test_a_hundred_streams_of_the_real_model_give_what_each_givesalone() -> None:
    model, rounds = load_model(), Rounds()
    sounds = [pcm(0.2 + 0.01 * n, seed=n % 7) for n in range(100)]
    streams = [rounds.open(order_of(model)) for _ in sounds]
    for stream, heard in zip(streams, sounds, strict=True):
        rounds.hear(stream, heard)
        rounds.finish(stream)
    rounds.until_ended(*streams)
    for number in (0, 1, 50, 98, 99):
        with mien.open_stream(encoding="s16le") as other:
            frames = [other.push(sounds[number]).values, other.flush().values]
        np.testing.assert_array_equal(rounds.values(streams[number]), np.concatenate(frames))


def test_the_end_counts_what_came(models) -> None:
    rounds = Rounds()
    stream = rounds.open(order_of(models[0], 48_000))
    rounds.hear(stream, pcm(0.5, 48_000))
    stream.control(Control({"articulation": 0.5}), 7)
    stream.control(Control({"articulation": 1.0}), 8)
    rounds.finish(stream)
    rounds.until_ended(stream)
    end = rounds.outputs[stream][-1]
    assert (end.samples, end.duration, end.controls) == (24_000, Fraction(1, 2), 2)
    assert end.frames == len(rounds.values(stream)) == 49
    assert [each.id for each in rounds.outputs[stream] if isinstance(each, ControlDone)] == [7, 8]


def test_a_stream_without_sound_is_a_tail(models) -> None:
    rounds = Rounds()
    stream = rounds.open(order_of(models[0], tail=0.5))
    rounds.finish(stream)
    rounds.until_ended(stream)
    assert rounds.values(stream).shape == (31, 52)
    assert not rounds.values(stream)[-1].any()


def test_only_one_end_is_said(models) -> None:
    for samples in (0, 1, 319, 320, 321, 5_000):
        for tail in (0.0, 0.3):
            rounds = Rounds()
            stream = rounds.open(order_of(models[0], tail=tail))
            rounds.hear(stream, bytes(2 * samples))
            rounds.finish(stream)
            for _ in range(10):
                rounds.engine.round()
            assert [type(each) for each in rounds.outputs[stream]].count(Ended) == 1


def test_who_is_only_heard_keeps_still(models) -> None:
    rounds = Rounds()
    partner, speaker = (rounds.open(order_of(models[0], partner=partner)) for partner in (True, False))
    for stream in (partner, speaker):
        rounds.hear(stream, pcm(1.0))
        rounds.finish(stream)
    rounds.until_ended(partner, speaker)
    assert rounds.values(partner).shape == rounds.values(speaker).shape
    assert not rounds.values(partner).any()
    assert rounds.values(speaker).any()


# Places


def test_a_closed_stream_gives_its_place_back(models) -> None:
    rounds = Rounds()
    streams = [rounds.open(order_of(models[n % 2])) for n in range(40)]
    for stream in streams:
        rounds.hear(stream, pcm(0.1))
    rounds.engine.round()
    assert rounds.engine.places == 40
    for count, stream in enumerate(streams, 1):
        rounds.engine.close(stream)
        rounds.engine.round()
        assert rounds.engine.places == 40 - count


def test_a_stream_closed_before_its_first_round_takes_no_place(models) -> None:
    rounds = Rounds()
    stream = rounds.open(order_of(models[0]))
    rounds.hear(stream, pcm(0.1))
    rounds.engine.close(stream)
    rounds.engine.round()
    assert rounds.engine.places == 0
    assert not rounds.outputs[stream]


def test_closing_twice_gives_one_place_back(models) -> None:
    rounds = Rounds()
    stream, other = (rounds.open(order_of(models[0])) for _ in range(2))
    for each in (stream, other):
        rounds.hear(each, pcm(0.1))
    rounds.engine.round()
    for _ in range(2):
        rounds.engine.close(stream)
        rounds.engine.round()
    assert rounds.engine.places == 1


def test_a_place_that_was_another_streams_remembers_nothing(models) -> None:
    rounds, heard = Rounds(), pcm(0.3, seed=1)
    first = rounds.open(order_of(models[0]))
    rounds.hear(first, pcm(2.0))
    for _ in range(3):
        rounds.engine.round()
    rounds.engine.close(first)
    rounds.engine.round()
    second = rounds.open(order_of(models[0]))
    rounds.hear(second, heard)
    rounds.finish(second)
    rounds.until_ended(second)
    with mien.open_stream(model=models[0], encoding="s16le") as other:
        wanted = np.concatenate([other.push(heard).values, other.flush().values])
    np.testing.assert_array_equal(rounds.values(second), wanted)


def test_a_bank_grows_as_it_must_and_shrinks_when_it_is_empty(models) -> None:
    bank = Bank(models[0])
    places = [bank.open() for _ in range(3 * FEWEST)]
    assert len(set(places)) == bank.taken == 3 * FEWEST
    assert bank.size == 4 * FEWEST
    for place in places:
        bank.close(place)
    assert (bank.taken, bank.size) == (0, FEWEST)


def test_a_bank_that_grows_forgets_nobody(models) -> None:
    bank, steps = Bank(models[0]), np.frombuffer(pcm(0.4), "<i2").astype("f4").reshape(-1, 320) / 32768
    before = bank.open()
    grown = [bank.run([Share(before, steps[:10])])[0]]
    for _ in range(FEWEST):
        bank.open()
    grown += bank.run([Share(before, steps[10:])])
    still = Bank(models[0])
    place = still.open()
    np.testing.assert_array_equal(np.concatenate(grown), still.run([Share(place, steps)])[0])


# Frames wait on their own


def test_frames_that_wait_hold_no_memory_of_other_streams(models) -> None:
    rounds = Rounds()
    streams = [rounds.open(order_of(models[0])) for _ in range(20)]
    for stream in streams:
        rounds.hear(stream, pcm(0.3))
    rounds.engine.round()
    for stream in streams:
        frames = next(each for each in rounds.outputs[stream] if isinstance(each, FramesReady))
        held = frames.values if frames.values.base is None else frames.values.base
        assert held.nbytes == frames.values.nbytes


# Failures stay where they are


def test_sound_that_is_refused_leaves_the_stream_as_it_was(models) -> None:
    order, rounds = StreamOrder(models[0], ARKIT, Fraction(60), 16_000, "f32le"), Rounds()
    stream, heard = rounds.open(order), np.frombuffer(pcm(0.5), "<i2").astype("<f4") / 32768
    rounds.hear(stream, heard[:3_000].tobytes())
    with pytest.raises(AudioError, match="Sample 3001 of the stream is nan"):
        stream.hear(np.array([0, np.nan], "<f4").tobytes())
    rounds.hear(stream, heard[3_000:].tobytes())
    rounds.finish(stream)
    rounds.until_ended(stream)
    with mien.open_stream(model=models[0]) as other:
        wanted = np.concatenate([other.push(heard).values, other.flush().values])
    np.testing.assert_array_equal(rounds.values(stream), wanted)


@pytest.mark.parametrize("broken", ["voice.feed", "voice.give", "frames"])
def test_a_stream_that_fails_takes_no_other_with_it(models, broken, monkeypatch, caplog) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("broken on purpose")

    rounds = Rounds()
    good, bad = (rounds.open(order_of(models[0])) for _ in range(2))
    holder, _, name = broken.rpartition(".")
    monkeypatch.setattr(getattr(bad.performance, holder) if holder else bad.performance, name, fail)
    for stream in (bad, good):
        rounds.hear(stream, pcm(0.5))
        rounds.finish(stream)
    rounds.until_ended(good, bad)
    assert isinstance(rounds.outputs[bad][-1], Failed)
    assert isinstance(rounds.outputs[good][-1], Ended)
    rounds.engine.round()
    assert rounds.engine.places == 1, "the good one's"
    assert "RuntimeError" in caplog.text


def test_too_many_controls_fail_their_own_stream(models) -> None:
    rounds = Rounds()
    good, bad = (rounds.open(order_of(models[0])) for _ in range(2))
    for number in range(2_500):
        bad.control(Control({"articulation": 0.5}, at=100.0 + number), number)
    for stream in (bad, good):
        rounds.hear(stream, pcm(0.5))
        rounds.finish(stream)
    rounds.until_ended(good, bad)
    failed = next(each for each in rounds.outputs[bad] if isinstance(each, Failed))
    assert "changes of a layer" in str(failed.problem)
    assert not any(isinstance(each, Failed) for each in rounds.outputs[good])


# Nobody starves


def test_a_neighbour_that_sends_minutes_at_once_delays_nobody_by_a_round(models) -> None:
    rounds = Rounds()
    greedy, live = (rounds.open(order_of(models[0])) for _ in range(2))
    rounds.hear(greedy, pcm(60.0))
    said = pcm(1.0)
    for step in range(50):
        rounds.hear(live, said[step * STEP : (step + 1) * STEP])
        rounds.engine.round()
        assert live.performance.voice.steps == 0, "all of it was worked off in this round"
        assert greedy.performance.voice.next_row <= (step + 1) * MOST_STEPS
    assert rounds.values(live).shape[0] > 50


def test_a_round_takes_in_no_more_of_a_stream_than_it_soon_needs(models) -> None:
    """Else resampling minutes of one stream would keep all others waiting for that round to end."""
    rounds = Rounds()
    greedy = rounds.open(StreamOrder(models[0], ARKIT, Fraction(60), 8_000, "u8"))
    rounds.hear(greedy, bytes(4 << 20))  # as much as a message may hold: almost nine minutes
    rounds.engine.round()
    assert greedy.performance.voice.duration <= 5


def test_a_flood_of_small_pieces_is_worked_off_bit_by_bit(models) -> None:
    rounds = Rounds()
    flood, live = (rounds.open(order_of(models[0])) for _ in range(2))
    for _ in range(20_000):
        flood.hear(bytes(2))
    rounds.engine.wake(flood)
    rounds.hear(live, pcm(0.2))
    rounds.engine.round()
    assert live.performance.voice.steps == 0
    rounds.finish(flood)
    rounds.until_ended(flood)
    assert rounds.outputs[flood][-1].samples == 20_000


# With its thread


def test_an_engine_at_work_gives_every_stream_what_it_givesalone(models) -> None:
    rounds = Rounds()
    plan = Plan(0, 16_000, Fraction(60), 0.3, 1.0, (1_000, 319, 4_800, 1, 9_999, 160), ((1, 0.5),), 3)
    wanted = alone(plan, models)
    rounds.engine.start()
    try:
        playing = [Playing(plan, rounds.open(planned(plan, models))) for _ in range(24)]
        threads = [threading.Thread(target=_tell_all, args=(part, rounds)) for part in _dealt(playing, 4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: all(rounds.ended(each.stream) for each in playing))
        for each in playing:
            np.testing.assert_array_equal(rounds.values(each.stream), wanted)
            rounds.engine.close(each.stream)
        until(lambda: rounds.engine.places == 0)
    finally:
        rounds.engine.stop()


def _tell_all(playing: list[Playing], rounds: Rounds) -> None:
    while left := [each for each in playing if not each.told]:
        for each in left:
            each.tell(rounds)


def _dealt(playing: list[Playing], hands: int) -> list[list[Playing]]:
    return [playing[hand::hands] for hand in range(hands)]


def test_an_engine_stops_in_the_middle_of_work(models) -> None:
    rounds = Rounds()
    rounds.engine.start()
    stream = rounds.open(order_of(models[0]))
    rounds.hear(stream, pcm(60.0))
    until(lambda: bool(rounds.outputs[stream]))
    rounds.engine.stop()
    came = len(rounds.outputs[stream])
    rounds.hear(stream, pcm(0.1))
    assert len(rounds.outputs[stream]) == came


# Orders


def test_equal_orders_have_equal_tokens_and_others_another(models) -> None:
    order = order_of(models[0])
    assert order.token == order_of(models[0]).token
    others = [
        order_of(models[1]), order_of(models[0], 48_000), order_of(models[0], fps=Fraction(30)),
        order_of(models[0], tail=0.5), order_of(models[0], layers={"articulation": 0.5}),
        order_of(models[0], seed=1), order_of(models[0], partner=True), order_of(models[0], channels=2),
    ]  # fmt: skip
    assert len({each.token for each in (order, *others)}) == 9


@pytest.mark.parametrize("rate", [8_001, 44_101, 47_999, 191_999])
def test_a_rate_that_no_recorder_has_is_refused(models, rate) -> None:
    with pytest.raises(AudioError, match=f"a stream at {rate} Hz is not served; send 8000"):
        order_of(models[0], rate).performance()


def test_a_stream_that_goes_on_needs_enough_of_what_came_before(models) -> None:
    with pytest.raises(OptionError, match=r"frame 60 is at 1\.000 s, .* send earlier sound"):
        order_of(models[0], first_second=1, first_frame=60).performance()


@settings(max_examples=15)
@given(st.integers(0, 198), st.sampled_from([0, 1]), st.integers(0, 1))
def test_a_stream_that_goes_on_gives_the_frames_of_the_whole(models, frame, second, model) -> None:
    heard, whole, rounds = pcm(3.0), [], Rounds()
    with mien.open_stream(model=models[model], encoding="s16le") as other:
        whole = np.concatenate([other.push(heard).values, other.flush().values])
    frame = max(frame, 90 if second else 0)
    stream = rounds.open(order_of(models[model], first_second=second, first_frame=frame))
    rounds.hear(stream, heard[second * 32_000 :])
    rounds.finish(stream)
    rounds.until_ended(stream)
    frames = [each for each in rounds.outputs[stream] if isinstance(each, FramesReady)]
    np.testing.assert_array_equal(np.concatenate([each.values for each in frames]), whole[frame:])
    assert frames[0].first == frame
    assert frames[0].time == frame / 60
