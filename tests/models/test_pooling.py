"""The network hears the loudest stretch of a comment."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.classifier import CommentClassifier
from models.features import HashedNgrams
from models.hashing import word_hashes
from models.pooling import N_FEATURES, WINDOWS, PooledHead, WordSums

VECTORISER = HashedNgrams(char_bits=12, word_bits=12)
RNG = np.random.default_rng(1)
WEIGHTS = RNG.normal(size=VECTORISER.n_columns).astype(np.float32)
TEXT = "one two three four five six seven eight nine"


def _features(*texts: str) -> NDArray[np.float64]:
    reading = VECTORISER.read(texts)
    logits = VECTORISER.rows(reading) @ WEIGHTS
    return WordSums.of(reading, WEIGHTS).features(logits)


def test_the_widest_window_over_a_short_text_is_the_logit_of_the_whole() -> None:
    # Given a text in which no feature occurs twice
    (features,) = _features("zebra quick")

    assert features[1 + WINDOWS.index(32)] == pytest.approx(features[0], abs=1e-6)


def test_a_window_says_what_its_words_would_say_alone() -> None:
    # Given features that never lie across words
    vectoriser = HashedNgrams(char_bits=12, word_bits=12, word_range=(1, 1))
    words = [vectoriser.transform([word]) @ WEIGHTS for word in TEXT.split()]
    halves = [
        vectoriser.transform([" ".join(TEXT.split()[first : first + 8])]) @ WEIGHTS
        for first in (0, 1)
    ]

    sums = WordSums.of(vectoriser.read([TEXT]), WEIGHTS)
    (features,) = sums.features(np.zeros(1))

    assert features[1] == pytest.approx(max(words)[0])
    assert features[1 + WINDOWS.index(8)] == pytest.approx(max(halves)[0], abs=0.1)


def test_a_text_has_the_same_features_alone_as_in_any_batch() -> None:
    texts = [TEXT, "", "loud", "one two three four five six", "zebra quick"]

    together = _features(*texts)

    assert together.shape == (5, N_FEATURES)
    for text, row in zip(texts, together, strict=True):
        assert row == pytest.approx(_features(text)[0])


def test_without_all_its_words_a_text_says_nothing() -> None:
    reading = VECTORISER.read([TEXT])
    sums = WordSums.of(reading, WEIGHTS)
    lacking = np.ones((1, 9), dtype=bool)

    (features,) = sums.without(lacking).features(np.zeros(1))

    assert features[:-1] == pytest.approx(np.zeros(N_FEATURES - 1))


def test_without_the_loudest_word_the_next_one_is_the_loudest() -> None:
    reading = VECTORISER.read([TEXT])
    sums = WordSums.of(reading, WEIGHTS)
    alone = np.array(
        [sums.without(~one[None]).features(np.zeros(1))[0, 1] for one in np.eye(9, dtype=bool)]
    )
    lacking = (alone == alone.max())[None]

    (features,) = sums.without(lacking).features(np.zeros(1))

    assert features[1] == pytest.approx(np.sort(alone)[-2])


def test_known_words_have_columns_of_their_own() -> None:
    hashes = word_hashes(np.frombuffer(b" two four ", dtype=np.uint8))[2]
    known = HashedNgrams(char_bits=12, word_bits=12, known_words=np.sort(hashes))

    rows = known.transform([TEXT, "two"])

    first = known.first_columns[2]
    assert rows[0, first:].toarray() == pytest.approx(np.full((1, 2), 0.5**0.5))
    assert sorted(rows[1, first:].toarray()[0]) == [0, 1]


def _loud_and_quiet(count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return features of texts whose whole says little and whose loudest word says it all."""
    features = np.random.default_rng(2).normal(size=(count, N_FEATURES))
    return features, (features[:, 1] > 1).astype(np.int64)


def test_it_learns_what_a_linear_logit_does_not_say() -> None:
    features, truth = _loud_and_quiet(4000)

    network = PooledHead().fit(features, truth)

    assert (network.predict(features) == truth).mean() > 0.95


def test_the_same_seed_gives_the_same_network() -> None:
    features, truth = _loud_and_quiet(600)

    one, other = (PooledHead(seed=5).fit(features, truth) for _ in range(2))

    assert np.array_equal(one.decision_function(features), other.decision_function(features))


def test_rows_alone_are_not_enough_where_a_network_listens() -> None:
    rows = VECTORISER.transform(["one", "two"])
    classifier = CommentClassifier().fit(rows, np.array([[0.0], [1.0]]))
    classifier.pooled_ = PooledHead()

    with pytest.raises(ValueError, match="use judge"):
        classifier.predict_proba(rows)


def test_a_network_follows_its_head() -> None:
    classifier = CommentClassifier().fit(
        VECTORISER.transform(["one", "two"]), np.array([[0.0, 1.0], [1.0, 0.0]])
    )
    classifier.pooled_ = PooledHead(head=1)

    moved = classifier.with_heads([1, 0]).pooled_
    gone = classifier.with_heads([0]).pooled_

    assert moved is not None
    assert moved.head == 0
    assert classifier.pooled_.head == 1
    assert gone is None
