"""Lips that touch and lids that meet, on the rig's own mesh.

How far two edges are apart is, near enough, a plain sum: the gap at rest plus what each curve adds to it.
Where the motion demands contact, the curves that may give way change as little as they can, seen over the
whole face, so that the gap becomes what the demand leaves of it: a small bounded least-squares problem for
each frame that needs it. A frame that needs nothing is left as it was, to the bit.

Gaps that may be anything within bounds are treated as in majorisation: solve for the nearest allowed gaps,
see which allowed gaps are nearest to what came of it, and solve for those. Each round brings the gaps nearer
to what is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.solve import BoundedLeastSquares

Doubles = NDArray[np.float64]
Columns = NDArray[np.intp]

ROUNDS: Final = 4
"""How often a frame is solved whose edges may overlap more or less. Once, and lids that cannot meet evenly
are left open at one end, so as not to overlap at the other; ten times does no better."""

NOTHING: Final = 1e-4
"""A gap that is off by less, in mm, needs no solving: a tenth of a micrometre."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Curves that stay on one side of other curves."""

    into: Columns
    """Their places among those that are treated together."""

    other: Columns
    """For each, the other's column of the bank."""


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
    floors: Limits
    roofs: Limits
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
        most, least = self._goals(bank, gaps)
        frames = np.flatnonzero((np.abs(np.clip(gaps, least, most) - gaps) > NOTHING).any(axis=1))
        if len(frames):
            bank[np.ix_(frames, self.moved)] = self._moved(
                bank[frames], gaps[frames], least[frames], most[frames]
            )

    def _goals(self, bank: NDArray[np.float32], gaps: Doubles) -> tuple[Doubles, Doubles]:
        """The most and the least that the gap of each cut shall be. Edges that touch are pressed together a
        little, so that no light falls through where a cut in between is not quite like its neighbours."""
        asked = (bank[:, self.demand].astype(np.float64) - self.begin) / (self.full - self.begin)
        share = np.clip(asked, 0, 1)[:, np.newaxis]
        free = np.maximum(gaps, -self.cross)
        most = (1 - share) * free + share * np.minimum(free, -self.press)
        return most, np.maximum(most - share * (self.cross - self.press), np.minimum(most, -self.cross))

    def _moved(self, bank: NDArray[np.float32], gaps: Doubles, least: Doubles, most: Doubles) -> Doubles:
        before = bank[:, self.moved].astype(np.float64)
        low, high = np.tile(self.low, (len(bank), 1)), np.tile(self.high, (len(bank), 1))
        low[:, self.floors.into] = np.maximum(low[:, self.floors.into], bank[:, self.floors.other])
        high[:, self.roofs.into] = np.minimum(high[:, self.roofs.into], bank[:, self.roofs.other])
        still, after = gaps - _summed(before, self.power), before
        for _ in range(ROUNDS if self.cross > self.press else 1):
            goals = np.clip(still + _summed(after, self.power), least, most)
            after = self.problem.solve(goals - still, before, np.minimum(low, high), high)
        return after


def _summed(weights: NDArray[np.float32] | Doubles, shares: Doubles) -> Doubles:
    """The sum over curves, one after the other: the same bits however many frames there are."""
    total = np.zeros((len(weights), shares.shape[1]))
    for column, share in zip(weights.T, shares, strict=True):
        total += column[:, np.newaxis] * share
    return total
