"""Motion to the curves of a rig: first in time, then in value.

Both steps treat every frame by itself, element by element in float32: no running sum, and no matrix product,
whose last bits depend on how many frames come at once. So any chunking gives the same curves, to the bit.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import numpy as np

from mien.clock import MOTION_RATE
from mien.rig.plan import Columns, Floats, plan
from mien.rig.rig import Rig
from mien.values import CHANNELS, Curves, Motion

BLOCK: Final = 2048
"""Frames that `fit` treats at once: few enough for the cache, many enough that the loop costs nothing."""

LOWEST: Final = np.array([-np.pi if channel.unit == "rad" else 0 for channel in CHANNELS], np.float32)
HIGHEST: Final = np.array([np.pi if channel.unit == "rad" else 1 for channel in CHANNELS], np.float32)


def fit(motion: Motion, rig: Rig, rate: Fraction, frames: int, first_frame: int = 0) -> Curves:
    """Curves of `rig` that `motion` drives, within each curve's limits.

    Args:
        motion: Channels the rig does not map are left out.
        rig: Curves that nothing drives stay at rest.
        rate: Frames a second; frame k is at k/rate seconds from the start of the audio.
        frames: How many frames; past the end of `motion` its last row holds.
        first_frame: The k of the first one.
    """
    values = np.empty((frames, len(rig.curves)), np.float32)
    for start in range(0, frames, BLOCK):
        count = min(BLOCK, frames - start)
        values[start : start + count] = drive(resample(motion, rate, count, first_frame + start), rig)
    values.flags.writeable = False  # so that Curves keeps it: hours of curves are not held twice
    return Curves(rig.names, values, rate, float(first_frame / rate))


# In time


def resample(motion: Motion, rate: Fraction, frames: int, first_frame: int = 0) -> Floats:
    """Channels of `motion` at `frames` frames from `first_frame` on, shape (frames, channels)."""
    first_row = round(motion.start * MOTION_RATE)
    if abs(motion.start * MOTION_RATE - first_row) > 1e-6:
        raise ValueError(
            f"motion rows lie on the {MOTION_RATE} Hz grid of the audio; got start {motion.start}"
        )
    return resample_rows(motion.values, rate, frames, first_frame, first_row)


def resample_rows(
    rows: Floats, rate: Fraction, frames: int, first_frame: int = 0, first_row: int = 0
) -> Floats:
    """`rows` at frame times, on straight lines between neighbours; beyond the ends the nearest row holds.

    A stream may pass any stretch of rows that holds those its frames lie between (see `frames_ready`).

    Args:
        rows: Shape (rows, channels), 50 a second; at least one row where there are frames.
        rate: Frames a second.
        frames: How many frames.
        first_frame: Number of the first frame, counted from the start of the audio.
        first_row: Number of the first of `rows`, counted from the start of the audio.
    Returns:
        Shape (frames, channels).
    """
    if frames and not len(rows):
        raise ValueError("there are no motion rows to resample")
    row, weight = _rows_of_frames(rate, frames, first_frame)
    last = len(rows) - 1
    before = rows[_within(row - first_row, last)]
    # A frame that falls on a row needs that row alone: it need not wait for the next one.
    after = rows[_within(row - first_row + (weight > 0), last)]
    return np.asarray(before + (after - before) * weight[:, np.newaxis], np.float32)


def _within(row: Columns, last: int) -> Columns:
    """`row` held to 0..last. On the short arrays of a stream np.clip takes twice as long."""
    return np.asarray(np.minimum(np.maximum(row, 0), last), np.intp)


def _rows_of_frames(rate: Fraction, frames: int, first_frame: int) -> tuple[Columns, Floats]:
    """`clock.frame_to_row_floor` of many frames, just as exact: whole numbers until the one division."""
    step, unit = MOTION_RATE * rate.denominator, rate.numerator
    fits = (abs(first_frame) + frames) * step < 2**62 and unit < 2**53
    frame = np.arange(first_frame, first_frame + frames, dtype=np.int64 if fits else object)
    at = frame * step
    return np.asarray(at // unit, np.intp), np.asarray(at % unit / unit, np.float64).astype(np.float32)


def frames_ready(rows: int, rate: Fraction) -> int:
    """How many frames, from frame 0 on, the first `rows` motion rows settle."""
    return int((rows - 1) * rate // MOTION_RATE) + 1 if rows > 0 else 0


# In value


def drive(channels: Floats, rig: Rig) -> Floats:
    """Curves of `rig` for `channels`, frame by frame.

    Args:
        channels: Shape (frames, channels of motion schema 1). Values outside a channel's range are clipped,
            NaN is taken as 0.
    Returns:
        Shape (frames, curves), within the limits of each curve, never NaN.
    """
    steps = plan(rig)
    bank = np.empty((len(channels), steps.width), np.float32)
    numbers = np.where(np.isnan(channels), np.float32(0), channels)
    bank[:, : len(CHANNELS)] = np.minimum(np.maximum(numbers, LOWEST), HIGHEST)
    bank[:, steps.rested] = steps.rest
    for step in steps.steps:
        step.fill(bank)
    return bank[:, steps.own] + np.float32(0)  # -0 becomes 0, whichever the processor's min and max preferred
