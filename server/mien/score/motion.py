"""Motion as rendered: is the mouth still in pauses, and smooth in speech?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from mien.score.grid import Floats, near, seconds_to_ticks_floor
from mien.score.ranks import FLAT, spread
from mien.score.signals import sampled, signals_of
from mien.score.truth import Truth
from mien.values import Curves

RENDER_RATE = 30
"""Frames a second at which motion is judged."""

FEWEST_FRAMES = 6
"""Frames below which an utterance says nothing about motion."""

FAR_FROM_SPEECH = 15
"""Ticks from speech up to which a pause belongs to the mouth's opening and settling."""


class Moving(NamedTuple):
    """How a mouth moves in one utterance, or in all; any number of values each."""

    speech_speed: Floats
    """Of all mouth curves together, a second."""

    pause_speed: Floats
    """The same in pauses, far from speech."""

    pause_aperture: Floats
    """Aperture in pauses, far from speech."""

    jerk: Floats
    """Third difference of the aperture, a second cubed, without its sign."""


NOTHING = Moving(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0))


def moving(truth: Truth, curves: Curves, aperture: Floats) -> Moving:
    """How the mouth moves in one utterance; `aperture` has one value per tick."""
    times = np.arange(0, truth.duration, 1 / RENDER_RATE)
    if len(times) < FEWEST_FRAMES:
        return NOTHING
    rendered = sampled(curves, times)
    speed = np.sqrt((np.diff(rendered, axis=0) ** 2).sum(axis=1)) * RENDER_RATE
    tick = np.minimum(seconds_to_ticks_floor(times), len(truth.pause) - 1)
    still = ~near(~truth.pause, FAR_FROM_SPEECH)
    return Moving(
        speed[truth.speech[tick[1:]]],
        speed[still[tick[1:]] & still[tick[:-1]]],
        aperture[still],
        np.abs(np.diff(signals_of(rendered).aperture, 3)) * RENDER_RATE**3,
    )


def pooled(each: Iterable[Moving]) -> Moving:
    """The motion of all utterances."""
    return Moving(*map(np.concatenate, zip(*each, strict=True)))


def motion(moved: Moving, speech_aperture: Floats) -> dict[str, float]:
    """The columns; `speech_aperture` is that of all ticks of speech."""
    columns = dict.fromkeys(("silMot", "silOpen", "jerk"), float("nan"))
    span = spread(speech_aperture)
    if len(moved.pause_speed) and len(moved.speech_speed) and moved.speech_speed.mean() > 0:
        columns["silMot"] = float(moved.pause_speed.mean() / moved.speech_speed.mean())
    if len(moved.pause_aperture) and span > 0:
        wide = max(FLAT, float(np.percentile(speech_aperture, 90)))
        columns["silOpen"] = float(np.maximum(0, moved.pause_aperture).mean() / wide)
    if len(moved.jerk) and span > FLAT:
        columns["jerk"] = float(moved.jerk.mean() / span)
    return columns
