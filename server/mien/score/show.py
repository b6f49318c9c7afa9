"""Closures of one utterance, one by one: which are seen, which are not, and which nobody asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mien.score.corpus import Corpus, corpus_of, laid_holding
from mien.score.events import Verdict, best_threshold, verdict
from mien.score.grid import TICK, Floats, Ints, tick_times
from mien.score.signals import sampled, signals_of
from mien.score.truth import Span, Truth
from mien.values import Curves

Seconds = tuple[float, float]
"""Start and end."""


@dataclass(frozen=True, slots=True)
class Closures:
    """What became of the closures that one utterance asks for."""

    theta: float
    """Lips count as closed where the aperture is at most this."""

    times: Floats
    """Seconds of each tick."""

    aperture: Floats
    """At each tick."""

    hits: tuple[Span, ...]
    """Asked for and seen."""

    missed: tuple[Span, ...]
    """Asked for and not seen."""

    false: tuple[Seconds, ...]
    """Seen where nobody asked, and counted as a fault."""


def closures_shown(truth: Truth, curves: Curves, theta: float | None = None) -> Closures:
    """Which closures of `truth` are to be seen in `curves`.

    Args:
        theta: Aperture at which lips count as closed; the one with the best F1 if not given.
    Raises:
        RigError: As from `score`.
    """
    corpus = corpus_of([truth])
    times = tick_times(len(truth.pause))
    aperture = signals_of(sampled(curves, times)).aperture
    held = laid_holding([aperture])
    if theta is None:
        theta, found = best_threshold(corpus, held, corpus.closures, low=True)
    else:
        found = verdict(corpus, held <= theta, corpus.closures)
    hit = set(found.hit.tolist())
    return Closures(
        theta,
        times,
        aperture,
        hits=tuple(span for index, span in enumerate(truth.closures) if index in hit),
        missed=tuple(span for index, span in enumerate(truth.closures) if index not in hit),
        false=_false_runs(corpus, found),
    )


def _false_runs(corpus: Corpus, found: Verdict) -> tuple[Seconds, ...]:
    ticks: Ints = np.stack([found.starts, found.ends], axis=1)[found.false] - corpus.first[0]
    return tuple((start * TICK, end * TICK) for start, end in ticks.tolist())
