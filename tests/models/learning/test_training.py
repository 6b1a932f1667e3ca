"""Training: what a row teaches which head, what is kept back, what is disguised."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from models.categories import CATEGORIES, SPAM
from models.classifier import CommentClassifier
from models.dataset import Example
from models.features import HashedNgrams
from models.learning import training
from models.learning.augmentation import disguise
from models.learning.copies import WordCounts
from models.learning.held_out import HeldOut
from models.learning.sources import TRAINING_SOURCES, Source

SOURCE = Source("a", "none", lifelike=True)
SPAM_SOURCE = Source("b", "none", category=SPAM, lifelike=True)
BACKGROUND = Source("c", "none", background=True, lifelike=True)


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


@pytest.fixture
def rows(tmp_path: Path) -> training.TrainingSet:
    return _training_set(tmp_path)


def _training_set(folder: Path, *, seed: int = 5) -> training.TrainingSet:
    vectoriser = HashedNgrams(char_bits=10, word_bits=10)
    return training.TrainingSet(folder, vectoriser, split=training.SHIPPED_SPLIT, seed=seed)


def test_no_comment_is_both_fitted_and_calibrated_on(rows: training.TrainingSet) -> None:
    fitted, calibrated = _recorded(rows.fitting), _recorded(rows.held_out)
    examples = [Example(f"comment {number}", {"label": 0}) for number in range(400)]

    rows.add_examples(SOURCE, examples)

    assert not set(fitted) & set(calibrated)
    assert 300 <= len(fitted) <= 370
    assert 20 <= len(calibrated) <= 65
    assert 5 <= rows.kept_back == 400 - len(fitted) - len(calibrated) <= 40


def _recorded(rows: training.Rows | HeldOut) -> list[str]:
    texts: list[str] = []
    rows.add = lambda text, *_labels, **_more: texts.append(text)
    return texts


def test_only_so_many_rows_are_calibrated_on(
    rows: training.TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.add_examples(SOURCE, _examples(3000))
    everything = rows.fit()
    monkeypatch.setattr(training, "CALIBRATION_ROWS", 60)

    thinned, again = rows.fit(), rows.fit()

    assert np.array_equal(thinned.coef_, everything.coef_)
    toxicity = training.TOXICITY_COLUMN
    assert not np.array_equal(
        thinned.calibration_logits_[toxicity], everything.calibration_logits_[toxicity]
    )
    assert np.array_equal(
        thinned.calibration_logits_[toxicity], again.calibration_logits_[toxicity]
    )


def test_copies_in_disguise_do_not_outnumber_the_comments(rows: training.TrainingSet) -> None:
    rows.add_examples(SOURCE, _examples(1000))
    before = rows.fitting.count

    words = rows.add_disguised_copies()

    assert "nitwit" in words
    copies = rows.fitting.count - before
    assert 0 < copies <= 2 * (before // training.COMMENTS_A_DISGUISE)  # abusive and harmless


def _examples(count: int) -> list[Example]:
    return [
        Example(
            f"{'you dreadful nitwit' if number % 2 else 'a lovely garden'} {number}",
            {"label": number % 2},
        )
        for number in range(count)
    ]


def test_licences_that_forbid_commercial_use_are_not_trained_on() -> None:
    assert not [source.name for source in TRAINING_SOURCES if "NC" in source.licence]


def test_words_that_hardly_occur_elsewhere_are_typical() -> None:
    texts = ["you nitwit"] * 40 + ["you there"] * 40 + ["rareword"] * 3

    words = WordCounts()
    for text, label in zip(texts, [1] * 40 + [0] * 40 + [1] * 3, strict=True):
        words.add(text, abusive=bool(label))

    assert words.typical() == {"nitwit"}


def test_a_disguise_hides_typical_words_and_leaves_the_rest() -> None:
    rng = random.Random(1)
    words = frozenset({"nitwit"})

    copies = {disguise("what a nitwit, really", words, rng) for _ in range(50)}

    assert len(copies) > 5
    assert all(copy.startswith("what a") for copy in copies)
    assert all(copy.endswith(", really") and " nitwit," not in copy for copy in copies)


def test_a_text_without_typical_words_is_not_copied() -> None:
    assert disguise("what a day", frozenset({"nitwit"}), random.Random(1)) is None


def test_training_is_reproducible(tmp_path: Path) -> None:
    one, other = (_trained(tmp_path / name, _examples(200)) for name in "ab")

    assert np.array_equal(one.coef_, other.coef_)


def test_the_order_of_the_comments_changes_next_to_nothing(tmp_path: Path) -> None:
    # Given the same comments in two orders, more than a part has
    examples = _examples(600)

    one = _trained(tmp_path / "a", examples)
    other = _trained(tmp_path / "b", examples[::-1])

    # Then the same copies were made, and sums differ by what their order makes of them.
    assert np.allclose(one.coef_.astype(float), other.coef_.astype(float), atol=0.01)
    assert np.allclose(one.intercept_, other.intercept_, atol=0.01)


def _trained(folder: Path, examples: list[Example]) -> CommentClassifier:
    folder.mkdir()
    rows = _training_set(folder)
    rows.add_examples(SOURCE, examples)
    rows.add_disguised_copies()
    return rows.fit()
