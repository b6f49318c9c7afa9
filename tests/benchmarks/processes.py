"""What can only be measured from outside a process: start-up, and the most memory it ever had."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import soundfile

from tests.benchmarks.table import show

COMMAND = (sys.executable, "-m", "mien.cli.main")
STARTS = {
    'python -c ""': (sys.executable, "-c", ""),
    'python -c "import numpy"': (sys.executable, "-c", "import numpy"),
    'python -c "import mien"': (sys.executable, "-c", "import mien"),
    "mien --help": (*COMMAND, "--help"),
    "mien bake --help": (*COMMAND, "bake", "--help"),
}
MEASURABLE = hasattr(os, "wait4")
"""Whether this system tells what one child process took; Windows does not."""

YARDSTICK = 'python -c "import numpy"'


class Spent(NamedTuple):
    """What a process took from beginning to end."""

    wall: float
    """Seconds."""

    cpu: float
    """Seconds, its own and the system's for it."""

    memory: float
    """MiB, at most."""


def spent(command: tuple[str, ...]) -> Spent:
    """Run `command` to its end, unseen."""
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)  # rusage of this child alone
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} left with {process.returncode}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Spent(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def report_starts(runs: int) -> None:
    """A row per way to begin."""
    least = {name: min(spent(command) for _ in range(runs)) for name, command in STARTS.items()}
    base = least[YARDSTICK]
    rows = [
        [f"`{name}`", f"{own.wall:.2f}", f"{own.cpu:.2f}", f"{own.cpu / base.cpu:.1f}"]
        for name, own in least.items()
    ]
    show("Start-up", ["command", "s", "CPU s", "x import numpy"], rows)


def report_memory(short: Path, long: Path, model: str, folder: Path) -> None:
    """A row per kind of work, for a short file and a long one."""
    rows = []
    for sound in (short, long):
        for suffix in ("csv", "mien"):
            out = folder / f"memory.{suffix}"
            own = spent((*COMMAND, "bake", str(sound), "-o", str(out), "--model", model))
            seconds = soundfile.info(str(sound)).duration
            size = out.stat().st_size / (1 << 20)
            rows.append(
                [_span(seconds), suffix, f"{own.memory:.0f}", f"{size:.0f}", f"{own.cpu / seconds:.5f}"]
            )
            out.unlink()
    show("Memory of `mien bake`", ["sound", "to", "most MiB", "file MiB", "CPU s per s"], rows)


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds / 60:g} min"
