"""Shares with their intervals."""

from __future__ import annotations

import pytest

from moderation.desk.shares import MANY, Share, percent


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Newcombe (1998), table I, method 3: the Wilson score interval.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_the_interval_is_the_published_one(
    part: int, whole: int, low: float, high: float
) -> None:
    share = Share(part, whole)
    assert (share.low, share.high) == (
        pytest.approx(low, abs=1e-4),
        pytest.approx(high, abs=1e-4),
    )


def test_all_of_few_is_not_certainly_all() -> None:
    share = Share(3, 3)
    assert share.high == 1.0
    assert 0.4 < share.low < 0.5
    assert share.told == "100 % (3 of 3), likely 44 % to 100 %"


def test_a_share_of_nothing_is_no_number() -> None:
    share = Share(0, 0)
    assert share.told == "none yet"
    assert share.to_json() == {"part": 0, "whole": 0, "share": None, "low": 0.0, "high": 1.0}


def test_many_are_told_without_the_interval() -> None:
    assert Share(MANY // 2, MANY).told == f"50 % ({MANY // 2} of {MANY})"
    assert "likely" in Share(1, MANY - 1).told


@pytest.mark.parametrize(
    ("share", "told"), [(0, "0 %"), (0.061, "6.1 %"), (0.0996, "10 %"), (0.91, "91 %")]
)
def test_small_percentages_keep_a_decimal(share: float, told: str) -> None:
    assert percent(share) == told
