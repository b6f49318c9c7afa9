"""A loudspeaker that only pretends: nothing is heard, but its clock behaves as a sound card's does.

Your engine has the real one. Of all it can do a face needs a single number, how much of the line was played.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock


class Speaker:
    """Plays one voice; any thread may use it.

    Its clock is that of a device and no other: it stands still while paused, while the device stalls, while
    there is nothing to play, and it never catches up. A real one also runs a little faster or slower than the
    processor's.

    Args:
        now: Seconds on the clock by which it pretends to play.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, Lock()
        self._position = self._written = 0.0
        self._playing = self._over = False
        self._seen = self._stalls_until = now()

    def write(self, seconds: float) -> None:
        """More sound to play. A real one takes samples, this one only wants to know how many there are."""
        with self._lock:
            self._advance()
            self._written += seconds

    def finish(self) -> None:
        """No more sound will come."""
        self._over = True

    def play(self) -> None:
        """Go on."""
        self._set_playing(True)

    def pause(self) -> None:
        """Stand still until `play`."""
        self._set_playing(False)

    def stall(self, seconds: float) -> None:
        """What real devices do uninvited when the machine is busy, or the headphones walk out of the room."""
        with self._lock:
            self._advance()
            self._stalls_until = self._seen + seconds

    @property
    def written(self) -> float:
        """Seconds of sound it was given so far."""
        return self._written

    @property
    def position(self) -> float:
        """Seconds of sound played so far: the clock of the face."""
        with self._lock:
            self._advance()
            return self._position

    @property
    def done(self) -> bool:
        """Whether all was played."""
        return self._over and self.position >= self._written

    def _set_playing(self, playing: bool) -> None:
        with self._lock:
            self._advance()
            self._playing = playing

    def _advance(self) -> None:
        """Play what was due since the last look."""
        now = self._now()
        due = now - max(self._seen, self._stalls_until)
        if self._playing and due > 0:
            self._position = min(self._position + due, self._written)
        self._seen = now
