"""Live streams: what each costs, one by one and side by side, and how long a push takes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import mien
from mien.audio import read_audio
from mien.clock import MOTION_RATE, SAMPLES_PER_ROW
from mien.motion import MotionModel, find_model, load_model
from tests.benchmarks.table import show

STREAMS = (1, 8, 50)
CHUNK = 1 / MOTION_RATE
"""Seconds of sound in one push: one step of the model."""

Chunks = NDArray[np.float32]
"""Shape (pushes, samples)."""


def report(sound: Path, model: str, seconds: int) -> None:
    """Two tables: the model alone, and whole streams."""
    loaded = load_model(find_model(model))
    samples = read_audio(sound).samples[: seconds * MOTION_RATE * SAMPLES_PER_ROW]
    chunks = samples.reshape(-1, SAMPLES_PER_ROW)
    rows = []
    for streams in STREAMS:
        alone, batched = one_by_one(loaded, chunks, streams), side_by_side(loaded, chunks, streams)
        rows.append([str(streams), f"{alone:.5f}", f"{batched:.5f}", f"{alone / batched:.1f}"])
    head = ["streams", "one by one", "side by side", "gain"]
    show("The model, CPU s per second of each stream, 20 ms pushes", head, rows)
    show(
        "Whole streams at 60 fps, one by one: how long until all of them have their 20 ms",
        ["streams", "CPU s per s of each", "p50 ms", "p99 ms", "p99 / 20 ms"],
        [_stream_row(loaded, chunks, streams) for streams in STREAMS],
    )
    for rate in (16_000, 48_000):
        ahead = mien.open_stream(rate, model=loaded).look_ahead
        print(f"Look-ahead at {rate // 1000} kHz and 60 fps, which comes on top: {ahead * 1000:.1f} ms")


def one_by_one(model: MotionModel, chunks: Chunks, streams: int) -> float:
    """CPU seconds per second of each stream when every stream steps by itself."""
    memories = [model.silence() for _ in range(streams)]
    start = time.process_time()
    for chunk in chunks:
        for n, memory in enumerate(memories):
            _, memories[n] = model.step(chunk[None], memory)
    return _per_second(start, chunks, streams)


def side_by_side(model: MotionModel, chunks: Chunks, streams: int) -> float:
    """The same when all streams step together."""
    memory = model.silence(streams)
    start = time.process_time()
    for chunk in chunks:
        _, memory = model.step(np.repeat(chunk[None], streams, axis=0), memory)
    return _per_second(start, chunks, streams)


def _stream_row(model: MotionModel, chunks: Chunks, streams: int) -> list[str]:
    opened = [mien.open_stream(model=model, rate=60) for _ in range(streams)]
    delays = []
    start = time.process_time()
    for chunk in chunks:
        came = time.perf_counter()
        for stream in opened:
            stream.push(chunk)
        delays.append(time.perf_counter() - came)
    cost = _per_second(start, chunks, streams)
    half, most = np.quantile(delays, [0.5, 0.99])
    return [str(streams), f"{cost:.5f}", f"{half * 1e3:.2f}", f"{most * 1e3:.2f}", f"{most / CHUNK:.2f}"]


def _per_second(start: float, chunks: Chunks, streams: int) -> float:
    return (time.process_time() - start) / (len(chunks) * CHUNK * streams)
