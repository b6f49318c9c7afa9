"""A real server in a thread of the tests, and a way to it that breaks."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mien.engine import Catalogue, Limits
from mien.rpc.host import Host
from mien.rpc.service import GrpcServer

LOCAL = "127.0.0.1"
PATIENCE = 30.0
"""Seconds after which something that should happen is taken for broken."""


class Server:
    """A gRPC server with its engine and event loop, in a thread; running until it is closed.

    Args:
        catalogue: What it has, such as `Catalogue(model=str(model_folder))`; else what comes with Mien.
        port: 0 takes a free one.
    """

    def __init__(
        self,
        catalogue: Catalogue | None = None,
        port: int = 0,
        token: str = "",
        credentials: Any = None,
        limits: Limits | None = None,
    ) -> None:
        self._catalogue, self._limits = catalogue or Catalogue(), limits
        self._token, self._credentials = token, credentials
        self._up = threading.Event()
        self.port = port
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._up.wait(PATIENCE)

    @property
    def address(self) -> str:
        return f"{LOCAL}:{self.port}"

    def close(self) -> None:
        """End at once, whatever is open. Twice is once."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join(PATIENCE)

    async def _serve(self) -> None:
        self._loop, self._down = asyncio.get_running_loop(), asyncio.Event()
        self.host = Host(self._catalogue, self._limits)
        server = GrpcServer(self.host, self._token)
        self.port = await server.start(f"{LOCAL}:{self.port}", self._credentials)
        self._up.set()
        await self._down.wait()
        await server.stop(0)
        self.host.stop()


@contextmanager
def serving(model_folder: Path | None = None, **given: Any) -> Iterator[Server]:
    """A server of the model in `model_folder`; else of those that come with Mien."""
    server = Server(Catalogue(model=str(model_folder)) if model_folder else None, **given)
    try:
        yield server
    finally:
        server.close()


class BrokenWay:
    """A way to a server on this machine over which connections break.

    Args:
        port: Where the server listens; may be changed.
        budgets: Bytes that the first connections carry, both directions together, before they break; those
            that follow carry everything.
    """

    def __init__(self, port: int, budgets: Sequence[int] = ()) -> None:
        self.port = port
        self._budgets = list(budgets)
        self._links: list[_Link] = []
        self._door = socket.create_server((LOCAL, 0))
        self.address = f"{LOCAL}:{self._door.getsockname()[1]}"
        threading.Thread(target=self._let_in, daemon=True).start()

    def cut(self) -> None:
        """Break what is open, at both ends."""
        for link in self._links:
            link.leave()
            link.hang_up()

    def leave(self) -> Callable[[], None]:
        """Break what is open for clients alone; the server notices when what is given back is called."""
        left = list(self._links)
        for link in left:
            link.leave()
        return lambda: [link.hang_up() for link in left] and None

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()
        self.cut()

    def _let_in(self) -> None:
        with suppress(OSError):  # closed
            while True:
                here, _ = self._door.accept()
                try:
                    there = socket.create_connection((LOCAL, self.port))
                except OSError:  # nobody there just now
                    here.close()
                    continue
                self._links.append(_Link(here, there, self._budgets.pop(0) if self._budgets else None))


class _Link:
    """A connection to here, and one to the server; what comes from one goes to the other."""

    def __init__(self, here: socket.socket, there: socket.socket, budget: int | None) -> None:
        self._here, self._there, self._left = here, there, budget
        self._left_alone = False
        for ends in ((here, there), (there, here)):
            threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def leave(self) -> None:
        """The client hears no more; the server notices nothing."""
        self._left_alone = True
        _shut(self._here)

    def hang_up(self) -> None:
        _shut(self._there)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while self._afford(data := source.recv(4096)):
                target.sendall(data)
        _shut(self._here)
        if not self._left_alone:
            _shut(self._there)

    def _afford(self, data: bytes) -> bool:
        """Whether `data` is still carried."""
        if self._left is not None:
            self._left -= len(data)
        return bool(data) and (self._left is None or self._left > 0)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def broken_way(port: int, budgets: Sequence[int] = ()) -> Iterator[BrokenWay]:
    """A way that is closed at the end."""
    way = BrokenWay(port, budgets)
    try:
        yield way
    finally:
        way.close()
