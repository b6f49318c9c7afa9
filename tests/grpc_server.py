"""A gRPC server to test against, and conversations with it."""

from __future__ import annotations

import asyncio
import hashlib
import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import soundfile
from numpy.typing import NDArray

import mien
from mien.engine import Catalogue, Limits
from mien.rpc.service import ERROR_KEY
from mien.values import Control
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import AnimateRequest, ControlApplied, EndOfAudio, EndOfFrames, Settings
from mien.wire.v1.lists_pb2 import ListRigsRequest
from mien.wire.v1.service_pb2_grpc import MienStub
from tests.published import until
from tests.servers import Server

PATIENCE = 60.0
"""Seconds after which a conversation has hung, on a busy machine too."""

RATE = 16_000

END = AnimateRequest(end=EndOfAudio())


# A server


class Worker(Server):
    """A server in a thread, of which is known when it has nothing left to do."""

    @property
    def empty(self) -> bool:
        return not (self.host.streams or self.host.places or self.host.bakes)

    def wait_empty(self) -> None:
        until(lambda: self.empty, PATIENCE)

    def drain(self, seconds: float) -> Future[None]:
        """As when it is asked to stop."""
        return asyncio.run_coroutine_threadsafe(self.host.drain(seconds), self._loop)


@contextmanager
def worker(model: Path | str, limits: Limits | None = None) -> Iterator[Worker]:
    """A worker that serves within the block, and of which nothing may be left to do afterwards."""
    running = Worker(Catalogue(str(model)), limits=limits)
    try:
        yield running
        running.wait_empty()
    finally:
        running.close()


# Requests


def sound_format(encoding: str = "s16le", rate: int = RATE, channels: int = 0) -> common.AudioFormat:
    number = common.Encoding.Value(f"ENCODING_{encoding.upper()}")
    return common.AudioFormat(encoding=number, sample_rate=rate, channels=channels)


def settings(**changes: Any) -> AnimateRequest:
    """The first message of a stream; 16-bit sound at 16 kHz unless changed."""
    return AnimateRequest(settings=Settings(**{"audio": sound_format(), **changes}))


def sound(data: bytes) -> AnimateRequest:
    return AnimateRequest(audio=data)


def pieces(data: bytes, size: int) -> list[AnimateRequest]:
    """`data` in messages of `size` bytes."""
    return [sound(data[start : start + size]) for start in range(0, len(data), size)]


def layer(strength: float | None = None, name: str = "articulation") -> common.Layer:
    return common.Layer(name=name, strength=strength)


def control(strength: float = 0.5, number: int = 0, **when: float) -> AnimateRequest:
    """A change of the articulation; `at` and `ease` as in the wire."""
    return AnimateRequest(control=common.Control(layers=[layer(strength)], id=number, **when))


def controlled(request: AnimateRequest, at: float | None = None) -> Control:
    """What a bake is given for the control in `request`, applied at `at` if that is known better."""
    said = request.control
    when = said.at if at is None else at
    ease = {"ease": said.ease} if said.HasField("ease") else {}
    return Control({each.name: each.strength for each in said.layers}, when, **ease)


def speech(seconds: float, rate: int = RATE, channels: int = 1, seed: int = 0) -> NDArray[np.float32]:
    """Noise that swells and fades as syllables do, shape (samples, channels)."""
    count = round(seconds * rate)
    noise = np.random.default_rng(seed).standard_normal((count, channels))
    syllables = 0.15 * np.abs(np.sin(2 * np.pi * 2 * np.arange(count) / rate))[:, None]
    return (noise * syllables).clip(-1, 0.999).astype(np.float32)


def pcm(seconds: float, rate: int = RATE, seed: int = 0) -> bytes:
    """The same in 16 bits, mono."""
    return np.round(speech(seconds, rate, seed=seed) * 32767).astype("<i2").tobytes()


def baked(folder: Path, data: bytes, model: Path | str, **options: Any) -> NDArray[np.float32]:
    """Curves that a file of the same 16-bit sound at 16 kHz, written into `folder`, bakes to."""
    path = folder / f"{hashlib.sha256(data).hexdigest()}.wav"
    soundfile.write(path, np.frombuffer(data, "<i2"), RATE, subtype="PCM_16")
    return mien.bake(path, model=model, **options).curves().values


# Conversations


@dataclass
class Heard:
    """All that came down in one stream or bake."""

    header: common.Header | None = None
    frames: list[common.Frames] = field(default_factory=list)
    applied: list[ControlApplied] = field(default_factory=list)
    end: EndOfFrames | None = None
    take: bytes = b""
    progress: list[Any] = field(default_factory=list)
    code: str = "OK"
    details: str = ""
    error: common.Error | None = None
    """What the trailing metadata hold."""

    def take_in(self, response: Any) -> None:
        """One response, of either kind."""
        kind = response.WhichOneof("message")
        if kind in {"frames", "progress"}:
            getattr(self, kind).append(getattr(response, kind))
        elif kind == "event":
            self.applied.append(response.event.control)
        elif kind == "take":
            self.take += response.take
        else:
            setattr(self, kind, getattr(response, kind))

    @property
    def values(self) -> NDArray[np.float32]:
        """All frames, shape (frames, curves)."""
        assert self.header
        parts = [np.array(each.values, np.float32) for each in self.frames]
        return np.concatenate(parts or [np.zeros(0, "f4")]).reshape(-1, len(self.header.curves))

    @property
    def refusal(self) -> tuple[str, str, str]:
        """Code, the field it is about, and kind."""
        assert self.error, f"{self.code}: {self.details} came without {ERROR_KEY}"
        assert self.error.code == self.code
        assert self.error.message in self.details
        return self.code, self.error.field, self.error.kind


def heard(responses: Any) -> Heard:
    """Everything that a call brings, and how it ended."""
    said = Heard()
    try:
        for response in responses:
            said.take_in(response)
    except grpc.RpcError as problem:
        said.code, said.details = problem.code().name, problem.details() or ""
        trailing = dict(problem.trailing_metadata() or ())
        if ERROR_KEY in trailing:
            said.error = common.Error.FromString(trailing[ERROR_KEY])
    return said


@contextmanager
def client(address: str, credentials: Any = None, **options: Any) -> Iterator[MienStub]:
    """A stub on a connection of its own."""
    given = [("grpc.use_local_subchannel_pool", 1), *((f"grpc.{k}", v) for k, v in options.items())]
    channel = (
        grpc.secure_channel(address, credentials, given)
        if credentials
        else grpc.insecure_channel(address, given)
    )
    with channel:
        yield MienStub(channel)


def talk(stub: MienStub, requests: Iterable[AnimateRequest], **options: Any) -> Heard:
    """A whole stream."""
    return heard(stub.Animate(iter(requests), **{"timeout": PATIENCE, **options}))


class Line:
    """A stream that is held step by step."""

    def __init__(self, stub: MienStub, *requests: AnimateRequest, timeout: float = PATIENCE) -> None:
        self._up: queue.SimpleQueue[AnimateRequest | None] = queue.SimpleQueue()
        self.say(*requests)
        self.call = stub.Animate(iter(self._up.get, None), timeout=timeout)
        self.heard = Heard()

    def say(self, *requests: AnimateRequest) -> None:
        for request in requests:
            self._up.put(request)

    def hear_until(self, enough: Callable[[Heard], Any]) -> Heard:
        """Listen until `enough` of what was heard so far is true."""
        while not enough(self.heard):
            self.heard.take_in(next(self.call))
        return self.heard

    def open(self) -> common.Header:
        """Listen up to the header."""
        header = self.hear_until(lambda so_far: so_far.header).header
        assert header
        return header

    def hang_up(self) -> None:
        """No more will be said; the call is let go without a word."""
        self._up.put(None)
        self.call.cancel()

    def finish(self) -> Heard:
        """Say no more, and listen to the end."""
        self._up.put(None)
        rest = heard(self.call)
        rest.header, rest.frames = self.heard.header or rest.header, self.heard.frames + rest.frames
        rest.applied = self.heard.applied + rest.applied
        return rest


def open_stream(stub: MienStub) -> Line:
    """A stream in its middle."""
    line = Line(stub, settings(), sound(pcm(0.3)))
    line.hear_until(lambda so_far: so_far.frames)
    return line


def answered(address: str, credentials: grpc.ChannelCredentials | None = None, token: str = "") -> str:
    """How a small call is answered: its code."""
    metadata = [("authorization", f"Bearer {token}")] if token else []
    with client(address, credentials) as stub:
        try:
            stub.ListRigs(ListRigsRequest(), metadata=metadata, timeout=10)
        except grpc.RpcError as problem:
            return problem.code().name
    return "OK"
