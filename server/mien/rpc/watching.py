"""What a subscriber makes of published messages: who performs, what moved, and what never came.

Messages in, events out; no sockets and no clocks. Whoever shows or keeps a performance takes the events.

A header is published again for each newcomer, and says nothing new then. Frames are numbered, so it shows
when some were lost on the way. Frames before a header mean nothing and are left out, with a word.

A subject may have two streams for a while: one that goes on over another connection, and the one left
behind, whose worker has not noticed. Newcomers are told of both in any order, so a stream takes a subject
from another not with its header but with the first frames after it, of which the one left behind has no more
to give; and who lost a subject does not get it back while the other lasts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.clock import FASTEST_RATE, SLOWEST_RATE
from mien.errors import ServerError

if TYPE_CHECKING:
    from mien.wire.v1.animate_pb2 import AnimateResponse
    from mien.wire.v1.common_pb2 import Frames, Header

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What a header says."""

    subject: str
    """What it is published under."""

    id: str
    """Names this one stream; a subject that begins again has another."""

    rig: str
    model: str

    curves: tuple[str, ...]
    """The columns of every frame."""

    limits: Floats
    """Shape (3, curves): low, rest and high of each."""

    rate: Fraction
    """Frames a second, 1..120."""

    look_ahead: float
    """Seconds by which frames come after their sound."""


class Began(NamedTuple):
    """A stream is there, new or found running."""

    stream: Stream


class Moved(NamedTuple):
    """Frames came."""

    stream: Stream

    first: int
    """Number of the first: frame k is at k / rate seconds of sound."""

    values: Floats
    """Shape (frames, curves), finite, at least one frame."""

    missed: int
    """Frames right before `first` that never came. 0 before the first that came at all."""


class Ended(NamedTuple):
    """A stream is over."""

    stream: Stream

    missed: int
    """Frames at its end that never came."""

    duration: float | None
    """Seconds of sound; None where it broke off."""

    problem: str = ""
    """Why it broke off."""


class Stray(NamedTuple):
    """Something came that belongs to no stream and was left out."""

    subject: str
    problem: str


Event = Began | Moved | Ended | Stray


class Watch:
    """Follows the streams of `subjects`, or all that there are if none is named.

    Names count exactly, other than in ZeroMQ's subscriptions, where `vera` also brings `vera2`.
    """

    def __init__(self, subjects: Collection[str] = ()) -> None:
        self._subjects = frozenset(subjects)
        self._stages: dict[str, _Stage] = {}

    @property
    def live(self) -> list[str]:
        """Subjects that have begun and not ended."""
        return [subject for subject, stage in self._stages.items() if stage.performance]

    def push(self, subject: str, message: AnimateResponse, stream: str) -> list[Event]:
        """What `message` of `stream`, published under `subject`, means.

        Raises:
            ServerError: A header or frames that break the wire's rules.
        """
        if self._subjects and subject not in self._subjects:
            return []
        stage = self._stages.setdefault(subject, _Stage(subject))
        try:
            return stage.push(message, stream)
        finally:
            if stage.empty:
                del self._stages[subject]


class _Stage:
    """One subject: the stream that has it, and others that may or did."""

    def __init__(self, subject: str) -> None:
        self.performance: _Performance | None = None
        self._subject = subject
        self._waiting: dict[str, Stream] = {}
        """By id: announced, and without frames so far."""
        self._lost: dict[str, Stream] = {}
        """By id: another took the subject from them, and their end has not come."""

    @property
    def empty(self) -> bool:
        """Whether nothing is known here."""
        return not (self.performance or self._waiting or self._lost)

    def push(self, message: AnimateResponse, stream: str) -> list[Event]:
        match message.WhichOneof("message"):
            case "header":
                return self._announce(read_header(self._subject, message.header))
            case "frames":
                return self._move(stream, message.frames)
            case "end" | "error":
                return self._end(stream, message)
        return []

    def _announce(self, stream: Stream) -> list[Event]:
        if stream.id in {self._id, *self._waiting, *self._lost}:
            return []
        if self.performance is None:
            return self._begin(stream)
        self._waiting[stream.id] = stream
        return []

    def _move(self, stream: str, frames: Frames) -> list[Event]:
        if self.performance and stream in self._lost:
            return []
        known = self._waiting.pop(stream, None) or self._lost.pop(stream, None)
        began = self._begin(known) if known else []
        if self.performance is None or stream != self._id:
            return [Stray(self._subject, "frames without a header")]
        return [*began, *self.performance.push(frames)]

    def _begin(self, stream: Stream) -> list[Event]:
        before, self.performance = self.performance, _Performance(stream)
        if before is None:
            return [Began(stream)]
        self._lost[before.stream.id] = before.stream
        return [Ended(before.stream, 0, None, "another stream took its name"), Began(stream)]

    def _end(self, stream: str, message: AnimateResponse) -> list[Event]:
        if self.performance is None or stream != self._id:
            self._waiting.pop(stream, None)
            self._lost.pop(stream, None)
            return []
        ended, self.performance = self.performance.end(message), None
        return [ended]

    @property
    def _id(self) -> str | None:
        """Of the stream that has the subject."""
        return self.performance.stream.id if self.performance else None


class _Performance:
    """A stream, and how far it has come."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self._next: int | None = None
        """Number of the frame that should come; None before the first."""

    def push(self, frames: Frames) -> list[Event]:
        values = _values(self.stream, frames)
        expected = frames.first if self._next is None else self._next
        came_before = max(0, expected - frames.first)
        if came_before >= len(values):
            return [Stray(self.stream.subject, "frames that came before")]
        first = frames.first + came_before
        self._next = frames.first + len(values)
        return [Moved(self.stream, first, values[came_before:], first - expected)]

    def end(self, message: AnimateResponse) -> Ended:
        """What its end, or the error it broke off with, says."""
        if message.HasField("error"):
            error = message.error
            return Ended(self.stream, 0, None, f"{error.message} ({error.kind or error.code})")
        end = message.end
        missed = 0 if self._next is None else max(0, end.frames - self._next)
        return Ended(self.stream, missed, end.duration)


def read_header(subject: str, header: Header) -> Stream:
    """The stream that `header` announces under `subject`.

    Raises:
        ServerError: No curves, a name twice, or a rate outside 1..120.
    """
    names = tuple(curve.name for curve in header.curves)
    rate = Fraction(header.rate.numerator, header.rate.denominator or 1)
    if not names or len(set(names)) < len(names):
        raise _broken(subject, "its header has no curves, or one of them twice")
    if not SLOWEST_RATE <= rate <= FASTEST_RATE:
        raise _broken(subject, f"its header says {rate} frames a second")
    limits = np.array([(curve.low, curve.rest, curve.high) for curve in header.curves], np.float32).T
    return Stream(subject, header.stream, header.rig, header.model, names, limits, rate, header.look_ahead)


def _values(stream: Stream, frames: Frames) -> Floats:
    """Shape (frames, curves), finite."""
    values = np.fromiter(frames.values, np.float32, len(frames.values))
    columns = len(stream.curves)
    if len(values) == 0 or len(values) % columns:
        raise _broken(stream.subject, f"{len(values)} numbers do not make frames of {columns} curves")
    if not np.isfinite(values).all():
        raise _broken(stream.subject, f"a number of the frames from {frames.first} on is not finite")
    return values.reshape(-1, columns)


def _broken(subject: str, what: str) -> ServerError:
    return ServerError(
        f"What is published as '{subject}' is not as the wire wants it: {what}. Is this a server of Mien?"
    )
