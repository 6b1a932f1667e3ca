"""Weighted figures: a row that weighs two counts as two rows do."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from models.dataset import Example
from models.measuring.evaluation import measure
from models.measuring.figures import effective_rows, report, threshold_at
from models.measuring.ranking import auc_interval, difference_interval, placements
from models.release import Release


def _rows(seed: int, rows: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, rows)
    scores = (rng.random(rows) / 2 + truth / 3).round(2)
    return truth, scores, rng.integers(1, 5, rows).astype(float)


def _shared(figures: object) -> dict[str, float]:
    """The figures that do not count rows."""
    told = asdict(figures)  # type: ignore[call-overload]
    return {
        name: told[name] for name in told if name not in ("rows", "positives", "roc_auc_ci")
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_row_that_weighs_two_counts_as_two_rows(seed: int) -> None:
    truth, scores, weights = _rows(seed)
    times = weights.astype(int)

    weighted = report(truth, scores, held=scores >= 0.5, weights=weights)
    repeated = report(
        truth.repeat(times), scores.repeat(times), held=scores.repeat(times) >= 0.5
    )

    assert _shared(weighted) == pytest.approx(_shared(repeated))
    assert weighted.rows == 300


def test_equal_weights_change_nothing_not_even_the_interval() -> None:
    truth, scores, _ = _rows(4)

    weighted = report(truth, scores, held=scores >= 0.5, weights=np.full(300, 7.0))
    plain = report(truth, scores, held=scores >= 0.5)

    assert _shared(weighted) == pytest.approx(_shared(plain))
    assert weighted.roc_auc_ci == pytest.approx(plain.roc_auc_ci)


def test_weighted_intervals_contain_the_true_auc_as_often_as_they_should() -> None:
    # Given comments of which the low-scoring half is labelled one time in four
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(300):
        truth = np.repeat([0, 1], [400, 200])
        scores = rng.normal(size=600) + truth
        chance = np.where(scores > 0.5, 1.0, 0.25)
        seen = rng.random(600) < chance
        placed = placements(truth[seen], scores[seen], (1 / chance)[seen])
        low, high = auc_interval(placed) or (1, 0)
        covered.append(low < 0.7602 < high)

    assert 0.91 < np.mean(covered) < 0.985


def test_labels_of_high_scores_alone_mislead_unless_they_are_weighted() -> None:
    rng = np.random.default_rng(6)
    truth = np.repeat([0, 1], [20_000, 5_000])
    scores = rng.normal(size=25_000) + 1.5 * truth
    chance = np.where(scores > 1, 1.0, 0.05)
    seen = rng.random(25_000) < chance

    everything = placements(truth, scores).area
    naive = placements(truth[seen], scores[seen]).area
    weighted = placements(truth[seen], scores[seen], (1 / chance)[seen]).area

    assert naive < everything - 0.1
    assert weighted == pytest.approx(everything, abs=0.02)


def test_the_difference_of_weighted_rankings_contains_what_it_is() -> None:
    truth, scores, weights = _rows(7)
    other = scores + np.random.default_rng(8).normal(size=300) / 5

    one, two = placements(truth, scores, weights), placements(truth, other, weights)
    low, high = difference_interval(one, two) or (1, 0)

    assert 0 < low < one.area - two.area < high


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2])
def test_a_weighted_threshold_holds_no_more_than_its_share(share: float) -> None:
    truth, scores, weights = _rows(9)
    harmless = truth == 0

    held = scores >= threshold_at(truth, scores, share, weights=weights)

    assert np.average(held[harmless], weights=weights[harmless]) <= share


def test_unlike_weights_are_worth_fewer_rows() -> None:
    assert effective_rows(None, 10) == 10
    assert effective_rows(np.full(10, 3.0), 10) == pytest.approx(10)
    assert effective_rows(np.array([1.0, 1.0, 98.0]), 3) == pytest.approx(1.04, abs=0.01)


def test_a_release_is_measured_by_what_examples_weigh(tiny_release: Release) -> None:
    # Given that of two harmless comments the one that is held stands for itself alone
    examples = [
        _weighing("you nitwit", 0, 1.0),
        _weighing("a lovely bridge", 0, 50.0),
        _weighing("shut up nitwit", 1, 1.0),
    ]

    [measured] = measure([tiny_release], examples)

    figures = measured.report.categories["label"]
    assert figures.rows == 3
    assert figures.false_hold_share == pytest.approx(1 / 51)
    assert measured.judged["label"].weights is not None


def test_examples_that_weigh_one_are_not_weighted(tiny_release: Release) -> None:
    [measured] = measure([tiny_release], [Example("you nitwit", {"label": 1})])

    assert measured.judged["label"].weights is None


def _weighing(text: str, label: int, weight: float) -> Example:
    return Example(text, {"label": label}, weight=weight)
