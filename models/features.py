"""Normalised text in, a sparse matrix of hashed n-grams out, at the speed of numpy.

Owns which features there are and in which column each stands. All texts of a batch lie
behind one another in one buffer of UTF-8 bytes, a space between each two; a rolling hash
over that buffer gives every n-gram of every text in a handful of array operations, where
scikit-learn's analysers walk through Python objects one n-gram at a time.

Two kinds of features, each row of each kind of unit length:

- character n-grams (bytes, in truth) inside words, the word's border included, as in
  scikit-learn's `char_wb`;
- words and pairs of neighbouring words.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    """Where n-grams of one kind and length were found: one entry for each, in order.

    `columns` are those of the feature matrix; `begins` and `ends` are places in the
    buffer of bytes.
    """

    columns: NDArray[np.uint32]
    begins: NDArray[np.int32]
    ends: NDArray[np.int32]


@dataclass(frozen=True)
class Buffer:
    """Texts as bytes: a space, then each text with a space behind it."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Buffer:
        """Lay out `texts`; row i occupies `starts[i]` up to `starts[i + 1]`."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        data = np.frombuffer(b" " + b" ".join([*encoded, b""]), dtype=np.uint8)
        lengths = np.fromiter(map(len, encoded), dtype=np.int32, count=len(encoded)) + 1
        return cls(data, np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))


class HashedNgrams(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn normalised texts into rows of hashed character and word n-grams.

    Stateless: `fit` does nothing. A feature counts once a text, however often it occurs.

    Args:
        char_range: shortest and longest character n-gram, in bytes.
        word_range: (1, 1) for words, (1, 2) for words and pairs.
        char_bits: the character n-grams have 2 ** char_bits columns.
        word_bits: the words have 2 ** word_bits columns, behind those of the characters.
    """

    def __init__(
        self,
        char_range: tuple[int, int] = (2, 5),
        word_range: tuple[int, int] = (1, 2),
        char_bits: int = 18,
        word_bits: int = 18,
    ) -> None:
        self.char_range = char_range
        self.word_range = word_range
        self.char_bits = char_bits
        self.word_bits = word_bits

    @property
    def n_columns(self) -> int:
        """The width of the matrix."""
        return int((1 << self.char_bits) + (1 << self.word_bits))

    def fit(self, X: Sequence[str], y: Any = None) -> HashedNgrams:  # noqa: ARG002, N803
        """Return self: there is nothing to learn."""
        return self

    def transform(self, X: Sequence[str]) -> csr_matrix:  # noqa: N803
        """Return float32 rows, shape (len(X), n_columns); columns ascend in each row.

        Raises:
            ValueError: if X is one string instead of a sequence of strings.
        """
        if isinstance(X, str):
            msg = "HashedNgrams takes a sequence of texts, not one text"
            raise ValueError(msg)
        buffer = Buffer.of(X)
        keys = self._distinct_keys(buffer, len(X))
        rows, columns = np.divmod(keys, keys.dtype.type(self.n_columns))
        # Twice a row: where its characters begin, and where its words do.
        bounds = np.searchsorted(
            rows * 2 + (columns >> self.char_bits > 0), np.arange(2 * len(X) + 1)
        )
        sizes = np.diff(bounds)
        values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
        return csr_matrix(
            (values, columns.astype(np.int32), bounds[::2].astype(np.int32)),
            shape=(len(X), self.n_columns),
        )

    def occurrences(self, buffer: Buffer) -> Iterator[Occurrences]:
        """Yield every n-gram of the buffer, one kind and length after the other."""
        yield from self._characters(buffer)
        yield from self._words(buffer)

    def _distinct_keys(self, buffer: Buffer, n_rows: int) -> NDArray[Any]:
        """Return row * n_columns + column of every feature of every row, sorted, once."""
        dtype: Any = np.uint32 if n_rows * self.n_columns <= 1 << 32 else np.uint64
        first_keys = np.repeat(
            np.arange(n_rows, dtype=dtype) * dtype(self.n_columns), np.diff(buffer.starts)
        )
        keys = np.concatenate(
            [first_keys[found.begins] + found.columns for found in self.occurrences(buffer)]
        )
        keys.sort()
        return keys[np.concatenate(([True], keys[1:] != keys[:-1]))] if len(keys) else keys

    def _characters(self, buffer: Buffer) -> Iterator[Occurrences]:
        shortest, longest = self.char_range
        codes = BYTE_CODES[buffer.data]
        places = np.arange(len(codes) - 1, dtype=np.int32)
        spaces = np.flatnonzero(buffer.data == SPACE).astype(np.int32)
        # How far an n-gram that begins here may reach: up to the next space, included.
        reach = np.repeat(spaces[1:], np.diff(spaces)) - places
        hashes = codes[:-1]
        for size in range(2, longest + 1):
            fits = reach >= size - 1
            places, reach = places[fits], reach[fits]
            hashes = hashes[fits] * ROLL + codes[places + (size - 1)]
            if size >= shortest:
                seed = np.uint32(size)
                columns = _mix(hashes ^ seed) >> np.uint32(32 - self.char_bits)
                yield Occurrences(columns, places, places + np.int32(size))

    def _words(self, buffer: Buffer) -> Iterator[Occurrences]:
        begins, ends, hashes = _word_hashes(buffer.data)
        first_column = np.uint32(1 << self.char_bits)
        shift = np.uint32(32 - self.word_bits)
        yield Occurrences((_mix(hashes) >> shift) + first_column, begins, ends)
        if self.word_range[1] >= 2:
            rows = np.searchsorted(buffer.starts, begins, side="right")
            neighbours = np.flatnonzero(rows[1:] == rows[:-1])
            pairs = hashes[neighbours] * PAIR + hashes[neighbours + 1]
            columns = (_mix(pairs) >> shift) + first_column
            yield Occurrences(columns, begins[neighbours], ends[neighbours + 1])


def _word_hashes(
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


def _powers(base: int, count: int) -> NDArray[np.uint64]:
    """Return base ** 0 … base ** (count - 1) modulo 2^64."""
    factors = np.full(count, base, dtype=np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)


def _mix(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread what the low bits know into the high ones, of which the columns are made."""
    mixed = (hashes ^ (hashes >> np.uint32(15))) * MIX
    return mixed ^ (mixed >> np.uint32(13))
