"""Curves against phone times: is what the phones demand of the lips to be seen in the curves?

It needs no motion capture and judges legibility, not beauty. All utterances are laid end to end (`Corpus`);
each function here gives the columns of one question.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mien.errors import InputError
from mien.score import contrasts
from mien.score.contrasts import Contrast
from mien.score.corpus import MARGIN, Corpus, Spans, corpus_of, laid, laid_holding
from mien.score.events import best_threshold, runs, verdict
from mien.score.grid import TICK, TICKS, Floats, Ints, seconds_to_ticks_floor, tick_times
from mien.score.motion import motion, moving, pooled
from mien.score.probes import probe
from mien.score.ranks import FLAT, auc, f1, share, spearman, spread
from mien.score.scores import COLUMNS, Scores
from mien.score.signals import Signals, sampled, signals_of
from mien.score.truth import Truth
from mien.values import Curves

RENDERED = 0.02
"""Aperture at which lips look closed as rendered."""

DRAWS = 300
"""Bootstrap samples of the utterances."""

LONGEST_LAG = MARGIN
"""Ticks to either side in which a lag is searched."""

TIMING_REACH = 0.12
"""Seconds around a closure in which its instant is searched."""

VISIBLE_DIP = 0.25
"""Share of the aperture's range that a dip needs to be seen."""

FLOOR_OF_DIP = 0.05
"""Share of a dip's depth that still counts as its bottom."""

SHORTEST_PHONE = 0.025
"""Seconds below which a phone has no middle to speak of."""


def score(truths: Sequence[Truth], curves: Sequence[Curves]) -> Scores:
    """How legible `curves` are, utterance by utterance beside `truths`.

    Args:
        truths: At least one.
        curves: ARKit's names, any frame rate; curves that are not there are at rest.
    Raises:
        InputError: None, or not as many curves as truths.
        RigError: Curves without any of ARKit's mouth, or without frames.
    """
    if not truths or len(truths) != len(curves):
        raise InputError(f"Scores need curves for each utterance; got {len(curves)} for {len(truths)}.")
    corpus = corpus_of(truths)
    mouths = [sampled(each, tick_times(len(truth.pause))) for truth, each in zip(truths, curves, strict=True)]
    each = [signals_of(mouth) for mouth in mouths]
    lips = Signals(*map(laid_holding, zip(*each, strict=True)))
    moved = pooled(map(moving, truths, curves, [signals.aperture for signals in each]))
    columns = {
        "n": len(truths),
        "min": sum(truth.duration for truth in truths) / 60,
        **_closures(corpus, lips.aperture),
        **_contrasts(corpus, lips, laid(mouths, 0.0)),
        **_openness(corpus, lips.aperture),
        **_lag(corpus, lips.aperture),
        **_timing(corpus, lips.aperture),
        **motion(moved, lips.aperture[corpus.speech]),
    }
    return Scores({name: columns[name] for name in COLUMNS})


def _closures(corpus: Corpus, aperture: Floats) -> dict[str, float]:
    theta, best = best_threshold(corpus, aperture, corpus.closures, low=True)
    hits, false, missed = best.total.tolist()
    low, high = np.percentile(_bootstrapped(best.counts), [2.5, 97.5])
    rendered = verdict(corpus, aperture <= RENDERED, corpus.closures)
    return {
        "closF1": float(f1(best.total)),
        "theta": theta,
        "closP": share(hits, false),
        "closR": share(hits, missed),
        "lo": float(low),
        "hi": float(high),
        "F1@.02": float(f1(rendered.total)),
        "F1null": _chance(corpus, aperture, theta),
    }


def _bootstrapped(counts: Ints) -> Floats:
    """F1 of `DRAWS` sets of utterances, each drawn with replacement."""
    drawn = np.random.default_rng(0).integers(0, len(counts), (DRAWS, len(counts)))
    return f1(counts[drawn].sum(axis=1))


def _chance(corpus: Corpus, aperture: Floats, theta: float) -> float:
    """F1 if every utterance gets the aperture of the next longer one, the longest that of the shortest."""
    if len(corpus.ticks) < 2:
        return float("nan")
    by_length = np.argsort(corpus.ticks, kind="stable")
    swapped = np.empty_like(by_length)
    swapped[by_length] = np.roll(by_length, -1)
    theirs = [
        aperture[corpus.first[other] + np.minimum(np.arange(ticks), corpus.ticks[other] - 1)]
        for other, ticks in zip(swapped, corpus.ticks, strict=True)
    ]
    return float(f1(verdict(corpus, laid_holding(theirs) <= theta, corpus.closures).total))


def _contrasts(corpus: Corpus, lips: Signals, mouth: Floats) -> dict[str, float]:
    closing, biting = contrasts.closing(corpus), contrasts.biting(corpus)
    rounding = contrasts.rounding(corpus)
    _, best_bite = best_threshold(corpus, lips.bite, corpus.bites, low=False)
    return {
        "closAUC": 1 - _auc(lips.aperture, closing),
        "fvAUC": _auc(lips.bite, biting),
        "fvF1": float(f1(best_bite.total)),
        "roundAUC": _auc(lips.rounding, rounding),
        "sprAUC": _auc(lips.spreading, contrasts.spreading(corpus)),
        "pBil": probe(corpus, mouth, closing),
        "pFV": probe(corpus, mouth, biting),
        "pRnd": probe(corpus, mouth, rounding),
    }


def _auc(signal: Floats, contrast: Contrast) -> float:
    return auc(signal[contrast.positive], signal[contrast.negative])


def _openness(corpus: Corpus, aperture: Floats) -> dict[str, float]:
    asked = corpus.speech & ~np.isnan(corpus.openness)
    return {
        "rho": spearman(aperture[asked], corpus.openness[asked]),
        "rhoSeg": spearman(*_by_phone(corpus, aperture)),
    }


def _by_phone(corpus: Corpus, aperture: Floats) -> tuple[Floats, Floats]:
    """Mean aperture of each phone's middle third, and the openness it asks for."""
    said = corpus.pieces
    third = (said.end - said.start) / 3
    first = np.rint((said.start + third) * TICKS).astype(np.int64)
    last = np.maximum(first + 1, np.rint((said.end - third) * TICKS).astype(np.int64))
    fits = (said.end - said.start >= SHORTEST_PHONE) & (last <= corpus.ticks[said.owner])
    use = np.flatnonzero(fits & ~np.isnan(said.openness))
    bounds = np.stack([first[use], last[use]], axis=1)
    sums = np.add.reduceat(aperture, (bounds + corpus.first[said.owner[use], None]).ravel())[::2]
    return sums / (bounds[:, 1] - bounds[:, 0]), said.openness[use]


def _lag(corpus: Corpus, aperture: Floats) -> dict[str, float]:
    """The shift at which aperture and openness agree best, between ticks by a parabola through the peak."""
    asked = np.flatnonzero(corpus.speech & ~np.isnan(corpus.openness))
    wanted = _standard(corpus.openness[asked])
    lags = np.arange(-LONGEST_LAG, LONGEST_LAG + 1)
    agreement = np.array([wanted @ _standard(aperture[asked + lag]) for lag in lags])
    if np.ptp(agreement) == 0:
        return {"lag": float("nan"), "rpeak": 0.0}
    peak = int(np.argmax(agreement))
    ticks = lags[peak] + _vertex(agreement[peak - 1 : peak + 2])
    return {"lag": float(ticks * TICK * 1000), "rpeak": float(agreement[peak])}


def _standard(values: Floats) -> Floats:
    """`values` with mean 0 and length 1, so that products are correlations; all 0 if they are flat."""
    moved = values - values.mean() if len(values) else values
    length = float(np.sqrt(moved @ moved))
    return moved / length if length > FLAT else np.zeros_like(values)


def _vertex(around: Floats) -> float:
    """Where the parabola through three values has its vertex, from the middle one; 0 if they are a line."""
    if len(around) < 3:
        return 0.0
    before, at, after = around
    bend = before - 2 * at + after
    return float(0.5 * (before - after) / bend) if bend else 0.0


def _timing(corpus: Corpus, aperture: Floats) -> dict[str, float]:
    """When the lips close against when they should; only dips that one can see have a time."""
    errors, searched = _timing_errors(corpus, aperture, corpus.closures)
    if not len(errors):
        return {"closMAE": float("nan"), "closBias": float("nan"), "closCov": 0.0}
    return {
        "closMAE": float(np.abs(errors).mean() * 1000),
        "closBias": float(np.median(errors) * 1000),
        "closCov": len(errors) / searched,
    }


def _timing_errors(corpus: Corpus, aperture: Floats, spans: Spans) -> tuple[Floats, int]:
    """Seconds that each visible dip is late, and how many spans had room for one."""
    visible = VISIBLE_DIP * spread(aperture[corpus.speech])
    first = seconds_to_ticks_floor(np.maximum(0, (spans.start - TIMING_REACH)))
    last = np.minimum(corpus.ticks[spans.owner], seconds_to_ticks_floor(spans.end + TIMING_REACH))
    origin = corpus.first[spans.owner]
    roomy = np.flatnonzero(last - first >= 3)
    errors = []
    for span in roomy:
        window = aperture[origin[span] + first[span] : origin[span] + last[span]]
        depth = np.ptp(window)
        if visible > 0 and depth >= visible:
            errors.append((_bottom(window, depth) + first[span]) * TICK - spans.centre[span])
    return np.array(errors), len(roomy)


def _bottom(window: Floats, depth: float) -> float:
    """The middle of the longest run at the bottom of the dip, in ticks."""
    starts, ends = runs(window <= window.min() + FLOOR_OF_DIP * depth)
    longest = int(np.argmax(ends - starts))
    return 0.5 * float(starts[longest] + ends[longest])
