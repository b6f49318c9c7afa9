"""Many channels into one, and the check that every sample is a number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def mix_down(samples: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """The mean of all channels.

    The mean cannot clip, and a voice that is on every channel keeps its level; one that is on one of two
    comes out 6 dB softer. A channel that is the other upside down cancels it, to silence: phase-inverted
    stereo is a fault of the recording that no mean can see. Hand in one of its channels.

    Args:
        samples: Shape (samples, channels), or (samples,), which is taken as it is.
    """
    if samples.ndim == 1:
        return samples.astype(np.float32, copy=False)
    # Channel by channel, not np.mean: the same additions for every sample, however many come at once.
    total = samples[:, 0].astype(np.float32)
    for channel in range(1, samples.shape[1]):
        total += samples[:, channel]
    if samples.shape[1] > 1:
        total /= np.float32(samples.shape[1])
    return total


def first_not_finite(samples: NDArray[np.float32]) -> int | None:
    """Index of the first NaN or infinity, if there is one."""
    finite = np.isfinite(samples)
    return None if finite.all() else int(np.argmin(finite))
