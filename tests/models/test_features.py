"""The vectoriser does in numpy what a plain loop over n-grams does in Python."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import check_estimator

from models.features import HashedNgrams
from models.hashing import BYTE_CODES, MIX, PAIR, ROLL, WORD_BASE_INVERSE

SMALL = {"char_bits": 10, "word_bits": 9}
texts = st.lists(st.text(alphabet="ab' ü!7你", max_size=30), max_size=8)


def _mix(value: int) -> int:
    mixed = ((value ^ (value >> 15)) * int(MIX)) & 0xFFFFFFFF
    return mixed ^ (mixed >> 13)


def _word_hash(word: bytes) -> int:
    total = sum(
        int(BYTE_CODES[byte]) * pow(WORD_BASE_INVERSE, place, 1 << 64)
        for place, byte in enumerate(word)
    )
    return (total % (1 << 64)) >> 32


def _naive(text: str, vectoriser: HashedNgrams) -> tuple[set[int], set[int]]:
    """Return the columns of the characters and those of the words, one n-gram at a time."""
    shortest, longest = vectoriser.char_range
    characters = set()
    for word in text.encode().split(b" "):
        padded = b" " + word + b" "
        for size in range(shortest, longest + 1):
            for begin in range(len(padded) - size + 1):
                value = 0
                for byte in padded[begin : begin + size]:
                    value = (value * int(ROLL) + int(BYTE_CODES[byte])) & 0xFFFFFFFF
                characters.add(_mix(value ^ size) >> (32 - vectoriser.char_bits))
    hashes = [_word_hash(word) for word in re.findall(rb"[\w'\x80-\xff]+", text.encode())]
    runs = list(hashes)
    for size in range(2, vectoriser.word_range[1] + 1):
        for begin in range(len(hashes) - size + 1):
            value = 0
            for word in hashes[begin : begin + size]:
                value = (value * int(PAIR) + word) & 0xFFFFFFFF
            runs.append(value)
    shift = 32 - vectoriser.word_bits
    first_column = 1 << vectoriser.char_bits
    scrambled = [_scrambled(word) for word in re.findall(rb"[\w'\x80-\xff]+", text.encode())]
    return characters, {(_mix(value) >> shift) + first_column for value in runs + scrambled}


def _scrambled(word: bytes) -> int:
    rest = sum(int(BYTE_CODES[byte]) for byte in word[1:])
    return (rest * int(PAIR) + _mix(int(BYTE_CODES[word[0]]))) & 0xFFFFFFFF


@settings(max_examples=100)
@given(texts)
def test_it_equals_a_naive_reference(batch: list[str]) -> None:
    vectoriser = HashedNgrams(**SMALL)

    rows = vectoriser.transform(batch)

    assert rows.shape == (len(batch), 1024 + 512)
    for text, row in zip(batch, rows, strict=True):
        characters, words = _naive(text, vectoriser)
        assert set(row.indices.tolist()) == characters | words
        for block in (characters, words):
            values = row.toarray()[0, sorted(block)]
            assert values == pytest.approx([max(len(block), 1) ** -0.5] * len(block))


def test_a_text_has_the_same_row_alone_as_in_any_batch() -> None:
    vectoriser = HashedNgrams()
    batch = ["one two", "", "three", "one two"]

    together = vectoriser.transform(batch)

    for place, text in enumerate(batch):
        alone = vectoriser.transform([text])
        assert (alone != together[place]).nnz == 0


def test_large_batches_have_keys_of_64_bits() -> None:
    vectoriser = HashedNgrams()
    batch = ["one"] * 8_192 + ["two"]

    rows = vectoriser.transform(batch)

    assert (rows[-1] != vectoriser.transform(["two"])).nnz == 0


def test_columns_are_part_of_the_format() -> None:
    rows = HashedNgrams().transform(["to be or not to be"])

    assert rows.indices[:4].tolist() == [12642, 24576, 32861, 65741]
    assert rows.nnz == 31


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1), st.integers(0, 2**32 - 1))
def test_known_words_are_found_and_no_others(hashes: list[int], other: int) -> None:
    # Some of them next to each other: those share their first bits.
    known = np.unique(np.array([*hashes, *(number ^ 1 for number in hashes)], np.uint32))
    vectoriser = HashedNgrams(known_words=known)
    asked = np.array([*known, other], np.uint32)

    places = vectoriser._places_of_known(known, asked)

    assert places[:-1].tolist() == list(range(len(known)))
    assert places[-1] == (np.flatnonzero(known == other)[0] if other in known else -1)


def test_swapped_letters_leave_a_trace_of_the_word() -> None:
    vectoriser = HashedNgrams()
    words = slice(vectoriser.first_columns[1], vectoriser.first_columns[2])
    rows = vectoriser.transform(["nitwit", "ntiwit", "twitni"])[:, words].toarray() > 0

    assert (rows[0] & rows[1]).sum() == 1
    assert not (rows[0] & rows[2]).any()


def test_surrogates_do_not_raise() -> None:
    assert HashedNgrams().transform(["\ud800"]).nnz > 0


def test_one_text_instead_of_a_sequence_is_refused() -> None:
    with pytest.raises(ValueError, match="not one text"):
        HashedNgrams().transform("one text")


def test_it_behaves_as_an_estimator() -> None:
    # check_estimator feeds numbers, which texts are not: for vectorisers, scikit-learn's own
    # among them, it skips all but cloning. The rest are its rules for parameters.
    with pytest.warns(SkipTestWarning):
        check_estimator(HashedNgrams())
    vectoriser = HashedNgrams(char_range=(3, 4), **SMALL)

    copy = clone(vectoriser)

    assert copy.get_params() == vectoriser.get_params()
    assert copy.fit(["text"]) is copy
    assert np.array_equal(
        copy.fit_transform(["some text"]).toarray(),
        vectoriser.transform(["some text"]).toarray(),
    )
    assert copy.set_params(char_bits=8).n_columns == 256 + 512
