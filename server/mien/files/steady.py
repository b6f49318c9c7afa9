"""The exact frame rate behind a list of times.

Each time says where the step from frame to frame may lie: frame k came (t[k] - t[0]) seconds after frame 0,
give or take the rounding of the text, so the step lies within that rounding divided by k of their quotient.
What all frames agree on is a small interval, and the simplest fraction in it is the rate that was meant:
two frames written with all digits are enough to tell 24000/1001 from 23.976.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

POSE_RATE = Fraction(30)
"""Rate of a file with fewer than two frames, which has no step to tell it by."""

ROUNDINGS = (2e-6, 1e-3)
"""Seconds by which times of other programs may be off: written to the microsecond, or to the millisecond. Any
coarser, and a frame of a 120 fps file could be missing unnoticed."""

USUAL = (
    *(Fraction(rate) for rate in (30, 60, 24, 25, 50, 48, 90, 100, 120, 15, 12)),
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)),
)
"""Rates preferred, in this order, where rounded times leave a choice."""


def steady_rate(times: NDArray[np.float64]) -> Fraction | None:
    """Frames a second of `times`, or None where they do not rise steadily (see `unsteady_frame`).

    Times as `Curves.times` computes them give back the very rate; rounded ones the most usual or the simplest
    rate that fits them all.
    """
    if len(times) < 2:
        return POSE_RATE
    if unsteady_frame(times) is not None:
        return None
    for rounding in (4 * float(np.spacing(np.abs(times).max())), *ROUNDINGS):
        shortest, longest = _steps(times, rounding)
        if shortest[-1] <= longest[-1]:
            return _rate_between(float(shortest[-1]), float(longest[-1]))
    return None


def unsteady_frame(times: NDArray[np.float64]) -> int | None:
    """The first frame that comes where no steady rate through the frames before it could put it."""
    shortest, longest = _steps(times, ROUNDINGS[-1])
    off = np.flatnonzero((shortest > longest) | (np.diff(times) <= 0))
    return int(off[0]) + 1 if len(off) else None


def _steps(times: NDArray[np.float64], rounding: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shortest and the longest step that frames 0..k allow, for each k from 1."""
    since, k = times[1:] - times[0], np.arange(1, len(times))
    return np.maximum.accumulate((since - rounding) / k), np.minimum.accumulate((since + rounding) / k)


def _rate_between(shortest: float, longest: float) -> Fraction:
    slowest = 1 / Fraction(longest)
    fastest = 1 / Fraction(shortest) if shortest > 0 else 2 * slowest
    usual = (rate for rate in USUAL if slowest <= rate <= fastest)
    return next(usual, None) or _simplest_between(slowest, fastest)


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator in low..high, by continued fractions (Stern and Brocot)."""
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    floor = math.floor(low)
    return floor + 1 / _simplest_between(1 / (high - floor), 1 / (low - floor))
