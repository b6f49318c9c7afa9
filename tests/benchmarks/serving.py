"""Streams through a real `mien serve`: how many it holds in real time, what each costs, what fills up first.

    python -m tests.benchmarks.serving [--streams 25 50 ...] [--seconds 20] [--workers 2]

The crowd of clients is a process of its own on the same machine; its processor time is shown, because on a
small machine it may be what fills up.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.table import show

STREAMS = (25, 50, 100, 200, 300)

MEASURABLE = Path("/proc/self/stat").exists()
"""Whether this system tells what other processes took."""

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Use(NamedTuple):
    """What a process has taken so far."""

    cpu: float
    """Seconds."""

    memory: float
    """MB, resident now."""


def use(pid: int) -> Use:
    """From /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return Use((int(fields[11]) + int(fields[12])) / TICK, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


def children(pid: int) -> list[int]:
    """Processes that `pid` started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


@contextmanager
def serving(*options: str) -> Iterator[dict[str, Any]]:
    """A real server on free ports; gives what it announced."""
    read, write = os.pipe()
    command = (sys.executable, "-m", "mien.cli.main", "serve", "--port", "0", "--ready-fd", str(write))
    server = subprocess.Popen((*command, *options), pass_fds=(write,), stdout=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read, encoding="utf-8") as ready:
            line = ready.readline()
        if not line:
            raise SystemExit("The server did not start; what it said stands above.")
        yield json.loads(line)
    finally:
        server.terminate()
        server.wait()


def measure(address: str, workers: list[int], streams: int, seconds: float, rate: int) -> dict[str, Any]:
    """One crowd against a running server."""
    options = ("--streams", str(streams), "--seconds", str(seconds), "--rate", str(rate))
    before = [use(pid) for pid in workers]
    client = subprocess.Popen(
        (sys.executable, "-m", "tests.benchmarks.load_client", address, *options), stdout=subprocess.PIPE
    )
    time.sleep(seconds * 0.8)
    full = [use(pid) for pid in workers]  # memory while all are there
    said = json.loads(client.communicate()[0])
    after = [use(pid) for pid in workers]
    said["server"] = [late.cpu - early.cpu for early, late in zip(before, after, strict=True)]
    said["memory"] = sum(late.memory - early.memory for early, late in zip(before, full, strict=True))
    return said


def report(
    counts: tuple[int, ...] = STREAMS, seconds: float = 20, workers: int = 0, rate: int = 16_000
) -> None:
    """A row per number of streams."""
    options = ("--no-http", "--no-zmq", "--workers", str(workers), "--limit", "streams_per_client=10000")
    rows = []
    for streams in counts:
        with serving(*options, "--limit", "streams=10000") as said:
            pids = children(said["pid"])
            measure(said["grpc"], pids, streams=4, seconds=2, rate=rate)  # warm
            rows.append(_row(streams, seconds, measure(said["grpc"], pids, streams, seconds, rate)))
    show(
        f"Streams through gRPC, {rate // 1000} kHz in messages of 100 ms, 30 fps, {seconds:g} s each",
        ["streams", "late by 50 ms", "by 100", "p50 ms", "p99 ms", "most ms", "first frame ms",
         "server CPU s per stream s", "busiest worker", "crowd", "MB per stream", "broken"],
        rows,
    )  # fmt: skip


def _row(streams: int, seconds: float, said: dict[str, Any]) -> list[str]:
    span = said["seconds"]
    return [
        str(streams),
        f"{said['late']} of {said['frames']}",
        str(said["very_late"]),
        f"{said['p50'] * 1e3:.1f}",
        f"{said['p99'] * 1e3:.1f}",
        f"{said['most'] * 1e3:.0f}",
        f"{said['first'] * 1e3:.0f}" if said["first"] else "-",
        f"{sum(said['server']) / (streams * seconds):.5f}",
        f"{max(said['server']) / span:.0%}",
        f"{said['cpu'] / span:.0%}",
        f"{said['memory'] / streams:.2f}",
        "; ".join(said["broken"]) or "-",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="+", default=list(STREAMS))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--rate", type=int, default=16_000, choices=(16_000, 48_000))
    given = parser.parse_args()
    report(tuple(given.streams), given.seconds, given.workers, given.rate)
