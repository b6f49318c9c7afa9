"""What a server is like after many clients: whole, empty and no larger than it was.

MIEN_CONVERSATIONS=100000 python -m pytest -s tests/test_endurance.py
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.grpc_server import END, Line, client, pcm, pieces, settings, sound, talk, worker
from tests.mien_serve import Served, mien_serve, resident
from tests.published import until
from tests.random_clients import Crowd, play, script

CONVERSATIONS = int(os.environ.get("MIEN_CONVERSATIONS", "3000"))

MOST_STREAMS = 150
"""Of the server under test: a stream that is never given back shows when so many are opened in the end."""

SILENCE = 2.0
"""Seconds of it that the server bears."""

MOST_GROWTH, GROWTH_EACH = 8.0, 0.0002
"""MB that a worker may grow after it is warm, and for each conversation: what malloc leaves unused between
things. One frame that is kept of each would be more."""

pytestmark = pytest.mark.heavy


class Size(NamedTuple):
    """What a process holds."""

    memory: float
    """MB."""

    files: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Size:
        tasks, files = (len(list(Path(f"/proc/{pid}/{name}").iterdir())) for name in ("task", "fd"))
        return cls(resident(pid), files, tasks)


@pytest.fixture
def served(model_folder: Path, tmp_path: Path) -> Iterator[Served]:
    """One worker with little patience."""
    limits = (f"idle_seconds={SILENCE}", f"streams={MOST_STREAMS}", "streams_per_client=10000", "bakes=1000")
    options = [part for limit in limits for part in ("--limit", limit)]
    with mien_serve(*options, "--model", model_folder, home=tmp_path) as running:
        yield running


def _check_empty(served: Served) -> None:
    """As many streams as ever may be open at once are opened, and all come to their end."""
    with ExitStack() as stack:
        stub = stack.enter_context(client(served.address))
        until(lambda: talk(stub, [settings(), END]).code == "OK")
        time.sleep(2 * SILENCE)  # who says nothing has been let go by now
        lines = [Line(stub, settings(), sound(pcm(0.1))) for _ in range(MOST_STREAMS)]
        for line in lines:
            line.open()
        for line in lines:
            line.say(END)
        ends = [line.finish() for line in lines]
        assert {end.code for end in ends} == {"OK"}, {end.details for end in ends}


def _measured(served: Served, name: str, warm_up: Callable[[], None], work: Callable[[], None]) -> Size:
    """Does both; what the worker has grown by from the end of the first to the end of the second."""
    (pid,) = served.workers
    warm_up()
    _check_empty(served)
    warm, began = Size.of(pid), time.monotonic()
    work()
    lasted = time.monotonic() - began
    _check_empty(served)
    now = Size.of(pid)
    print(f"\n{name}: {lasted:.0f} s; warm {warm}, after {now}")
    assert served.workers == [pid], "the same process"
    return Size(now.memory - warm.memory, now.files - warm.files, now.threads - warm.threads)


def _check_grown(grown: Size, conversations: int) -> None:
    assert grown.memory < MOST_GROWTH + conversations * GROWTH_EACH
    assert grown.files <= 2
    assert grown.threads <= 4


def _check_said_nothing(served: Served) -> None:
    code, problems = served.end(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in problems, problems[-3_000:]


# Clients killed in the middle


def _cancelled(address: str, count: int) -> None:
    with client(address) as stub:
        for number in range(count):
            line = Line(stub, settings(), *pieces(pcm(1.0, seed=number % 9), 3_200))
            line.open()
            line.hear_until(lambda so_far, number=number: len(so_far.frames) >= number % 4)
            line.hang_up()


def _closed(address: str, count: int) -> None:
    for number in range(count):
        with client(address) as stub:
            line = Line(stub, settings(), sound(pcm(0.5, seed=number % 9)))
            line.open()
            line.hear_until(lambda so_far, number=number: len(so_far.frames) >= number % 3)


MANY = """
import sys, time
from tests.grpc_server import Line, client, pcm, settings, sound
with client(sys.argv[1]) as stub:
    lines = [Line(stub, settings(), sound(pcm(0.5))) for _ in range(int(sys.argv[2]))]
    for line in lines:
        line.hear_until(lambda so_far: so_far.frames)
    print("here", flush=True)
    time.sleep(60)
"""


def _killed(address: str, processes: int, streams: int) -> None:
    for _ in range(processes):
        given = [sys.executable, "-c", MANY, address, str(streams)]
        with subprocess.Popen(given, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"here\n"
            process.kill()


def _leave(address: str, share: float = 1.0) -> None:
    """A thousand streams broken off, or a share of so many."""
    _cancelled(address, round(400 * share))
    _closed(address, round(400 * share))
    _killed(address, round(20 * share), 10)


def test_a_thousand_clients_that_die_in_the_middle_leave_no_stream_and_no_memory(model_folder) -> None:
    with worker(model_folder) as running:
        _leave(running.address)
        assert running.host.served == 1_000
        running.wait_empty()
        assert (running.host.streams, running.host.places) == (0, 0)


def test_a_thousand_clients_that_die_in_the_middle_leave_a_server_as_it_was(served) -> None:
    address = served.address
    grown = _measured(served, "1,000 killed", lambda: _leave(address, 0.3), lambda: _leave(address))
    _check_grown(grown, 1_000)
    _check_said_nothing(served)


# Clients that say anything


def _random(served: Served, numbers: range) -> None:
    async def run(crowd: Crowd) -> None:
        await crowd.come(numbers)

    crowd = play(served.address, run)
    print(f"\n{len(numbers)} conversations: {dict(crowd.ends)}")
    assert not crowd.wrong, crowd.wrong[:20]


def test_clients_that_say_anything_in_any_order_harm_nobody(served) -> None:
    warm = max(2_000, CONVERSATIONS // 20)
    grown = _measured(
        served,
        f"{CONVERSATIONS} conversations",
        lambda: _random(served, range(-warm, 0)),
        lambda: _random(served, range(CONVERSATIONS)),
    )
    _check_grown(grown, CONVERSATIONS)
    _check_said_nothing(served)


def test_what_a_random_client_does_follows_from_its_number() -> None:
    assert script(7) == script(7)
    assert len({script(number).method for number in range(100)}) == 2
    assert {script(number).leaves for number in range(100)} == {"close", "cancel", "stay"}
