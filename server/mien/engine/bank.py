"""The memories of many streams, in one array per input of the model, so that a step needs no gathering of
hundreds of small ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.clock import SAMPLES_PER_ROW
from mien.motion import MotionModel
from mien.values import CHANNELS

Floats = NDArray[np.float32]

FEWEST = 16
"""Places of a new bank."""


class Share(NamedTuple):
    """One stream's part in a run."""

    place: int
    """As `open` gave it."""

    samples: Floats
    """Shape (steps, 320)."""


class Bank:
    """Runs one model for many streams; belongs to one thread."""

    def __init__(self, model: MotionModel) -> None:
        self.model = model
        self._silence = model.silence()
        self._empty()

    def _empty(self) -> None:
        self._memory = {name: np.repeat(value, FEWEST, axis=0) for name, value in self._silence.items()}
        self._free = list(range(FEWEST))

    @property
    def size(self) -> int:
        """Places, taken or not."""
        return len(next(iter(self._memory.values())))

    @property
    def taken(self) -> int:
        """Places of open streams."""
        return self.size - len(self._free)

    def open(self) -> int:
        """A place for a stream that has heard nothing."""
        if not self._free:
            self._free = list(range(self.size, 2 * self.size))
            self._memory = {name: np.concatenate([value, value]) for name, value in self._memory.items()}
        place = self._free.pop()
        for name, value in self._silence.items():
            self._memory[name][place] = value[0]
        return place

    def close(self, place: int) -> None:
        """The stream is over; another may have its place. An empty bank gives its memory back."""
        self._free.append(place)
        if not self.taken and self.size > FEWEST:
            self._empty()

    def run(self, shares: Sequence[Share]) -> list[Floats]:
        """What the model draws for each share, shape (steps, channels) each, all side by side.

        Step j runs for all shares that have so many: they are ordered by length, so those are the first ones.
        """
        order = sorted(range(len(shares)), key=lambda index: -len(shares[index].samples))
        places = np.array([shares[index].place for index in order])
        lengths = [len(shares[index].samples) for index in order]
        samples = np.zeros((max(lengths), len(shares), SAMPLES_PER_ROW), "f4")
        for column, index in enumerate(order):
            samples[: lengths[column], column] = shares[index].samples
        drawn = np.zeros((max(lengths), len(shares), len(CHANNELS)), "f4")
        self._steps(samples, drawn, places, lengths)
        by_share: list[Floats] = [drawn] * len(shares)
        for column, index in enumerate(order):
            by_share[index] = drawn[: lengths[column], column]
        return by_share

    def _steps(
        self, samples: Floats, drawn: Floats, places: NDArray[np.int64], lengths: Sequence[int]
    ) -> None:
        memory = {name: value[places] for name, value in self._memory.items()}
        for step in range(len(samples)):
            active = sum(length > step for length in lengths)
            going_on = sum(length > step + 1 for length in lengths)
            drawn[step, :active], result = self.model.step(samples[step, :active], memory)
            for name, value in result.items():
                self._memory[name][places[going_on:active]] = value[going_on:active]
            memory = {name: value[:going_on] for name, value in result.items()}
