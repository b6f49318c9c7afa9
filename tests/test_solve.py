"""Bounded least squares: it is the minimum, within the limits, whoever else is in the call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import lsq_linear

from mien import solve
from mien.solve import BoundedLeastSquares, bounded_minimum

KINDS = ["plain", "wide", "alike", "copies", "pinned", "on limits", "tiny", "huge", "uneven", "far", "rest"]
SIZES = [1, 2, 3, 5, 8, 15, 24, 52, 80]
FRAMES = 25


@dataclass
class Problem:
    """What the solver is given, and the same as one plain system: `stacked` w = `wanted`."""

    matrix: np.ndarray
    targets: np.ndarray
    low: np.ndarray
    high: np.ndarray
    damping: np.ndarray
    importance: np.ndarray
    prior: np.ndarray

    def solved(self) -> np.ndarray:
        solver = BoundedLeastSquares(self.matrix, self.low, self.high, self.damping, self.importance)
        return solver.solve(self.targets, self.prior)

    @property
    def stacked(self) -> np.ndarray:
        return np.vstack([self.matrix * self.importance[:, None], np.diag(np.sqrt(self.damping))])

    @property
    def wanted(self) -> np.ndarray:
        held = np.broadcast_to(np.sqrt(self.damping) * self.prior, (len(self.targets), len(self.prior)))
        return np.hstack([self.targets * self.importance, held])

    def size(self) -> np.ndarray:
        """What one unit of each weight moves: the length of its column."""
        return np.linalg.norm(self.stacked, axis=0)


def _problem(kind: str, n: int, seed: int) -> Problem:
    random = np.random.default_rng([KINDS.index(kind), n, seed])
    rows = n + int(random.integers(1, 12))
    matrix, weights = random.normal(size=(rows, n)), random.normal(size=(FRAMES, n))
    low = -random.random(n) * random.integers(0, 2, n)
    high = low + 0.1 + 1.5 * random.random(n)
    damping = np.full(n, 10.0 ** random.uniform(-6, 0))
    noise = random.choice([0.0, 0.1, 3.0])
    match kind:
        case "wide":  # fewer rows than weights: damping decides
            matrix = matrix[: 1 + n // 2]
        case "alike":
            matrix, damping = matrix[:, :1] + 1e-4 * matrix, np.full(n, 1e-9)
        case "copies":
            matrix, damping = matrix[:, np.arange(n) % max(1, n // 2)], np.full(n, 1e-3)
        case "pinned":
            high = np.where(random.random(n) < 0.4, low, high)
        case "on limits":
            share = np.clip(random.uniform(-1, 2, (FRAMES, n)), 0, 1)
            weights, noise, damping = low + share * (high - low), 0.0, np.zeros(n)
        case "rest":
            weights, noise = 0 * weights, 0.0
    targets = weights @ matrix.T
    targets += noise * random.normal(size=targets.shape)
    scale, far = {"tiny": (1e-60, 1.0), "huge": (1e60, 1.0), "far": (1.0, 1e9)}.get(kind, (1.0, 1.0))
    uneven = 10.0 ** random.uniform(-5, 5, n) if kind == "uneven" else np.ones(n)
    return Problem(
        matrix * scale * uneven,
        targets * scale * far,
        low * far / uneven,
        high * far / uneven,
        damping * (scale * uneven) ** 2,
        random.uniform(0.2, 2, len(matrix)),
        random.normal(size=n) * 0.3 * far / uneven,
    )


def _error(problem: Problem, weights: np.ndarray) -> float:
    """How far the worst weight would still slide down its slope, as a share of all there is in its frame.

    Nothing slides at the minimum, and only there (Karush, Kuhn, Tucker). Every column is taken as long as
    one, so that the figure has no unit, and all is counted in more digits than the solver has.
    """
    size = problem.size()
    columns, wanted = (problem.stacked / size).astype(np.longdouble), problem.wanted.astype(np.longdouble)
    scaled = weights * size.astype(np.longdouble)
    slope = (scaled @ columns.T - wanted) @ columns
    slid = np.abs(scaled - np.clip(scaled - slope, problem.low * size, problem.high * size)).max(axis=1)
    whole = np.abs(wanted @ columns).max(axis=1) + np.abs(scaled).max(axis=1)
    return float((slid / np.where(whole > 0, whole, 1)).max())


def _scipy(problem: Problem, frame: int) -> np.ndarray:
    """The frame's weights by scipy, which wants no pinned weights and lengths of about one."""
    size, free = problem.size(), problem.low < problem.high
    columns, weights = problem.stacked / size, problem.low * size
    wanted = problem.wanted[frame] - columns[:, ~free] @ weights[~free]
    length = np.linalg.norm(wanted) or 1.0
    limits = ((limit * size)[free] / length for limit in (problem.low, problem.high))
    if free.any():
        found = lsq_linear(columns[:, free], wanted / length, tuple(limits), "bvls", tol=1e-16, max_iter=5000)
        weights[free] = found.x * length
    return weights / size


# It is the minimum


@pytest.mark.parametrize("kind", KINDS)
def test_no_weight_could_move_and_do_better(kind, record_property) -> None:
    worst = 0.0
    for n in SIZES:
        for seed in range(4):
            problem = _problem(kind, n, seed)
            weights = problem.solved()
            assert weights.shape == (FRAMES, n)
            assert ((problem.low <= weights) & (weights <= problem.high)).all()
            worst = max(worst, _error(problem, weights))
    record_property("worst_error", worst)
    assert worst < 1e-12


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "alike"])
def test_scipy_finds_the_same_weights(kind) -> None:
    for n in SIZES:
        problem = _problem(kind, n, 4)
        weights, size = problem.solved(), problem.size()
        for frame in range(0, FRAMES, 6):
            expected = _scipy(problem, frame) * size
            whole = np.abs(expected).max() + np.linalg.norm(problem.wanted[frame])
            np.testing.assert_allclose(weights[frame] * size, expected, rtol=0, atol=1e-9 * whole)


def test_columns_nearly_alike_cost_scipy_nothing_in_return() -> None:
    for n in SIZES:
        problem = _problem("alike", n, 5)
        weights = problem.solved()
        for frame in range(0, FRAMES, 6):
            expected = _scipy(problem, frame)
            ours, theirs = (problem.stacked @ w - problem.wanted[frame] for w in (weights[frame], expected))
            assert ours @ ours <= theirs @ theirs * (1 + 1e-9) + 1e-24


def test_weights_that_made_the_target_are_found_again() -> None:
    random = np.random.default_rng(0)
    matrix, weights = random.normal(size=(60, 30)), np.clip(random.uniform(-0.5, 1.5, (50, 30)), 0, 1)
    found = BoundedLeastSquares(matrix, 0, 1).solve(weights @ matrix.T)
    np.testing.assert_allclose(found, weights, rtol=0, atol=1e-12)


def test_damping_holds_a_weight_that_no_row_moves_to_its_prior() -> None:
    solver = BoundedLeastSquares([[1.0, 0.0]], 0, 1, damping=[0.0, 1e-3])
    np.testing.assert_allclose(solver.solve([[0.25]], prior=[0.9, 0.75]), [[0.25, 0.75]], atol=1e-15)
    np.testing.assert_allclose(solver.solve([[0.25]], prior=[[0.9, 7.0]]), [[0.25, 1.0]], atol=1e-15)


def test_a_row_twice_as_important_counts_four_times() -> None:
    found = BoundedLeastSquares([[1.0], [1.0]], 0, 10, importance=[2, 1]).solve([[5, 0]])
    np.testing.assert_allclose(found, [[4.0]])


def test_limits_may_differ_by_frame_and_pin_weights() -> None:
    solver = BoundedLeastSquares(np.eye(2), 0, 1)
    low, high = [[0.0, 0.2], [0.5, 0.5]], [[0.3, 1.0], [0.5, 0.6]]
    assert solver.solve([[0.9, 0.1], [0.9, 0.9]], low=low, high=high).tolist() == [[0.3, 0.2], [0.5, 0.6]]
    assert solver.solve([[0.9, 2.0]], high=0.5).tolist() == [[0.5, 0.5]]


def test_a_matrix_for_each_frame_is_a_solver_for_each_frame() -> None:
    problems = [_problem("plain", 8, seed) for seed in range(9)]
    rows = min(len(problem.matrix) for problem in problems)
    matrices = np.stack([problem.matrix[:rows] for problem in problems])
    targets = np.stack([problem.targets[0, :rows] for problem in problems])
    low, high, damping, prior = (
        np.stack([getattr(problem, name) for problem in problems])
        for name in ("low", "high", "damping", "prior")
    )
    importance = np.linspace(0.5, 2, 9 * rows).reshape(9, rows)
    together = BoundedLeastSquares(matrices, low, high, damping, importance).solve(targets, prior)
    for k in range(9):
        alone = BoundedLeastSquares(matrices[k], low[k], high[k], damping[k], importance[k])
        np.testing.assert_allclose(together[k], alone.solve(targets[k : k + 1], prior[k])[0], atol=1e-12)


def test_the_normal_equations_are_enough() -> None:
    problem = _problem("plain", 15, 0)
    hessian, linear = problem.stacked.T @ problem.stacked, problem.wanted @ problem.stacked
    found = bounded_minimum(hessian, linear, problem.low, problem.high)
    np.testing.assert_allclose(found, problem.solved(), atol=1e-9)
    each = np.broadcast_to(hessian, (FRAMES, *hessian.shape))
    np.testing.assert_array_equal(bounded_minimum(each, linear, problem.low, problem.high), found)


@pytest.mark.parametrize("n", [1, 15])
def test_no_frames_give_no_frames(n) -> None:
    assert BoundedLeastSquares(np.eye(n), 0, 1).solve(np.zeros((0, n))).shape == (0, n)
    assert BoundedLeastSquares(np.zeros((0, 3, n)), 0, 1).solve(np.zeros((0, 3))).shape == (0, n)


def test_what_was_given_may_change_afterwards() -> None:
    matrix, low, high = np.eye(2), np.zeros(2), np.ones(2)
    solver = BoundedLeastSquares(matrix, low, high)
    for array in (matrix, low, high):
        array[:] = 7
    assert solver.solve([[0.5, 3.0]]).tolist() == [[0.5, 1.0]]


# A frame does not feel its company


@pytest.mark.parametrize("n", [1, 2, 3, 7, 15, 16, 17, 33, 52, 80])
@pytest.mark.parametrize("kind", ["plain", "alike"])
def test_a_frame_gets_the_same_bits_in_any_company(kind, n) -> None:
    problem = _problem(kind, n, 0)
    solver = BoundedLeastSquares(problem.matrix, problem.low, problem.high, problem.damping)
    random = np.random.default_rng(n)
    targets = np.repeat(problem.targets, 12, axis=0) * random.uniform(0, 2, (12 * FRAMES, 1))
    whole = solver.solve(targets)
    for size, start in [
        (1, 0),
        (1, 150),
        (2, 0),
        (3, 1),
        (7, 0),
        (64, 5),
        (127, 1),
        (128, 0),
        (129, 0),
        (200, 3),
    ]:
        for at in range(start, min(len(targets), start + 30 * size), size):
            np.testing.assert_array_equal(solver.solve(targets[at : at + size]), whole[at : at + size])
    order = random.permutation(len(targets))
    np.testing.assert_array_equal(solver.solve(np.asfortranarray(targets[order])), whole[order])


@pytest.mark.parametrize("n", [1, 2, 15, 52])
def test_a_frame_with_its_own_matrix_gets_the_same_bits_in_any_company(n) -> None:
    random = np.random.default_rng(n)
    matrices, targets = random.normal(size=(140, n + 5, n)), random.normal(size=(140, n + 5))
    whole = BoundedLeastSquares(matrices, 0, 0.2, 1e-3).solve(targets)
    for size in (1, 3, 50, 129):
        for at in range(0, 140, size):
            part = BoundedLeastSquares(matrices[at : at + size], 0, 0.2, 1e-3).solve(targets[at : at + size])
            np.testing.assert_array_equal(part, whole[at : at + size])


def test_threads_share_one_solver() -> None:
    problem = _problem("plain", 24, 0)
    solver = BoundedLeastSquares(problem.matrix, problem.low, problem.high, problem.damping)
    whole = solver.solve(problem.targets)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(solver.solve, [problem.targets] * 40):
            np.testing.assert_array_equal(found, whole)


# A walk that is cut off


def test_a_walk_that_is_cut_off_stays_within_the_limits_and_does_not_go_up(monkeypatch) -> None:
    problem = _problem("alike", 24, 0)
    monkeypatch.setattr(solve, "CHANCES", 1)
    costs = []
    for rounds in (0, 1, 10):  # per weight
        monkeypatch.setattr(solve, "ROUNDS", rounds)
        weights = problem.solved()
        assert ((problem.low <= weights) & (weights <= problem.high)).all()
        costs.append(np.sum((weights @ problem.stacked.T - problem.wanted) ** 2, axis=1))
    assert (costs[1] <= costs[0]).all() and (costs[2] <= costs[1] * (1 + 1e-12)).all()
    assert (costs[2] < costs[0]).any(), "no frame was cut off, so this showed nothing"


# Refusals

TWO = BoundedLeastSquares(np.eye(2), 0, 1)
NONE_NEEDED = np.zeros((1, 2))


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: TWO.solve([1.0, 2.0]), r"targets has the shape \(2,\) where \(any, 2\) was wanted"),
        (lambda: TWO.solve([[1.0, np.nan]]), "targets holds NaN or an infinite number; give finite ones"),
        (
            lambda: TWO.solve(NONE_NEEDED, prior=np.zeros((2, 2))),
            r"prior .* one number or \(2,\) or \(1, 2\)",
        ),
        (lambda: TWO.solve(NONE_NEEDED, low=[0, 2]), "low is above high for some weight"),
        (lambda: BoundedLeastSquares(np.eye(2), 0, np.inf), "high holds NaN or an infinite number"),
        (lambda: BoundedLeastSquares(np.eye(2), [0, 0, 0], 1), r"low has the shape \(3,\)"),
        (
            lambda: BoundedLeastSquares(np.eye(2), 0, 1, damping=[0, -1]),
            "damping goes down to -1; give 0 or more",
        ),
        (lambda: BoundedLeastSquares(np.eye(2), 0, 1, importance=[1]), r"importance has the shape \(1,\)"),
        (
            lambda: BoundedLeastSquares([1, 2], 0, 1),
            r"matrix has .* \(any, any\) or \(any, any, any\) was wanted",
        ),
        (lambda: BoundedLeastSquares([[1, 1]], 0, 1), "depend on one another or are zero.* give damping > 0"),
        (lambda: BoundedLeastSquares([[1, 0]], 0, 1), "depend on one another or are zero.* give damping > 0"),
        (
            lambda: BoundedLeastSquares([[1e150]], 0, 1).solve([[1e200]]),
            "overflow; give both in a larger unit",
        ),
        (lambda: bounded_minimum(-np.eye(2), NONE_NEEDED, 0, 1), "give damping > 0"),
        (
            lambda: bounded_minimum(np.eye(3), NONE_NEEDED, 0, 1),
            r"hessian .* \(2, 2\) or \(1, 2, 2\) was wanted",
        ),
        (
            lambda: BoundedLeastSquares(np.zeros((4, 3, 2)), 0, 1, 1).solve(np.zeros((5, 3))),
            r"\(4, 3\) was wanted",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
