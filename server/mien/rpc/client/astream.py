"""A stream through a server, for programs with an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import grpc

from mien.errors import MienError, ServerError
from mien.rpc.client.connect import Way
from mien.rpc.client.conversation import Broken, Conversation
from mien.rpc.client.sound import Sound, SoundWriter
from mien.rpc.client.state import MOST_UNSENT, StreamState
from mien.values import DEFAULT_EASE, Control, Curves
from mien.wire.v1.animate_pb2 import AnimateRequest


class AsyncClientStream(StreamState):
    """`ClientStream` for one event loop: opens in `async with`, and whatever waits is awaited."""

    def __init__(
        self, way: Way, animate: Any, conversation: Conversation, writer: SoundWriter, timeout: float
    ) -> None:
        super().__init__(way, conversation, writer, timeout)
        self._animate = animate
        self._news = asyncio.Event()
        self._connection = 0
        self._listener: asyncio.Task[None] | None = None

    # For the user

    async def push(self, sound: Sound) -> Curves:
        """Send `sound`; gives the frames that have arrived by now, none perhaps.

        Waits for no answer, only, in a program far ahead of its server, until less than 8 MiB are unsent.

        Args:
            sound: Shape (samples,) or (samples, channels), or bytes in the stream's encoding, cut anywhere.
        Raises:
            InputError: The stream was flushed or closed, or is not open yet.
            AudioError: NaN or infinity in the sound; the stream is as if it had not come.
            MienError: The server refused, or broke off and stayed away; frames from before were given.
        """
        if self._closed or not self._conversation.ready:
            self._check()
        await self._say(sound)
        return self._conversation.joined()

    async def flush(self) -> Curves:
        """The sound is over: waits for the rest of the frames, and gives all that were not given.

        Raises:
            InputError: The stream was flushed or closed.
            MienError: The server refused, or broke off and stayed away.
        """
        await self.finish()
        return self._conversation.joined([frames async for frames in self])

    async def send(self, sound: Sound) -> None:
        """Send `sound`, as `push` does; frames are left for who iterates."""
        self._check()
        await self._say(sound)

    async def control(
        self, layers: Mapping[str, float], at: float | None = None, ease: float = DEFAULT_EASE
    ) -> int:
        """Change the strength of layers within the line, as `ClientStream.control` does; gives its number."""
        self._check()
        number = self._conversation.control(Control(dict(layers), at, ease))
        self._news.set()
        return number

    async def finish(self) -> None:
        """The sound is over; the last frames are left for who iterates."""
        self._check()
        self._conversation.finish()
        self._news.set()

    def __aiter__(self) -> AsyncIterator[Curves]:
        return self

    async def __anext__(self) -> Curves:
        """The frames that came together next; waits for them.

        Raises:
            MienError: The server refused, or broke off and stayed away.
        """
        await self._wait(lambda: self._conversation.ready, owed=self._conversation.finished)
        if self._conversation.ready:
            return self._conversation.give()
        if self._problem:
            raise self._problem
        raise StopAsyncIteration

    async def close(self) -> None:
        """End the stream, wherever it is. Twice is once."""
        self._closed = True
        self._news.set()
        if self._listener:
            self._listener.cancel()
            with suppress(asyncio.CancelledError):
                await self._listener

    async def __aenter__(self) -> Self:
        self._listener = asyncio.create_task(self._listen())
        try:
            await self._wait(lambda: self._conversation.header is not None)
            self._check()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _say(self, sound: Sound) -> None:
        assert self.header
        self._conversation.hear(self._writer.write(sound))
        self._news.set()
        await asyncio.sleep(0)  # or a loop of pushes would keep everything else from its turn
        await self._wait(lambda: self._conversation.unsaid < MOST_UNSENT)

    async def _wait(self, until: Callable[[], bool], owed: bool = True) -> None:
        """Wait until something is so or the stream is over; where the server owes it, as long as it moves on.

        Raises:
            ServerError: The server is silent.
        """
        try:
            while not (until() or self._over):
                async with asyncio.timeout(self._timeout if owed else None):
                    await self._until(self._moves(until))
        except TimeoutError:
            raise self._way.silent(self._timeout) from None

    async def _until(self, news: Callable[[], bool]) -> None:
        while not news():
            await self._change()

    async def _change(self) -> None:
        """Wait until anything is new."""
        self._news.clear()
        await self._news.wait()

    # The task that listens

    async def _listen(self) -> None:
        """Hold the conversation, over as many connections as it takes."""
        try:
            while (broken := await self._talk()) is not None:
                await asyncio.sleep(self._conversation.cut(broken))
        except MienError as problem:
            self._fail(problem)
        except Exception as mistake:
            self._fail(ServerError(f"A mistake in Mien's client: {mistake!r}."))
            raise

    async def _talk(self) -> Broken | None:
        """Talk over one connection; None when there is nothing more to say, else why it ended."""
        call = self._animate(self._requests(self._connection), metadata=self._way.metadata)
        broken = self._way.unfinished()
        try:
            async for response in call:
                self._conversation.take(response)
                self._news.set()
        except grpc.RpcError as problem:
            broken = self._way.broken(problem)
        finally:
            self._connection += 1
            call.cancel()
            self._news.set()
        return None if self._over else broken

    async def _requests(self, connection: int) -> AsyncIterator[AnimateRequest]:
        """What is to be sent over a connection, as long as it is the present one."""
        while True:
            while connection == self._connection and not self._conversation.waiting:
                await self._change()
            if connection != self._connection:
                return
            request = self._conversation.next()
            self._news.set()
            yield request
            if request.HasField("end"):
                return

    def _fail(self, problem: MienError) -> None:
        self._problem = problem
        self._news.set()
