"""Curves of a rig back to motion: what the face must have been asked for.

A map takes motion to curves; here the motion is looked for whose curves come nearest to those that are given.
Where a map only adds, that is one bounded least-squares problem. Products, limits, halves of angles, poses
and contacts bend it, so it is solved in steps (Gauss-Newton): the map is taken as straight around the motion
found so far, as `drive` itself answers to a little more and a little less of every channel, and solved; of
the way there as much is gone as lessens the miss most. Rows that get stuck begin again elsewhere. What no
curve tells stays at rest.

Every row is found by itself, from the same beginning, so that any stretch of curves gives the same rows.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.clock import MOTION_RATE
from mien.errors import RigError, near
from mien.rig.fit import HIGHEST, LOWEST, drive
from mien.rig.reach import unread_channels
from mien.rig.rig import Rig
from mien.solve import BoundedLeastSquares
from mien.values import CHANNEL_NAMES, CHANNELS, Curves, Motion

Doubles = NDArray[np.float64]

BLOCK: Final = 32
"""Rows worked on together: each asks for the curves of some 160 rows of motion, and they shall stay in the
processor's cache."""

STEPS: Final = 12
"""Steps from one beginning, the most. Products take three to six; what takes more contradicts itself."""

COARSE_STEPS: Final = 2
"""Steps with the coarse nudge: they lead out of a corner, and others go on from there."""

NUDGE: Final = 2.0**-6
"""How much more and less of a channel is tried. At half of it rounding of the curves, which are float32, is
felt; at twice, bends of the map are."""

COARSE: Final = 0.25
"""The same for rows that are stuck: a pose or a half that does not act at all shows no slope nearby."""

BEGINS: Final = (0.5, 0.1, 0.0)
"""Where weights begin. At 0.5 all factors of products are seen to matter; but from there alone one row of
speech in three gets stuck on a rig of visemes, off by up to .37; from all three one in ten, by up to .09."""

DAMPING: Final = 1e-5
"""What a channel costs. At 1e-6, noise of .001 in the curves of a shut mouth brings lipClosure to .18, here
to .03; at 1e-4, lips that are closed against a jaw open by .1 come back as .98 (here as .998)."""

STRIDES: Final = (1.0, 0.5, 0.25, 0.0625)
"""Shares of a step that are tried; the best is gone."""

SETTLED: Final = 1e-5
"""A step by less ends the search."""

MET: Final = 1e-6
"""Sum of squared misses, in ranges of the curves, with which a row will do: one curve off by .001."""


def motion_of(curves: Curves, rig: Rig) -> Motion:
    """The motion whose curves on `rig` come nearest to `curves`, with as little of each channel as needed.

    Lost is what the rig does not say. Channels that it does not read stay at rest; where it adds channels up,
    each gets its share; what it fades while lips are closed, such as a funnel, is gone. Closed lips stay
    closed, though not always by the same means: where the jaw is shut as well, or where a rig of visemes is
    simply at rest, `lipClosure` comes back as 0 and the jaw as closed.

    Args:
        curves: Of `rig`, any of its curves in any order, at any rate. A value beyond a limit counts as the
            limit; a curve of the rig that is not there says nothing.
        rig: With its map, and those of the rigs it is built on.
    Returns:
        50 rows a second, from the last row before the first frame to the first one after the last. Between
        frames the curves are taken as straight lines, outside them as the nearest frame.
    Raises:
        RigError: A name that is no curve of `rig`, no curve that moves, or a value that is no finite number.
    Source:
        Bounded Gauss-Newton: Å. Björck, Numerical Methods for Least Squares Problems (1996), chapter 9.
    """
    told = _told(curves, rig)
    turned = _Turned(rig, [rig.names.index(curves.names[column]) for column in told])
    frames, first_row = _at_rows(curves)
    rows = np.zeros((len(frames), len(CHANNELS)), np.float32)
    for start in range(0, len(frames), BLOCK):
        part = slice(start, start + BLOCK)
        rows[part, turned.channels] = turned.solved(frames[part, told])
    return Motion(rows, first_row / MOTION_RATE)


def _told(curves: Curves, rig: Rig) -> list[int]:
    """The columns of `curves` that move on `rig`."""
    for name in curves.names:
        if name not in rig.names:
            raise RigError(
                f"'{name}' is not one of the {len(rig.names)} curves of the rig '{rig.name}'; name the rig "
                f"that these curves were made for.{near(name, rig.names)}"
            )
    told = [column for column, name in enumerate(curves.names) if name in rig.moving]
    if not told:
        raise RigError(f"None of the {len(curves.names)} curves is one that the rig '{rig.name}' moves.")
    wrong = np.argwhere(~np.isfinite(curves.values[:, told]))
    if len(wrong):
        frame, column = wrong[0][0], told[wrong[0][1]]
        raise RigError(
            f"The curve '{curves.names[column]}' is {curves.values[frame, column]} at frame {frame}; wanted "
            "a finite number."
        )
    return told


# In time


def _at_rows(curves: Curves) -> tuple[Doubles, int]:
    """The curves at the rows of motion that hold their frames, and the number of the first row."""
    if not len(curves.values):
        return np.zeros((0, len(curves.names))), 0
    start = Fraction(curves.start)
    seconds = curves.start + float((len(curves.values) - 1) / curves.rate)
    first, last = math.floor(_whole(curves.start * MOTION_RATE)), math.ceil(_whole(seconds * MOTION_RATE))
    rows = range(first, last + 1)
    at = [_whole(float((Fraction(row, MOTION_RATE) - start) * curves.rate)) for row in rows]
    frame = np.clip(at, 0, len(curves.values) - 1)
    before = np.floor(frame).astype(np.intp)
    after = np.minimum(before + 1, len(curves.values) - 1)
    share = (frame - before)[:, np.newaxis]
    values = curves.values.astype(np.float64)
    return values[before] + (values[after] - values[before]) * share, first


def _whole(number: float) -> float:
    """`number`, or the whole number that it misses by rounding alone."""
    return float(round(number)) if abs(number - round(number)) < 1e-6 else number


# In value


class _Turned:
    """A map turned round: from some of the curves of a rig to the channels that it reads."""

    def __init__(self, rig: Rig, columns: list[int]) -> None:
        lost = set(unread_channels(rig))
        self.channels = np.array([place for place, name in enumerate(CHANNEL_NAMES) if name not in lost])
        self._rig, self._columns = rig, np.array(columns)
        self._least = np.array([rig.curves[column].low for column in columns])
        self._size = np.array([rig.curves[column].high for column in columns]) - self._least
        self._low, self._high = (ends[self.channels].astype(np.float64) for ends in (LOWEST, HIGHEST))

    def solved(self, frames: Doubles) -> Doubles:
        """The channels of each of `frames`, which have the shape (frames, columns)."""
        wanted = np.clip((frames - self._least) / self._size, 0, 1)
        best = self._begin(BEGINS[0], len(frames))
        for begin in BEGINS:
            todo = self._unmet(best, wanted)
            self._better(best, todo, self._walked(self._begin(begin, len(todo)), wanted[todo]), wanted)
        todo = self._unmet(best, wanted)
        if todo.size:
            aside = self._walked(best[todo], wanted[todo], COARSE, COARSE_STEPS)
            self._better(best, todo, self._walked(aside, wanted[todo]), wanted)
        return best

    def _begin(self, weight: float, frames: int) -> Doubles:
        return np.tile(np.where(self._low < 0, 0.0, weight), (frames, 1))

    def _unmet(self, found: Doubles, wanted: Doubles) -> NDArray[np.intp]:
        return np.flatnonzero(((self._shares(found) - wanted) ** 2).sum(axis=1) > MET)

    def _better(self, best: Doubles, at: NDArray[np.intp], found: Doubles, wanted: Doubles) -> None:
        """Keeps what of `found` misses by less than `best` does at these rows."""
        misses = (self._miss(self._shares(some), some, wanted[at]) for some in (found, best[at]))
        best[at] = np.where(np.less(*misses)[:, np.newaxis], found, best[at])

    def _walked(self, begin: Doubles, wanted: Doubles, nudge: float = NUDGE, most: int = STEPS) -> Doubles:
        """Where steps from `begin` lead."""
        found, todo = begin.copy(), np.arange(len(begin))
        for _ in range(most):
            if not todo.size:
                break
            before = found[todo]
            found[todo] = self._stepped(before, wanted[todo], nudge)
            todo = todo[np.abs(found[todo] - before).max(axis=1) > SETTLED]
        return found

    def _stepped(self, found: Doubles, wanted: Doubles, nudge: float) -> Doubles:
        """One step from `found` towards `wanted`; none where there is nothing to gain."""
        here, slopes = self._straight(found, nudge)
        problem = BoundedLeastSquares(slopes, self._low, self._high, DAMPING)
        goal = problem.solve(wanted - here + np.matmul(slopes, found[:, :, np.newaxis])[:, :, 0])
        best, least = found, self._miss(here, found, wanted)
        for stride in STRIDES:
            tried = found + stride * (goal - found)
            miss = self._miss(self._shares(tried), tried, wanted)
            best = np.where((miss < least)[:, np.newaxis], tried, best)
            least = np.minimum(miss, least)
        return best

    def _miss(self, shares: Doubles, found: Doubles, wanted: Doubles) -> Doubles:
        """What is made least, for each frame."""
        miss: Doubles = ((shares - wanted) ** 2).sum(axis=1) + DAMPING * (found**2).sum(axis=1)
        return miss

    def _straight(self, found: Doubles, nudge: float) -> tuple[Doubles, Doubles]:
        """The curves at `found`, and their gains for 1 more of a channel, (frames, columns, channels)."""
        count = len(self.channels)
        more = np.minimum(found[:, np.newaxis] + nudge * np.eye(count), self._high)
        less = np.maximum(found[:, np.newaxis] - nudge * np.eye(count), self._low)
        tried = np.concatenate([found[:, np.newaxis], more, less], axis=1)
        shares = self._shares(tried.reshape(-1, count)).reshape(*tried.shape[:2], -1)
        apart = np.diagonal(more - less, axis1=1, axis2=2)[:, :, np.newaxis]
        gained = (shares[:, 1 : 1 + count] - shares[:, 1 + count :]) / apart
        return shares[:, 0], np.swapaxes(gained, 1, 2)

    def _shares(self, found: Doubles) -> Doubles:
        """The curves of each row, 0 at their least and 1 at their greatest value."""
        motion = np.zeros((len(found), len(CHANNELS)), np.float32)
        motion[:, self.channels] = found
        curves = np.ascontiguousarray(drive(motion, self._rig)[:, self._columns])  # sums go by memory's order
        return np.asarray((curves - self._least) / self._size, np.float64)
