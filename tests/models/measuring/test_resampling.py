"""The paired bootstrap: the same figures as elsewhere, and intervals that hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.measuring import figures
from models.measuring.evaluation import Judged
from models.measuring.resampling import Arranged, difference_intervals


def _judged(seed: int, rows: int = 400, *, merit: float = 1.0, decimals: int = 2) -> Judged:
    truth = (np.random.default_rng(seed).random(rows) < 0.3).astype(np.int8)
    noise = np.random.default_rng(seed + 1).normal(size=rows)
    scores = (1 / (1 + np.exp(-(noise + merit * truth)))).round(decimals).astype(np.float32)
    return Judged(truth, scores, scores >= 0.6, np.zeros((rows, 0), np.uint8))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("decimals", [1, 2, 6])
def test_figures_are_those_that_a_report_tells(weighted: bool, decimals: int) -> None:
    judged = _judged(1, decimals=decimals)
    weights = np.random.default_rng(9).integers(1, 4, 400).astype(float) if weighted else None

    told = Arranged(judged).figures((np.ones(400) if weights is None else weights)[None, :])

    expected = figures.report(judged.truth, judged.scores, held=judged.held, weights=weights)
    for name, values in told.items():
        if name != "caught_share":
            assert values[0] == pytest.approx(getattr(expected, name), abs=1e-6), name
    harmful = judged.truth == 1
    share = figures.mean(judged.held[harmful], figures.chosen(weights, harmful))
    assert told["caught_share"][0] == pytest.approx(share)


def test_a_release_does_not_differ_from_itself() -> None:
    intervals = difference_intervals(_judged(2), _judged(2), seed=1)

    assert set(intervals.values()) == {(0.0, 0.0)}


def test_the_same_seed_draws_the_same() -> None:
    one, other = _judged(3), _judged(3, merit=2.0)

    assert difference_intervals(one, other, seed=4) == difference_intervals(one, other, seed=4)
    assert difference_intervals(one, other, seed=4) != difference_intervals(one, other, seed=5)


def test_what_two_releases_share_cancels_out() -> None:
    # Given a release that is better by a little on every comment
    worse, better = _judged(5, merit=1.0), _judged(5, merit=1.5)

    low, high = difference_intervals(better, worse, seed=1)["average_precision"] or (0, 0)

    assert 0 < low < high < 0.25


def test_one_class_has_no_interval_where_a_figure_needs_both() -> None:
    judged = _judged(6)
    harmless = replace(judged, truth=np.zeros_like(judged.truth))

    intervals = difference_intervals(harmless, harmless, seed=1)

    assert intervals["average_precision"] is None
    assert intervals["caught_share"] is None
    assert intervals["false_hold_share"] == (0, 0)
