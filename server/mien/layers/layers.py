"""All layers on top of speech, with their strengths over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.clock import MOTION_RATE
from mien.errors import OptionError, unknown
from mien.layers.articulation import articulation
from mien.layers.track import LONGEST_EASE, Track
from mien.values import Control

Floats = NDArray[np.float32]
Strengths = Mapping[str, float]
"""Strength of a layer by its name: 0 is off, 1 as designed."""

LAYERS: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {"articulation": articulation}
"""What a layer adds to speech, given the rows and its strength in each; in the order of adding."""

IDLE: Final = {"articulation": 1.0}
"""The strength at which a layer adds nothing."""

STRONGEST: Final = 2.0
LATEST: Final = 1e6
"""Seconds of sound: eleven days."""


class LayerStack:
    """The layers of one performance; belongs to one thread.

    Args:
        strengths: Of layers that shall not act at strength 1.
        controls: Known beforehand, each with its time.
    Raises:
        OptionError: A layer nobody has, a number outside its range, a control without a time.
    """

    def __init__(self, strengths: Strengths | None = None, controls: Sequence[Control] = ()) -> None:
        given = check_strengths(strengths or {})
        self._tracks = {name: Track(given.get(name, 1.0)) for name in LAYERS}
        for control in sorted(map(_timed, controls), key=lambda each: each.at or 0.0):
            self.control(control, control.at or 0.0)

    def control(self, control: Control, at: float) -> None:
        """Apply a checked control, beginning `at` seconds."""
        for name, strength in control.layers.items():
            self._tracks[name].set(strength, at, control.ease)

    def add(self, speech: Floats, first_row: int) -> dict[str, Floats]:
        """What each layer that acts adds to `speech`, shape (rows, channels), whose first row is `first_row`.

        Rows before `first_row` will not be asked for again.
        """
        times = (first_row + np.arange(len(speech))) / MOTION_RATE
        added = {}
        for name, layer in LAYERS.items():
            track = self._tracks[name]
            track.forget(first_row / MOTION_RATE)
            if not track.rests_at(IDLE[name]):
                added[name] = layer(speech, track.at(times))
        return added


def check_strengths(strengths: Strengths, where: str = "layers") -> Strengths:
    """`strengths`, unless a layer does not exist or a strength is out of range.

    Raises:
        OptionError: Says `where`.
    """
    for name, strength in strengths.items():
        if name not in LAYERS:
            raise OptionError(f"{where}: {unknown('layer', str(name), LAYERS)}")
        if not 0 <= strength <= STRONGEST:  # NaN too
            raise OptionError(f"{where}: a strength of {strength} of '{name}' is outside 0..{STRONGEST:g}.")
    return strengths


def check_control(control: Control, where: str = "control") -> Control:
    """`control`, unless something in it is out of range.

    Raises:
        OptionError: Says `where`.
    """
    check_strengths(control.layers, f"{where}.layers")
    if not 0 <= control.ease <= LONGEST_EASE:
        raise OptionError(f"{where}.ease: {control.ease} s is outside 0..{LONGEST_EASE:g} s.")
    if control.at is not None and not 0 <= control.at <= LATEST:
        raise OptionError(f"{where}.at: {control.at:g} s is no time from the first sample on.")
    return control


def _timed(control: Control) -> Control:
    check_control(control)
    if control.at is None:
        raise OptionError("controls: one that is known beforehand needs its time, 'at'.")
    return control
