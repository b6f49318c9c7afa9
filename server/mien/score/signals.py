"""What can be seen of a mouth in ARKit curves: four signals, and the curves themselves at any times."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from mien.errors import RigError
from mien.score.grid import Floats
from mien.values import CHANNELS, Curves

MOUTH: Final = (
    *(channel.name for channel in CHANNELS if channel.group in ("jaw", "mouth")),
    *("mouthClose", "cheekPuff", "tongueOut"),
)
"""The ARKit curves that a listener would call mouth."""

_COLUMN: Final = {name.lower(): column for column, name in enumerate(MOUTH)}


class Signals(NamedTuple):
    """What the lips do, one value per time."""

    aperture: Floats
    """How far the lips are apart; pressed lips are below 0, resting lips are 0."""

    bite: Floats
    """How far the lower lip is under the upper teeth."""

    rounding: Floats
    """How round the lips are."""

    spreading: Floats
    """How wide the lips are."""


def sampled(curves: Curves, times: Floats) -> Floats:
    """The curves of `MOUTH` at `times`, shape (times, mouth): linear between frames, held at both ends.

    Curves that are not there are at rest. Upper and lower case are the same.

    Raises:
        RigError: None of the curves is one of ARKit's mouth, or there are no frames.
    """
    known = [
        (column, _COLUMN[name.lower()]) for column, name in enumerate(curves.names) if name.lower() in _COLUMN
    ]
    if not known:
        raise RigError(
            f"Scores read ARKit's names (jawOpen, mouthClose, ...); "
            f"none of these {len(curves.names)} curves has one: {', '.join(curves.names[:5])}."
        )
    if not len(curves.values):
        raise RigError("Scores need curves with at least one frame; these have none.")
    mouth = np.zeros((len(times), len(MOUTH)))
    theirs, ours = np.array(known).T
    mouth[:, ours] = _interpolated(curves.times, curves.values[:, theirs].astype(np.float64), times)
    return mouth


def signals_of(mouth: Floats) -> Signals:
    """The four signals of curves in the order of `MOUTH`."""

    def one(name: str) -> Floats:
        return mouth[:, _COLUMN[name.lower()]]

    def both(name: str) -> Floats:
        return 0.5 * (one(name + "Left") + one(name + "Right"))

    press, upper_up = both("mouthPress"), both("mouthUpperUp")
    roll_lower, roll_upper = one("mouthRollLower"), one("mouthRollUpper")
    aperture = (
        np.maximum(0, one("jawOpen") - one("mouthClose"))
        + 0.30 * both("mouthLowerDown")
        + 0.15 * upper_up
        + 0.10 * one("mouthFunnel")
        - 0.50 * press
        - 0.25 * (roll_lower + roll_upper)
    )
    bite = np.maximum(0, roll_lower - roll_upper) + 0.5 * upper_up - 0.5 * press
    rounding = one("mouthPucker") + one("mouthFunnel")
    smile = both("mouthSmile") + both("mouthStretch") + 0.5 * both("mouthDimple")
    return Signals(aperture, bite, rounding, smile - 0.5 * rounding)


def _interpolated(at: Floats, values: Floats, times: Floats) -> Floats:
    """All columns of `values` at once, which numpy's `interp` cannot."""
    slopes = np.zeros_like(values)
    slopes[:-1] = np.diff(values, axis=0) / np.diff(at)[:, None]
    times = np.clip(times, at[0], at[-1])
    left = np.searchsorted(at, times, side="right") - 1
    moved: Floats = slopes[left] * (times - at[left])[:, None] + values[left]
    return moved
