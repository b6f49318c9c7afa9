"""What Mien costs: `make bench`, or `python -m tests.benchmarks [--quick]` in the repository's root.

Prints Markdown tables. Times are CPU seconds, the least of several runs, and each stands beside something
cheaper measured in the same run: read the ratios, because the seconds are those of one machine.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks import live, processes, rendering, rigs, serving, solving, stages
from tests.benchmarks.sound import looped


def main() -> None:
    """Measure, and print a section each as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="minutes instead of hours, fewer repeats")
    parser.add_argument("--model", default="mien-live", help="a model's name or folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        minute = looped(folder / "16k.wav", 16_000, 30 if given.quick else 60)
        wide = looped(folder / "48k.wav", 48_000, 30 if given.quick else 60)
        stages.report([minute, wide], given.model, folder, runs=2 if given.quick else 5)
        live.report(minute, given.model, seconds=4 if given.quick else 10)
        rigs.report(runs=2 if given.quick else 5)
        if solving.MEASURABLE:
            solving.report(frames=400 if given.quick else 2000, runs=2 if given.quick else 5)
        if rendering.MEASURABLE:
            rendering.report(count=60 if given.quick else 300, runs=2 if given.quick else 5)
        if not processes.MEASURABLE:
            print("Start-up and memory are left out: they need os.wait4, which only POSIX systems have.")
            return
        processes.report_starts(runs=3 if given.quick else 7)
        hours = looped(folder / "long.wav", 16_000, 600 if given.quick else 3 * 3600)
        processes.report_memory(minute, hours, given.model, folder)
    if serving.MEASURABLE:
        serving.report((25, 100) if given.quick else serving.STREAMS, seconds=5 if given.quick else 20)


if __name__ == "__main__":
    main()
