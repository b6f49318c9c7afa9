"""The parent of a server: takes the ports, starts workers, replaces those that die, stops them all."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from mien import errors
from mien.errors import ServerError
from mien.rpc.config import Announcement, ServerConfig, check
from mien.rpc.ports import SHARED, address, reserve, session_folder
from mien.rpc.relay import Relay

COMMAND: Final = (sys.executable, "-m", "mien.rpc.worker")
SPARING: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
"""Environment of workers: their arrays are small, so threads of numpy's would only take memory and cores; and
with an arena for each thread malloc keeps twice what it needs."""

PATIENCE: Final = 60.0
"""Seconds until a worker that has not said it is ready is given up."""

FIRST_PAUSE, LONGEST_PAUSE, CALM = 0.5, 30.0, 60.0
"""Seconds before a worker that died is started again, doubled each time up to the second, and forgotten after
it lived for the third: a worker that dies at once must not keep a processor busy with dying."""

log = logging.getLogger("mien.rpc")


async def serve(config: ServerConfig, announce: Callable[[Announcement], None]) -> None:
    """Serve until SIGTERM or SIGINT, then let what is under way come to its end; a second one ends at once.

    Args:
        announce: Called once, when every worker is ready.
    Raises:
        MienError: The server cannot start; nothing is left behind.
    """
    config = check(config)
    with _shared(config) as ready:
        workers = [Worker(ready) for _ in range(ready.processes if SHARED else 1)]
        stop = asyncio.Event()

        def kill() -> None:
            for worker in workers:
                worker.kill()

        with _signals(stop, kill):
            try:
                await asyncio.gather(*(worker.start() for worker in workers))
                with _session_file(announcement := _announcement(ready)):
                    announce(announcement)
                    await _watch(workers, stop)
            finally:
                await asyncio.gather(*(worker.finish() for worker in workers))


class Worker:
    """One worker process, and its successors."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._process: asyncio.subprocess.Process | None = None
        self._pause = FIRST_PAUSE
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        """Where its bakes keep their sound: what a worker that was killed left there goes as well."""

    def _fresh_folder(self) -> str:
        self._remove_folder()
        self._folder = tempfile.TemporaryDirectory(prefix="mien-worker-", ignore_cleanup_errors=True)
        return self._folder.name

    def _remove_folder(self) -> None:
        if self._folder:
            self._folder.cleanup()

    async def start(self) -> None:
        """Start the process and wait until it serves.

        Raises:
            MienError: What kept it from serving.
        """
        self._process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **SPARING, "TMPDIR": self._fresh_folder()},
        )
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(msgspec.json.encode(self._config) + b"\n")
        try:
            async with asyncio.timeout(PATIENCE):
                line = await self._process.stdout.readline()
        except TimeoutError:
            self.kill()
            raise ServerError(f"A worker was not ready after {PATIENCE:g} s; is the machine busy?") from None
        _check_status(line)

    async def live(self) -> None:
        """Keep a process alive for ever."""
        while True:
            assert self._process
            began = time.monotonic()
            code = await self._process.wait()
            if time.monotonic() - began > CALM:
                self._pause = FIRST_PAUSE
            self._remove_folder()
            log.error("a worker ended with %d; another one starts in %g s", code, self._pause)
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            try:
                await self.start()
            except Exception as problem:  # no memory, no process: tried again, however long it takes
                log.error("no worker could be started: %s", problem)

    async def finish(self) -> None:
        """Ask the process to finish, and wait until it has."""
        await self._ended()
        self._remove_folder()

    async def _ended(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        assert self._process.stdin
        self._process.stdin.close()
        try:
            async with asyncio.timeout(self._config.drain_seconds + PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self._process and self._process.returncode is None:
            self._process.kill()


def _check_status(line: bytes) -> None:
    """Raises what a worker said, if it said that it cannot serve."""
    if not line:
        raise ServerError("A worker ended before it was ready; what it said stands above.")
    said = msgspec.json.decode(line)
    if said["problem"]:
        raise getattr(errors, said["kind"], ServerError)(said["problem"])


async def _watch(workers: list[Worker], stop: asyncio.Event) -> None:
    lives = [asyncio.create_task(worker.live()) for worker in workers]
    await stop.wait()
    for life in lives:
        life.cancel()


@contextmanager
def _shared(config: ServerConfig) -> Iterator[ServerConfig]:
    """What the workers have in common, for as long as they live: ports, the relay, the session token."""
    held: list[socket.socket] = []
    relay: Relay | None = None
    changes: dict[str, object] = {"session_token": secrets.token_urlsafe(24)}
    try:
        for name in ("port", "http_port"):
            if (port := getattr(config, name)) is not None:
                held.append(reserve(config.host, port))
                changes[name] = held[-1].getsockname()[1]
        if config.zmq_port is not None:
            relay = Relay(config.zmq_host, config.zmq_port)
            changes |= {"zmq_port": relay.port, "zmq_inner": relay.inner}
        if not SHARED:  # the ports are known now, and one worker takes them for itself
            _close(held)
        yield msgspec.structs.replace(config, **changes)
    finally:
        _close(held)
        if relay:
            relay.close()


def _close(held: list[socket.socket]) -> None:
    for one in held:
        one.close()


@contextmanager
def _signals(stop: asyncio.Event, kill: Callable[[], None]) -> Iterator[None]:
    """The first signal asks to stop, the second insists."""
    loop = asyncio.get_running_loop()

    def heard(*_: object) -> None:
        loop.call_soon_threadsafe(kill if stop.is_set() else stop.set)

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _announcement(config: ServerConfig) -> Announcement:
    scheme = "https" if config.tls else "http"
    return Announcement(
        pid=os.getpid(),
        grpc=address(config.host, config.port),
        http=None if config.http_port is None else f"{scheme}://{address(config.host, config.http_port)}",
        zmq=None if config.zmq_port is None else f"tcp://{address(config.zmq_host, config.zmq_port)}",
        session=config.session_token,
    )


@contextmanager
def _session_file(announcement: Announcement) -> Iterator[None]:
    """The announcement as a file, named by the gRPC port, while the server runs."""
    folder = session_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid") and (folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077):
            raise PermissionError(1, "others may write there")
        path = folder / f"{announcement.grpc.rpartition(':')[2]}.json"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(announcement))
    except OSError as problem:
        log.warning("no session file in %s (%s); baking by path needs --ready-fd", folder, problem.strerror)
        yield
        return
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
