"""Training: what a row teaches which head, what is kept back, what is disguised."""

from __future__ import annotations

import random

import numpy as np
import pytest

from models import training
from models.augmentation import disguise, typical_words
from models.categories import CATEGORIES, SPAM
from models.dataset import Example
from models.sources import TRAINING_SOURCES, Source

SOURCE = Source("a", "none")
SPAM_SOURCE = Source("b", "none", category=SPAM)
BACKGROUND = Source("c", "none", background=True)


def _known(target: np.ndarray) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in zip(CATEGORIES, target, strict=True)
        if not np.isnan(value)
    }


@pytest.mark.parametrize(
    ("source", "labels", "taught"),
    [
        (SOURCE, {"label": 1}, {"toxicity": 1}),
        (SOURCE, {"label": 1, "threat": 0}, {"toxicity": 1, "threat": 0}),
        (SPAM_SOURCE, {"label": 1, "spam": 1}, {"spam": 1}),
        (BACKGROUND, {"label": 0}, {"toxicity": 0, "spam": 0}),
        (BACKGROUND, {"label": 1}, {"toxicity": 1}),
    ],
)
def test_a_row_teaches_only_what_it_labels(
    source: Source, labels: dict[str, int], taught: dict[str, float]
) -> None:
    target, _ = training.targets(source, Example("x", labels))

    assert _known(target) == taught


def test_background_rows_count_little_for_spam() -> None:
    _, weight = training.targets(BACKGROUND, Example("x", {"label": 0}))

    assert weight[training.SPAM_COLUMN] < weight[training.TOXICITY_COLUMN] == 1


def test_no_comment_is_both_fitted_and_calibrated_on() -> None:
    fitting, calibration = training.Rows(), training.Rows()
    examples = [Example(f"comment {number}", {"label": 0}) for number in range(400)]

    training.add_examples(SOURCE, examples, fitting=fitting, calibration=calibration)

    kept_back = 400 - len(fitting.texts) - len(calibration.texts)
    assert not set(fitting.texts) & set(calibration.texts)
    assert 300 <= len(fitting.texts) <= 370
    assert 20 <= len(calibration.texts) <= 65
    assert 5 <= kept_back <= 40


def test_licences_that_forbid_commercial_use_are_not_trained_on() -> None:
    assert not [source.name for source in TRAINING_SOURCES if "NC" in source.licence]


def test_words_that_hardly_occur_elsewhere_are_typical() -> None:
    texts = ["you nitwit"] * 40 + ["you there"] * 40 + ["rareword"] * 3

    words = typical_words(texts, [1] * 40 + [0] * 40 + [1] * 3)

    assert words == {"nitwit"}


def test_a_disguise_hides_typical_words_and_leaves_the_rest() -> None:
    rng = random.Random(1)
    words = frozenset({"nitwit"})

    copies = {disguise("what a nitwit, really", words, rng) for _ in range(50)}

    assert len(copies) > 5
    assert all(copy.startswith("what a ") for copy in copies)
    assert all(copy.endswith(", really") and "nitwit," not in copy for copy in copies)


def test_a_text_without_typical_words_is_not_copied() -> None:
    assert disguise("what a day", frozenset({"nitwit"}), random.Random(1)) is None


def test_training_is_reproducible() -> None:
    assert np.array_equal(_trained_weights(), _trained_weights())


def _trained_weights() -> np.ndarray:
    rows, calibration = training.Rows(), training.Rows()
    for number in range(60):
        label = number % 2
        text = f"{'you dreadful nitwit' if label else 'a lovely garden'} {number}"
        target, weight = training.targets(SOURCE, Example(text, {"label": label}))
        (rows if number < 50 else calibration).add(text, target, weight)
    training.add_disguised_copies(rows, seed=5)
    vectoriser = training.HashedNgrams(char_bits=10, word_bits=10)
    return training.fit(rows, calibration, vectoriser=vectoriser).coef_
