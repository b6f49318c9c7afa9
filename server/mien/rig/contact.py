"""Lips that touch and lids that meet, on the rig's own mesh.

How far two edges are apart is, near enough, a plain sum: the gap at rest plus what each curve adds to it. Where the
motion demands contact, the curves that may give way change as little as they can, seen over the whole face, so
that the gap becomes what the demand leaves of it: a small bounded least-squares problem for each frame that needs
it. A frame that needs nothing is left as it was, to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.solve import BoundedLeastSquares

Doubles = NDArray[np.float64]
Columns = NDArray[np.intp]

NOTHING: Final = 1e-4
"""A gap that is off by less, in mm, needs no solving: a tenth of a micrometre."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A contact as columns of the bank."""

    demand: int
    begin: float
    full: float
    known: Columns
    rest: Doubles
    gaps: Doubles
    moved: Columns
    power: Doubles
    cost: Doubles
    low: Doubles
    high: Doubles
    roofed: Columns
    roofs: Columns
    press: float
    cross: float
    problem: BoundedLeastSquares = field(init=False)

    def __post_init__(self) -> None:
        importance = np.full(len(self.rest), len(self.rest) ** -0.5)  # the mean over the cuts, not the sum
        problem = BoundedLeastSquares(self.power.T, self.low, self.high, self.cost, importance)
        object.__setattr__(self, "problem", problem)

    def fill(self, bank: NDArray[np.float32]) -> None:
        """Lets the curves give way."""
        gaps = self.rest + _summed(bank[:, self.known], self.gaps)
        change = self._goals(bank, gaps) - gaps
        frames = np.flatnonzero((np.abs(change) > NOTHING).any(axis=1))
        if len(frames):
            bank[np.ix_(frames, self.moved)] = self._moved(bank[frames], change[frames])

    def _goals(self, bank: NDArray[np.float32], gaps: Doubles) -> Doubles:
        """What the gap of each cut shall be. Edges that touch are pressed together a little, so that no light
        falls through where a cut in between is not quite like its neighbours."""
        asked = (bank[:, self.demand].astype(np.float64) - self.begin) / (self.full - self.begin)
        left = 1 - np.clip(asked, 0, 1)[:, np.newaxis]
        free = np.maximum(gaps, -self.cross)
        return np.asarray(left * free + (1 - left) * np.minimum(free, -self.press))

    def _moved(self, bank: NDArray[np.float32], change: Doubles) -> Doubles:
        before = bank[:, self.moved].astype(np.float64)
        high = np.broadcast_to(self.high, before.shape).copy()
        high[:, self.roofed] = np.minimum(high[:, self.roofed], bank[:, self.roofs])
        high = np.maximum(high, self.low)
        return self.problem.solve(_summed(before, self.power) + change, np.minimum(before, high), high=high)


def _summed(weights: NDArray[np.float32] | Doubles, shares: Doubles) -> Doubles:
    """The sum over curves, one after the other: the same bits however many frames there are."""
    total = np.zeros((len(weights), shares.shape[1]))
    for column, share in zip(weights.T, shares, strict=True):
        total += column[:, np.newaxis] * share
    return total
