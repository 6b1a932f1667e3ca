"""Labels that are most probably mistakes, for a second look.

Owns finding them by confident learning (Northcutt, Jiang and Chuang, "Confident Learning:
Estimating Uncertainty in Dataset Labels", JAIR 2021): each label is predicted by a model
that has not seen it, and doubted where the prediction for the other label is as sure as it
is, on average, for comments that do have the other one. The model is a logistic regression
on what the base release says of a comment and on its n-grams, so that a hundred labels
suffice and a community of its own kind is learnt nevertheless. It changes no label.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import SGDClassifier
from threadpoolctl import threadpool_limits

from models.screening import normalise_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from models.dataset import Example
    from models.learning.candidate import Watch
    from models.release import Release

#: Nothing is said of a category with fewer comments of either label.
FEWEST_OF_A_LABEL = 10

#: A label is near-certainly mistaken if it is at most so likely to be right. Precision and
#: recall of this and other bars: `python -m benchmarks.doubts`.
MOST_LIKELY_RIGHT = 0.15

#: Texts made features at once.
BATCH_SIZE = 256

#: Features of fewer comments tell nothing of the others.
FEWEST_WITH_FEATURE = 2

#: Inverse strength of the regularisation, as of scikit-learn's LogisticRegression.
C = 0.5

#: How many steps stochastic gradient descent takes at least, and how many rounds.
STEPS = 20_000
FEWEST_ROUNDS = 4

#: What folds and steps are drawn by, unless told otherwise.
SEED = 20_261_124


@dataclass(frozen=True)
class Doubt:
    """A label that is most probably a mistake.

    `index`: the place of the comment among the examples. `category`: what it is labelled
    for, or `label`. `probability`: how likely the label is to be right, in [0, 1].
    """

    index: int
    category: str
    label: int
    probability: float


def unwatched(_stage: str, _length: int) -> AbstractContextManager[Callable[[int], object]]:
    """Nobody likes to know how far it is."""
    return nullcontext(lambda _steps: None)


def doubtful(
    examples: Sequence[Example],
    base_release: Release,
    *,
    watch: Watch = unwatched,
    folds: int = 5,
    seed: int = SEED,
) -> list[Doubt]:
    """Return the labels that are near-certainly mistaken, the most doubtful first.

    Args:
        examples: labelled comments; categories with fewer than `FEWEST_OF_A_LABEL` of a
            label are passed over.
        base_release: what knows comments in general.
        watch: is told how many comments were read, and then how many labels were predicted.
        folds: each label is predicted from those in the other folds. Comments that are the
            same when normalised share a fold.
        seed: the same examples, release and seed give the same doubts.
    """
    rows_of = _labelled_rows(examples)
    if not rows_of:
        return []
    doubts: list[Doubt] = []
    length = len(examples) + sum(map(len, rows_of.values()))
    with threadpool_limits(1), watch("Doubts", length) as step:
        texts = normalise_all([example.text for example in examples])
        features = _features(texts, base_release, step)
        for category, rows in rows_of.items():
            labels = np.array([examples[row].labels[category] for row in rows])
            fold_of = _folds([texts[row] for row in rows], labels, folds=folds, seed=seed)
            labelled = features if len(rows) == len(examples) else features[rows]
            harmful = _cross_validated(labelled, labels, fold_of, step, seed=seed)
            doubts += [
                Doubt(int(rows[place]), category, int(labels[place]), float(likely))
                for place, likely in _mistakes(labels, harmful)
            ]
    return sorted(doubts, key=lambda doubt: (doubt.probability, doubt.index, doubt.category))


def _labelled_rows(examples: Sequence[Example]) -> Mapping[str, NDArray[np.intp]]:
    """Return category -> the places of the comments labelled for it, if they are enough."""
    found: dict[str, list[int]] = {}
    for row, example in enumerate(examples):
        for category in example.labels:
            found.setdefault(category, []).append(row)
    enough: dict[str, NDArray[np.intp]] = {}
    for category in sorted(found):
        ones = sum(examples[row].labels[category] for row in found[category])
        if min(ones, len(found[category]) - ones) >= FEWEST_OF_A_LABEL:
            enough[category] = np.array(found[category])
    return enough


def _features(
    texts: Sequence[str], release: Release, step: Callable[[int], object]
) -> csr_matrix:
    """Return the release's logits, standardised, and the n-grams that comments share."""
    parts, logits = [], []
    found_in = np.zeros(release.vectoriser.n_columns, dtype=np.int64)
    for first in range(0, len(texts), BATCH_SIZE):
        reading = release.vectoriser.read(texts[first : first + BATCH_SIZE])
        parts.append(release.vectoriser.rows(reading))
        logits.append(release.classifier.judge(parts[-1], reading))
        found_in += np.bincount(parts[-1].indices, minlength=len(found_in))
        step(parts[-1].shape[0])
    shared = np.flatnonzero(found_in >= FEWEST_WITH_FEATURE)
    said = np.concatenate(logits)
    middle, spread = said.mean(axis=0), said.std(axis=0)
    spread[spread == 0] = 1
    for number, (part, of_part) in enumerate(zip(parts, logits, strict=True)):
        # One by one, so that only one is in memory twice.
        standardised = ((of_part - middle) / spread).astype(np.float32)
        parts[number] = hstack([csr_matrix(standardised), part[:, shared]], format="csr")
    return csr_matrix(vstack(parts, format="csr"))


def _folds(
    texts: Sequence[str], labels: NDArray[np.int64], *, folds: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each comment: labels dealt evenly, the same texts together."""
    first_with = {text: row for row, text in reversed(list(enumerate(texts)))}
    firsts = np.array(sorted(first_with.values()))
    shuffled = np.random.default_rng(seed).permutation(firsts)
    dealt = shuffled[np.argsort(labels[shuffled], kind="stable")]
    fold_of = np.empty(len(texts), dtype=np.int64)
    fold_of[dealt] = np.arange(len(dealt)) % folds
    return np.array([fold_of[first_with[text]] for text in texts])


def _cross_validated(
    features: csr_matrix,
    labels: NDArray[np.int64],
    fold_of: NDArray[np.int64],
    step: Callable[[int], object],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Return how likely each comment is labelled 1, by a model that has not seen it."""
    likely = np.empty(len(labels))
    for fold in np.unique(fold_of):
        asked = fold_of == fold
        rows = int((~asked).sum())
        model = SGDClassifier(
            loss="log_loss",
            alpha=1 / (C * rows),
            average=True,
            max_iter=max(FEWEST_ROUNDS, STEPS // rows),
            tol=None,
            random_state=seed,
        )
        model.fit(features[~asked], labels[~asked])
        likely[asked] = model.predict_proba(features[asked])[:, 1]
        step(len(labels) - rows)
    return likely


def _mistakes(
    labels: NDArray[np.int64], harmful: NDArray[np.float64]
) -> list[tuple[int, float]]:
    """Return place and likelihood of the labels that confident learning counts as errors.

    The bar for the other label is the mean likelihood of it among those that have it.
    """
    right = np.where(labels == 1, harmful, 1 - harmful)
    bars = np.array([right[labels == label].mean() for label in (0, 1)])
    mistaken = (1 - right >= bars[1 - labels]) & (right <= MOST_LIKELY_RIGHT)
    return [(int(place), float(right[place])) for place in np.flatnonzero(mistaken)]
