"""How common features are: the file beside the code, and what it is asked for."""

from __future__ import annotations

import numpy as np

from models.features import HashedNgrams
from models.hashing import word_hashes
from models.learning import frequencies
from models.reading import Buffer


def test_what_is_packed_comes_back_to_within_a_fifth() -> None:
    found = np.array([0, 1e-6, 0.001, 0.02, 0.5, 1])

    back = frequencies.unpack(frequencies.pack(found))

    assert back[:2].tolist() == [0, 0]
    assert np.all(np.abs(back[2:] / found[2:] - 1) < 0.2)


def test_features_are_counted_once_a_text() -> None:
    found = frequencies.count([["one one one", "two"], ["one three"]])

    assert found.max() == 2 / 3
    assert found[HashedNgrams().transform(["one"]).indices].min() == 2 / 3


def test_everyday_words_are_familiar_and_made_up_ones_are_not() -> None:
    vectoriser = HashedNgrams()
    known = frequencies.shares(vectoriser)
    assert known is not None

    def share_of(word: str) -> float:
        _, _, hashes = word_hashes(Buffer.of([word]).data)
        return float(known[vectoriser.columns_of_words(hashes)][0])

    assert share_of("the") > 0.3 > share_of("people") > 0.01
    assert share_of("xqzvrrtt") < 0.001  # but for words that share its column by chance


def test_a_known_word_is_as_common_as_its_hashed_column() -> None:
    _, _, hashes = word_hashes(Buffer.of(["the"]).data)

    known = frequencies.shares(HashedNgrams(known_words=hashes))

    assert known is not None
    assert known[-1] == known[HashedNgrams().columns_of_words(hashes)[0]]


def test_of_features_that_are_hashed_otherwise_nothing_is_known() -> None:
    assert frequencies.shares(HashedNgrams(char_bits=10, word_bits=10)) is None
