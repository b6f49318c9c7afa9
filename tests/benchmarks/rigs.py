"""CPU of every rig: in bulk and frame by frame, beside ARKit's and beside a plain copy of the channels."""

from __future__ import annotations

import numpy as np

from mien.pipeline import bake
from mien.rig import Rig, drive, find_rig, load_rig, rig_names
from tests.benchmarks.stages import least
from tests.benchmarks.table import show
from tests.conftest import REPOSITORY

FRAMES = 3600
"""A minute at 60 frames a second."""


def report(runs: int) -> None:
    """A row per rig that comes with Mien: CPU seconds per second of sound at 60 fps."""
    heard = bake(REPOSITORY / "server" / "mien" / "demo" / "line.flac").motion.values
    motion = np.tile(heard, (FRAMES // len(heard) + 1, 1))[:FRAMES]
    rigs = [load_rig(find_rig(name)) for name in rig_names()]
    copied = least(lambda: motion.copy(), runs)
    arkit = _bulk(motion, load_rig(find_rig("arkit")), runs)
    rows = [_row(rig, motion, copied, arkit, runs) for rig in rigs]
    head = ["rig", "curves", "CPU s a second", "x arkit", "x copying channels", "us for one frame"]
    show("Rigs, a minute of speech at 60 fps", head, rows)


def _row(rig: Rig, motion: np.ndarray, copied: float, arkit: float, runs: int) -> list[str]:
    bulk = _bulk(motion, rig, runs)
    alone = least(lambda: [drive(motion[at : at + 1], rig) for at in range(200)], runs) / 200
    return [
        rig.name,
        str(len(rig.curves)),
        f"{bulk / 60:.5f}",
        f"{bulk / arkit:.1f}",
        f"{bulk / copied:.0f}",
        f"{alone * 1e6:.0f}",
    ]


def _bulk(motion: np.ndarray, rig: Rig, runs: int) -> float:
    return least(lambda: drive(motion, rig), runs)


if __name__ == "__main__":
    report(runs=5)
