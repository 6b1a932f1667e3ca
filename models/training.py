"""From labelled comments to a fitted classifier.

Owns how examples become rows of features with targets and weights, which of them are kept
back, and which copies and sentences of our own join them.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from models.augmentation import disguise, typical_words
from models.categories import CATEGORIES, LABEL, SPAM, TOXICITY
from models.classifier import CommentClassifier
from models.features import HashedNgrams
from models.own_sentences import LESSONS, sentences, with_link
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from models.dataset import Example
    from models.sources import Source

#: Texts vectorised at once in training.
CHUNK_SIZE = 4096

#: Comments are dealt into so many folds by a checksum of their normalised text: one is for
#: the report, two are for calibration, the rest is for fitting.
FOLDS = 20
REPORT_FOLDS = (0,)
CALIBRATION_FOLDS = (1, 2)

#: What a harmless row counts for the spam head that nobody labelled.
BACKGROUND_WEIGHT = 0.1

#: How many copies of abusive comments are disguised, and what each counts.
DISGUISED_COPIES = 7_500
DISGUISED_WEIGHT = 0.5

#: How many comments that are spam, and how many that are not, are copied with a made-up link
#: in them, and what each counts: a link alone is to be no evidence.
LINKED_COPIES = 1_000
LINKED_WEIGHT = 0.5

SPAM_COLUMN = CATEGORIES.index(SPAM)
TOXICITY_COLUMN = CATEGORIES.index(TOXICITY)


@dataclass
class Rows:
    """Normalised texts with targets (0, 1, NaN) and weights, both (n, categories)."""

    texts: list[str] = field(default_factory=list)
    targets: list[NDArray[np.float32]] = field(default_factory=list)
    weights: list[NDArray[np.float32]] = field(default_factory=list)

    def add(self, text: str, target: NDArray[Any], weight: NDArray[Any]) -> None:
        """Append one comment."""
        self.texts.append(text)
        self.targets.append(target)
        self.weights.append(weight)

    def features(self, vectoriser: HashedNgrams) -> csr_matrix:
        """Return the rows of features, vectorised in parts."""
        parts = [
            vectoriser.transform(self.texts[first : first + CHUNK_SIZE])
            for first in range(0, len(self.texts), CHUNK_SIZE)
        ]
        return vstack(parts, format="csr")


def fold_of(text: str) -> int:
    """Return the fold of a normalised text, the same in every run."""
    return zlib.crc32(text.encode()) % FOLDS


def add_examples(
    source: Source,
    examples: Iterable[Example],
    *,
    fitting: Rows,
    calibration: Rows,
) -> None:
    """Deal the examples of a source into those to fit and those to calibrate on.

    Examples of the report's folds go nowhere. Only sources at full weight are calibrated
    on: the others are down-weighted because their share of abuse is not that of life.
    """
    for example in examples:
        text = normalise(example.text)
        fold = fold_of(text)
        target, weight = targets(source, example)
        if fold in CALIBRATION_FOLDS:
            if source.weight >= 1:
                calibration.add(text, target, weight)
        elif fold not in REPORT_FOLDS:
            fitting.add(text, target, weight)


def targets(
    source: Source, example: Example
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return target and weight of an example for each category; NaN where nobody said."""
    given = {name: value for name, value in example.labels.items() if name != LABEL}
    target = target_of(given)
    weight = np.full(len(CATEGORIES), source.weight, dtype=np.float32)
    label = example.labels.get(LABEL)
    if label is not None:
        target[CATEGORIES.index(source.category)] = label
    if source.background and label == 0:
        target[SPAM_COLUMN] = 0
        weight[SPAM_COLUMN] = BACKGROUND_WEIGHT
    return target, weight


def add_disguised_copies(rows: Rows, *, seed: int) -> frozenset[str]:
    """Append disguised copies of abusive comments; return the words taken for abusive."""
    labels = [target[TOXICITY_COLUMN] == 1 for target in rows.targets]
    words = typical_words(rows.texts, labels)
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    abusive = [index for index, label in enumerate(labels) if label]
    rng.shuffle(abusive)
    left = DISGUISED_COPIES
    for index in abusive:
        copy = disguise(rows.texts[index], words, rng) if left else None
        if copy is not None:
            left -= 1
            rows.add(
                normalise(copy),
                rows.targets[index],
                np.full(len(CATEGORIES), DISGUISED_WEIGHT, dtype=np.float32),
            )
    return words


def add_linked_copies(rows: Rows, *, seed: int) -> None:
    """Append copies of spam and of harmless comments with made-up links in them.

    They teach the spam head alone.
    """
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    weight = np.full(len(CATEGORIES), LINKED_WEIGHT, dtype=np.float32)
    labels = [target[SPAM_COLUMN] for target in rows.targets]
    for label in (0, 1):
        found = [index for index, known in enumerate(labels) if known == label]
        for index in rng.sample(found, min(LINKED_COPIES, len(found))):
            copy = normalise(with_link(rows.texts[index], rng))
            rows.add(copy, target_of({SPAM: label}), weight)


def add_own_sentences(rows: Rows, *, seed: int) -> None:
    """Append the sentences of our own writing."""
    rng = random.Random(seed)  # noqa: S311 - nothing secret
    for lesson in LESSONS:
        target = target_of(lesson.labels)
        weight = np.full(len(CATEGORIES), lesson.weight, dtype=np.float32)
        for sentence in sentences(lesson.templates, rng, count=lesson.count):
            rows.add(normalise(sentence), target, weight)


def target_of(labels: Mapping[str, int]) -> NDArray[np.float32]:
    """Return the target for each category; NaN for those not among `labels`."""
    target = np.full(len(CATEGORIES), np.nan, dtype=np.float32)
    for name, value in labels.items():
        target[CATEGORIES.index(name)] = value
    return target


def fit(
    fitting: Rows,
    calibration: Rows,
    *,
    vectoriser: HashedNgrams,
    progress: Callable[[int], object] = lambda _head: None,
) -> CommentClassifier:
    """Return a classifier fitted on one part of the comments and calibrated on another."""
    classifier = CommentClassifier()
    classifier.fit(
        fitting.features(vectoriser),
        np.array(fitting.targets),
        np.array(fitting.weights),
        progress=progress,
    )
    classifier.compress()
    return classifier.fit_calibration(
        calibration.features(vectoriser),
        np.array(calibration.targets),
        np.array(calibration.weights),
    )
