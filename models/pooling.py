"""What the strongest stretch of a comment says, where the whole of it speaks softly.

A linear classifier hears the average: one insult in three polite paragraphs is lost in
them. So the logit is also taken of every window of a few words, and a small network makes
one logit of that of the whole and of the highest ones (max-over-time pooling: Collobert et
al., "Natural Language Processing (Almost) from Scratch", JMLR 2011; the windows are sums of
linear contributions instead of convolutions). Owns these features and the network. It knows
nothing of how the linear weights were found.
"""

from __future__ import annotations

import warnings
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from models.reading import SPACE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.reading import Reading

#: The lengths of the windows, in words; each twice the one before.
WINDOWS = (1, 2, 4, 8, 16, 32)

#: How many single words above these logits a comment has is counted.
LOUD_WORDS = (0.7, 1.5)

#: What the network sees: the logit of the whole, the highest one of each length of window,
#: the next two words after the highest, the lowest word, the counts, the number of words.
N_FEATURES = 1 + len(WINDOWS) + 2 + 1 + len(LOUD_WORDS) + 1


@dataclass(frozen=True)
class WordSums:
    """What the features that begin in each word add to one logit, before rows are scaled.

    `sums` and `counts` have the shape (kinds, words); `first_words` says where in them each
    text begins, shape (texts,). A text without a word has one that is empty.
    """

    sums: NDArray[np.float32]
    counts: NDArray[np.float32]
    first_words: NDArray[np.intp]

    @classmethod
    def of(cls, reading: Reading, weights: NDArray[Any]) -> WordSums:
        """Add up the `weights`, one a column, of the features of each word."""
        is_space = reading.buffer.data == SPACE
        word_of = np.cumsum(is_space) - 1
        n_words = max(int(word_of[-1]), 1)
        sums = np.zeros((len(Kind), n_words), dtype=np.float32)
        counts = np.zeros((len(Kind), n_words), dtype=np.float32)
        for found in reading.occurrences:
            words = word_of[found.begins]
            sums[found.kind] += np.bincount(words, weights[found.columns], n_words)
            counts[found.kind] += np.bincount(words, minlength=n_words)
        return cls(sums, counts, word_of[reading.buffer.starts[:-1]])

    def without(self, words: NDArray[np.intp]) -> WordSums:
        """Return one text again and again, each time without some of its words.

        Args:
            words: bool, shape (copies, words): which words each copy lacks.
        """
        copies = len(words)
        kept = ~words.reshape(-1)
        return WordSums(
            np.tile(self.sums, copies) * kept,
            np.tile(self.counts, copies) * kept,
            np.arange(copies) * self.sums.shape[1],
        )

    def features(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the network sees, shape (texts, N_FEATURES).

        Args:
            logits: those of the whole texts, shape (texts,).
        """
        lengths = np.diff(np.append(self.first_words, self.sums.shape[1]))
        single, *wider = self._windows(lengths)
        highest = [np.maximum.reduceat(each, self.first_words) for each in (single, *wider)]
        return np.stack(
            [
                logits,
                *highest,
                *self._next_highest(single, highest[0], lengths),
                np.minimum.reduceat(single, self.first_words),
                *(np.add.reduceat(single > loud, self.first_words) for loud in LOUD_WORDS),
                np.log1p(lengths),
            ],
            axis=1,
        )

    def _windows(self, lengths: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
        """Yield the logit of the window that begins at each word, for each of WINDOWS.

        A window is two of half its length, the second of which may begin in the next text.
        """
        sums, counts = self.sums, self.counts
        left = np.repeat(self.first_words + lengths, lengths) - np.arange(sums.shape[1])
        for window in WINDOWS:
            if (half := window // 2) and half < sums.shape[1]:
                inside = left[:-half] > half
                sums = _joined(sums, half, inside)
                counts = _joined(counts, half, inside)
            yield (sums / np.sqrt(np.maximum(counts, 1))).sum(axis=0)

    def _next_highest(
        self, logits: NDArray[np.float32], highest: NDArray[np.float32], lengths: NDArray[Any]
    ) -> list[NDArray[np.float32]]:
        """Return the second and the third highest logit of each text; 0 if there is none."""
        found: list[NDArray[np.float32]] = []
        for _ in range(2):
            logits = np.where(logits >= np.repeat(highest, lengths), -np.inf, logits)
            highest = np.maximum.reduceat(logits, self.first_words)
            found.append(np.where(np.isfinite(highest), highest, 0))
        return found


def _joined(
    values: NDArray[np.float32], half: int, inside: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the values of windows plus those of the windows behind them, if in the text."""
    joined = values.copy()
    joined[:, :-half] += values[:, half:] * inside
    return joined


class PooledHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network with one hidden layer that stands behind one head of a linear classifier.

    Args:
        head: the number of the head.
        hidden: how many units the layer has.
        alpha: how strongly weights are drawn to 0.
        max_iter: how often it goes through the comments.
        seed: what its first weights and the order of the comments hang on.

    Attributes:
        mean_, scale_: of the features, shape (N_FEATURES,).
        hidden_coef_, hidden_intercept_: shape (N_FEATURES, hidden) and (hidden,).
        coef_, intercept_: shape (hidden,) and a number.
    """

    def __init__(
        self,
        head: int = 0,
        hidden: int = 24,
        alpha: float = 0.1,
        max_iter: int = 30,
        seed: int = 0,
    ) -> None:
        self.head = head
        self.hidden = hidden
        self.alpha = alpha
        self.max_iter = max_iter
        self.seed = seed

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> PooledHead:  # noqa: N803
        """Learn from features of comments whose linear logits were fitted on other ones.

        Args:
            X: shape (n_comments, N_FEATURES).
            y: 0 or 1, shape (n_comments,).
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(X)
        network = MLPClassifier(
            (self.hidden,),
            alpha=self.alpha,
            batch_size=min(256, len(X)),
            max_iter=self.max_iter,
            random_state=self.seed,
        )
        with warnings.catch_warnings():
            # It is meant to stop after so many passes.
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(scaler.transform(X), y)
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = X.shape[1]
        self.mean_, self.scale_ = scaler.mean_, scaler.scale_
        self.hidden_coef_, last = network.coefs_
        self.hidden_intercept_, (self.intercept_,) = network.intercepts_
        self.coef_ = last[:, 0]
        return self

    def fitted(self) -> tuple[NDArray[Any], ...]:
        """Return all that was learnt."""
        return (
            self.mean_,
            self.scale_,
            self.hidden_coef_,
            self.hidden_intercept_,
            self.coef_,
            np.array(self.intercept_),
        )

    def behind(self, head: int) -> PooledHead:
        """Return the same network behind another head."""
        moved = copy(self)
        moved.head = head
        return moved

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:  # noqa: N803
        """Return logits, shape (n_comments,)."""
        inputs = (X - self.mean_) / self.scale_
        units = np.maximum(inputs @ self.hidden_coef_ + self.hidden_intercept_, 0)
        return np.asarray(units @ self.coef_ + self.intercept_)

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:  # noqa: N803
        """Return 1 where the logit is not negative."""
        return (self.decision_function(X) >= 0).astype(np.int64)
