"""The figures: known answers on small examples."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.categories import CATEGORIES
from models.dataset import Example
from models.measuring.evaluation import (
    CHUNK_SIZE,
    evaluate,
    hold_score,
    measure,
    report,
)
from models.measuring.figures import expected_calibration_error, threshold_at

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    assert hold_score({"toxicity": 0.5, "spam": 0.5}) == 0.625
    assert hold_score({"toxicity": 0.0, "spam": 0.9}) == pytest.approx(0.81)
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


def test_the_interval_of_the_auc_contains_it() -> None:
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, 300)

    figures = report(truth, rng.random(300) / 2 + truth / 4, threshold=0.5)

    low, high = figures.roc_auc_ci or (1, 0)
    assert 0.5 < low < (figures.roc_auc or 0) < high < 1
    assert high - low < 0.15


def test_a_label_counts_as_held_what_the_release_holds_for_any_category(
    tiny_release: Release,
) -> None:
    # Given a release that holds everything as spam, and next to nothing as toxic
    strict = replace(
        tiny_release, thresholds=dict.fromkeys(CATEGORIES, 1.0) | {"spam": 0.0, "toxicity": 1.0}
    )
    examples = [
        Example("a lovely bridge", {"label": 0, "toxicity": 0}),
        Example("you nitwit", {"label": 1, "toxicity": 1}),
    ]

    categories = evaluate(strict, examples).categories

    assert categories["label"].held_share == categories["label"].false_hold_share == 1
    assert categories["toxicity"].held_share == 0


def test_only_scores_are_kept_and_they_are_small(tiny_release: Release) -> None:
    # Given a stream that knows which of its texts are still alive
    alive: weakref.WeakSet[Text] = weakref.WeakSet()
    most = 0

    def stream() -> Iterator[Example]:
        nonlocal most
        for number in range(3 * CHUNK_SIZE):
            text = Text("you nitwit" if number % 2 else "a lovely bridge")
            alive.add(text)
            most = max(most, len(alive))
            yield Example(text, {"label": number % 2})

    [measured] = measure([tiny_release], stream())

    assert most <= 2 * CHUNK_SIZE
    assert measured.judged["label"].scores.dtype == np.float32
    assert measured.judged["label"].truth.tolist() == [0, 1] * (CHUNK_SIZE * 3 // 2)


class Text(str):
    """A text that can be watched."""

    __slots__ = ("__weakref__",)


def test_a_label_that_the_release_does_not_know_is_left_out(tiny_release: Release) -> None:
    assert evaluate(tiny_release, [Example("x", {"sarcasm": 1})]).categories == {}
