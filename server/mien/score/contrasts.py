"""Contrasts: ticks that show a thing against ticks that do not, with the doubtful ones left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mien.score.corpus import Corpus, Spans
from mien.score.events import WIDENED
from mien.score.grid import Bools, near

BLURRED = 4
"""Ticks (less than 50 ms) around a pause in which lips may already be closed: no negatives for closures."""

COARTICULATED = 10
"""Ticks (100 ms) around a rounded phone in which others are rounded with it: no negatives for rounding."""

SHORTEST_CORE = 0.01
"""Seconds on each side of a span's centre that always count as its core, however short the span."""


class Contrast(NamedTuple):
    """Ticks of a corpus, two by two disjoint."""

    positive: Bools
    negative: Bools


def closing(corpus: Corpus) -> Contrast:
    """The core of p b m against other speech."""
    contrast = _cores(corpus, corpus.closures)
    return contrast._replace(negative=contrast.negative & ~near(corpus.pause, BLURRED))


def biting(corpus: Corpus) -> Contrast:
    """The core of f v against other speech."""
    return _cores(corpus, corpus.bites)


def rounding(corpus: Corpus) -> Contrast:
    """Rounded phones against other voiced ones."""
    rounded = corpus.rounded == 1
    plain = (corpus.rounded == 0) & corpus.voiced & ~near(rounded, COARTICULATED)
    return Contrast(corpus.speech & rounded, corpus.speech & plain)


def spreading(corpus: Corpus) -> Contrast:
    """Spread phones against those that forbid it."""
    return Contrast(corpus.speech & (corpus.spread == 1), corpus.speech & (corpus.spread == 0))


def _cores(corpus: Corpus, spans: Spans) -> Contrast:
    """The middle half of each span against speech outside the widened spans."""
    positive, negative = np.zeros_like(corpus.speech), corpus.speech.copy()
    half = np.maximum(0.25 * (spans.end - spans.start), SHORTEST_CORE)
    bounds = [spans.start - WIDENED, spans.end + WIDENED, spans.centre - half, spans.centre + half]
    for first, last, core_first, core_last in zip(
        *(corpus.ticks_after(seconds, spans.owner).tolist() for seconds in bounds), strict=True
    ):
        positive[first:last] = negative[first:last] = False
        positive[core_first:core_last] = True
    return Contrast(positive & ~corpus.ignored, negative & ~corpus.ignored)
