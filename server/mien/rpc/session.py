"""One stream seen from the event loop: sound goes in without waiting long, outputs wait to be taken."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Final

from mien.engine import ControlDone, Ended, Engine, Failed, FramesReady, Limits, LiveStream, Output
from mien.errors import MienError
from mien.rpc.receiving import silent_too_long, untaken_too_long
from mien.rpc.refused import RefusedError, field
from mien.values import Control

MOST_BACKLOG: Final = 10.0
"""Seconds of sound that wait for the engine before the front stops reading. It goes on by itself when the
engine has caught up, whether or not the client reads; less would slow down one that sends a line at once."""

LOOK: Final = 0.02
"""Seconds between looks at whether the engine has caught up; meanwhile it works off a second of sound."""

OVERHEAD: Final = 200
"""Bytes that an output costs beside its numbers."""


class Session:
    """Belongs to the event loop."""

    def __init__(
        self, stream: LiveStream, engine: Engine, limits: Limits, client: str, name: str, subject: str
    ) -> None:
        self.stream, self.client, self.name = stream, client, name
        self.subject = subject or name
        self.ended = False
        """Whether its client was told the end."""
        self._engine, self._limits = engine, limits
        self._began = time.monotonic()
        self._outputs: deque[Output] = deque()
        self._unread = 0
        self._problem: RefusedError | None = None
        self._news = asyncio.Event()
        self.scope: asyncio.Timeout | None = None
        """Within which answers are given; a failure ends it, wherever it waits."""
        self.expects: float | None = None
        """Since when a message of the client is waited for; on the loop's clock."""
        self.gives: float | None = None
        """Since when an answer waits to be taken."""

    # In

    async def hear(self, sound: bytes) -> None:
        """Take in sound; waits while the engine is far behind.

        Raises:
            RefusedError: Sound that cannot be used, too much of it, or for too long.
        """
        if self._problem:
            raise self._problem
        if len(sound) > self._limits.message_bytes:
            with field("limits.message_bytes"):
                raise self._limits.exceeded("message_bytes", "This piece of sound is too large; cut it.")
        with field("audio"):
            self.stream.hear(sound)
        self._check_length()
        self._engine.wake(self.stream)
        while self.stream.backlog > MOST_BACKLOG and self._problem is None:
            await asyncio.sleep(LOOK)

    def control(self, control: Control, number: int) -> None:
        """Take in a checked change.

        Raises:
            RefusedError: The stream lasts too long.
        """
        self._check_length()
        self.stream.control(control, number)
        self._engine.wake(self.stream)

    def finish(self) -> None:
        """The sound is over.

        Raises:
            RefusedError: It ends within a sample.
        """
        with field("audio"):
            self.stream.finish()
        self._engine.wake(self.stream)

    def _check_length(self) -> None:
        longest = self._limits.stream_seconds
        if self.stream.handed > longest or time.monotonic() - self._began > longest:
            with field("limits.stream_seconds"):
                raise self._limits.exceeded("stream_seconds", "This stream is too long; open a new one.")

    # Out

    async def next(self) -> FramesReady | ControlDone | Ended:
        """The next output, in order.

        Raises:
            RefusedError: The stream failed, or its client does not read.
        """
        while not self._outputs or self._problem:
            self.check()
            self._news.clear()
            await self._news.wait()
        output = self._outputs.popleft()
        self._unread -= _size(output)
        if isinstance(output, Failed):
            raise RefusedError.of(output.problem, "control" if isinstance(output.problem, MienError) else "")
        return output

    def put(self, output: Output) -> None:
        """What the engine gave; called in the loop."""
        self._outputs.append(output)
        self._unread += _size(output)
        if self._unread > self._limits.unread_bytes:
            with_limit = self._limits.exceeded(
                "unread_bytes", "Frames wait that nobody reads; read while you write, or use Bake."
            )
            self.fail(RefusedError.of(with_limit, "limits.unread_bytes"))
        self._news.set()

    def fail(self, problem: RefusedError) -> None:
        """End the stream for `problem`; what waits is not given any more."""
        if self._problem is None:
            self._problem = problem
        self._outputs.clear()
        self._news.set()
        if self.scope:
            with suppress(RuntimeError):  # it is over at this very moment
                self.scope.reschedule(asyncio.get_running_loop().time())

    def check(self) -> None:
        """Raises what ended the stream, if anything did."""
        if self._problem:
            raise self._problem

    def check_patience(self, now: float) -> None:
        """Fail if the client has kept us waiting for too long; to be called now and then.

        A timer for each message would cost a good part of what the message does.
        """
        idle = self._limits.idle_seconds
        if self.expects is not None and now - self.expects > idle:
            self.fail(silent_too_long(self._limits))
        elif self.gives is not None and now - self.gives > idle:
            self.fail(untaken_too_long(self._limits))


def _size(output: Output) -> int:
    return OVERHEAD + (output.values.nbytes if isinstance(output, FramesReady) else 0)
