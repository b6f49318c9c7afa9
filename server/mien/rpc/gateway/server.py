"""uvicorn in a running event loop, on sockets that are bound already: no signals, no logs of requests."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from mien.errors import ServerError
from mien.rpc.access import Access
from mien.rpc.config import Tls
from mien.rpc.gateway.app import build_app
from mien.rpc.host import Host

LONGEST_HEAD: Final = 64 << 10
"""Bytes of a request's line and headers. Controls may stand in the query; what is longer goes into a form."""

HEAD_SECONDS: Final = 20.0
"""Until a connection has to have asked for something, or after an answer for something more; others want its
place. One that stays silent after an answer is closed by uvicorn, sooner."""

LAST_WORDS: Final = 0.5
"""Seconds, at most, for telling clients why their streams end; uvicorn closes WebSockets without a reason."""

PING: Final = 20.0
"""Seconds between two looks whether a WebSocket's other end still lives, and for its answer. More often wakes
idle machines, less often keeps the streams of clients whose network vanished."""

GLANCE: Final = 0.005
"""Seconds between two looks whether uvicorn listens; it tells nobody."""


class HttpServer:
    """The HTTP gateway of one worker.

    Args:
        sockets: Bound, and closed by `stop`.
        tls: Where its certificates are; None: plain.
    Raises:
        ServerError: A certificate that cannot be used.
    """

    def __init__(
        self, host: Host, access: Access, sockets: Sequence[socket.socket], tls: Tls | None = None
    ) -> None:
        self._sockets = list(sockets)
        self._server = _Server(_config(host, access, tls))
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen, until `stop`."""
        self._task = asyncio.create_task(self._server.serve(self._sockets))
        while not (self._server.started or self._task.done()):
            await asyncio.sleep(GLANCE)
        if self._task.done():
            await self._task

    async def stop(self, grace: float) -> None:
        """Take no more requests; those that are open have `grace` seconds. Streams that have just failed are
        told so first."""
        if tasks := self._server.server_state.tasks:
            await asyncio.wait(tasks, timeout=min(grace, LAST_WORDS))
        # asyncio takes any number of seconds, uvicorn's annotation only whole ones.
        self._server.config.timeout_graceful_shutdown = grace  # type: ignore[assignment]
        self._server.should_exit = True
        if self._task:
            await self._task


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leaves them to whoever runs this process."""
        yield


class _Protocol(H11Protocol):
    """Lets go of connections on which nothing is asked, be it at first or after an answer."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def on_response_complete(self) -> None:
        self._await_head()  # first: the next request may lie ready
        super().on_response_complete()

    def _await_head(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._check_asked, self.cycle)

    def _check_asked(self, answered: RequestResponseCycle | None) -> None:
        if self.cycle is answered and self in self.connections:  # else it became a WebSocket, or is gone
            self.transport.close()


def _config(host: Host, access: Access, tls: Tls | None) -> uvicorn.Config:
    config = uvicorn.Config(
        build_app(host, access),
        http=_Protocol,
        ws_max_size=host.limits.message_bytes,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
        ws_per_message_deflate=False,  # frames are floats: dear to press and hardly smaller for it
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level=logging.WARNING,  # below that it writes queries, and what WebSockets say, into the log
        access_log=False,
        proxy_headers=False,  # whoever connects could say to be somebody else
        server_header=False,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        **_certificates(tls),
    )
    with _explained(tls):
        config.load()
    return config


def _certificates(tls: Tls | None) -> dict[str, Any]:
    if tls is None:
        return {}
    clients = {"ssl_ca_certs": tls.client_ca, "ssl_cert_reqs": ssl.CERT_REQUIRED} if tls.client_ca else {}
    return {"ssl_certfile": tls.cert, "ssl_keyfile": tls.key, **clients}


@contextmanager
def _explained(tls: Tls | None) -> Iterator[None]:
    try:
        yield
    except OSError as problem:  # what is wrong with TLS is one too
        files = ", ".join(filter(None, (tls.cert, tls.key, tls.client_ca))) if tls else ""
        raise ServerError(f"{files} cannot be used for TLS ({problem.strerror or problem}).") from None
