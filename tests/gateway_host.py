"""A gateway to test against: a real server on 127.0.0.1 and a free port, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mien.engine import Catalogue, Limits
from mien.rpc.access import Access
from mien.rpc.config import Tls
from mien.rpc.gateway.server import HttpServer
from mien.rpc.host import Host
from mien.wire.v1.animate_pb2 import AnimateRequest, AnimateResponse, EndOfAudio, Settings
from mien.wire.v1.common_pb2 import ENCODING_S16LE, AudioFormat

PATIENCE = 20.0
"""Seconds that anything may take on a busy machine."""

SAMPLE_RATE = 32_000
"""Of the demo line."""


class Gateway(NamedTuple):
    """One that runs."""

    host: Host
    server: HttpServer
    port: int
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=PATIENCE, **options)

    def stop(self) -> None:
        """As a worker stops; what is open is cut off at once."""

        async def leave() -> None:
            await self.host.drain(0)
            await self.server.stop(0.5)

        asyncio.run_coroutine_threadsafe(leave(), self.loop).result(PATIENCE)

    def is_empty(self) -> bool:
        return self.host.streams == 0 and self.host.places == 0 and self.host.bakes == 0


@contextmanager
def gateway(
    model: Path | str, access: Access | None = None, limits: Limits | None = None, tls: Tls | None = None
) -> Iterator[Gateway]:
    """A gateway that runs within the block, and afterwards has nothing left to do."""
    started: list[Gateway] = []
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        host = Host(Catalogue(model=str(model)), limits)
        listener = socket.create_server(("127.0.0.1", 0))
        server = HttpServer(host, access or Access(), [listener], tls)
        await server.start()
        port = listener.getsockname()[1]
        started.append(Gateway(host, server, port, asyncio.get_running_loop()))
        ready.set()
        await asyncio.to_thread(stop.wait)
        await server.stop(0.2)
        host.stop()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield started[0]
        wait_until(started[0].is_empty)
    finally:
        stop.set()
        thread.join(PATIENCE)


def wait_until(true: Callable[[], bool]) -> None:
    """Returns as soon as `true`, and fails when that takes too long."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


@contextmanager
def spooling(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which servers keep, within the block, what is theirs only for a while."""
    folder = factory.mktemp("spool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    """The status, the field and the sentence; no word of our own folders."""
    error = answer.json()
    assert set(error) == {"code", "field", "message", "kind"}
    assert "\n" not in error["message"]
    assert "mien-bake-" not in error["message"]
    return answer.status_code, error["field"], error["message"]


SOUND = {"Content-Type": "audio/flac"}


def posted(
    client: httpx.Client, content: bytes, headers: dict[str, str] = SOUND, **options
) -> httpx.Response:
    """The answer to a bake of `content`."""
    return client.post("/v1/bake", content=content, headers=headers, params=options)


def pcm(line: Path) -> bytes:
    """The sound of the demo line, raw, as `settings` announce it."""
    samples, rate = soundfile.read(line, dtype="int16")
    assert rate == SAMPLE_RATE
    return bytes(samples.tobytes())


def settings(**changes) -> AnimateRequest:
    """The first message of a stream of raw sound."""
    audio = AudioFormat(encoding=ENCODING_S16LE, sample_rate=SAMPLE_RATE)
    return AnimateRequest(settings=Settings(audio=audio, **changes))


END = AnimateRequest(end=EndOfAudio())

PIECE = 6400
"""Bytes of sound in a message: 0.1 s."""


def spoken(line: Path) -> list[AnimateRequest]:
    """The demo line as messages, from the settings to the end."""
    sound = pcm(line)
    audio = [AnimateRequest(audio=sound[at : at + PIECE]) for at in range(0, len(sound), PIECE)]
    return [settings(), *audio, END]


def kinds(responses: Iterable[AnimateResponse]) -> list[str | None]:
    """In their order, each once."""
    return list(dict.fromkeys(each.WhichOneof("message") for each in responses))


def values_of(responses: list[AnimateResponse]) -> NDArray[np.float32]:
    """The frames in `responses`, shape (frames, curves)."""
    curves = len(responses[0].header.curves)
    parts = [np.array(each.frames.values, np.float32) for each in responses if each.HasField("frames")]
    return np.concatenate(parts).reshape(-1, curves)


def framed(*messages) -> bytes:
    """Each after its length in four bytes, big-endian."""
    parts = [message.SerializeToString() for message in messages]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def unframed(data: bytes, kind) -> list:
    """All of a body."""
    found = []
    while data:
        end = 4 + int.from_bytes(data[:4], "big")
        found.append(kind.FromString(data[4:end]))
        data = data[end:]
    return found


def reset(raw: socket.socket) -> None:
    """Go without a goodbye."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.shutdown(socket.SHUT_RDWR)
    raw.close()
