"""The benchmark of vectorisers compares the same texts and adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import vectorisers
from benchmarks.measuring import Row
from benchmarks.plan import QUICK, Plan
from models.release import BATCH_SIZE
from moderation.settings import Settings

TEXTS = [f"Remark number {number} on the new library in our town" for number in range(300)]


@pytest.fixture
def rows(small_release: Path) -> list[Row]:
    sizes = replace(QUICK, rounds=1, vectorised=300, alone=5)
    return vectorisers.measure(Plan(TEXTS, sizes, Settings(release=str(small_release))))


def test_the_targets_are_for_both_ranges_for_one_comment_and_for_batches(
    rows: list[Row],
) -> None:
    assert {row.name: str(row.target) for row in rows if row.target} == {
        "HashedNgrams (2, 5) against char_wb (2, 5)": "≥ 8",
        "HashedNgrams (3, 5) against char_wb (3, 5)": "≥ 8",
        "one comment alone, p50": "< 1 ms",
        "batches of 256, one core": "≥ 10000 comments/s",
    }


def test_the_parts_of_scoring_add_up_to_the_whole(rows: list[Row]) -> None:
    whole = rows[-1]

    assert set(whole.also) == {
        "normalising",
        "features",
        "classifier",
        "language",
        "the rest",
    }
    assert sum(whole.also.values()) == pytest.approx(whole.value.median)


def test_chars_and_words_together_are_slower_than_either(rows: list[Row]) -> None:
    rates = {row.against: row.rival.median for row in rows if row.rival}

    assert rates["char_wb and words"] < min(rates["char_wb"], rates["words"])


def test_a_rate_is_of_all_texts_in_batches_as_in_service() -> None:
    seen: list[Sequence[str]] = []

    rate = vectorisers.rate(seen.append, TEXTS)

    assert rate > 0
    assert [len(batch) for batch in seen] == [BATCH_SIZE, len(TEXTS) - BATCH_SIZE]
    assert [text for batch in seen for text in batch] == TEXTS
