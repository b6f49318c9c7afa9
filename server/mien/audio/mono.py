"""Many channels into one, and the check that every sample can be sound."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LOUDEST: Final = 1e6
"""As far from 0 as sound may be; full scale is 1. A recording in the numbers of 16 bits stays below, one in
those of 32 bits goes beyond; 1e25 is noise of a broken file, and a model answers it with NaN."""


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
    with np.errstate(over="ignore", invalid="ignore"):  # becomes infinite or NaN, and is refused as such
        for channel in range(1, samples.shape[1]):
            total += samples[:, channel]
    if samples.shape[1] > 1:
        total /= np.float32(samples.shape[1])
    return total


def first_unusable(samples: NDArray[np.float32]) -> int | None:
    """Index of the first sample that is NaN, infinite or absurdly large, if there is one."""
    usable = np.abs(samples) <= LOUDEST  # NaN is not
    return None if usable.all() else int(np.argmin(usable))


def wrong_with(sample: np.float32) -> str:
    """What is the matter with a sample that `first_unusable` found, as the end of a clause."""
    wanted = "full scale is 1.0" if np.isfinite(sample) else "sound is made of finite numbers"
    return f"is {sample:g}, and {wanted}"
