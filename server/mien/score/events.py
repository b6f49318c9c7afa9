"""Closures as events: runs of a signal beyond a threshold, held against the spans that demand them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.score.corpus import Corpus, Spans
from mien.score.grid import TICK, TICKS, Bools, Floats, Ints
from mien.score.ranks import FLAT, f1

WIDENED = 1 / 30
"""Seconds around a demanded span in which the middle of a run still hits: one frame at 30 a second."""

OVERLONG = 0.2
"""Seconds by which a run may outlast the span it hits. Longer, and a mouth that is simply shut would hit."""

SHARES_BEYOND = np.concatenate([np.linspace(0.003, 0.12, 30), np.linspace(0.13, 0.70, 30)])
"""Thresholds that are tried, as the share of speech that lies beyond them: fine where closures are rare."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """Runs of a signal in speech, and what each is worth."""

    starts: Ints
    """First tick of each run."""

    ends: Ints
    """The tick after the last of each run."""

    hit: Ints
    """Index of the span that a run hits, -1 if none. No span is hit twice."""

    false: Bools
    """Runs that nothing asks for, where that is a fault."""

    counts: Ints
    """Shape (utterances, 3): hits, false alarms, misses."""

    @property
    def total(self) -> Ints:
        """Hits, false alarms and misses of all utterances."""
        total: Ints = self.counts.sum(axis=0)
        return total


def verdict(corpus: Corpus, beyond: Bools, spans: Spans) -> Verdict:
    """Which runs of `beyond` in speech hit one of `spans`, and which are false.

    A run hits the first span not yet hit that, widened by `WIDENED`, holds the run's middle, unless the run
    is `OVERLONG`. A run near a pause or near ignored time is never false.
    """
    starts, ends = runs(beyond & corpus.speech)
    hit = _first_come(
        (ends - starts).astype(np.float64) * TICK, *_candidates(corpus, starts + ends, spans), spans
    )
    false = (hit < 0) & ~corpus.excused[corpus.middles(starts, ends)]
    utterances = len(corpus.ticks)
    hits = np.bincount(spans.owner[hit[hit >= 0]], minlength=utterances)
    counts = [
        hits,
        np.bincount(corpus.owner_of(starts[false]), minlength=utterances),
        np.bincount(spans.owner, minlength=utterances) - hits,
    ]
    return Verdict(starts, ends, hit, false, np.stack(counts, axis=1))


def best_threshold(corpus: Corpus, signal: Floats, spans: Spans, low: bool) -> tuple[float, Verdict]:
    """The threshold with the highest F1, and its verdict; the lowest such threshold if there are several.

    Thresholds are quantiles of the signal itself, so the scale of the curves does not count.

    Args:
        low: Whether a run is where the signal is at or below the threshold, else at or above.
    """
    best = None
    for threshold in _thresholds(signal[corpus.speech], low):
        found = verdict(corpus, signal <= threshold if low else signal >= threshold, spans)
        score = f1(found.total)
        if best is None or score > best[0]:
            best = score, threshold, found
    assert best is not None
    return float(best[1]), best[2]


def runs(mask: Bools) -> tuple[Ints, Ints]:
    """First tick of each run of set ticks, and the tick after its last."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _thresholds(speech: Floats, low: bool) -> Floats:
    if not len(speech) or np.ptp(speech) < FLAT:
        return speech[:1] if len(speech) else np.zeros(1)
    return np.unique(np.quantile(speech, SHARES_BEYOND if low else 1 - SHARES_BEYOND))


def _candidates(corpus: Corpus, middles: Ints, spans: Spans) -> tuple[Ints, Ints]:
    """For each run, the spans (first, and the one after the last) that hold its middle.

    Middles count in half ticks over the whole corpus. One that falls on the very edge cannot be: edges are a
    thirtieth of a second from a label's time.
    """
    origin = 2 * corpus.first[spans.owner]
    earliest = origin + np.ceil((spans.start - WIDENED) * 2 * TICKS).astype(np.int64)
    latest = origin + np.floor((spans.end + WIDENED) * 2 * TICKS).astype(np.int64)
    return np.searchsorted(latest, middles), np.searchsorted(earliest, middles, side="right")


def _first_come(lengths: Floats, first: Ints, after: Ints, spans: Spans) -> Ints:
    """The span that each run takes, runs and spans in order; a span is taken once."""
    longest: list[float] = (spans.end - spans.start + OVERLONG).tolist()
    hit = np.full(len(lengths), -1)
    taken: set[int] = set()
    able = np.flatnonzero(first < after)
    lists = (column.tolist() for column in (able, lengths[able], first[able], after[able]))
    for run, length, earliest, behind in zip(*lists, strict=True):
        for span in range(earliest, behind):
            if span not in taken and length <= longest[span]:
                taken.add(span)
                hit[run] = span
                break
    return hit
