"""Resampling: any rate comes in, 16 kHz comes out, cut anywhere and soon."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.audio import Resampler
from tests.sounds import RATES, Floats, noise, refusal, tone

HELD_BACK_AT_MOST = 0.028
"""Seconds that the resampler may hold back, at the rates of microphones."""


def resampled(sound: Floats, rate: int, cuts: list[int] | None = None) -> Floats:
    resampler = Resampler(rate)
    parts = [resampler.push(part) for part in np.split(sound, cuts or [])]
    return np.concatenate([*parts, resampler.flush()])


@pytest.mark.parametrize("rate", [*RATES, 15999, 16001, 44101])
@pytest.mark.parametrize("chunk", [1, 7, 160, 1023])
def test_any_chunking_gives_the_same_bits(rate: int, chunk: int) -> None:
    sound = noise(min(rate // 10, 6000) + 7)
    cuts = list(range(chunk, len(sound), chunk))
    assert np.array_equal(resampled(sound, rate, cuts), resampled(sound, rate))


@settings(max_examples=60, deadline=None)
@given(
    rate=st.sampled_from([r for r in RATES if r != 16000]),
    samples=st.integers(0, 20_000),
    shares=st.lists(st.floats(0, 1), max_size=12),
)
def test_random_chunking_gives_the_same_bits_and_the_exact_length(
    rate: int, samples: int, shares: list[float]
) -> None:
    sound = noise(samples, seed=samples)
    whole_at_once = resampled(sound, rate)
    assert np.array_equal(resampled(sound, rate, sorted(int(s * samples) for s in shares)), whole_at_once)
    assert len(whole_at_once) == -(-samples * 16000 // rate)


@pytest.mark.parametrize("rate", RATES)
def test_ten_seconds_at_once_give_the_bits_of_ten_milliseconds(rate: int) -> None:
    sound = noise(rate * 10)
    cuts = list(range(rate // 100, len(sound), rate // 100))
    assert np.array_equal(resampled(sound, rate, cuts), resampled(sound, rate))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.12345])
def test_an_impulse_stays_at_its_time(rate: int, seconds: float) -> None:
    sound = np.zeros(rate // 5, np.float32)
    sound[round(seconds * rate)] = 1
    peak = int(np.argmax(np.abs(resampled(sound, rate))))
    assert abs(peak / 16000 - round(seconds * rate) / rate) <= 0.5 / 16000 + 1e-9


@pytest.mark.parametrize("rate", RATES)
def test_a_delayed_sound_gives_a_delayed_sound(rate: int) -> None:
    sound = noise(rate // 10)
    late = np.concatenate([np.zeros(rate, np.float32), sound])
    assert np.array_equal(resampled(late, rate)[16000:], resampled(sound, rate))


@pytest.mark.parametrize("rate", RATES)
def test_an_output_waits_for_no_more_than_the_look_ahead(rate: int) -> None:
    resampler = Resampler(rate)
    outputs, longest = 0, Fraction(0)
    for newest in range(rate // 20):  # sample by sample
        fresh = len(resampler.push(noise(1)))
        waited = Fraction(newest, rate) - Fraction(outputs, 16000)  # the first fresh one waited longest
        longest = max(longest, waited if fresh else Fraction(0))
        outputs += fresh
        assert outputs >= floor((Fraction(newest, rate) - resampler.look_ahead) * 16000) + 1
    assert longest <= resampler.look_ahead <= longest + Fraction(1, rate)
    assert resampler.look_ahead <= HELD_BACK_AT_MOST


def test_sixteen_kilohertz_pass_untouched_and_at_once() -> None:
    resampler, sound = Resampler(16000), noise(1000)
    assert resampler.push(sound) is sound
    assert len(resampler.flush()) == 0
    assert resampler.look_ahead == 0


@pytest.mark.parametrize("rate", [r for r in RATES if r != 16000])
def test_speech_keeps_its_level_and_shape_to_nine_tenths_of_the_band(rate: int) -> None:
    top = min(rate, 16000) / 2
    for hertz in (0, 0.1 * top, 0.5 * top, 0.9 * top):
        wave = tone(hertz, rate) if hertz else np.full(rate // 2, 0.5, np.float32)
        wanted = tone(hertz, 16000) if hertz else np.full(8000, 0.5, np.float32)
        assert np.abs(resampled(wave, rate) - wanted)[100:-100].max() < 1e-3, hertz


@pytest.mark.parametrize("rate", [r for r in RATES if r > 16000])
def test_what_is_above_the_band_does_not_fold_back(rate: int) -> None:
    for hertz in (8500, 9000, 0.49 * rate):
        level = np.sqrt(np.mean(resampled(tone(hertz, rate), rate)[100:-100] ** 2) * 8)
        assert level < 1e-4, hertz  # 80 dB below the tone


@pytest.mark.parametrize("rate", [8000, 11025, 12000])
def test_a_telephone_gets_no_mirror_image_above_its_band(rate: int) -> None:
    hertz = 0.44 * rate
    spectrum = np.abs(np.fft.rfft(resampled(tone(hertz, rate), rate)[500:7500] * np.hanning(7000)))
    bins = np.fft.rfftfreq(7000, 1 / 16000)
    assert spectrum[bins > 0.55 * rate].max() < 1e-4 * spectrum.max()


def test_after_a_flush_or_reset_a_resampler_is_as_new() -> None:
    resampler, sound = Resampler(44100), noise(5000)
    first = np.concatenate([resampler.push(sound), resampler.flush()])
    resampler.push(sound[:777])
    resampler.reset()
    assert np.array_equal(np.concatenate([resampler.push(sound), resampler.flush()]), first)


@pytest.mark.parametrize("rate", [0, -16000, 7999, 192001])
def test_a_stream_of_an_impossible_rate_is_refused(rate: int) -> None:
    assert f"the stream: a sample rate of {rate} Hz is outside 8000..192000 Hz" in refusal(
        lambda: Resampler(rate)
    )


@pytest.mark.parametrize("rate", [16000.0, 44100.5, "16000", True, None])
def test_a_sample_rate_that_is_no_whole_number_is_refused(rate: Any) -> None:
    assert refusal(lambda: Resampler(rate)) == (
        f"the stream: a sample rate is a whole number of Hz, such as 16000; got {rate!r}."
    )


@pytest.mark.parametrize("rate", [np.uint16(47_001), np.int16(31_001), np.int32(45_001), np.int64(46_001)])
@pytest.mark.filterwarnings("error")
def test_a_sample_rate_may_come_from_numpy_in_any_width(rate: Any) -> None:
    sound = noise(4800)
    first = resampled(sound, rate)  # before the plain number: kernels are kept by their rate
    assert np.array_equal(first, resampled(sound, int(rate)))
    assert len(first) == -(-4800 * 16000 // int(rate))
