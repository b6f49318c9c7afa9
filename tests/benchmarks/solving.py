"""CPU seconds per frame of bounded least squares, beside no limits at all and beside scipy frame by frame.

The columns are overlapping bumps on a line; the targets are their sums under smooth weights, plus drift that
no weights can make. So a part of the answer lies on limits, as in a face. Alone: `python -m
tests.benchmarks.solving`.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from mien.solve import BoundedLeastSquares
from tests.benchmarks.stages import least
from tests.benchmarks.table import show

MEASURABLE = find_spec("scipy") is not None

WEIGHTS = (5, 15, 24, 52)
ROWS = 150
DAMPING = 1e-3


def report(frames: int, runs: int) -> None:
    """A row per number of weights."""
    head = ["weights", "on a limit", "us a frame", "us alone", "frames a s", "x no limits", "x scipy"]
    show(
        f"Bounded least squares, {ROWS} rows, {frames} frames", head, [_row(n, frames, runs) for n in WEIGHTS]
    )


def _row(n: int, frames: int, runs: int) -> list[str]:
    matrix, targets = problem(n, frames)
    solver = BoundedLeastSquares(matrix, 0, 1, DAMPING)
    weights = solver.solve(targets)
    some = targets[:: max(1, frames // 100)]
    whole = least(lambda: solver.solve(targets), runs) / frames
    alone = least(lambda: [solver.solve(target[None]) for target in some], runs) / len(some)
    free = least(lambda: np.linalg.lstsq(matrix, targets.T), runs) / frames
    scipy = least(lambda: by_scipy(matrix, some), 1) / len(some)
    return [
        str(n),
        f"{np.mean((weights <= 0) | (weights >= 1)):.0%}",
        f"{whole * 1e6:.1f}",
        f"{alone * 1e6:.0f}",
        f"{1 / whole:.0f}",
        f"{whole / free:.1f}",
        f"{whole / scipy:.4f}",
    ]


def problem(n: int, frames: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A matrix (rows, n) and targets (frames, rows) at 60 frames a second."""
    random = np.random.default_rng(n)
    line, middles, widths = np.linspace(0, 1, ROWS)[:, None], random.random(n), random.uniform(0.02, 0.1, n)
    matrix = np.exp(-(((line - middles) / widths) ** 2)) * random.choice([-1, 1], n)
    turns = np.arange(frames)[:, None, None] / 60 * random.uniform(0.3, 4, (n, 6)) + random.random((n, 6))
    weights = np.clip(0.2 * np.sin(2 * np.pi * turns).sum(axis=-1) + 0.1, 0, 1)
    drift = np.cumsum(random.normal(size=(frames, ROWS)), axis=0) / np.sqrt(np.arange(1, frames + 1))[:, None]
    return matrix, weights @ matrix.T + 0.03 * drift


def by_scipy(matrix: NDArray[np.float64], targets: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The same minimum, a frame at a time."""
    from scipy.optimize import lsq_linear

    n = matrix.shape[1]
    stacked = np.vstack([matrix, np.sqrt(DAMPING) * np.eye(n)])
    return [lsq_linear(stacked, np.r_[target, np.zeros(n)], (0, 1), "bvls").x for target in targets]


if __name__ == "__main__":
    report(frames=2000, runs=5)
