"""Comments that a classifier is not fitted on but made to mean something by.

Owns keeping them on disk, and what a fitted classifier says of them: for its
network, which listens to the texts, and for its calibration curves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from models.pooling import N_FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from models.classifier import CommentClassifier
    from models.features import HashedNgrams

#: Texts judged at once.
BATCH_SIZE = 512


@dataclass(frozen=True)
class Judged:
    """What a classifier says of comments, and what people said.

    `logits` are the linear ones; `features` are what a network behind one of the heads
    sees, (n, N_FEATURES). `targets` are 0, 1 or NaN, `weights` what a comment counts; like
    the logits of shape (n, n_categories). `lifelike`: whether a comment is of a kind that
    is as often abusive as comments are, shape (n,).
    """

    logits: NDArray[np.float64]
    features: NDArray[np.float64]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]
    lifelike: NDArray[np.bool_]


class HeldOut:
    """A growing file of comments, and one of their labels.

    Args:
        folder: an existing folder; the files in it are deleted by nobody here.
        vectoriser: what makes features of normalised texts.
        width: how many categories there are.
    """

    def __init__(self, folder: Path, vectoriser: HashedNgrams, *, width: int) -> None:
        self._texts = folder / "held-out.jsonl"
        self._labels = folder / "held-out.float32"
        self._vectoriser = vectoriser
        self._width = width
        self._pending: list[tuple[str, NDArray[np.float32]]] = []
        self.count = 0
        self._flush()

    def add(
        self,
        text: str,
        target: NDArray[np.float32],
        weight: NDArray[np.float32],
        *,
        lifelike: bool,
    ) -> None:
        """Append a comment; see `Judged`."""
        labels = np.concatenate((target, weight, [lifelike])).astype(np.float32)
        self._pending.append((json.dumps(text) + "\n", labels))
        self.count += 1
        if len(self._pending) >= BATCH_SIZE:
            self._flush()

    def judged(
        self, classifier: CommentClassifier, head: int, *, at_most: int, seed: int
    ) -> Judged:
        """Return what `classifier` says of all comments, of too many about `at_most`."""
        self._flush()
        share = min(1.0, at_most / max(1, self.count))
        chosen = np.random.default_rng(abs(seed)).random(self.count) < share
        logits = np.zeros((int(chosen.sum()), len(classifier.intercept_)))
        features = np.zeros((len(logits), N_FEATURES))
        done = 0
        for texts in self._batches(chosen):
            reading = self._vectoriser.read(texts)
            rows = slice(done, done + len(texts))
            logits[rows] = classifier.decision_function(self._vectoriser.rows(reading))
            features[rows] = classifier.pooled_features(logits[rows], reading, head)
            done += len(texts)
        width = self._width
        labels = np.fromfile(self._labels, dtype=np.float32).reshape(-1, 2 * width + 1)[chosen]
        return Judged(
            logits,
            features,
            labels[:, :width],
            labels[:, width : 2 * width],
            labels[:, -1] > 0,
        )

    def _flush(self) -> None:
        with self._texts.open("a", encoding="utf-8") as texts, self._labels.open("ab") as file:
            for text, labels in self._pending:
                texts.write(text)
                file.write(labels.tobytes())
        self._pending = []

    def _batches(self, chosen: NDArray[np.bool_]) -> Iterator[list[str]]:
        with self._texts.open(encoding="utf-8") as lines:
            texts = (json.loads(line) for line, one in zip(lines, chosen, strict=True) if one)
            while batch := list(islice(texts, BATCH_SIZE)):
                yield batch
