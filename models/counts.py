"""What one pass over the rows tells of each feature: how often it occurs, and with which label.

Owns the scales that regressions are held back by: rarity, and the log-count ratio of naive
Bayes. Knows nothing of how anything is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.feature_store import HeadRows, Parts

#: Added to every feature's count, so that an unseen one has a finite ratio.
COUNT_SMOOTHING = 0.1


@dataclass
class Counts:
    """What one pass over the rows tells of a head.

    `found_in`: in how many of its rows a feature is; `positives`, `negatives`: the sum of
    its weighted values in either class. All of shape (n_features,).
    """

    found_in: NDArray[np.float64]
    positives: NDArray[np.float64]
    negatives: NDArray[np.float64]
    rows: int = 0
    weight: float = 0.0
    positive_weight: float = 0.0

    @classmethod
    def of_nothing(cls, n_features: int) -> Counts:
        """Return the counts of no rows."""
        return cls(np.zeros(n_features), np.zeros(n_features), np.zeros(n_features))

    @property
    def has_both_classes(self) -> bool:
        """Say whether there are rows labelled 0 and rows labelled 1."""
        return 0 < self.positive_weight < self.weight

    def add(self, part: HeadRows) -> None:
        """Count the rows of a part."""
        chosen = part.weights > 0
        positive = part.weights * part.targets
        columns = part.rows.T
        self.positives += columns @ positive.astype(np.float32)
        self.negatives += columns @ (part.weights - positive).astype(np.float32)
        columns = columns.copy()
        columns.data[:] = 1
        self.found_in += columns @ chosen.astype(np.float32)
        self.rows += int(chosen.sum())
        self.weight += float(part.weights.sum())
        self.positive_weight += float(positive.sum())

    def of_columns(self, columns: NDArray[np.intp]) -> Counts:
        """Return the counts of some features."""
        return replace(
            self,
            found_in=self.found_in[columns],
            positives=self.positives[columns],
            negatives=self.negatives[columns],
        )

    def inverse_document_frequencies(self) -> NDArray[np.float32]:
        """Return log((1 + rows) / (1 + rows with it)) + 1, as scikit-learn's tf-idf."""
        return np.asarray(np.log((1 + self.rows) / (1 + self.found_in)) + 1, dtype=np.float32)

    def log_count_ratios(self) -> NDArray[np.float32]:
        """Return log (share of a feature among positives / among negatives)."""
        positives = self.positives + COUNT_SMOOTHING
        negatives = self.negatives + COUNT_SMOOTHING
        ratios = np.log(positives / positives.sum()) - np.log(negatives / negatives.sum())
        return np.asarray(ratios, dtype=np.float32)


def count(parts: Parts, heads: Sequence[int], n_features: int) -> list[Counts]:
    """Return the counts of each head, by one pass over the rows."""
    counts = [Counts.of_nothing(n_features) for _ in heads]
    for part in parts:
        for head, its_own in zip(heads, counts, strict=True):
            if (rows := part.of_head(head)) is not None:
                its_own.add(rows)
    return counts
