"""What copies are made from: drawn and counted in bounded memory, whatever the order."""

from __future__ import annotations

import random

import pytest

from models.learning import copies
from models.learning.copies import Sample, WordCounts

TEXTS = [f"comment {number}" for number in range(500)]


def _drawn(texts: list[str], *, seed: int = 1, size: int = 50) -> list[tuple[str, int]]:
    sample: Sample[int] = Sample(size, seed=seed)
    for text in texts:
        sample.offer(text, len(text))
    return list(sample)


def test_a_sample_is_the_same_in_whatever_order_texts_come() -> None:
    shuffled = random.Random(3).sample(TEXTS, len(TEXTS))

    assert _drawn(TEXTS) == _drawn(shuffled)
    assert len(_drawn(TEXTS)) == 50


def test_another_seed_draws_others() -> None:
    assert _drawn(TEXTS, seed=1) != _drawn(TEXTS, seed=2)


def test_a_text_is_drawn_once_however_often_it_comes() -> None:
    assert _drawn(["same"] * 9 + ["other"]) == _drawn(["other", "same"])


def test_every_text_has_the_same_chance() -> None:
    first_half = sum(
        text in TEXTS[:250] for seed in range(20) for text, _ in _drawn(TEXTS, seed=seed)
    )

    assert 400 < first_half < 600


def test_very_long_texts_are_not_drawn() -> None:
    assert _drawn(["a" * (copies.LONGEST_DRAWN_CHARACTERS + 1)]) == []


def test_nothing_is_drawn_into_a_sample_of_none() -> None:
    assert _drawn(TEXTS, size=0) == []


def test_words_that_no_longer_fit_are_forgotten_rare_ones_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies, "MOST_WORDS", 100)
    letters = "abcdefghij"
    rare = (f"{a}{b}{c}" for a in letters for b in letters for c in letters)
    counts = WordCounts()

    for word in rare:
        counts.add(f"you nitwit {word}", abusive=True)

    assert counts.typical() == {"you", "nitwit"}
    assert len(counts._everywhere) <= 100
