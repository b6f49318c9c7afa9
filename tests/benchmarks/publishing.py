"""What publishing costs a server: `python -m tests.benchmarks.publishing`.

A message is one frame of 52 curves. The yardstick is to serialise it, measured in the same process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from mien.rpc.publish import Publisher
from mien.values import Curves
from tests.benchmarks.table import show
from tests.published import Stage, frames, header, wanted

MESSAGES = 200_000
PACED = 12_000
"""Messages to a subscriber, at 6,000 a second: 100 streams at 60 fps."""

SUBSCRIBER = """
import sys, zmq
socket = zmq.Context().socket(zmq.SUB)
socket.subscribe("")
socket.connect(sys.argv[1])
count = 0
while socket.poll(1000) or not count:
    socket.recv_multipart()
    count += 1
print(count)
"""


def report() -> None:
    """A row per kind of work."""
    costs, grown, lost = measure()
    least = costs["to serialise it"]
    rows = [[name, f"{cost * 1e6:.2f}", f"{cost / least:.1f}"] for name, cost in costs.items()]
    show("Publishing a frame, CPU", ["", "us", "x serialise"], rows)
    print(f"Memory after {MESSAGES:,} more to nobody: {grown:+d} KiB. Lost on the way: {lost} of {PACED:,}.")


def measure() -> tuple[dict[str, float], int, int]:
    """CPU seconds by kind of work, what memory grew by (KiB), and how many messages a subscriber lost."""
    values = np.random.default_rng(0).random((1, 52), dtype=np.float32)
    message = frames(values)
    with closing(Stage()) as stage:
        publisher = stage.publisher()
        publisher.send(
            "vera", header(Curves(tuple(f"curve{n}" for n in range(52)), values, Fraction(60))), "one"
        )
        costs = {
            "to serialise it": each(MESSAGES, message.SerializeToString),
            "`wanted`, when nobody listens": each(MESSAGES, lambda: publisher.wanted("vera")),
            "`send`, when nobody listens": each(MESSAGES, lambda: publisher.send("vera", message, "one")),
            "`poll`, when nobody comes": each(MESSAGES // 10, publisher.poll),
        }
        before = memory()
        each(MESSAGES, lambda: publisher.send("vera", message, "one"))
        grown = memory() - before
        with listener(stage, publisher) as heard:
            whole = paced(lambda: publisher.send("vera", message, "one"))
    return {**costs, "`send` and relay, all threads, to one subscriber": whole}, grown, PACED + 2 - heard[0]


def each(times: int, work: Callable[[], object]) -> float:
    """CPU seconds of one of many."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def paced(work: Callable[[], object]) -> float:
    """The same, 60 at a time and 100 times a second; what waiting costs is taken off."""
    start = time.process_time()
    for _ in range(PACED // 60):
        for _ in range(60):
            work()
        time.sleep(0.01)
    spent = time.process_time() - start
    return (spent - each(PACED // 60, lambda: time.sleep(0.01)) * (PACED // 60)) / PACED


@contextmanager
def listener(stage: Stage, publisher: Publisher) -> Iterator[list[int]]:
    """A subscriber in a process of its own; afterwards the list says how many messages it got."""
    heard: list[int] = []
    command = [sys.executable, "-c", SUBSCRIBER, stage.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not wanted(publisher, "vera"):
            time.sleep(0.01)
        publisher.send("vera", frames(np.zeros((1, 52), np.float32)), "one")
        yield heard
        heard.append(int(process.communicate()[0]))


def memory() -> int:
    """KiB of this process that lie in memory; 0 where the system does not say it so."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


if __name__ == "__main__":
    report()
