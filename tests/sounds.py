"""Sounds that the tests of audio make on the spot, and what they ask of a refusal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.errors import AudioError

Floats = NDArray[np.float32]

RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44056, 44100, 48000, 88200, 96000, 192000]


def noise(samples: int, channels: int | None = None, seed: int = 0) -> Floats:
    shape = samples if channels is None else (samples, channels)
    return np.random.default_rng(seed).uniform(-0.5, 0.5, shape).astype(np.float32)


def tone(hertz: float, rate: int, seconds: float = 0.5) -> Floats:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def refusal(act: Callable[[], object]) -> str:
    """The one sentence, or two, that a refusal says."""
    with pytest.raises(AudioError) as caught:
        act()
    message = str(caught.value)
    assert "\n" not in message
    return message
