"""What reviews say of all that the machine approved."""

from __future__ import annotations

import random

import pytest

from moderation.desk.reviews import let_through


def test_nothing_reviewed_says_nothing() -> None:
    found = let_through([{"decided|classifier|approved": 500}])
    assert (found.reviewed, found.share.value, found.missed) == (0, None, None)
    assert found.approved == 500


def test_a_plain_sample_is_a_plain_share() -> None:
    found = let_through(
        [
            {"reviewed|0.02|approve": 95, "decided|classifier|approved": 5_000},
            {"reviewed|0.02|reject": 5, "decided|policy|approved": 1},
        ]
    )
    assert (found.reviewed, found.rejected, found.approved) == (100, 5, 5_001)
    assert (found.share.part, found.share.whole) == (5, 100)
    low, high = found.missed or (0, 0)
    assert low < 0.05 * 5_001 < high


def test_a_sample_of_two_shares_is_weighted() -> None:
    # 1,000 comments at 20 %: 200 seen, 40 rejected. 10,000 at 2 %: 200 seen, 2 rejected.
    found = let_through(
        [
            {"reviewed|0.2|approve": 160, "reviewed|0.2|reject": 40},
            {"reviewed|0.02|approve": 198, "reviewed|0.02|reject": 2},
        ]
    )
    # 200 and 100 of 11,000; unweighted it would be 10.5 %.
    assert found.share.value == pytest.approx(300 / 11_000, abs=0.003)
    assert found.share.whole < 400


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng, inside = random.Random(1), 0
    for _ in range(300):
        rejected = sum(rng.random() < 0.04 for _ in range(150))
        share = let_through(
            [{"reviewed|0.05|reject": rejected, "reviewed|0.05|approve": 150 - rejected}]
        ).share
        inside += share.low <= 0.04 <= share.high
    assert 0.91 <= inside / 300 <= 0.99


def test_reviews_that_were_undone_on_a_later_day_count_nothing() -> None:
    found = let_through([{"reviewed|0.02|reject": -1}])
    assert found.share.value is None
