"""Thresholds for a target: met, and no stricter than need be."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.measuring.targets import (
    CURVE_POINTS,
    Aim,
    Target,
    TargetError,
    TooFewLabelsError,
    UnreachableTargetError,
    curve,
    propose,
    round_between,
)


def _labelled(rows: int = 1_000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = (rng.random(rows) < 0.3).astype(np.int8)
    scores = 1 / (1 + np.exp(-(rng.normal(size=rows) + 2 * truth - 1.5)))
    return truth, scores.astype(np.float32)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("share", [0.02, 0.05, 0.3])
def test_no_more_is_held_than_the_target_allows_and_one_more_score_would_be_too_many(
    share: float, weighted: bool
) -> None:
    truth, scores = _labelled()
    weights = np.random.default_rng(2).integers(1, 5, 1_000).astype(float) if weighted else None

    proposal = propose(truth, scores, weights, Target(Aim.HOLD_AT_MOST, share))

    assert proposal.held.value <= share
    next_score = scores[scores < proposal.threshold].max()
    assert np.average(scores >= next_score, weights=weights) > share
    assert proposal.held.low <= proposal.held.value <= proposal.held.high


def test_false_holds_are_counted_among_the_harmless() -> None:
    truth, scores = _labelled()

    proposal = propose(truth, scores, None, Target(Aim.FALSELY_HOLD_AT_MOST, 0.05))

    held = scores >= proposal.threshold
    assert proposal.false_holds.value == pytest.approx(held[truth == 0].mean())
    assert 0.04 < proposal.false_holds.value <= 0.05
    assert proposal.precision is not None
    assert proposal.precision.value == pytest.approx(truth[held].mean())


def test_enough_is_caught_and_no_lower_threshold_than_that_takes() -> None:
    truth, scores = _labelled()

    proposal = propose(truth, scores, None, Target(Aim.CATCH_AT_LEAST, 0.9))

    assert 0.9 <= proposal.caught.value < 0.91
    assert json.loads(json.dumps(proposal.as_dict()))["threshold"] == proposal.threshold


def test_a_threshold_is_as_round_as_scores_allow() -> None:
    assert round_between(0.5123, 0.6789) == 0.6
    assert round_between(0.6712, 0.6789) == 0.675 or round_between(0.6712, 0.6789) == 0.678
    assert round_between(0.1, 0.1 + 1e-9) == 0.1 + 1e-9


def test_weights_correct_for_a_rare_sample_of_what_was_approved() -> None:
    # Given that approved comments are labelled one time in twenty
    truth, scores = _labelled(20_000)
    chance = np.where(scores > 0.5, 1.0, 0.05)
    seen = np.random.default_rng(3).random(20_000) < chance
    target = Target(Aim.HOLD_AT_MOST, 0.1)

    wanted = propose(truth, scores, None, target).threshold
    weighted = propose(truth[seen], scores[seen], (1 / chance)[seen], target).threshold
    naive = propose(truth[seen], scores[seen], None, target).threshold

    assert weighted == pytest.approx(wanted, abs=0.03)
    assert abs(naive - wanted) > 0.05


def test_too_few_labels_are_refused_with_what_is_missing() -> None:
    truth, scores = np.array([0] * 30 + [1] * 5), np.linspace(0, 1, 35)

    with pytest.raises(TooFewLabelsError, match=r"15 more labelled 1 \(harmful\)"):
        propose(truth, scores, None, Target(Aim.HOLD_AT_MOST, 0.05))
    with pytest.raises(
        TooFewLabelsError, match=r"70 more labelled 0 .* and 15 more labelled 1"
    ):
        propose(truth, scores, None, Target(Aim.FALSELY_HOLD_AT_MOST, 0.01))
    with pytest.raises(TooFewLabelsError, match="15 more labelled 1"):
        curve(truth, scores, None)


def test_a_target_that_no_threshold_reaches_is_refused() -> None:
    truth, scores = np.array([0, 1] * 50), np.ones(100)

    with pytest.raises(UnreachableTargetError, match=r"hold at most 5\.0%"):
        propose(truth, scores, None, Target(Aim.HOLD_AT_MOST, 0.05))


def test_a_threshold_that_holds_nothing_meets_a_strict_target() -> None:
    truth, scores = np.array([0, 1] * 50), np.full(100, 0.4)

    proposal = propose(truth, scores, None, Target(Aim.HOLD_AT_MOST, 0.05))

    assert (proposal.held.value, proposal.precision) == (0, None)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(TargetError, match="above 0 and below 1"):
        Target(Aim.HOLD_AT_MOST, share)


def test_the_curve_goes_from_nothing_held_to_everything() -> None:
    truth, scores = _labelled(5_000)

    points = curve(truth, scores, None)

    assert 40 < len(points) <= CURVE_POINTS
    assert points[0].held.value == 0
    assert points[-1].held.value == 1
    shares = [point.held.value for point in points]
    assert shares == sorted(shares)
    assert [point.threshold for point in points] == sorted(
        (point.threshold for point in points), reverse=True
    )
