"""Word vectors from our own comments: words that stand in like company are alike.

Owns how they are learnt: positive pointwise mutual information of words a few words apart,
its singular vectors (Levy and Goldberg, "Neural Word Embedding as Implicit Matrix
Factorization", NIPS 2014). Training ties the weights of known words together by these
vectors, so that what was learnt of one insult is half known of its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from models.hashing import word_hashes
from models.reading import Buffer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

#: How far apart two words may stand, in words; a pair counts 1 / distance.
REACH = 5

#: In how many texts a word must be.
LEAST_TEXTS = 4

#: Word2vec's smoothing: rare company is no better company.
CONTEXT_EXPONENT = 0.75

DIMENSIONS = 100
POWER_ITERATIONS = 3

TINY = 1e-6


@dataclass(frozen=True)
class WordVectors:
    """Hashes of words, ascending, shape (n,), and unit vectors, float32 (n, dimensions)."""

    words: NDArray[np.uint32]
    vectors: NDArray[np.float32]


class Corpus:
    """Texts as sequences of hashes of words: 8 bytes a word."""

    def __init__(self) -> None:
        self._words: list[NDArray[np.uint32]] = []
        self._texts: list[NDArray[np.int32]] = []
        self._count = 0

    def add(self, texts: Sequence[str]) -> None:
        """Append normalised texts."""
        buffer = Buffer.of(texts)
        begins, _, hashes = word_hashes(buffer.data)
        rows = np.searchsorted(buffer.starts, begins, side="right") + self._count
        self._words.append(hashes)
        self._texts.append(rows.astype(np.int32))
        self._count += len(texts)

    def vectors(self, *, seed: int, dimensions: int = DIMENSIONS) -> WordVectors:
        """Learn a vector for each word that is in LEAST_TEXTS of the texts."""
        from sklearn.utils.extmath import randomized_svd

        texts = np.concatenate(self._texts)
        words, places = np.unique(np.concatenate(self._words), return_inverse=True)
        known = _found_in(texts, places, len(words)) >= LEAST_TEXTS
        numbers = np.where(known, np.cumsum(known) - 1, -1)[places]
        information = _information(_pairs(texts, numbers, int(known.sum())))
        left, strengths, _ = randomized_svd(
            information, dimensions, n_iter=POWER_ITERATIONS, random_state=seed
        )
        vectors = left * np.sqrt(strengths)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + TINY
        return WordVectors(words[known], vectors.astype(np.float32))


def of_texts(texts: Iterable[Sequence[str]], *, seed: int) -> WordVectors:
    """Learn vectors from normalised texts, which come in batches."""
    corpus = Corpus()
    for batch in texts:
        corpus.add(batch)
    return corpus.vectors(seed=seed)


def _found_in(texts: NDArray[Any], places: NDArray[Any], n_words: int) -> NDArray[np.intp]:
    """Return in how many texts each word is."""
    once = np.unique(texts.astype(np.int64) * n_words + places)
    return np.bincount(once % n_words, minlength=n_words)


def _pairs(texts: NDArray[Any], numbers: NDArray[Any], n_words: int) -> csr_matrix:
    """Return how often each two words stand near each other, shape (n_words, n_words)."""
    counts = csr_matrix((n_words, n_words), dtype=np.float32)
    for distance in range(1, REACH + 1):
        first, second = numbers[:-distance], numbers[distance:]
        near = (texts[:-distance] == texts[distance:]) & (first >= 0) & (second >= 0)
        ones = np.full(int(near.sum()), 1 / distance, dtype=np.float32)
        counts += csr_matrix((ones, (first[near], second[near])), shape=counts.shape)
    return counts + counts.T


def _information(counts: csr_matrix) -> csr_matrix:
    """Return the positive pointwise mutual information of words and their company."""
    pairs = counts.tocoo()
    alone = np.bincount(pairs.row, pairs.data, counts.shape[0])
    company = alone**CONTEXT_EXPONENT
    company /= company.sum()
    values = np.log(pairs.data / (alone[pairs.row] * company[pairs.col]))
    positive = values > 0
    return csr_matrix(
        (values[positive].astype(np.float32), (pairs.row[positive], pairs.col[positive])),
        shape=counts.shape,
    )
