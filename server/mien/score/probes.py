"""Probes: is a thing in the curves at all, even if a rig says it in its own way?

A linear classifier on all mouth curves and their squares (discriminant analysis with a ridge) learns the
contrast on four fifths of the utterances and is asked about the last fifth, five times over.
"""

from __future__ import annotations

import numpy as np

from mien.score.contrasts import Contrast
from mien.score.corpus import Corpus
from mien.score.grid import Bools, Floats, Ints
from mien.score.ranks import auc

FOLDS = 5
FEWEST = 5
"""Positive ticks below which there is nothing to learn."""

RIDGE = 0.05
"""Added to each feature's variance of 1. Far less, and curves that move together blow up the weights."""

STILL = 1e-6
"""A curve that deviates less than this tells nothing."""

DIGITS = 9
"""Of an opinion. With more, the last bit of a matrix product decides between equal mouths, which are ties."""


def probe(corpus: Corpus, mouth: Floats, contrast: Contrast) -> float:
    """AUC of a classifier that may use all of `mouth` (ticks, curves) to tell the two sides of `contrast`."""
    at = _every_other(corpus, contrast.positive | contrast.negative)
    is_positive = contrast.positive[at]
    fold = corpus.owner_of(at) % FOLDS
    if is_positive.sum() < FEWEST or len(np.unique(fold)) < 2:
        return float("nan")
    features = _features(mouth[at])
    if features.shape[1] == 1:
        return 0.5
    opinion = np.round(_cross_validated(features, is_positive, fold), DIGITS)
    return auc(opinion[is_positive], opinion[~is_positive])


def _every_other(corpus: Corpus, labelled: Bools) -> Ints:
    """Every other labelled tick of each utterance: neighbours say the same twice."""
    at = np.flatnonzero(labelled)
    owner = corpus.owner_of(at)
    count_in_utterance = np.arange(len(at)) - np.searchsorted(owner, owner)
    even: Ints = at[count_in_utterance % 2 == 0]
    return even


def _features(mouth: Floats) -> Floats:
    """Curves that move, each with mean 0 and deviation 1, and their squares, and a 1."""
    deviation = mouth.std(axis=0)
    scaled = mouth[:, deviation > STILL]
    scaled -= scaled.mean(axis=0)
    scaled /= deviation[deviation > STILL]
    return np.concatenate([scaled, scaled**2, np.ones((len(mouth), 1))], axis=1)


def _cross_validated(features: Floats, is_positive: Bools, fold: Ints) -> Floats:
    """What a classifier that never saw a tick's fold says of it; 0 where it had nothing to learn from."""
    sides = [_moments_by_fold(features, fold, side) for side in (is_positive, ~is_positive)]
    opinion = np.zeros(len(features))
    for asked in np.unique(fold):
        learnt = [moments.sum(axis=0) - moments[asked] for moments in sides]
        if min(moments[-1, -1] for moments in learnt) >= 2:
            asks = fold == asked
            opinion[asks] = features[asks, :-1] @ _direction(*learnt)
    return opinion


def _moments_by_fold(features: Floats, fold: Ints, side: Bools) -> Floats:
    """Sums of products of all pairs of features, by fold; with the 1, the last row is sums and a count."""
    rows = (features[side & (fold == index)] for index in range(FOLDS))
    return np.stack([each.T @ each for each in rows])


def _direction(positive: Floats, negative: Floats) -> Floats:
    means = [moments[-1, :-1] / moments[-1, -1] for moments in (positive, negative)]
    covariance = (_covariance(positive) + _covariance(negative)) / 2
    return np.linalg.solve(covariance + RIDGE * np.eye(len(covariance)), means[0] - means[1])


def _covariance(moments: Floats) -> Floats:
    sums, count = moments[-1, :-1], moments[-1, -1]
    covariance: Floats = (moments[:-1, :-1] - np.outer(sums, sums) / count) / (count - 1)
    return covariance
