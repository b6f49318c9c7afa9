"""Bounded least squares: weights, each within its limits, that bring a sum of columns nearest to a target.

Every weight of the answer lies on a limit or is free, and if one knew which, one linear system would give the
rest. So guess which, and solve. A free weight that lands beyond a limit goes onto it; a weight whose slope
draws it inwards from its limit becomes free; all at once, and again, until none is wrong: that is the
minimum, mostly after two to five rounds. Where columns are nearly alike this can go in circles. So when the
number of wrong weights has not fallen for a few rounds, the frame walks instead, within the limits: straight
for the minimum over the free weights as far as the first limit in its way, where that weight stays; at the
minimum it frees all weights that are drawn inwards. No step goes up, so no set of free weights comes up
twice, so the walk ends. That is so for exact numbers; against rounding its rounds are counted, and a walk
that is cut off stays where it is: within the limits, no higher than where it began.

Frames go together, and none feels its company: alone or among a thousand, a frame gets the same bits, because
no sum runs across frames and nothing is handed from one to the next. (Another processor or linear algebra
library, or more threads of it for a large matrix, may round otherwise, here as everywhere.)

Source:
    The exchange: L. F. Portugal, J. J. Júdice, L. N. Vicente, "A comparison of block pivoting and
    interior-point algorithms for linear least squares problems with nonnegative variables", Mathematics of
    Computation 63 (1994); when to stop it: J. Kim, H. Park, "Fast nonnegative matrix factorization: an
    active-set-like method and comparisons", SIAM J. Sci. Comput. 33 (2011). They go on with Murty's rule, one
    weight at a time; for 52 columns at a condition number of 1e8 that had not ended after 2000 rounds, where
    the walk takes 60. The walk: P. B. Stark, R. L. Parker, "Bounded-variable least-squares: an algorithm and
    applications", Computational Statistics 10 (1995), but freeing all weights that want it instead of one.
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]

BLOCK: Final = 128
"""Frames worked on together. Fewer cost more of Python's time, more fall out of the processor's cache."""

CHANCES: Final = 3
"""Rounds that need not make fewer weights wrong. With one, frames walk that are nearly there."""

ROUNDS: Final = 10
"""Rounds of a walk for each weight, the most. What was measured stays below four."""

NOISE: Final = float(64 * np.finfo(float).eps)
"""Share of its terms by which rounding may put a sum off. At 0, weights whose best value is a limit go to and
fro for hundreds of rounds; at 4096 eps, answers are off by 1e-11."""


class BoundedLeastSquares:
    """One matrix and its limits, for any number of targets. It never changes, so threads may share it.

    Of each frame, sum (importance (matrix w - target))^2 + sum damping (w - prior)^2 is made least.
    """

    def __init__(
        self,
        matrix: ArrayLike,
        low: ArrayLike,
        high: ArrayLike,
        damping: ArrayLike = 0.0,
        importance: ArrayLike | None = None,
    ) -> None:
        """Sets up what does not depend on the targets.

        Args:
            matrix: Shape (rows, n), a column for each weight. Or (frames, rows, n), one for each frame, and
                then all else may have a first axis of frames as well.
            low: One number or (n,), as `high` and `damping`.
            high: Not below `low`; equal limits pin a weight.
            damping: How hard each weight is held to its prior, >= 0.
            importance: Of each row: one number or (rows,), >= 0; 1 if left out.
        Raises:
            ValueError: What does not fit, or columns that depend on one another without damping.
        """
        columns = _numbers("matrix", matrix, (None, None), (None, None, None))
        *frames, rows, n = columns.shape
        important = 1.0 if importance is None else importance
        important = _numbers("importance", important, (), (rows,), (*frames, rows), least=0.0)
        self._low, self._high = _limits(low, high, (), (n,), (*frames, n))
        self._damping = _numbers("damping", damping, (), (n,), (*frames, n), least=0.0)
        weighted = columns * np.broadcast_to(important, columns.shape[:-1])[..., None] ** 2
        self._to_linear = np.swapaxes(weighted, -1, -2)
        self._bowl = _bowl(self._to_linear @ columns + self._damping[..., None] * np.eye(n))

    def solve(
        self,
        targets: ArrayLike,
        prior: ArrayLike | None = None,
        low: ArrayLike | None = None,
        high: ArrayLike | None = None,
    ) -> Floats:
        """The weights of each frame, (frames, n), never beyond their limits.

        Args:
            targets: Shape (frames, rows).
            prior: Where damping holds the weights: one number, (n,) or (frames, n); 0 if left out.
            low: Instead of the constructor's: one number, (n,) or (frames, n), as `high`.
            high: Not below `low`.
        """
        *own, n, rows = self._to_linear.shape
        wanted = _numbers("targets", targets, (own[0] if own else None, rows))
        shapes = (), (n,), (len(wanted), n)
        linear = _times(self._to_linear, wanted)
        if prior is not None:
            linear += self._damping * _numbers("prior", prior, *shapes)
        low, high = self._low if low is None else low, self._high if high is None else high
        return _minimum(self._bowl, linear, *_limits(low, high, *shapes))


def bounded_minimum(hessian: ArrayLike, linear: ArrayLike, low: ArrayLike, high: ArrayLike) -> Floats:
    """The w within the limits, (frames, n), where w·hessian·w / 2 - linear·w is least.

    Without limits that is hessian w = linear.

    Args:
        hessian: Shape (n, n), or (frames, n, n) with one for each frame; symmetric, positive definite.
        linear: Shape (frames, n).
        low: One number, (n,) or (frames, n), as `high`.
        high: Not below `low`.
    """
    slopes = _numbers("linear", linear, (None, None))
    frames, n = slopes.shape
    bowl = _bowl(_numbers("hessian", hessian, (n, n), (frames, n, n)))
    return _minimum(bowl, slopes, *_limits(low, high, (), (n,), (frames, n)))


class _Bowl(NamedTuple):
    """What is minimised but for its slope at zero, in units in which all weights count about alike."""

    hessian: Floats  # (n, n) or (frames, n, n), its diagonal in 0.5..2
    inverse: Floats  # good for a guess
    scale: Floats  # (n,) or (frames, n): real weights per scaled one, powers of two, which round nothing


def _bowl(hessian: Floats) -> _Bowl:
    scale = np.ldexp(1.0, -(np.frexp(np.diagonal(hessian, axis1=-2, axis2=-1))[1] // 2))
    half = hessian * scale[..., :, None] * scale[..., None, :] / 2
    scaled = np.ascontiguousarray(half + np.swapaxes(half, -1, -2))
    try:
        pivots = np.diagonal(np.linalg.cholesky(scaled), axis1=-2, axis2=-1)
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        pivots = np.zeros(1)
    if not (pivots**2 > NOISE * scaled.shape[-1]).all():
        raise ValueError(
            "Some columns depend on one another or are zero, so that many weights are equally good: "
            "give damping > 0 to say which are wanted."
        )
    return _Bowl(scaled, inverse, scale)


def _minimum(bowl: _Bowl, linear: Floats, low: Floats, high: Floats) -> Floats:
    """`bounded_minimum` of numbers that have been checked, block after block."""
    slopes = linear * bowl.scale
    if not np.isfinite(slopes).all():
        raise ValueError("The products of matrix and targets overflow; give both in a larger unit.")
    lower, upper = (np.broadcast_to(limit / bowl.scale, slopes.shape) for limit in (low, high))
    weights = np.empty_like(slopes)
    for start in range(0, len(slopes), BLOCK):
        at = slice(start, start + BLOCK)
        hessian, guess = _of(bowl.hessian, at), _times(_of(bowl.inverse, at), slopes[at])
        weights[at] = _settled(hessian, slopes[at], lower[at], upper[at], guess)
    return np.clip(weights * bowl.scale, low, high)


def _settled(hessian: Floats, linear: Floats, low: Floats, high: Floats, guess: Floats) -> Floats:
    """Exchanges between free weights and limits, and sends walking what that does not settle."""
    weights, fewest = np.empty_like(linear), np.full(len(linear), linear.shape[1] + 1)
    at_low, at_high = (guess < low) | (low == high), (guess > high) & (low < high)
    chances, todo = np.full(len(linear), CHANCES), np.arange(len(linear))
    while todo.size:
        own, goal, bottom, top = _of(hessian, todo), linear[todo], low[todo], high[todo]
        down, up = at_low[todo], at_high[todo]
        found = _least(own, goal, np.where(down, bottom, np.where(up, top, 0.0)), ~(down | up))
        slope, noise = _slope(own, goal, found)
        below, above = bottom - found > noise, found - top > noise
        drawn = (down & (slope < -noise) | up & (slope > noise)) & (bottom < top)
        weights[todo], at_low[todo], at_high[todo] = found, down & ~drawn | below, up & ~drawn | above
        wrong = np.count_nonzero(below | above | drawn, axis=1)
        chances[todo] = np.where(wrong < fewest[todo], CHANCES, chances[todo] - 1)
        fewest[todo] = np.minimum(fewest[todo], wrong)
        todo = todo[(wrong > 0) & (chances[todo] > 0)]
    left = np.flatnonzero(fewest)
    if left.size:
        weights[left] = _walked(_of(hessian, left), linear[left], low[left], high[left], weights[left])
    return weights


def _walked(hessian: Floats, linear: Floats, low: Floats, high: Floats, start: Floats) -> Floats:
    """Goes down from `start`, clipped, without a step beyond a limit."""
    weights, todo = np.clip(start, low, high), np.arange(len(start))
    free = (low < weights) & (weights < high)
    for _ in range(ROUNDS * (weights.shape[1] + 1)):
        own, bottom, top, now, loose = _of(hessian, todo), low[todo], high[todo], weights[todo], free[todo]
        found = _least(own, linear[todo], np.where(loose, 0.0, now), loose)
        slope, noise = _slope(own, linear[todo], found)
        step, past = found - now, (bottom - found > noise) | (found - top > noise)
        limit = np.where(step < 0, bottom, top)
        room = np.divide(limit - now, step, out=np.ones_like(step), where=past)
        far = room.min(axis=1, keepdims=True)
        stopped = past & (room <= far)
        weights[todo] = now = np.where(stopped, limit, np.clip(now + far * step, bottom, top))
        drawn = (now <= bottom) & (slope < -noise) | (now >= top) & (slope > noise)
        drawn &= ~loose & (bottom < top) & ~past.any(axis=1, keepdims=True)
        free[todo] = loose & ~stopped | drawn
        todo = todo[(past | drawn).any(axis=1)]
        if not todo.size:
            break
    return weights


def _least(hessian: Floats, linear: Floats, fixed: Floats, free: NDArray[np.bool_]) -> Floats:
    """The minimum over the `free` weights, which `fixed` has as 0; the others stay, to the bit."""
    inside = free.astype(np.float64)
    matrix = hessian * inside[:, :, None] * inside[:, None, :]
    matrix.reshape(len(inside), -1)[:, :: inside.shape[1] + 1] += 1.0 - inside  # the diagonals
    right = inside * (linear - _times(hessian, fixed))
    return fixed + np.linalg.solve(matrix, right[:, :, None])[:, :, 0]


def _slope(hessian: Floats, linear: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """How fast each weight raises what is minimised, and how much of that may be rounding."""
    noise = NOISE * (_times(np.abs(hessian), np.abs(weights)) + np.abs(linear))
    return _times(hessian, weights) - linear, noise


def _times(matrix: Floats, vectors: Floats) -> Floats:
    """A product for each frame; one product of all would round differently for each number of frames."""
    product: Floats = np.matmul(matrix, vectors[:, :, None])[:, :, 0]
    return product


def _of(each: Floats, frames: slice | NDArray[np.intp]) -> Floats:
    """The matrices of `frames`, or the one that they share."""
    return each if each.ndim == 2 else each[frames]


def _limits(low: ArrayLike, high: ArrayLike, *shapes: tuple[int, ...]) -> tuple[Floats, Floats]:
    bottom, top = _numbers("low", low, *shapes), _numbers("high", high, *shapes)
    if (bottom > top).any():
        raise ValueError("low is above high for some weight; make them equal to pin it.")
    return bottom, top


def _numbers(name: str, given: ArrayLike, *shapes: tuple[int | None, ...], least: float = -np.inf) -> Floats:
    """A copy of `given`: finite, not below `least`, of one of `shapes`, where None is any length."""
    numbers = np.array(given, dtype=np.float64, order="C")
    if not any(_fits(numbers.shape, shape) for shape in shapes):
        wanted = " or ".join(str(shape).replace("None", "any") if shape else "one number" for shape in shapes)
        raise ValueError(f"{name} has the shape {numbers.shape} where {wanted} was wanted.")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} holds NaN or an infinite number; give finite ones.")
    if (numbers < least).any():
        raise ValueError(f"{name} goes down to {numbers.min():g}; give {least:g} or more.")
    return numbers


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(b in {a, None} for a, b in zip(shape, wanted, strict=True))
