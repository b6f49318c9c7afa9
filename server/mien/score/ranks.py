"""Statistics on ranks and counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.score.grid import Floats, Ints

FLAT = 1e-9
"""A signal that moves less than this does not move."""


def ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: Floats = np.cumsum(counts) - 0.5 * (counts - 1)
    return means[which]


def spearman(a: Floats, b: Floats) -> float:
    """Correlation of the ranks of `a` and `b`; 0 where one of them does not move."""
    if len(a) < 3 or np.ptp(a) < FLAT or np.ptp(b) < FLAT:
        return 0.0
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def auc(positive: Floats, negative: Floats) -> float:
    """The chance that a positive is above a negative, a tie counting half; `nan` if either has none."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / 2 / len(positive) / len(negative))


def f1(counts: Ints) -> NDArray[Any]:
    """F1 of (..., 3) counts of hits, false alarms and misses; 0 without a hit."""
    hits, false, missed = np.moveaxis(counts, -1, 0)
    return np.where(hits > 0, 2 * hits / np.maximum(1, 2 * hits + false + missed), 0.0)


def share(part: int, rest: int) -> float:
    """`part` of `part` and `rest`; 0 of nothing."""
    return part / max(1, part + rest)


def spread(values: Floats) -> float:
    """From the 5th to the 95th percentile; 0 of nothing."""
    return float(np.subtract(*np.percentile(values, [95, 5]))) if len(values) else 0.0
