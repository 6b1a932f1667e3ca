"""The regressions: scikit-learn's solution, out of core, and a prior that holds."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array
from sklearn.linear_model import LogisticRegression

from models.feature_store import Part
from models.regression import Regression, solve

RNG = np.random.default_rng(7)
ROWS = csr_matrix(random_array((400, 30), density=0.3, rng=RNG, dtype=np.float32))
TRUTH = (ROWS @ RNG.normal(size=30) + RNG.normal(size=400) > 0.5).astype(float)
WEIGHTS = RNG.uniform(0.1, 2, 400)
SCALE = RNG.uniform(0.5, 3, 30).astype(np.float32)
NO_PRIOR = np.zeros(30, np.float32)


def _parts(*cuts: int) -> list[Part]:
    bounds = [0, *cuts, 400]
    return [
        Part(ROWS[begin:end], TRUTH[begin:end, None], WEIGHTS[begin:end, None])
        for begin, end in pairwise(bounds)
    ]


def _solved(
    parts: list[Part], *, c: float = 1.0, prior: np.ndarray = NO_PRIOR, tol: float = 1e-7
) -> tuple[np.ndarray, float]:
    regression = Regression(0, SCALE, c, float(WEIGHTS.sum()), prior)
    ((coef, intercept),) = solve([regression], parts, max_iter=500, tol=tol)
    return coef, intercept


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("cuts", [(), (100, 350), (1, 2, 399)])
def test_the_solution_is_that_of_scikit_learn(c: float, cuts: tuple[int, ...]) -> None:
    model = LogisticRegression(C=c, tol=1e-10, max_iter=10_000)
    model.fit(ROWS.astype(float).multiply(SCALE).tocsr(), TRUTH, sample_weight=WEIGHTS)

    coef, intercept = _solved(_parts(*cuts), c=c)

    assert coef == pytest.approx(model.coef_[0] * SCALE, abs=float(2e-3 * np.abs(coef).max()))
    assert intercept == pytest.approx(model.intercept_[0], abs=5e-3)


def test_regressions_that_share_a_pass_do_not_disturb_one_another() -> None:
    together = [
        Regression(0, scale, c, float(WEIGHTS.sum()), NO_PRIOR)
        for scale, c in ((SCALE, 0.1), (np.ones(30, np.float32), 5.0))
    ]

    solutions = solve(together, _parts(200), max_iter=40, tol=1e-4)

    for one, (coef, intercept) in zip(together, solutions, strict=True):
        ((alone, alone_intercept),) = solve([one], _parts(200), max_iter=40, tol=1e-4)
        assert np.array_equal(coef, alone)
        assert intercept == alone_intercept


def test_a_strong_prior_is_kept_and_a_weak_one_overruled() -> None:
    prior = RNG.normal(size=30).astype(np.float32)

    strong, _ = _solved(_parts(), c=1e-6, prior=prior)
    weak, _ = _solved(_parts(), c=1e4, prior=prior)

    assert strong == pytest.approx(prior, abs=1e-3)
    assert weak == pytest.approx(
        _solved(_parts(), c=1e4)[0], abs=float(0.05 * np.abs(weak).max())
    )


def test_columns_that_no_row_has_keep_the_prior_exactly() -> None:
    prior = np.full(30, 0.3, np.float32)
    part = _parts()[0]
    rows = part.rows.tolil()
    rows[:, 5] = 0
    emptied = [Part(csr_matrix(rows), part.targets, part.weights)]

    coef, _ = _solved(emptied, c=10, prior=prior)

    assert coef[5] == prior[5]
    assert abs(coef[6] - prior[6]) > 0.01


def test_perfectly_told_apart_rows_and_huge_values_end_in_finite_weights() -> None:
    rows = csr_matrix(np.array([[1e4], [-1e4]], np.float32))
    part = Part(rows, np.array([[1.0], [0.0]]), np.ones((2, 1)))
    regression = Regression(0, np.ones(1, np.float32), 1e6, 2.0, np.zeros(1, np.float32))

    ((coef, intercept),) = solve([regression], [part], max_iter=100, tol=1e-12)

    assert np.isfinite(coef).all()
    assert np.isfinite(intercept)
    assert coef[0] > 0


def test_progress_is_told_once_a_pass() -> None:
    passes: list[None] = []
    regression = Regression(0, SCALE, 1.0, float(WEIGHTS.sum()), NO_PRIOR)

    solve([regression], _parts(), max_iter=3, tol=0, progress=lambda: passes.append(None))

    assert len(passes) == 4
