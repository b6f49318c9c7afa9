"""The scorer's grid: 100 ticks a second, each standing for the hundredth of a second around its middle.

A tick is finer than any frame of curves, so that scores hardly depend on the frame rate of what is scored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TICKS = 100
"""Ticks a second."""

TICK = 1 / TICKS
"""Seconds from one tick to the next."""


def seconds_to_ticks_floor(seconds: Floats) -> Ints:
    """The tick that holds each of `seconds`, which are not negative."""
    return (seconds * TICKS).astype(np.int64)


def tick_times(ticks: int) -> Floats:
    """The middle of each of the first `ticks` ticks, in seconds."""
    middles: Floats = (np.arange(ticks, dtype=np.float64) + 0.5) * TICK
    return middles


def near(mask: Bools, ticks: int) -> Bools:
    """Where `mask` is set at most `ticks` ticks away."""
    seen = np.concatenate([[0], np.cumsum(mask)])
    here = np.arange(len(mask))
    return seen[np.minimum(here + ticks + 1, len(mask))] > seen[np.maximum(here - ticks, 0)]
