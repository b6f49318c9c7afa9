"""Seconds per picture of the house head, beside the bare rays of one picture, and pictures a second in all.

Head and view are those of `mien preview`; the curves are a made-up line, every frame another pose. Alone:
`python -m tests.benchmarks.rendering`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mien.preview.frames import cores, frames
from mien.preview.head import Head, load_head
from mien.preview.rays import Scene
from mien.preview.renderer import Renderer
from mien.values import Curves
from tests.benchmarks.stages import least
from tests.benchmarks.table import show

MEASURABLE = find_spec("embreex") is not None

HEAD = Path(__file__).resolve().parents[2] / "rigs" / "house" / "head.glb"
SIZES = (128, 320, 640, 1080)
NAMES = ("jawOpen", "mouthSmileLeft", "mouthPucker", "eyeBlinkLeft", "eyeBlinkRight", "headYaw")


def report(count: int, runs: int) -> None:
    """A row per size of the picture, for one process, and the pictures a second of all."""
    head = load_head(HEAD)
    title = f"Pictures of {len(head.rest)} vertices, {len(head.triangles)} triangles"
    columns = ["pixels", "load ms", "bake ms", "ms a picture", "x bare rays"]
    show(title, columns, [_row(head, size, runs) for size in SIZES])
    speeds = [[str(workers), f"{_speed(head, count, workers):.1f}"] for workers in sorted({1, cores()})]
    show("Pictures a second at 640 x 640, by the clock", ["processes", "a second"], speeds)


def _row(head: Head, size: int, runs: int) -> list[str]:
    drawn, poses = Renderer(head, (size, size)), _poses(head)
    load = least(lambda: load_head(HEAD), runs)
    bake = least(lambda: Renderer(head, (size, size)), runs)
    picture = least(lambda: drawn.picture(next(poses)), 3 * runs)
    bare = least(lambda: _bare_rays(head, size), 3 * runs)
    cells = [f"{seconds * 1e3:.0f}" for seconds in (load, bake, picture)]
    return [f"{size} x {size}", *cells, f"{picture / bare:.1f}"]


def _bare_rays(head: Head, size: int) -> None:
    """As many rays as pixels, into all triangles."""
    points = head.space.into(head.rest).astype(np.float32)
    scene = Scene(points, head.triangles)
    across = np.linspace(-150, 150, size, dtype=np.float32)
    origins = np.stack([np.tile(across, size), np.repeat(across, size), np.full(size * size, 999)], axis=1)
    scene.hits(origins.astype(np.float32), np.tile(np.array([[0, 0, -1]], np.float32), (size * size, 1)))


def _line(count: int) -> Curves:
    turns = np.arange(count)[:, np.newaxis] / 30 * np.array([3.1, 0.4, 1.3, 0.5, 0.5, 0.2]) * 2 * np.pi
    return Curves(NAMES, np.abs(np.sin(turns)) * [0.6, 0.8, 0.7, 1, 1, 0.2], Fraction(30))


def _poses(head: Head) -> Iterator[np.ndarray]:
    for row in _line(10_000).values:
        yield head.pose(NAMES, row)


def _speed(head: Head, count: int, workers: int) -> float:
    """Pictures a second once the processes have started."""
    made = frames(head, _line(count), range(count), workers=workers)
    next(made)
    start = time.perf_counter()
    return sum(1 for _ in made) / (time.perf_counter() - start)


if __name__ == "__main__":
    report(count=120, runs=5)
