"""A bake as a conversation: all of the sound comes up, then progress and the result go down."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.audio import AudioFile, RawFile, open_audio
from mien.engine import AbandonedError, StreamOrder
from mien.errors import AudioError
from mien.pipeline import Sound, Take, bake
from mien.rpc.answers import bake_header, frames_in
from mien.rpc.host import Host
from mien.rpc.orders import bake_order
from mien.rpc.receiving import next_message, out_of_order, untaken_too_long
from mien.rpc.refused import field
from mien.wire.v1 import bake_pb2 as baking
from mien.wire.v1 import common_pb2 as common
from mien.wire.v1.animate_pb2 import EndOfFrames

T = TypeVar("T")
Requests = AsyncIterable[baking.BakeRequest]
Send = Callable[[baking.BakeResponse], Awaitable[None]]

PIECE: Final = 256 << 10
"""Bytes of a take in one message."""


@dataclass(frozen=True, slots=True)
class BakeJob:
    """Sound in a file, and what is to be made of it."""

    sound: Path
    whole: bool
    """The file is one as it lies on a disk; else it is raw."""

    order: StreamOrder

    @contextmanager
    def open(self) -> Iterator[AudioFile | RawFile]:
        """The sound, to be read in blocks."""
        if self.whole:
            with open_audio(self.sound) as sound:
                yield sound
        else:
            order = self.order
            yield RawFile(self.sound, order.encoding, order.sample_rate, order.channels)


async def converse(host: Host, client: str, requests: Requests, send: Send) -> None:
    """Answer a bake's requests until its result is out.

    Raises:
        RefusedError: What the client is to be told instead of a result.
    """
    host.check_open()
    messages = aiter(requests)
    first = await next_message(messages, host.limits)
    if first is None or first.WhichOneof("message") != "settings":
        raise out_of_order("settings", "The first message is the settings; this bake began without.")
    settings = first.settings
    with host.baking(client) as folder:
        order = await asyncio.to_thread(bake_order, settings, host.catalogue)
        await _receive(host, messages, folder / "sound")
        job = BakeJob(folder / "sound", settings.audio.encoding == common.ENCODING_FILE, order)
        await answer(host, job, settings.result, folder, lambda response: _taken(host, send, response))


async def _taken(host: Host, send: Send, response: baking.BakeResponse) -> None:
    """Send, and wait until it is taken, but not for ever."""
    try:
        async with asyncio.timeout(host.limits.idle_seconds):
            await send(response)
    except TimeoutError:
        raise untaken_too_long(host.limits) from None


async def answer(host: Host, job: BakeJob, result: int, folder: Path, send: Send) -> None:
    """Bake, and send how it goes, what came of it, and its counts.

    Args:
        result: A `BakeResult`.
        folder: For a take on its way.
    Raises:
        RefusedError: As `run_bake`.
    """
    take, rate = await _baked(host, job, lambda progress: send(baking.BakeResponse(progress=progress)))
    await _give(take, job.order, result, folder / "take.mien", send)
    await send(baking.BakeResponse(end=_end(take, rate, job.order)))


async def _receive(host: Host, messages: AsyncIterator[baking.BakeRequest], sound: Path) -> None:
    """All sound into the file `sound`."""
    async with upload_time(host):
        with sound.open("wb") as file:
            await _write(host, messages, file)


@asynccontextmanager
async def upload_time(host: Host) -> AsyncIterator[None]:
    """The time in which the sound of a bake may come.

    Raises:
        RefusedError: It is over.
    """
    try:
        async with asyncio.timeout(host.limits.upload_seconds):
            yield
    except TimeoutError:
        with field("limits.upload_seconds"):
            raise host.limits.exceeded("upload_seconds", "The sound takes too long to come.") from None


async def _write(host: Host, messages: AsyncIterator[baking.BakeRequest], file: IO[bytes]) -> None:
    while (request := await next_message(messages, host.limits)) is not None:
        kind = request.WhichOneof("message")
        if kind == "end":
            return
        if kind != "audio":
            raise out_of_order(kind or "message", "After the settings of a bake comes sound, then the end.")
        file.write(request.audio)
        check_size(host, file.tell())
        await asyncio.sleep(0)  # a flood of small messages must not keep the others waiting


def check_size(host: Host, size: int) -> None:
    """Refuses sound that takes more room than a bake may.

    Raises:
        RefusedError: Says the limit.
    """
    if size > host.limits.bake_bytes:
        with field("limits.bake_bytes"):
            raise host.limits.exceeded("bake_bytes", "The sound of this bake is too large.")


async def run_bake(host: Host, job: BakeJob) -> Take:
    """Bake in the background; who stops waiting ends it.

    Raises:
        RefusedError: Sound that cannot be used, or too much of it.
    """
    take, _ = await _baked(host, job)
    return take


async def _baked(
    host: Host, job: BakeJob, report: Callable[[baking.Progress], Awaitable[None]] | None = None
) -> tuple[Take, int]:
    """The take, and the sample rate of its sound; `report` is given the newest progress whenever it is done
    with the one before."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    newest = [baking.Progress()]
    given_up = threading.Event()

    def listen(seconds: float, share: float) -> None:
        if given_up.is_set():
            raise AbandonedError
        _check_seconds(host, seconds)
        newest[0] = baking.Progress(seconds=seconds, share=share)
        loop.call_soon_threadsafe(news.set)

    future = asyncio.wrap_future(host.pool.submit(lambda: _bake(host, job, listen)))
    future.add_done_callback(lambda _: news.set())
    try:
        while not future.done():
            await news.wait()
            news.clear()
            if report and not future.done():
                await report(newest[0])
        with field("audio"):
            return future.result()
    finally:
        given_up.set()
        future.cancel()


def _bake(host: Host, job: BakeJob, listen: Callable[[float, float], None]) -> tuple[Take, int]:
    """In a thread of the pool."""
    try:
        with job.open() as sound:
            _check_seconds(host, (sound.frames or 0) / sound.rate)
            order = job.order
            take = bake(
                _Heard(sound, listen), model=order.model, rate=order.rate, tail=order.tail,
                layers=order.layers, controls=order.controls, character=order.character, seed=order.seed,
            )  # fmt: skip
            return take, sound.rate
    except AudioError as problem:
        raise AudioError(_nameless(str(problem), job.sound)) from None


class _Heard:
    """Sound of which it is told how much was heard, before each block: seconds, and the share of the whole.

    The length that a file states may be missing or a lie; this is what really comes.
    """

    def __init__(self, sound: Sound, listen: Callable[[float, float], None]) -> None:
        self.rate, self.frames = sound.rate, sound.frames
        self._sound, self._listen = sound, listen

    def blocks(self, seconds: float) -> Iterator[NDArray[np.float32]]:
        """All of it."""
        heard = 0
        for block in self._sound.blocks(seconds):
            self._listen(heard / self.rate, min(1.0, heard / self.frames) if self.frames else 0.0)
            yield block
            heard += len(block)
        self._listen(heard / self.rate, 1.0)


def _check_seconds(host: Host, seconds: float) -> None:
    if seconds > host.limits.bake_seconds:
        with field("limits.bake_seconds"):
            raise host.limits.exceeded("bake_seconds", f"{seconds:.0f} s of sound are too much.")


def _nameless(message: str, sound: Path) -> str:
    """`message` without the place of the sound: our folder is nobody's business."""
    return message.replace(f"{sound}: ", "").replace(f"{sound.parent}{os.sep}", "")


async def _give(take: Take, order: StreamOrder, result: int, path: Path, send: Send) -> None:
    if result == baking.BAKE_RESULT_TAKE:
        await to_its_end(lambda: take.save(path))
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                await send(baking.BakeResponse(take=piece))
    else:
        await send(baking.BakeResponse(header=bake_header(order)))
        for frames in frames_in(take, order.rig, order.rate):
            await send(baking.BakeResponse(frames=frames))


async def to_its_end(work: Callable[[], T]) -> T:
    """What `work` gives, in a thread; whoever is cancelled waits on, because its folder goes then."""
    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


def _end(take: Take, rate: int, order: StreamOrder) -> EndOfFrames:
    return EndOfFrames(
        samples=int(take.duration * rate),
        duration=float(take.duration),
        frames=take.frames,
        controls=len(order.controls),
        audio_sha256=take.audio_sha256,
    )
