"""The classifier: several heads, missing labels, calibration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone

from models.classifier import CommentClassifier

ROWS = csr_matrix(
    np.array(
        [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]], dtype=np.float32
    )
)
FIRST = np.array([1, 1, 0, 0, 0, 1.0])
UNKNOWN = np.full(6, np.nan)


def _fitted(*columns: np.ndarray, **options: object) -> CommentClassifier:
    return CommentClassifier(plain_c=100, bayes_c=100).fit(
        ROWS, np.column_stack(columns), **options
    )


def test_each_head_learns_its_own_category() -> None:
    probabilities = _fitted(FIRST, 1 - FIRST).predict_proba(ROWS)

    assert (probabilities[:, 0] > 0.5).tolist() == FIRST.astype(bool).tolist()
    assert (probabilities[:, 1] > 0.5).tolist() == (1 - FIRST).astype(bool).tolist()


def test_a_row_without_a_label_does_not_count_for_that_head() -> None:
    # Given a head that was told nothing of its last two rows
    partly = FIRST.copy()
    partly[4:] = np.nan

    head = _fitted(partly)

    # Then it is the head that never saw them, and not one that took them for negatives.
    never = CommentClassifier(plain_c=100, bayes_c=100).fit(ROWS[:4], FIRST[:4, None])
    as_negatives = _fitted(np.nan_to_num(partly))
    assert np.array_equal(head.coef_, never.coef_)
    assert not np.allclose(head.coef_, as_negatives.coef_)


def test_a_head_that_nobody_labelled_is_silent() -> None:
    classifier = _fitted(FIRST, UNKNOWN)

    assert not classifier.coef_[:, 1].any()
    assert classifier.predict_proba(ROWS)[:, 1] == pytest.approx([0.5] * 6, abs=0.01)


def test_weights_may_differ_between_heads() -> None:
    weights = np.ones((6, 2))
    weights[4:, 1] = 0

    classifier = _fitted(FIRST, FIRST, sample_weight=weights)

    never = CommentClassifier(plain_c=100, bayes_c=100).fit(ROWS[:4], FIRST[:4, None])
    assert np.array_equal(classifier.coef_[:, 1], never.coef_[:, 0])
    assert not np.allclose(classifier.coef_[:, 0], never.coef_[:, 0])


def test_calibrated_probabilities_are_the_share_of_positives() -> None:
    # Given logits that say little and labels that are positive in 3 of 10
    rng = np.random.default_rng(1)
    many = ROWS[rng.integers(0, 6, size=2_000)]
    truth = (rng.random(2_000) < 0.3).astype(float)[:, None]
    classifier = _fitted(FIRST)
    before = classifier.predict_proba(many).mean()

    classifier.calibrate_on(classifier.decision_function(many), truth, np.ones((2_000, 1)))

    assert abs(before - 0.3) > 0.05
    assert classifier.predict_proba(many).mean() == pytest.approx(truth.mean(), abs=0.02)


def test_calibration_keeps_the_order() -> None:
    rng = np.random.default_rng(2)
    classifier = _fitted(FIRST)
    rows = csr_matrix(rng.random((500, 3)).astype(np.float32))
    logits = classifier.decision_function(rows)
    truth = (rng.random(500) < 1 / (1 + np.exp(-logits[:, 0]))) * 1.0

    classifier.calibrate_on(logits, truth[:, None], np.ones((500, 1)))

    points = np.linspace(-50, 50, 1_000)[:, None]
    probabilities = classifier.calibrate(points)
    assert np.all(np.diff(probabilities[:, 0]) >= 0)
    assert 0 <= probabilities.min() < probabilities.max() <= 1


def test_compressing_changes_little() -> None:
    classifier = _fitted(FIRST)
    before = classifier.predict_proba(ROWS)

    after = classifier.compress().predict_proba(ROWS)

    assert classifier.coef_.dtype == np.float16
    assert after == pytest.approx(before, abs=0.01)


def test_the_same_data_give_the_same_weights() -> None:
    assert np.array_equal(_fitted(FIRST).coef_, _fitted(FIRST).coef_)


def test_parameters_survive_cloning() -> None:
    classifier = CommentClassifier(plain_c=3, plain_share=0.7)

    assert clone(classifier).get_params() == classifier.get_params()
