"""A stream through a server, for programs with threads: one thread listens, any other says and takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Final, Self

import grpc

from mien.errors import MienError, ServerError
from mien.rpc.client.connect import Way
from mien.rpc.client.conversation import Broken, Conversation
from mien.rpc.client.sound import Sound, SoundWriter
from mien.rpc.client.state import MOST_UNSENT, StreamState
from mien.values import DEFAULT_EASE, Control, Curves
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse

GOODBYE: Final = 5.0
"""Seconds that closing waits for the thread that listens; it is told to end, and has nothing to wait for."""


class ClientStream(StreamState):
    """Sound in any chunks in, frames of one rig out, in step with a server; a context manager.

    `push` and `flush` are those of `mien.open_stream`. A program that shows frames in a thread of its own
    uses `send` and `finish` in one thread and iterates in the other. Every frame is given once, to who asks
    first.

    A connection that breaks is made again, and frames go on to the bit; a server that stays away ends the
    stream with a `ServerError`.
    """

    def __init__(
        self, way: Way, animate: Any, conversation: Conversation, writer: SoundWriter, timeout: float
    ) -> None:
        super().__init__(way, conversation, writer, timeout)
        self._animate = animate
        self._changed = Condition()
        self._call: Any = None
        self._connection = 0
        self._listener = Thread(target=self._listen, name="mien-stream", daemon=True)
        self._listener.start()
        try:
            with self._changed:
                self._wait(lambda: conversation.header is not None)
                self._check()
        except BaseException:
            self.close()
            raise

    # For the user

    def push(self, sound: Sound) -> Curves:
        """Send `sound`; gives the frames that have arrived by now, none perhaps.

        Waits for no answer, only, in a program far ahead of its server, until less than 8 MiB are unsent.

        Args:
            sound: Shape (samples,) or (samples, channels), or bytes in the stream's encoding, cut anywhere.
        Raises:
            InputError: The stream was flushed or closed.
            AudioError: NaN or infinity in the sound; the stream is as if it had not come.
            MienError: The server refused, or broke off and stayed away; frames from before were given.
        """
        with self._changed:
            if self._closed or not self._conversation.ready:
                self._check()
            self._say(sound)
            return self._conversation.joined()

    def flush(self) -> Curves:
        """The sound is over: waits for the rest of the frames, and gives all that were not given.

        Raises:
            InputError: The stream was flushed or closed.
            MienError: The server refused, or broke off and stayed away.
        """
        self.finish()
        frames = list(self)
        with self._changed:
            return self._conversation.joined(frames)

    def send(self, sound: Sound) -> None:
        """Send `sound`, as `push` does; frames are left for who iterates."""
        with self._changed:
            self._check()
            self._say(sound)

    def control(
        self, layers: Mapping[str, float], at: float | None = None, ease: float = DEFAULT_EASE
    ) -> int:
        """Change the strength of layers within the line.

        Args:
            layers: Strength, 0..2, by name.
            at: Seconds of sound; None: now, when the sound sent so far ends. A past time means at once.
            ease: Seconds over which the change eases in.
        Returns:
            The control's number. `events` tell under it what became of the control.
        Raises:
            InputError: The stream was flushed or closed.
            OptionError: A layer nobody has, or a number outside its range.
        """
        with self._changed:
            self._check()
            number = self._conversation.control(Control(dict(layers), at, ease))
            self._changed.notify_all()
            return number

    def finish(self) -> None:
        """The sound is over; the last frames are left for who iterates."""
        with self._changed:
            self._check()
            self._conversation.finish()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Curves]:
        return self

    def __next__(self) -> Curves:
        """The frames that came together next; waits for them.

        Raises:
            MienError: The server refused, or broke off and stayed away.
        """
        with self._changed:
            self._wait(lambda: self._conversation.ready or self._over, owed=self._conversation.finished)
            if self._conversation.ready:
                return self._conversation.give()
            if self._problem:
                raise self._problem
        raise StopIteration

    def close(self) -> None:
        """End the stream, wherever it is. Twice is once."""
        with self._changed:
            self._closed = True
            self._hang_up()
        self._listener.join(GOODBYE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _say(self, sound: Sound) -> None:
        self._conversation.hear(self._writer.write(sound))
        self._changed.notify_all()
        self._wait(lambda: self._conversation.unsaid < MOST_UNSENT)

    def _wait(self, until: Callable[[], bool], owed: bool = True) -> None:
        """Wait until something is so or the stream is over; where the server owes it, as long as it moves on.

        Raises:
            ServerError: The server is silent.
        """
        most = self._timeout if owed else None
        while not (until() or self._over):
            if not self._changed.wait_for(self._moves(until), most):
                raise self._way.silent(self._timeout)

    # The thread that listens

    def _listen(self) -> None:
        """Hold the conversation, over as many connections as it takes."""
        try:
            while (broken := self._talk()) is not None:
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, self._conversation.cut(broken))
        except MienError as problem:
            self._fail(problem)
        except Exception as mistake:
            self._fail(ServerError(f"A mistake in Mien's client: {mistake!r}."))
            raise

    def _talk(self) -> Broken | None:
        """Talk over one connection; None when there is nothing more to say, else why it ended."""
        with self._changed:
            if self._closed:
                return None
            call = self._call = self._animate(self._requests(self._connection), metadata=self._way.metadata)
        broken = self._way.unfinished()
        try:
            for response in call:
                self._take(response)
        except grpc.RpcError as problem:
            broken = self._way.broken(problem)
        finally:
            with self._changed:
                self._hang_up()
        return None if self._over else broken

    def _requests(self, connection: int) -> Iterator[AnimateRequest]:
        """What is to be sent over a connection, as long as it is the present one; runs in gRPC's thread."""
        conversation = self._conversation
        while True:
            with self._changed:
                self._changed.wait_for(lambda: connection != self._connection or conversation.waiting)
                if connection != self._connection:
                    return
                request = conversation.next()
                self._changed.notify_all()
            yield request
            if request.HasField("end"):
                return

    def _take(self, response: AnimateResponse) -> None:
        with self._changed:
            self._conversation.take(response)
            self._changed.notify_all()

    def _fail(self, problem: MienError) -> None:
        with self._changed:
            self._problem = problem
            self._changed.notify_all()

    def _hang_up(self) -> None:
        """Leave the present connection; under the lock."""
        self._connection += 1
        if self._call:
            self._call.cancel()
        self._changed.notify_all()
