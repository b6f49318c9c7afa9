"""A crowd of clients in one process: each streams the same line in messages of 100 ms, in real time.

    python -m tests.benchmarks.load_client HOST:PORT --streams 50 --seconds 10

Every stream has a connection of its own, as players have, and begins at another time. What counts as late:
a client that plays its sound delayed by look-ahead, a message and `MARGIN` would have shown the frame.
Prints one line of JSON. The delays of this process are counted as the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from math import ceil

import grpc
import numpy as np

from mien.audio import read_audio
from mien.wire.v1 import animate_pb2 as animate
from mien.wire.v1 import common_pb2 as common

MESSAGE = 0.1
"""Seconds of sound in one message."""

MARGIN = 0.05
"""Seconds by which a frame may come after all it needs was sent."""


@dataclass
class Heard:
    """What came back."""

    beyond: list[float] = field(default_factory=list)
    """Seconds by which each frame came after the message with all it needs was sent."""

    first: list[float] = field(default_factory=list)
    """Seconds from a stream's first message to its first frame."""

    late: int = 0
    very_late: int = 0
    """Late for twice that margin."""

    broken: list[str] = field(default_factory=list)
    look_ahead: float = 0.0


def messages(rate: int) -> list[bytes]:
    """The line that comes with Mien, cut into messages, ready to be sent."""
    with as_file(files("mien").joinpath("demo", "line.flac")) as path:
        samples = read_audio(path).samples
    if rate == 48_000:
        samples = np.repeat(samples, 3)
    sound = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    size = round(MESSAGE * rate) * 2
    return [
        animate.AnimateRequest(audio=sound[start : start + size]).SerializeToString()
        for start in range(0, len(sound) - size, size)
    ]


async def one(
    address: str, sounds: list[bytes], given: argparse.Namespace, wait: float, heard: Heard
) -> None:
    """One client from beginning to end."""
    await asyncio.sleep(wait)
    options = [("grpc.use_local_subchannel_pool", 1)]
    try:
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            await _talk(channel, sounds, given, heard)
    except grpc.aio.AioRpcError as problem:
        heard.broken.append(f"{problem.code().name}: {problem.details()}")


async def _talk(
    channel: grpc.aio.Channel, sounds: list[bytes], given: argparse.Namespace, heard: Heard
) -> None:
    call = channel.stream_stream(
        "/mien.wire.v1.Mien/Animate",
        request_serializer=None,
        response_deserializer=animate.AnimateResponse.FromString,
    )()
    audio = common.AudioFormat(encoding=common.ENCODING_S16LE, sample_rate=given.rate)
    settings = animate.Settings(audio=audio, rate=common.FrameRate(numerator=given.fps))
    await call.write(animate.AnimateRequest(settings=settings).SerializeToString())
    header = (await call.read()).header
    heard.look_ahead = header.look_ahead
    sent: list[float] = []
    sender = asyncio.create_task(_send(call, sounds, given.seconds, sent))
    await _receive(call, header, given.fps, sent, heard)
    await sender


async def _send(
    call: grpc.aio.StreamStreamCall, sounds: list[bytes], seconds: float, sent: list[float]
) -> None:
    start = time.perf_counter()
    for number in range(round(seconds / MESSAGE)):
        await asyncio.sleep(max(0.0, start + (number + 1) * MESSAGE - time.perf_counter()))
        sent.append(time.perf_counter())
        await call.write(sounds[number % len(sounds)])
    await call.done_writing()


async def _receive(
    call: grpc.aio.StreamStreamCall, header: common.Header, fps: int, sent: list[float], heard: Heard
) -> None:
    width = len(header.curves)
    while (answer := await call.read()) is not grpc.aio.EOF:
        now = time.perf_counter()
        frames = answer.frames
        for k in range(frames.first, frames.first + len(frames.values) // width):
            if k == 0:
                heard.first.append(now - sent[0])
            needed = ceil((k / fps + header.look_ahead) / MESSAGE - 1e-9) - 1
            if needed < len(sent):  # the last ones need the end, not sound
                heard.beyond.append(now - sent[needed])
                due = sent[0] + k / fps + header.look_ahead + MARGIN
                heard.late += now > due
                heard.very_late += now > due + MARGIN


def main() -> None:
    """Run the crowd, and say what came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--streams", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--rate", type=int, default=16_000)
    given = parser.parse_args()
    heard, sounds = Heard(), messages(given.rate)

    async def crowd() -> None:
        spread = np.random.default_rng(1).uniform(0, 2, given.streams)
        await asyncio.gather(*(one(given.address, sounds, given, wait, heard) for wait in spread))

    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run(crowd())
    beyond = np.array(heard.beyond or [np.nan])
    print(
        json.dumps(
            {
                "frames": len(heard.beyond),
                "late": heard.late,
                "very_late": heard.very_late,
                "p50": float(np.quantile(beyond, 0.5)),
                "p99": float(np.quantile(beyond, 0.99)),
                "most": float(beyond.max()),
                "first": float(np.median(heard.first)) if heard.first else None,
                "look_ahead": heard.look_ahead,
                "broken": heard.broken[:3],
                "cpu": time.process_time() - cpu,
                "seconds": time.perf_counter() - began,
            }
        )
    )


if __name__ == "__main__":
    main()
