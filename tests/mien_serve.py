"""The real `mien serve`, to test against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.grpc_server import PATIENCE


@dataclass
class Served:
    """The real `mien serve`, running."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    """Its announcement."""

    @property
    def address(self) -> str:
        return self.said["grpc"]

    @property
    def workers(self) -> list[int]:
        """Process ids."""
        return children(self.process.pid)

    def end(self, number: int) -> tuple[int, str]:
        """Send the signal; gives the exit code and what it wrote to standard error."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        _, problems = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, problems


COMMAND = (sys.executable, "-m", "mien.cli.main", "serve")
PLAIN = ("--port", "0", "--no-http", "--no-zmq")


@contextmanager
def mien_serve(*options: str | Path, home: Path, workers: int = 1) -> Iterator[Served]:
    """`mien serve` with `options`, ended at the end of the block if it still runs.

    Args:
        home: Where its session file goes.
    """
    read, write = os.pipe()
    given = (*COMMAND, *PLAIN, "--workers", str(workers), "--ready-fd", str(write), *map(str, options))
    process = subprocess.Popen(
        given, pass_fds=(write,), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=at_home(home)
    )
    os.close(write)
    try:
        with os.fdopen(read, encoding="utf-8") as ready:
            line = ready.readline()
        assert line, process.communicate()[1]
        yield Served(process, json.loads(line))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def at_home(home: Path) -> dict[str, str]:
    """An environment whose session files lie below `home`."""
    return {**os.environ, "XDG_RUNTIME_DIR": str(home), "OMP_NUM_THREADS": "1"}


def children(pid: int) -> list[int]:
    """Processes that `pid` started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def resident(pid: int | str = "self") -> float:
    """MB of memory that a process holds now."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def alive(pid: int) -> bool:
    """Whether the process exists and is more than a memory of one."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("ascii")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"
