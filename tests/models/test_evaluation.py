"""The figures: known answers on small examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.dataset import Example
from models.evaluation import (
    evaluate,
    expected_calibration_error,
    hold_score,
    report,
    threshold_at,
)

if TYPE_CHECKING:
    from models.release import Release


def test_a_perfect_ranking_has_perfect_figures() -> None:
    figures = report(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]), threshold=0.85)

    assert figures.roc_auc == figures.average_precision == 1
    assert figures.recall_at_1_percent_false_holds == 1
    assert figures.held_share == 0.25
    assert figures.false_hold_share == 0


def test_recall_is_what_is_found_at_the_allowed_false_holds() -> None:
    # Given 100 harmless comments, five of which look worse than half of the abuse
    truth = np.array([0] * 100 + [1] * 10)
    scores = np.concatenate(
        (np.full(95, 0.1), np.full(5, 0.6), np.full(5, 0.5), np.full(5, 0.9))
    )

    figures = report(truth, scores, threshold=0.5)

    assert figures.recall_at_1_percent_false_holds == 0.5
    assert figures.recall_at_5_percent_false_holds == 1
    assert figures.false_hold_share == 0.05


def test_one_class_has_no_ranking() -> None:
    figures = report(np.zeros(3), np.array([0.1, 0.2, 0.3]), threshold=0.25)

    assert figures.roc_auc is None
    assert figures.recall_at_1_percent_false_holds is None
    assert figures.false_hold_share == pytest.approx(1 / 3)


def test_calibration_error_is_the_distance_from_the_truth() -> None:
    half_true = np.array([0, 1] * 50)

    assert expected_calibration_error(half_true, np.full(100, 0.5)) == pytest.approx(0)
    assert expected_calibration_error(half_true, np.full(100, 0.9)) == pytest.approx(0.4)
    assert expected_calibration_error(np.ones(2), np.ones(2)) == 0


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5])
def test_a_threshold_holds_no_more_than_its_share(share: float) -> None:
    scores = np.random.default_rng(3).random(1_000).round(2)
    truth = np.zeros(1_000)

    held = scores >= threshold_at(truth, scores, share)

    assert held.mean() <= share
    assert share - held.mean() <= 0.03


def test_the_hold_score_is_that_of_toxicity_or_spam() -> None:
    assert hold_score({"toxicity": 0.5, "spam": 0.5}) == 0.75
    assert hold_score({"toxicity": 0.2}) == pytest.approx(0.2)


def test_a_release_is_measured_on_what_each_row_labels(tiny_release: Release) -> None:
    examples = [
        Example("you nitwit", {"label": 1, "toxicity": 1}),
        Example("a lovely bridge", {"label": 0}),
        Example("what a nitwit", {"toxicity": 1}),
    ]

    measured = evaluate(tiny_release, examples)

    assert measured.comments == 3
    assert measured.comments_per_second > 0
    assert measured.categories["label"].rows == 2
    assert measured.categories["label"].roc_auc == 1
    assert measured.categories["toxicity"].rows == 2
    assert measured.categories["toxicity"].roc_auc is None
