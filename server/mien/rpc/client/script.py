"""What a client has to say, in order, kept as long as it may have to be said again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from mien.wire.v1.animate_pb2 import AnimateRequest, EndOfAudio
from mien.wire.v1.common_pb2 import Control

PIECE: Final = 64 << 10
"""Bytes of sound in one message, at most. Larger ones hold up a control that comes behind them."""


class Cue(NamedTuple):
    """A control and its place in the sound."""

    place: int
    """Bytes of sound that go before it."""

    control: Control


class Script:
    """Sound, controls among it, and the end. Bytes are counted from the start of the line."""

    def __init__(self) -> None:
        self.over = False
        """Whether the sound is over."""
        self._sound = bytearray()
        self._kept_from = 0
        """Byte that `_sound` begins with."""
        self._said = 0
        """Byte up to which this connection was told."""
        self._cues: deque[Cue] = deque()
        """Controls that were not answered yet."""
        self._given = 0
        """How many of them this connection was told."""
        self._end_said = False

    # What is to be said

    def hear(self, sound: bytes) -> None:
        """More sound."""
        self._sound += sound

    def control(self, control: Control) -> None:
        """A change, to be said after the sound so far."""
        self._cues.append(Cue(self.heard, control))

    def finish(self) -> None:
        """The sound is over."""
        self.over = True

    @property
    def heard(self) -> int:
        """Bytes of sound so far."""
        return self._kept_from + len(self._sound)

    @property
    def unsaid(self) -> int:
        """Bytes of sound that wait to be sent."""
        return self.heard - self._said

    # Saying it

    @property
    def waiting(self) -> bool:
        """Whether there is something to be said."""
        return self.unsaid > 0 or self._given < len(self._cues) or (self.over and not self._end_said)

    def next(self) -> AnimateRequest:
        """The next request; only while there is something `waiting`."""
        cue = self._cues[self._given] if self._given < len(self._cues) else None
        end = min(self._said + PIECE, cue.place if cue else self.heard)
        if end > self._said:
            piece = bytes(self._sound[self._said - self._kept_from : end - self._kept_from])
            self._said = end
            return AnimateRequest(audio=piece)
        if cue:
            self._given += 1
            return AnimateRequest(control=cue.control)
        self._end_said = True
        return AnimateRequest(end=EndOfAudio())

    def answered(self, number: int) -> Control | None:
        """The control `number`, which need not be said again; None if there is none."""
        for cue in self._cues:
            if cue.control.id == number:
                self._cues.remove(cue)
                self._given -= 1
                return cue.control
        return None

    # Saying it again

    def forget(self, before: int) -> None:
        """Sound before byte `before` will not be needed again."""
        kept_from = min(before, self._said, self._cues[0].place if self._cues else before)
        if kept_from > self._kept_from:
            del self._sound[: kept_from - self._kept_from]
            self._kept_from = kept_from

    def rewind(self, to: int) -> None:
        """To another connection everything is to be said from byte `to` on, which was not forgotten."""
        assert to >= self._kept_from
        self._said, self._given, self._end_said = to, 0, False


def still_felt(controls: Sequence[Control], before: float) -> list[Control]:
    """Those of `controls` that make a difference from `before` seconds on, in the order of their times.

    Of the first ones, as far as all have eased in, each layer keeps the last; so does a server.
    """
    ordered = sorted(controls, key=lambda each: each.at)
    over = next((n for n, each in enumerate(ordered) if each.at + each.ease > before), len(ordered))
    last = {layer.name: number for number, each in enumerate(ordered[:over]) for layer in each.layers}
    return [ordered[number] for number in sorted(set(last.values()))] + ordered[over:]
