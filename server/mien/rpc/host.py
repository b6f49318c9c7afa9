"""What all transports of a worker share: the engine, what it has, what it allows, and who is there."""

from __future__ import annotations

import asyncio
import logging
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mien.engine import BakePool, Catalogue, Engine, Limits, StreamOrder
from mien.engine.engine import Delivery
from mien.errors import ServerError
from mien.rpc.refused import RefusedError, field
from mien.rpc.session import Session
from mien.wire.v1.animate_pb2 import AnimateResponse

log = logging.getLogger("mien.rpc")


class Publishing(Protocol):
    """Where the messages of all streams are published, if anywhere."""

    def send(self, subject: str, response: AnimateResponse, stream: str) -> None:
        """Send without waiting; `stream` tells one stream of a subject from the next."""


class Host:
    """Belongs to the event loop it is made in; only `_deliver` runs in the engine's thread."""

    def __init__(
        self, catalogue: Catalogue, limits: Limits | None = None, publisher: Publishing | None = None
    ) -> None:
        self.catalogue, self.limits, self.publisher = catalogue, limits or Limits(), publisher
        self.pool = BakePool()
        self.draining = False
        """Whether new streams and bakes are refused because the server is about to stop."""
        self.served = 0
        """Streams opened so far."""
        self._engine = Engine(self._deliver)
        self._loop = asyncio.get_running_loop()
        self._sessions: dict[object, Session] = {}
        self._clients: Counter[str] = Counter()
        self._bakers: Counter[str] = Counter()
        self._speaking: dict[str, Session] = {}
        """The newest session of each subject, the one that is published."""
        self._idle = asyncio.Event()
        self._idle.set()
        self._engine.start()
        self._watcher = self._loop.create_task(self._watch())

    # Streams

    async def open(self, order: StreamOrder, client: str, subject: str = "") -> Session:
        """A session for `client`, to be closed.

        Raises:
            RefusedError: Settings that make no sense, too many streams, or a server that is about to stop.
        """
        with field("settings"):
            performance = await asyncio.to_thread(order.performance)  # many controls take a while
        self._check_room(order, client)
        stream = self._engine.open(performance)
        session = Session(stream, self._engine, self.limits, client, secrets.token_hex(8), subject)
        self._sessions[stream] = session
        self._speaking[session.subject] = session
        self._clients[client] += 1
        self.served += 1
        self._idle.clear()
        return session

    def _check_room(self, order: StreamOrder, client: str) -> None:
        self.check_open()
        with field("limits.streams"):
            if len(self._sessions) >= self.limits.streams:
                raise self.limits.exceeded("streams", "This worker is full.")
        with field("limits.streams_per_client"):
            if self._clients[client] >= self.limits.streams_per_client:
                raise self.limits.exceeded("streams_per_client", f"{client} has many streams open.")
        with field("limits.stream_seconds"):  # of one that goes on
            if max(order.first_second, float(order.first_frame / order.rate)) > self.limits.stream_seconds:
                raise self.limits.exceeded("stream_seconds", "This stream is too long; open a new one.")

    def close(self, session: Session) -> None:
        """The session is over, however it ended."""
        if self._sessions.pop(session.stream, None) is None:
            return
        self._engine.close(session.stream)
        if self._speaking.get(session.subject) is session:
            del self._speaking[session.subject]
        self._clients[session.client] -= 1
        if not self._clients[session.client]:
            del self._clients[session.client]
        if not self._sessions:
            self._idle.set()

    def check_open(self) -> None:
        """Refuses new work while the server is about to stop.

        Raises:
            RefusedError: It is.
        """
        if self.draining:
            raise RefusedError.of(ServerError("This server is about to stop; connect again in a moment."))

    @property
    def streams(self) -> int:
        """Streams open now."""
        return len(self._sessions)

    @property
    def places(self) -> int:
        """Memories of the model that are taken; falls to 0 a moment after the last stream closed."""
        return self._engine.places

    def publish(self, session: Session, response: AnimateResponse) -> None:
        """Send to whoever listens to the session's subject. A newer stream of that subject replaces it: one
        that goes on after a lost connection may begin before the loss of the old one is noticed here."""
        if self.publisher is not None and self._speaking.get(session.subject) is session:
            self.publisher.send(session.subject, response, session.name)

    # Bakes

    @contextmanager
    def baking(self, client: str) -> Iterator[Path]:
        """A folder for one bake, from the first byte of its sound to the last of its result; gone afterwards.

        Raises:
            RefusedError: Too many bakes, or a server that is about to stop.
        """
        self.check_open()
        self._check_bakes(client)
        self._bakers[client] += 1
        try:
            with tempfile.TemporaryDirectory(prefix="mien-bake-") as folder:
                yield Path(folder)
        finally:
            self._bakers[client] -= 1
            self._bakers += Counter()  # forgets those with none

    def _check_bakes(self, client: str) -> None:
        with field("limits.bakes"):
            if self.bakes >= self.limits.bakes:
                said = "Too many bakes are sent, run or wait; try again in a while."
                raise self.limits.exceeded("bakes", said)
        with field("limits.bakes_per_client"):
            if self._bakers[client] >= self.limits.bakes_per_client:
                raise self.limits.exceeded("bakes_per_client", f"{client} has many bakes under way.")

    @property
    def bakes(self) -> int:
        """Bakes under way, from the first byte of their sound to the last of their result."""
        return self._bakers.total()

    # From the engine's thread to the loop

    def _deliver(self, delivery: Delivery) -> None:
        self._loop.call_soon_threadsafe(self._dispatch, delivery)

    def _dispatch(self, delivery: Delivery) -> None:
        for stream, output in delivery:
            session = self._sessions.get(stream)
            if session is not None:
                session.put(output)

    async def _watch(self) -> None:
        """Now and then see whether a client keeps us waiting for too long."""
        while True:
            await asyncio.sleep(min(1.0, self.limits.idle_seconds / 8))
            for session in list(self._sessions.values()):
                session.check_patience(time.monotonic())

    # The end

    async def drain(self, seconds: float) -> None:
        """Refuse what is new and let what is there come to its end, for at most `seconds`."""
        self.draining = True
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
                while self.bakes:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            log.warning("%d streams and %d bakes are cut off", self.streams, self.bakes)
        for session in list(self._sessions.values()):
            gone = ServerError("This server stops; go on with another one, with the resume token.")
            session.fail(RefusedError.of(gone))
        log.info("drained in %.1f s", time.monotonic() - began)

    def stop(self) -> None:
        """End the engine; sessions still open get nothing more."""
        self._watcher.cancel()
        self.pool.close()
        self._engine.stop()
