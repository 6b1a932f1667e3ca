"""Words that stand in like company get like vectors."""

from __future__ import annotations

import random

import numpy as np

from models.hashing import word_hashes
from models.learning.word_vectors import LEAST_TEXTS, Corpus, WordVectors, of_texts

ANIMALS = ("cat", "dog", "horse")
TOOLS = ("hammer", "saw", "drill")


def _texts(count: int = 600) -> list[str]:
    rng = random.Random(3)
    return [
        rng.choice(
            (
                f"the {rng.choice(ANIMALS)} eats and sleeps",
                f"a {rng.choice(TOOLS)} lies on the bench",
            )
        )
        for _ in range(count)
    ]


def _vector(known: WordVectors, word: str) -> np.ndarray:
    (hashed,) = word_hashes(np.frombuffer(f" {word} ".encode(), dtype=np.uint8))[2]
    (place,) = np.flatnonzero(known.words == hashed)
    return known.vectors[place]


def _learnt(texts: list[str]) -> WordVectors:
    corpus = Corpus()
    corpus.add(texts)
    return corpus.vectors(seed=1, dimensions=4)


def test_like_words_are_nearer_than_unlike_ones() -> None:
    known = _learnt(_texts())

    for word in ("dog", "horse"):
        assert _vector(known, "cat") @ _vector(known, word) > 0.8
    for word in TOOLS:
        assert _vector(known, "cat") @ _vector(known, word) < 0.5


def test_words_do_not_see_beyond_their_text() -> None:
    # Given a word that is alone in its texts
    known = _learnt([*_texts(), *["lonely"] * 50])

    assert np.abs(_vector(known, "lonely")).max() < 1e-3


def test_rare_words_have_no_vector() -> None:
    known = _learnt([*_texts(), *["seldom here"] * (LEAST_TEXTS - 1)])

    (hashed,) = word_hashes(np.frombuffer(b" seldom ", dtype=np.uint8))[2]
    assert hashed not in known.words


def test_the_same_texts_give_the_same_vectors_in_whatever_batches() -> None:
    texts = _texts()
    whole, parts = Corpus(), Corpus()
    whole.add(texts)
    for begin in range(0, len(texts), 7):
        parts.add(texts[begin : begin + 7])

    one, other = (corpus.vectors(seed=1, dimensions=4) for corpus in (whole, parts))

    assert np.array_equal(one.words, other.words)
    assert np.array_equal(one.vectors, other.vectors)


def test_words_ascend_and_vectors_have_unit_length() -> None:
    texts = _texts()
    words = [f"word{number} filler{number % 7}" for number in range(200) for _ in range(5)]

    known = of_texts([texts, words], seed=1)

    assert (np.diff(known.words.astype(np.int64)) > 0).all()
    assert np.allclose(np.linalg.norm(known.vectors, axis=1), 1, atol=1e-3)
