"""Normalised text in, a sparse matrix of hashed n-grams out, at the speed of numpy.

Owns which features there are and in which column each stands. A rolling hash over the buffer
in which all texts of a batch lie gives every n-gram of every text in a handful of array
operations, where scikit-learn's analysers walk through Python objects one n-gram at a time.

Three kinds of features, each row of each kind of unit length:

- character n-grams (bytes, in truth) inside words, the word's border included, as in
  scikit-learn's `char_wb`;
- words, two and three neighbouring ones, and words with the letters behind the first in
  any order, so that swapped letters change nothing;
- known words, if there are any: a word that has a column of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

from models.hashing import PAIR, ROLL, mix, scrambled_hashes, word_hashes
from models.reading import SPACE, Buffer, Kind, Occurrences, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: Known words are looked up by the first 20 bits of their hashes: few have these in common.
KNOWN_SHIFT = np.uint32(12)


class HashedNgrams(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn normalised texts into rows of hashed character and word n-grams.

    Stateless: `fit` does nothing. A feature counts once a text, however often it occurs.

    Args:
        char_range: shortest and longest character n-gram, in bytes.
        word_range: fewest and most neighbouring words in a feature.
        char_bits: the character n-grams have 2 ** char_bits columns.
        word_bits: the words have 2 ** word_bits columns, behind those of the characters.
        known_words: hashes of words, ascending, that have columns of their own behind the
            others; see `word_hashes`.
    """

    _bucket_starts: NDArray[np.int32]
    _largest_bucket: int

    def __init__(
        self,
        char_range: tuple[int, int] = (3, 5),
        word_range: tuple[int, int] = (1, 3),
        char_bits: int = 19,
        word_bits: int = 19,
        known_words: NDArray[np.uint32] | None = None,
    ) -> None:
        self.char_range = char_range
        self.word_range = word_range
        self.char_bits = char_bits
        self.word_bits = word_bits
        self.known_words = known_words

    @property
    def first_columns(self) -> tuple[int, int, int, int]:
        """Where the columns of each kind begin, and at last the width of the matrix."""
        words = 1 << self.char_bits
        known = words + (1 << self.word_bits)
        count = 0 if self.known_words is None else len(self.known_words)
        return 0, words, known, known + count

    @property
    def n_columns(self) -> int:
        """The width of the matrix."""
        return self.first_columns[-1]

    def finds_the_same_as(self, other: HashedNgrams) -> bool:
        """Say whether both find the same features and put them into the same columns."""
        if self is other:
            return True
        mine, others = self.get_params(), other.get_params()
        known, others_known = mine.pop("known_words"), others.pop("known_words")
        if known is None or others_known is None:
            return bool(mine == others and known is others_known)
        return bool(mine == others and np.array_equal(known, others_known))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that rows are strings and that there is nothing to fit."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        tags.no_validation = True
        return tags

    def fit(self, X: Sequence[str], y: Any = None) -> HashedNgrams:  # noqa: ARG002, N803
        """Return self: there is nothing to learn."""
        return self

    def transform(self, X: Sequence[str]) -> csr_matrix:  # noqa: N803
        """Return float32 rows, shape (len(X), n_columns); columns ascend in each row.

        Raises:
            ValueError: if X is one string instead of a sequence of strings.
        """
        return self.rows(self.read(X))

    def read(self, texts: Sequence[str]) -> Reading:
        """Find every feature of every text.

        Raises:
            ValueError: if `texts` is one string instead of a sequence of strings.
        """
        if isinstance(texts, str):
            msg = "HashedNgrams takes a sequence of texts, not one text"
            raise ValueError(msg)
        buffer = Buffer.of(texts)
        return Reading(buffer, (*self._characters(buffer), *self._words(buffer)))

    def rows(self, reading: Reading) -> csr_matrix:
        """Return what `transform` returns for a batch that was read."""
        n_rows = reading.n_texts
        keys, dtype = self._distinct_keys(reading)
        first_keys = np.arange(n_rows + 1, dtype=np.uint64) * self.n_columns
        # One bound for each kind of each row, and the last: kinds * n_rows + 1.
        bounds = np.add.outer(first_keys[:-1], np.array(self.first_columns[:-1], np.uint64))
        found = np.append(np.searchsorted(keys, bounds.ravel().astype(dtype)), len(keys))
        sizes = np.diff(found)
        values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
        indptr = found[:: len(Kind)].astype(np.int32)
        columns = keys - np.repeat(first_keys[:-1].astype(dtype), np.diff(indptr))
        return csr_matrix(
            (values, columns.astype(np.int32), indptr), shape=(n_rows, self.n_columns)
        )

    def columns_of_words(self, hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Return the hashed column of each word whose hash is given; see `word_hashes`."""
        first = np.uint32(self.first_columns[1])
        return np.asarray((mix(hashes) >> np.uint32(32 - self.word_bits)) + first)

    def unknown_words(
        self, reading: Reading
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]] | None:
        """Return how many words each text has, and how many of them are none of the known.

        `None` if no word has a column of its own. In languages without spaces between words
        a "word" is a whole phrase, and unknown.
        """
        if self.known_words is None or not len(self.known_words):
            return None
        # The first of the words yields each of them once, as do the known ones.
        words = next(one for one in reading.occurrences if one.kind is Kind.WORDS)
        known = next(one for one in reading.occurrences if one.kind is Kind.KNOWN_WORDS)
        starts = reading.buffer.starts
        counted = np.diff(np.searchsorted(words.begins, starts))
        return counted, counted - np.diff(np.searchsorted(known.begins, starts))

    def _distinct_keys(self, reading: Reading) -> tuple[NDArray[Any], Any]:
        """Return row * n_columns + column of every feature of every row, sorted, once."""
        n_rows = reading.n_texts
        dtype: Any = np.uint32 if n_rows * self.n_columns < 1 << 32 else np.uint64
        first_keys = np.repeat(
            np.arange(n_rows, dtype=dtype) * dtype(self.n_columns),
            np.diff(reading.buffer.starts),
        )
        keys = np.concatenate(
            [first_keys[found.begins] + found.columns for found in reading.occurrences]
        )
        keys.sort()
        if len(keys):
            keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
        return keys, dtype

    def _places_of_known(
        self, known: NDArray[np.uint32], hashes: NDArray[np.uint32]
    ) -> NDArray[np.int32]:
        """Return the place of each hash among the known ones, -1 if it is not one of them."""
        if "_bucket_starts" not in self.__dict__:
            buckets = np.arange((1 << (32 - int(KNOWN_SHIFT))) + 1, dtype=np.uint64)
            starts = np.searchsorted(known, buckets << np.uint64(KNOWN_SHIFT))
            self._largest_bucket = int(np.diff(starts).max())
            self._bucket_starts = starts[:-1].astype(np.int32)
        candidates = self._bucket_starts[hashes >> KNOWN_SHIFT]
        places = np.full(len(hashes), -1, dtype=np.int32)
        for _ in range(self._largest_bucket):
            candidates = np.minimum(candidates, len(known) - 1)
            places = np.where(known[candidates] == hashes, candidates, places)
            candidates = candidates + 1
        return places

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        state = dict(super().__getstate__())
        state.pop("_bucket_starts", None)
        state.pop("_largest_bucket", None)
        return state

    def _characters(self, buffer: Buffer) -> Iterator[Occurrences]:
        shortest, longest = self.char_range
        codes = buffer.codes
        spaces = np.flatnonzero(buffer.data == SPACE).astype(np.int32)
        # How far an n-gram that begins here may reach: up to the next space, included.
        reach = np.repeat(spaces[1:], np.diff(spaces)) - np.arange(
            len(codes) - 1, dtype=np.int32
        )
        hashes = codes
        shift = np.uint32(32 - self.char_bits)
        for size in range(2, longest + 1):
            # All places, those across words too: to go on is quicker than to choose.
            hashes = hashes[:-1] * ROLL + codes[size - 1 :]
            if size >= shortest:
                begins = np.flatnonzero(reach[: len(hashes)] >= size - 1).astype(np.int32)
                mixed = mix(hashes[begins] ^ np.uint32(size))
                yield Occurrences(Kind.CHARACTERS, mixed >> shift, begins, size)

    def _words(self, buffer: Buffer) -> Iterator[Occurrences]:
        begins, ends, hashes = word_hashes(buffer.data)
        scrambled = scrambled_hashes(buffer.codes, begins, ends)
        _, first_word, first_known, _ = map(np.uint32, self.first_columns)
        shift = np.uint32(32 - self.word_bits)
        columns = (mix(scrambled) >> shift) + first_word
        yield Occurrences(Kind.WORDS, columns, begins, ends - begins)
        rows = np.searchsorted(buffer.starts, begins, side="right")
        run = hashes
        for size in range(1, self.word_range[1] + 1):
            if size > 1:
                run = run[:-1] * PAIR + hashes[size - 1 :]
            if size >= self.word_range[0]:
                last = slice(size - 1, None)
                found = np.flatnonzero(rows[last] == rows[: len(run)])
                first = begins[found]
                columns = self.columns_of_words(run[found])
                yield Occurrences(Kind.WORDS, columns, first, ends[last][found] - first)
        if self.known_words is not None and len(self.known_words):
            places = self._places_of_known(self.known_words, hashes)
            known = np.flatnonzero(places >= 0)
            columns = places[known].astype(np.uint32) + first_known
            yield Occurrences(Kind.KNOWN_WORDS, columns, begins[known], (ends - begins)[known])
