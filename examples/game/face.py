"""A face on the clock of the sound: frames come from a network, poses go to a game.

Copy this file, or write it again in the language of your engine. It knows nothing of Mien, nothing of gRPC.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Pose = NDArray[np.float32]
"""One number per curve."""

HOLD = 0.25
"""Seconds for which the last frame is held when the next one is late. Less shuts the mouth at every hiccup of
the network, more leaves it hanging open."""

EASE = 0.2
"""Seconds in which the face comes to rest, and back. Less is a snap, more looks like falling asleep."""


class FaceTrack:
    """The frames of one line, and the pose at any time of its sound.

    One thread pushes frames as they come, another asks for poses. A pose is interpolated between the two
    frames around the time asked for, so the game may run at any rate. A frame that is late is waited for, and
    caught up with at once. When frames stay away, or their stream has died, the face eases to rest; when they
    come after all, it eases back.

    Frames are kept as long as the track: 12 kB a second, for 52 curves at 60 fps.

    Args:
        names: One per column of the frames.
        rate: Frames a second; frame k belongs to k / rate seconds of sound.
        rest: The pose without speech.
        now: Seconds on a clock that goes on while the sound stands still. It times holding and easing only.
    """

    def __init__(
        self,
        names: Sequence[str],
        rate: float,
        rest: Sequence[float],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._names, self._rate, self._now = tuple(names), float(rate), now
        self._rest: Pose = np.asarray(rest, np.float32)
        self._frames: list[Pose] = []
        self._closed = False
        self._lock = Lock()
        self._missed: float | None = None
        """When the sound was first seen beyond the last frame."""
        self._fade = Fade(self._rest)

    # For the thread of the network

    def push(self, frames: NDArray[np.float32]) -> None:
        """The frames that come next, shape (frames, names)."""
        with self._lock:
            self._frames.extend(frames)

    def close(self) -> None:
        """No more frames will come: the line is complete, or its stream died."""
        self._closed = True

    # For the thread of the game

    @property
    def closed(self) -> bool:
        """Whether no more frames will come."""
        return self._closed

    def ahead(self, position: float) -> float:
        """Seconds by which the frames are ahead of the sound at `position`; negative when they are late."""
        return (len(self._frames) - 1) / self._rate - position

    def at(self, position: float) -> dict[str, float]:
        """The pose at `position`, a number for each name.

        Args:
            position: Seconds of the line that the audio device has played. It may stand still, and jump.
        """
        now = self._now()
        with self._lock:
            pose = self._spoken(position, now)
        shown = self._fade.to(self._rest if pose is None else pose, pose is None, now)
        return dict(zip(self._names, shown.tolist(), strict=True))

    def _spoken(self, position: float, now: float) -> Pose | None:
        """The pose that the frames give; None where there is nothing to wait for."""
        place, last = max(0.0, position * self._rate), len(self._frames) - 1
        if place <= last:
            self._missed = None
            before = int(place)
            return between(self._frames[before], self._frames[min(before + 1, last)], place - before)
        if position > 0 and not self._waits(now):
            return None
        return self._frames[-1] if self._frames else self._rest

    def _waits(self, now: float) -> bool:
        """Whether to hold the last frame a little longer."""
        if self._missed is None:
            self._missed = now
        return not self._closed and now - self._missed < HOLD


class Fade:
    """Between speech and rest, so that neither begins with a jump."""

    def __init__(self, pose: Pose) -> None:
        self._shown = self._left = pose
        """The last pose, and the one in which the present fade began."""
        self._resting, self._began = False, -math.inf

    def to(self, pose: Pose, resting: bool, now: float) -> Pose:
        """What to show when `pose` is wanted: that, but for the time of a fade."""
        if resting != self._resting:
            self._resting, self._left, self._began = resting, self._shown, now
        share = min(1.0, (now - self._began) / EASE)
        self._shown = between(self._left, pose, share * share * (3 - 2 * share))
        return self._shown


def between(one: Pose, other: Pose, share: float) -> Pose:
    """A pose on the way from `one` (share 0) to `other` (share 1)."""
    return one * (1 - share) + other * share
