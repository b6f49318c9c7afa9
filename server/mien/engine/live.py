"""One performance in the engine: the front hands in, the engine works off, outputs come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.clock import MOTION_RATE
from mien.engine.bank import Bank
from mien.errors import MienError
from mien.values import Control
from mien.voice import Applied, Performance

Floats = NDArray[np.float32]


ENOUGH: Final = 20
"""Steps that wait for the model before more sound is taken in. More would let an hour that comes at once keep
the thread busy with resampling; less than a round takes would let the model wait."""

BITES: Final = 5
"""Pieces that a second of sound is taken in by."""

LATE: Final = 0.5
"""Seconds of backlog from which a stream no longer keeps time. Less would count messages of half a second."""


class _Finish:
    """The sound is over."""


FINISH: Final = _Finish()


@dataclass(frozen=True, slots=True, eq=False)
class FramesReady:
    """Frames that follow those before them."""

    first: int
    """Number of the first frame."""

    time: float
    """Seconds from the first sample to the first frame."""

    values: Floats
    """Shape (frames, curves)."""


@dataclass(frozen=True, slots=True)
class ControlDone:
    """A control took its place in time."""

    id: int
    applied: Applied


@dataclass(frozen=True, slots=True)
class Ended:
    """All frames were given."""

    samples: int
    duration: Fraction
    frames: int
    controls: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Failed:
    """This stream cannot go on."""

    problem: Exception


Output = FramesReady | ControlDone | Ended | Failed


class LiveStream:
    """One stream. `hear`, `control` and `finish` are called by the front, all else by the engine's thread."""

    def __init__(self, performance: Performance) -> None:
        self.performance = performance
        self.bank: Bank | None = None
        """Where its memory is, once the engine has seen it."""
        self.place = 0
        self.closed = False
        self._inbox: deque[Floats | tuple[Control, int] | _Finish] = deque()
        self._handed = performance.voice.heard
        self._controls = 0

    # The front

    def hear(self, sound: bytes) -> None:
        """Sound in the stream's encoding, cut anywhere.

        Raises:
            AudioError: Samples that are NaN, infinite or too large; the stream is as if they had not come.
        """
        samples = self.performance.decode(sound)
        self._handed += len(samples)
        self._inbox.append(samples)

    def control(self, control: Control, number: int) -> None:
        """A checked change; when its turn has come a `ControlDone` with `number` tells what became of it."""
        self._inbox.append((control, number))

    def finish(self) -> None:
        """The sound is over.

        Raises:
            AudioError: It ends within a sample.
        """
        self.performance.end_decoding()
        self._inbox.append(FINISH)

    @property
    def handed(self) -> float:
        """Seconds of sound from the first sample to the end of what was handed in."""
        return self._handed / self.performance.voice.sample_rate

    @property
    def backlog(self) -> float:
        """Seconds of sound that wait for the engine, roughly."""
        return self.handed - self.performance.voice.next_row / MOTION_RATE

    # The engine

    @property
    def late(self) -> bool:
        """Whether its client sends faster than it is worked off."""
        return self.backlog > LATE

    @property
    def waiting(self) -> bool:
        """Whether there is anything to work off."""
        return bool(self._inbox) or self.performance.voice.steps > 0

    def take_in(self) -> Iterator[Output]:
        """Work off what the front handed in, up to where the model is needed."""
        voice = self.performance.voice
        for _ in range(len(self._inbox) + ENOUGH):  # what comes meanwhile waits, or a flood would never end
            if voice.steps >= ENOUGH or not self._inbox:
                return
            item = self._inbox.popleft()
            if isinstance(item, _Finish):
                voice.finish()
            elif isinstance(item, tuple):
                yield self._applied(*item)
            else:
                bite = voice.sample_rate // BITES
                voice.feed(item[:bite])
                if len(item) > bite:
                    self._inbox.appendleft(item[bite:])

    def _applied(self, control: Control, number: int) -> Output:
        self._controls += 1
        try:
            return ControlDone(number, self.performance.control(control))
        except MienError as problem:
            return Failed(problem)

    def take(self, most: int) -> Floats:
        """Sound of the next steps, at most so many; shape (steps, 320)."""
        voice = self.performance.voice
        return voice.take(min(most, voice.steps))

    def give(self, drawn: Floats) -> Floats:
        """Channels at frame times from what the model drew of the steps taken; shape (frames, channels)."""
        return self.performance.frames(self.performance.voice.give(drawn))

    def ended(self) -> Ended:
        """The counts of a performance that is done."""
        voice = self.performance.voice
        frame = self.performance.frame
        return Ended(voice.heard, voice.duration, frame, self._controls, voice.sha256)
