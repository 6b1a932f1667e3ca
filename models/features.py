"""Normalised text in, a sparse matrix of hashed n-grams out, at the speed of numpy.

Owns which features there are and in which column each stands. All texts of a batch lie
behind one another in one buffer of UTF-8 bytes, a space between each two; a rolling hash
over that buffer gives every n-gram of every text in a handful of array operations, where
scikit-learn's analysers walk through Python objects one n-gram at a time.

Three kinds of features, each row of each kind of unit length:

- character n-grams (bytes, in truth) inside words, the word's border included, as in
  scikit-learn's `char_wb`;
- words, two and three neighbouring ones, and words with the letters behind the first in
  any order, so that swapped letters change nothing;
- known words, if there are any: a word that has a column of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

#: Multipliers of the hash; odd, so that they can be inverted modulo 2^32 and 2^64. The
#: second one is the finaliser of MurmurHash3 (public domain, A. Appleby).
ROLL = np.uint32(0x01000193)
MIX = np.uint32(0x85EBCA6B)
PAIR = np.uint32(0x9E3779B1)
WORD_BASE = 0x5851F42D4C957F2D
WORD_BASE_INVERSE = pow(WORD_BASE, -1, 1 << 64)

SPACE = 32

#: Known words are looked up by the first 20 bits of their hashes: few have these in common.
KNOWN_SHIFT = np.uint32(12)

#: Kinds of features: characters, words, known words. The rows of each are of unit length.
KINDS = 3

#: A random code for each byte, the same in every process: it is part of the format.
BYTE_CODES = np.random.Generator(np.random.PCG64(20261124)).integers(
    0, 1 << 32, size=256, dtype=np.uint32
)

#: Bytes that words are made of: letters, digits, apostrophe, and whatever is not ASCII.
IS_WORD_BYTE = np.zeros(256, dtype=bool)
IS_WORD_BYTE[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'_")] = True
IS_WORD_BYTE[128:] = True


@dataclass(frozen=True)
class Occurrences:
    """Where features of one kind and length were found: one entry for each, in order.

    `kind` is a number below KINDS. `columns` are those of the feature
    matrix; `begins` are places in the buffer of bytes. `length` in bytes is one number, or
    one for each.
    """

    kind: int
    columns: NDArray[np.uint32]
    begins: NDArray[np.int32]
    length: int | NDArray[np.int32]

    @property
    def ends(self) -> NDArray[np.int32]:
        """The places behind the last bytes."""
        return np.asarray(self.begins + self.length, dtype=np.int32)


@dataclass(frozen=True)
class Buffer:
    """Texts as bytes: a space, then each text with a space behind it."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int32]

    @cached_property
    def codes(self) -> NDArray[np.uint32]:
        """The random code of each byte."""
        return BYTE_CODES[self.data]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Buffer:
        """Lay out `texts`; row i occupies `starts[i]` up to `starts[i + 1]`."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        data = np.frombuffer(b" " + b" ".join([*encoded, b""]), dtype=np.uint8)
        lengths = np.fromiter(map(len, encoded), dtype=np.int32, count=len(encoded)) + 1
        return cls(data, np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))


@dataclass(frozen=True)
class Reading:
    """A batch of texts, and where in it which features are."""

    buffer: Buffer
    occurrences: tuple[Occurrences, ...]

    @property
    def n_texts(self) -> int:
        """How many texts there are."""
        return len(self.buffer.starts) - 1


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
        # One bound for each kind of each row, and the last: KINDS * n_rows + 1.
        bounds = np.add.outer(first_keys[:-1], np.array(self.first_columns[:-1], np.uint64))
        found = np.append(np.searchsorted(keys, bounds.ravel().astype(dtype)), len(keys))
        sizes = np.diff(found)
        values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
        indptr = found[::KINDS].astype(np.int32)
        columns = keys - np.repeat(first_keys[:-1].astype(dtype), np.diff(indptr))
        return csr_matrix(
            (values, columns.astype(np.int32), indptr), shape=(n_rows, self.n_columns)
        )

    def columns_of_words(self, hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
        """Return the hashed column of each word whose hash is given; see `word_hashes`."""
        first = np.uint32(self.first_columns[1])
        return np.asarray((_mix(hashes) >> np.uint32(32 - self.word_bits)) + first)

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
        words = next(one for one in reading.occurrences if one.kind == 1)
        known = next(one for one in reading.occurrences if one.kind == 2)
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
        for size in range(2, longest + 1):
            # All places, those across words too: to go on is quicker than to choose.
            hashes = hashes[:-1] * ROLL + codes[size - 1 :]
            if size >= shortest:
                begins = np.flatnonzero(reach[: len(hashes)] >= size - 1).astype(np.int32)
                mixed = _mix(hashes[begins] ^ np.uint32(size))
                yield Occurrences(0, mixed >> np.uint32(32 - self.char_bits), begins, size)

    def _words(self, buffer: Buffer) -> Iterator[Occurrences]:
        begins, ends, hashes = word_hashes(buffer.data)
        scrambled = _scrambled_hashes(buffer.codes, begins, ends)
        _, first_word, first_known, _ = map(np.uint32, self.first_columns)
        shift = np.uint32(32 - self.word_bits)
        yield Occurrences(1, (_mix(scrambled) >> shift) + first_word, begins, ends - begins)
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
                yield Occurrences(1, columns, first, ends[last][found] - first)
        if self.known_words is not None and len(self.known_words):
            places = self._places_of_known(self.known_words, hashes)
            known = np.flatnonzero(places >= 0)
            columns = places[known].astype(np.uint32) + first_known
            yield Occurrences(2, columns, begins[known], (ends - begins)[known])


def word_hashes(
    data: NDArray[np.uint8],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint32]]:
    """Return begin, end and hash of every word in a buffer.

    The hash of a word is the sum of its bytes' codes times WORD_BASE ** -place, modulo
    2^64: the difference of two running sums, shifted back to the beginning of the buffer.
    """
    is_word = IS_WORD_BYTE[data]
    borders = np.flatnonzero(is_word[1:] != is_word[:-1]).astype(np.int32) + 1
    begins, ends = borders[::2], borders[1::2]
    downwards = _powers(WORD_BASE_INVERSE, len(data))
    upwards = _powers(WORD_BASE, len(data))
    sums = np.cumsum(BYTE_CODES[data] * downwards, dtype=np.uint64)
    hashes = (sums[ends - 1] - sums[begins - 1]) * upwards[begins]
    return begins, ends, (hashes >> np.uint64(32)).astype(np.uint32)


def _scrambled_hashes(
    codes: NDArray[np.uint32], begins: NDArray[np.int32], ends: NDArray[np.int32]
) -> NDArray[np.uint32]:
    """Return a hash of every word's first byte, and of the others in whatever order."""
    sums = np.cumsum(codes, dtype=np.uint32)
    return np.asarray((sums[ends - 1] - sums[begins]) * PAIR + _mix(codes[begins]))


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    """Return base ** 0 … base ** (count - 1) modulo 2^64."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


def _mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread what the low bits know into the high ones, of which the columns are made."""
    mixed = (hashes ^ (hashes >> np.uint32(15))) * MIX
    return mixed ^ (mixed >> np.uint32(13))
