"""Intervals of shares, against published and simulated ones."""

from __future__ import annotations

import numpy as np
import pytest

from models.measuring.shares import Share, paired_difference


def test_wilsons_interval_is_that_of_a_worked_example() -> None:
    # Given 81 of 263 (Newcombe, Statistics in Medicine 1998, table I)
    share = Share.of(81, 263)

    assert (share.value, share.low, share.high) == pytest.approx(
        (0.3080, 0.2553, 0.3662), abs=1e-4
    )


@pytest.mark.parametrize("part", [0, 20])
def test_none_and_all_have_an_interval_as_well(part: int) -> None:
    share = Share.of(part, 20)

    assert 0 <= share.low <= share.value <= share.high <= 1
    assert share.high - share.low == pytest.approx(0.161, abs=0.001)


def test_a_weighted_share_is_less_sure_than_its_rows_suggest() -> None:
    what, rows = np.arange(100) % 2 == 0, np.ones(100, bool)
    weights = np.where(np.arange(100) < 10, 50.0, 1.0)

    plain, weighted = Share.among(what, rows), Share.among(what, rows, weights)

    assert plain is not None
    assert weighted is not None
    assert weighted.value == pytest.approx(plain.value)
    assert weighted.high - weighted.low > 2 * (plain.high - plain.low)


def test_there_is_no_share_of_nothing() -> None:
    assert Share.among(np.ones(3, bool), np.zeros(3, bool)) is None


def test_most_intervals_of_a_paired_difference_contain_it() -> None:
    # Given two shares of the same 80 things, .30 and .40, that go together
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2_000):
        moved = rng.random(80)
        gained, lost = int((moved < 0.15).sum()), int(((moved >= 0.15) & (moved < 0.20)).sum())
        low, high = paired_difference(gained, lost, 80)
        covered += low < 0.10 < high

    assert 0.93 < covered / 2_000 < 0.98


def test_what_never_differs_may_still_differ_a_little() -> None:
    low, high = paired_difference(0, 0, 50)

    assert low == -high
    assert 0 < high < 0.05
