"""ROC AUC by counting pairs, and its intervals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.measuring.ranking import auc, auc_interval, difference_interval, placements


def test_the_auc_counts_pairs_and_ties_for_half() -> None:
    # Given two positives and two negatives: of four pairs two are right and one is a tie
    assert auc(np.array([0.9, 0.5]), np.array([0.5, 0.6])) == (2 + 0.5) / 4


def test_both_kinds_of_placements_have_the_auc_for_a_mean() -> None:
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, 500)
    scores = (rng.random(500) + truth / 3).round(1)

    placed = placements(truth, scores)

    expected = roc_auc_score(truth, scores)
    assert placed.positives.mean() == pytest.approx(expected)
    assert placed.negatives.mean() == pytest.approx(expected)


def test_the_interval_is_that_of_a_worked_example() -> None:
    # Given positives placed .5, 1 and negatives placed .5, 1, an AUC of .75: either variance
    # is .125, so the standard error is sqrt(.125 / 2 + .125 / 2) = .3536
    interval = auc_interval(placements(np.array([1, 0, 1, 0]), np.array([0.9, 0.7, 0.5, 0.2])))

    # Then on the logit scale it is 1.0986 +- 1.96 * .3536 / .1875
    assert interval == pytest.approx((0.0693, 0.9918), abs=1e-4)


def test_most_intervals_contain_the_true_auc() -> None:
    # Given draws from two normal distributions a standard deviation apart: the AUC is .7602
    rng = np.random.default_rng(5)
    truth = np.repeat([0, 1], [150, 50])
    intervals = [
        auc_interval(placements(truth, rng.normal(size=200) + truth)) for _ in range(400)
    ]

    covered = np.mean([low < 0.7602 < high for low, high in filter(None, intervals)])

    assert 0.92 < covered < 0.98


@pytest.mark.parametrize(
    ("truth", "scores"), [([0, 1, 1], [0.1, 0.2, 0.05]), ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])]
)
def test_one_of_a_class_or_a_perfect_ranking_has_no_interval(
    truth: list[int], scores: list[float]
) -> None:
    assert auc_interval(placements(np.array(truth), np.array(scores))) is None


def test_what_two_rankings_share_cancels_out_of_their_difference() -> None:
    # Given a noisy ranking and one that is better by a little everywhere
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 400)
    noise = rng.normal(size=400)
    better, worse = placements(truth, noise + truth), placements(truth, noise + 0.8 * truth)

    low, high = difference_interval(better, worse) or (0, 0)
    alone_low, alone_high = auc_interval(better) or (0, 0)

    assert 0 < low < better.positives.mean() - worse.positives.mean() < high
    assert high - low < (alone_high - alone_low) / 2


def test_a_ranking_does_not_differ_from_itself() -> None:
    placed = placements(np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.4]))

    assert difference_interval(placed, placed) == (0, 0)
