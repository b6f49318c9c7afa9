"""Time: the rates everything runs at, and conversions that say how they round.

Inside Mien audio is 16 kHz, features come every 10 ms and motion every 20 ms, all counted from sample 0.
Frames of a rig come at any rate; a rate is a `Fraction`, because 23.976 is 24000/1001 and a float drifts.
"""

from __future__ import annotations

import math
from fractions import Fraction

from mien.errors import OptionError

SAMPLE_RATE = 16_000
"""Samples a second of all audio inside Mien."""

HOP = 160
"""Samples from one feature row to the next: 10 ms."""

MOTION_RATE = 50
"""Motion rows a second."""

SAMPLES_PER_ROW = SAMPLE_RATE // MOTION_RATE
"""Samples from one motion row to the next: 20 ms."""

SLOWEST_RATE, FASTEST_RATE = Fraction(1), Fraction(120)
"""Frame rates that curves may have."""

LONGEST_TEXT = 40
"""Letters of a frame rate; a float has up to 17 digits, a fraction twice that."""

LONGEST_TAIL = 60
"""Seconds after the end of the sound in which a mouth may come to rest."""

BROADCAST = tuple(Fraction(thousands * 1000, 1001) for thousands in (24, 30, 48, 60, 120))
"""The NTSC rates."""

BROADCAST_NAMES = {Fraction("23.98"): BROADCAST[0], Fraction("47.95"): BROADCAST[2]}
"""Names of theirs that are rounded by more than `ROUNDED`."""

ROUNDED = Fraction(1, 10**6)
"""Share by which a decimal may miss an NTSC rate and still mean it; 23.976 and 29.97 miss by exactly this
much. Less would leave those names as they stand; more would take in rates that somebody measured."""


def frame_rate(given: str | float | Fraction) -> Fraction:
    """The exact frame rate meant by `given`: `30`, `29.97`, `24000/1001`.

    Floats and decimals next to an NTSC rate become N/1001; other decimals and all fractions are taken as
    written.

    Raises:
        OptionError: Not a number, or outside 1..120 frames a second.
    """
    text = str(given).strip()
    try:
        if len(text) > LONGEST_TEXT or "e" in text.lower():  # 1e999999999 is a fraction nobody has room for
            raise ValueError
        rate = Fraction(text) if "/" in text else _meant(Fraction(text))
    except (ValueError, ZeroDivisionError):
        raise OptionError(f"Frame rate '{given}' is not a number; write 30, 29.97 or 24000/1001.") from None
    if not SLOWEST_RATE <= rate <= FASTEST_RATE:
        raise OptionError(f"Frame rate {given} is outside {SLOWEST_RATE}..{FASTEST_RATE} frames a second.")
    return rate


def _meant(decimal: Fraction) -> Fraction:
    """The NTSC rate that `decimal` is a rounding of, or `decimal`."""
    near = (rate for rate in BROADCAST if abs(decimal - rate) <= ROUNDED * rate)
    return BROADCAST_NAMES.get(decimal) or next(near, decimal)


def tail_seconds(given: float | str) -> float:
    """The tail meant by `given`.

    Raises:
        OptionError: Not a number, or outside 0..60 seconds.
    """
    try:
        seconds = float(given)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds <= LONGEST_TAIL:
        raise OptionError(f"A tail of {given} s is outside 0..{LONGEST_TAIL} s.")
    return seconds


def seconds_to_frames_ceil(seconds: float | Fraction, rate: Fraction) -> int:
    """The first frame at or after `seconds`."""
    return math.ceil(Fraction(seconds) * rate)


def frame_to_row_floor(frame: int, rate: Fraction) -> tuple[int, float]:
    """The motion row at or before frame `frame`, and how far on the way to the next row it lies (0..1).

    Exact in rationals before the one rounding to float, so that a frame that falls on a row gets 0.
    """
    at = frame * MOTION_RATE / rate
    row = math.floor(at)
    return row, float(at - row)


def seconds_to_rows_ceil(seconds: float | Fraction) -> int:
    """The first motion row at or after `seconds`."""
    return math.ceil(Fraction(seconds) * MOTION_RATE)
