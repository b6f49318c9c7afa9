"""Many utterances as one: their ticks laid end to end, so that a metric is one pass over arrays.

Gaps between them are neither speech nor pause and ask for nothing. They are as wide as any metric looks to
the side, so that no utterance is seen from its neighbour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.score.grid import TICK, Bools, Floats, Ints, near, seconds_to_ticks_floor, tick_times
from mien.score.truth import Span, Truth

T = TypeVar("T", bound=np.generic)

MARGIN = 30
"""Ticks before and after each utterance: lags are searched this far."""

LENIENT = 9
"""Ticks (less than 100 ms) around a pause in which a needless closure is no fault: mouths close in pauses."""

DOUBTFUL = 4
"""Ticks around ignored time in which a needless closure is no fault."""


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Spans of all utterances as columns, in order."""

    start: Floats
    """Seconds in the utterance."""

    end: Floats
    """Seconds in the utterance."""

    centre: Floats
    """Seconds in the utterance."""

    openness: Floats
    """As in `Symbol`."""

    owner: Ints
    """Index of the utterance."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Utterances laid end to end; arrays without a note have one value per tick, gaps included."""

    ticks: Ints
    """Ticks of each utterance."""

    first: Ints
    """Where each utterance's first tick is."""

    times: Floats
    """Seconds of the ticks of an utterance, enough for the longest."""

    openness: Floats
    rounded: Floats
    spread: Floats
    voiced: Bools
    pause: Bools
    ignored: Bools
    speech: Bools

    excused: Bools
    """Where a needless closure is no fault."""

    closures: Spans
    bites: Spans
    pieces: Spans

    def ticks_after(self, seconds: Floats, owner: Ints) -> Ints:
        """The first tick at or after `seconds` of the utterance `owner`, or the one after its last."""
        return self.first[owner] + np.minimum(np.searchsorted(self.times, seconds), self.ticks[owner])

    def owner_of(self, ticks: Ints) -> Ints:
        """The utterance each of `ticks` is in."""
        return np.searchsorted(self.first, ticks, side="right") - 1

    def middles(self, starts: Ints, ends: Ints) -> Ints:
        """The tick in the middle of each run of ticks."""
        first = self.first[self.owner_of(starts)]
        doubled = (starts + ends - 2 * first).astype(np.float64)
        return first + seconds_to_ticks_floor(0.5 * doubled * TICK)


def corpus_of(truths: Sequence[Truth]) -> Corpus:
    """`truths` laid end to end."""
    ticks = np.array([len(truth.pause) for truth in truths])
    pause = laid([truth.pause for truth in truths], np.False_)
    ignored = laid([truth.ignored for truth in truths], np.False_)
    return Corpus(
        ticks=ticks,
        first=np.cumsum(ticks + 2 * MARGIN) - ticks - MARGIN,
        times=tick_times(int(ticks.max())),
        openness=laid([truth.openness for truth in truths], np.nan),
        rounded=laid([truth.rounded for truth in truths], np.nan),
        spread=laid([truth.spread for truth in truths], np.nan),
        voiced=laid([truth.voiced for truth in truths], np.False_),
        pause=pause,
        ignored=ignored,
        speech=laid([truth.speech for truth in truths], np.False_),
        excused=near(pause, LENIENT) | near(ignored, DOUBTFUL),
        closures=_columns(truth.closures for truth in truths),
        bites=_columns(truth.bites for truth in truths),
        pieces=_columns(truth.pieces for truth in truths),
    )


def laid(arrays: Iterable[NDArray[T]], gap: T | float) -> NDArray[T]:
    """One array per utterance, end to end, with `gap` between."""
    arrays = list(arrays)
    margin = np.full((MARGIN, *arrays[0].shape[1:]), gap, arrays[0].dtype)
    return np.concatenate([part for array in arrays for part in (margin, array, margin)])


def laid_holding(arrays: Iterable[Floats]) -> Floats:
    """One array per utterance, end to end; the gaps hold the values at the utterances' ends."""
    ends = ((array[:1].repeat(MARGIN), array, array[-1:].repeat(MARGIN)) for array in arrays)
    return np.concatenate([part for parts in ends for part in parts])


def _columns(spans: Iterable[Sequence[Span]]) -> Spans:
    rows = [(*span, owner) for owner, of_one in enumerate(spans) for span in of_one]
    start, end, centre, openness, owner = np.array(rows, np.float64).reshape(-1, 5).T
    return Spans(start, end, centre, openness, owner.astype(np.int64))
