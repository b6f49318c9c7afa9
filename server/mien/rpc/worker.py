"""One worker: an asyncio front for gRPC and HTTP, and the engine in a thread beside it.

Started by the supervisor as `python -m mien.rpc.worker`: the configuration comes as a line of JSON on
standard input; when it is ready, or cannot be, it says so in a line on standard output. Another line, or the
end of standard input, asks it to finish: so no worker outlives its supervisor.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import grpc
import msgspec

from mien.engine import Catalogue
from mien.errors import MienError
from mien.rpc.config import ServerConfig, Tls, read_file
from mien.rpc.host import Host
from mien.rpc.ports import address, listening
from mien.rpc.publish import Publisher
from mien.rpc.service import GrpcServer

if TYPE_CHECKING:
    from mien.rpc.gateway.server import HttpServer

POLL: Final = 0.05
"""Seconds between looks at who subscribed: no late joiner notices, and it costs nothing."""

GOODBYE: Final = 0.5
"""Seconds in which the last answers leave once everything has come to its end."""

log = logging.getLogger("mien.rpc")


class Status(msgspec.Struct, frozen=True):
    """The one line that a worker says."""

    problem: str = ""
    """Why it cannot serve; empty: it does."""

    kind: str = ""
    """Class of the problem."""


async def serve(config: ServerConfig, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
    """Serve until `stop`, then let what is under way come to its end.

    Raises:
        MienError: It cannot start.
    """
    publisher = Publisher(config.zmq_inner) if config.zmq_inner else None
    host = Host(Catalogue(config.model), config.limits, publisher)
    host.catalogue.model(), host.catalogue.rig()  # now, not in somebody's first stream
    front = Front(host, config)
    await front.start()
    listener = asyncio.create_task(_hear_subscribers(publisher)) if publisher else None
    gc.collect()
    gc.freeze()  # what is here stays; no later collection has to look at it
    if ready:
        ready.set()
    await stop.wait()
    await front.finish()
    if listener and publisher:
        listener.cancel()
        publisher.close()
    host.stop()


class Front:
    """The servers of one worker."""

    def __init__(self, host: Host, config: ServerConfig) -> None:
        self._host, self._config = host, config
        self._grpc = GrpcServer(host, config.token, config.session_token)
        self._http = None if config.http_port is None else _http(host, config, config.http_port)

    async def start(self) -> None:
        """Listen."""
        config = self._config
        await self._grpc.start(address(config.host, config.port), credentials(config.tls))
        if self._http:
            await self._http.start()

    async def finish(self) -> None:
        """Take nothing new, wait for what is under way, and close."""
        await self._grpc.leave()
        grace = self._config.drain_seconds
        await self._host.drain(grace)
        await asyncio.gather(self._grpc.stop(GOODBYE), self._http.stop(GOODBYE) if self._http else _nothing())


def _http(host: Host, config: ServerConfig, port: int) -> HttpServer:
    from mien.rpc.access import Access  # 0.2 s and 15 MB, for nothing where there is no HTTP
    from mien.rpc.gateway.server import HttpServer

    access = Access(config.token, config.session_token, config.loopback, config.origins)
    return HttpServer(host, access, [listening(config.host, port)], config.tls)


async def _nothing() -> None:
    return


def credentials(tls: Tls | None) -> Any:
    """What gRPC wants for TLS; None without."""
    if tls is None:
        return None
    pair = (read_file(tls.key), read_file(tls.cert))
    root = read_file(tls.client_ca) if tls.client_ca else None
    return grpc.ssl_server_credentials([pair], root, require_client_auth=bool(root))


async def _hear_subscribers(publisher: Publisher) -> None:
    while True:
        publisher.poll()
        await asyncio.sleep(POLL)


def main() -> None:
    """The process."""
    config = msgspec.json.decode(sys.stdin.buffer.readline(), type=ServerConfig)
    logging.basicConfig(
        level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s [%(process)d] %(message)s"
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal; the supervisor decides
    try:
        asyncio.run(_main(config))
    except MienError as problem:
        _say(Status(str(problem), type(problem).__name__))


async def _main(config: ServerConfig) -> None:
    loop, stop, ready = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    with suppress(NotImplementedError):  # Windows has no such handlers
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    threading.Thread(target=_wait_for_end, args=(loop, stop), daemon=True).start()
    serving = asyncio.create_task(serve(config, stop, ready))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([serving, waiting], return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        _say(Status())
    await serving


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    os.read(sys.stdin.fileno(), 1)  # Python aborts at its end if a thread still reads `sys.stdin` itself
    with suppress(RuntimeError):  # the loop may be gone already
        loop.call_soon_threadsafe(stop.set)


def _say(status: Status) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(status) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
