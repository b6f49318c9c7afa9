"""What both kinds of stream tell of themselves."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mien.errors import InputError, MienError
from mien.rpc.client.connect import TIMEOUT, Way
from mien.rpc.client.conversation import Conversation
from mien.rpc.client.facts import ControlApplied, StreamEnd, StreamHeader
from mien.rpc.client.sound import SoundWriter

MOST_UNSENT = 8 << 20
"""Bytes of sound that may wait to be sent, 40 s of 48 kHz float32; then pushing waits. Only a server that is
far behind, or a program that pushes whole files, lets it come to that."""


class StreamState:
    """A stream through a server, as it stands."""

    def __init__(
        self, way: Way, conversation: Conversation, writer: SoundWriter, timeout: float = TIMEOUT
    ) -> None:
        self._way, self._conversation, self._writer, self._timeout = way, conversation, writer, timeout
        self._problem: MienError | None = None
        self._closed = False

    @property
    def header(self) -> StreamHeader:
        """What the server said before the first frame."""
        if self._conversation.header is None:
            raise InputError("This stream is not open; use it in a `with` statement.")
        return self._conversation.header

    @property
    def names(self) -> tuple[str, ...]:
        """One name per column of the curves."""
        return self.header.names

    @property
    def rate(self) -> Fraction:
        """Frames a second."""
        return self.header.rate

    @property
    def look_ahead(self) -> float:
        """Seconds of sound a frame needs beyond its own time. The network's delay comes on top."""
        return self.header.look_ahead

    @property
    def events(self) -> tuple[ControlApplied, ...]:
        """What became of the controls, as far as the server has said, in their order."""
        return tuple(self._conversation.events)

    @property
    def end(self) -> StreamEnd | None:
        """The counts, once the stream has come to its end."""
        return self._conversation.end

    @property
    def reconnects(self) -> int:
        """How many times the connection broke and the stream went on over another."""
        return self._conversation.reconnects

    @property
    def _over(self) -> bool:
        """Whether no more frames will come."""
        return self._closed or self._problem is not None or self._conversation.end is not None

    def _moves(self, until: Callable[[], bool]) -> Callable[[], bool]:
        """Tells whether something is so, the stream is over, or the server has moved on since now: it took
        sound or gave frames. A server that moves on is not stuck, however much there is to do."""
        before = self._progress
        return lambda: until() or self._over or self._progress != before

    @property
    def _progress(self) -> tuple[int, int]:
        return self._conversation.unsaid, self._conversation.frame

    def _check(self) -> None:
        """Refuses what comes after the end.

        Raises:
            MienError: What ended the stream.
        """
        if self._problem:
            raise self._problem
        if self._closed:
            raise InputError("This stream was closed; open a new one for the next line.")
