"""One stream as its client knows it: what was said, what came, and how to go on when the connection breaks.

Messages in, messages out; no sockets, no threads, no clock. Whoever carries the messages asks for the `next`
to send while there is one `waiting`, hands in what comes to `take`, and after a break asks `cut` whether and
when to connect again. The sound on which a frame depends is kept until the frame is there, and controls until
they are answered; so another connection, told the same again, goes on with the same frames to the bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

import numpy as np

from mien.errors import InputError, MienError, OptionError, ServerError
from mien.rpc.client.asking import control_message
from mien.rpc.client.facts import ControlApplied, StreamEnd, StreamHeader, end_in, header_in
from mien.rpc.client.script import Script, still_felt
from mien.values import Control, Curves
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse, Settings
from mien.wire.v1.animate_pb2 import ControlApplied as Answer

PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 3.0)
"""Seconds before each try to connect again: nine in all, enough for a server that is started anew. The tries
are counted from the last frame that came."""

MARGIN: Final = Fraction(1, 1000)
"""Seconds of sound kept beyond what is needed, because the server counts in floats."""


class Broken(NamedTuple):
    """Why a connection ended early."""

    error: MienError
    passing: bool
    """Whether another connection may do better."""


class Conversation:
    """Belongs to one thread, or to a lock.

    Args:
        settings: Of the stream.
        width: Bytes of one sample of all channels.
        resume: Whether to go on after a break.
    """

    def __init__(self, settings: Settings, width: int, resume: bool = True) -> None:
        self.header: StreamHeader | None = None
        self.events: list[ControlApplied] = []
        self.end: StreamEnd | None = None
        self.reconnects = 0
        self.frame = 0
        """Number of the next frame that is wanted."""
        self._settings, self._width, self._resume = settings, width, resume
        self._felt = list(settings.controls)
        """Controls that have their time, and still show or will."""
        self._script = Script()
        self._frames: deque[Curves] = deque()
        self._greeted = False
        self._connected = 0
        self._tries = 0
        self._controls = 0

    # What the user says

    def hear(self, sound: bytes) -> None:
        """More sound, whole samples.

        Raises:
            InputError: The sound is over.
        """
        self._check_open()
        self._script.hear(sound)

    def control(self, control: Control) -> int:
        """A change; gives its number. Without a time of its own it gets that of the sound so far.

        Raises:
            InputError: The sound is over.
            OptionError: A layer nobody has, or a number outside its range.
        """
        self._check_open()
        now = Fraction(self._script.heard, self._width * self._settings.audio.sample_rate)
        at = float(now) if control.at is None else control.at
        self._script.control(control_message(Control(control.layers, at, control.ease), self._controls + 1))
        self._controls += 1
        return self._controls

    def finish(self) -> None:
        """The sound is over.

        Raises:
            InputError: It was already.
        """
        self._check_open()
        self._script.finish()

    @property
    def finished(self) -> bool:
        """Whether the sound is over."""
        return self._script.over

    def _check_open(self) -> None:
        if self._script.over:
            raise InputError("This stream was flushed; open a new one for the next line.")

    # To the server

    @property
    def waiting(self) -> bool:
        """Whether there is something to be sent."""
        return not self._greeted or (self._connected > 0 and self._script.waiting)

    @property
    def unsaid(self) -> int:
        """Bytes of sound that wait to be sent."""
        return self._script.unsaid

    def next(self) -> AnimateRequest:
        """The next request; only while there is one `waiting`."""
        if not self._greeted:
            self._greeted = True
            return AnimateRequest(settings=self._again() if self.header else self._settings)
        return self._script.next()

    def _again(self) -> Settings:
        """Settings of a stream that goes on."""
        assert self.header
        again = Settings()
        again.CopyFrom(self._settings)
        again.subject = self.header.subject
        again.resume_token = self.header.resume_token
        again.resume_sample = self._second() * again.audio.sample_rate
        again.resume_frame = self.frame
        del again.controls[:]
        again.controls.extend(self._felt)
        return again

    # From the server

    def take(self, response: AnimateResponse) -> None:
        """Take in what came.

        Raises:
            ServerError: It breaks the wire's rules.
        """
        match response.WhichOneof("message"):
            case "header":
                self._greet(header_in(response.header))
            case "frames":
                self._look(response.frames)
            case "event":
                self._note(response.event.control)
            case "end":
                self.end = end_in(response.end, self._controls)

    def _greet(self, header: StreamHeader) -> None:
        if self.header and (header.names, header.rate) != (self.header.names, self.header.rate):
            raise _broken_rules("a stream that went on has other curves or another rate")
        self.header = header
        self._connected += 1
        self.reconnects = self._connected - 1

    def _look(self, frames: common.Frames) -> None:
        if self.header is None or len(frames.values) % len(self.header.names):
            raise _broken_rules("frames without a header, or not of its curves")
        values = np.array(frames.values, np.float32).reshape(-1, len(self.header.names))
        if frames.first != self.frame:
            raise _broken_rules(f"frame {frames.first} came where {self.frame} was next")
        start = float(self.frame / self.header.rate)
        self._frames.append(Curves(self.header.names, values, self.header.rate, start))
        self.frame += len(values)
        self._tries = 0
        self._script.forget(self._second() * self._settings.audio.sample_rate * self._width)

    def _note(self, answer: Answer) -> None:
        control = self._script.answered(answer.id)
        if control is None:
            raise _broken_rules(f"an answer to control {answer.id}, which was not sent")
        control.at = answer.at
        self._felt = still_felt([*self._felt, control], self._second())
        self.events.append(ControlApplied(answer.id, answer.at, answer.late))

    def _second(self) -> int:
        """The second of sound from which a stream has to hear that goes on with the next frame."""
        assert self.header
        history = Fraction(self.header.resume_history) + MARGIN
        return max(0, floor(self.frame / self.header.rate - history))

    # To the user

    @property
    def ready(self) -> bool:
        """Whether frames wait to be given."""
        return bool(self._frames)

    def give(self) -> Curves:
        """The frames that came together; only while some are `ready`."""
        return self._frames.popleft()

    def joined(self, parts: Sequence[Curves] = ()) -> Curves:
        """`parts` and all frames that wait, perhaps none, as one."""
        assert self.header
        parts = [*parts, *self._frames]
        self._frames.clear()
        if not parts:
            none = np.zeros((0, len(self.header.names)), np.float32)
            return Curves(self.header.names, none, self.header.rate, float(self.frame / self.header.rate))
        values = np.concatenate([part.values for part in parts])
        return Curves(parts[0].names, values, parts[0].rate, parts[0].start)

    # A connection broke

    def cut(self, problem: Broken) -> float:
        """Seconds to wait before everything is said again, over another connection.

        Raises:
            MienError: There is no going on.
        """
        if self._tries and isinstance(problem.error, OptionError):
            raise ServerError(
                f"The connection broke, and the server there now has no way on: {problem.error}"
            )
        known = self.header and self.header.resume_token
        if not (problem.passing and self._resume and known) or self._tries == len(PAUSES):
            raise problem.error
        self._greeted = False
        self._script.rewind(self._second() * self._settings.audio.sample_rate * self._width)
        self._tries += 1
        return PAUSES[self._tries - 1]


def _broken_rules(what: str) -> ServerError:
    return ServerError(f"The server breaks the rules of the wire: {what}. Is its Mien of another version?")
