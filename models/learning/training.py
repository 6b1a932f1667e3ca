"""From labelled comments to a fitted classifier.

Owns how comments become rows of features with targets and weights, which of them are kept
back, and which copies and sentences of our own join them. Texts are forgotten as soon as
they are features on disk, but for those that copies are drawn from: no amount of comments
fills the memory.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from models.categories import CATEGORIES, LABEL, SPAM, TOXICITY
from models.classifier import CommentClassifier
from models.feature_store import FeatureStore
from models.learning import frequencies
from models.learning.augmentation import disguise, some_words
from models.learning.copies import Sample, WordCounts
from models.learning.held_out import HeldOut
from models.learning.own_sentences import LESSONS, sentences, with_link
from models.learning.sources import ENGLISH
from models.measuring.figures import threshold_at
from models.pooling import PooledHead
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from models.dataset import Example
    from models.features import HashedNgrams
    from models.learning.held_out import Judged
    from models.learning.sources import Source

#: Texts vectorised at once in training: so many, or with so many characters together.
CHUNK_SIZE = 4096
CHUNK_CHARACTERS = 1_000_000

#: Comments are dealt into so many folds by a checksum of their normalised text.
FOLDS = 20

#: What a harmless row counts for the spam head that nobody labelled.
BACKGROUND_WEIGHT = 0.1

#: One abusive comment for so many comments is copied in disguise, so many at most, drawn from
#: so many. A copy counts what its comment does. Half as many harmless ones are copied with
#: some of their words in disguise: stars alone are no abuse.
COMMENTS_A_DISGUISE = 8
DISGUISED_COPIES = 30_000
DISGUISE_CANDIDATES = 60_000

#: How many comments that are spam, and how many that are not, are copied with a made-up link
#: in them, and what each counts: a link alone is to be no evidence.
LINKED_COPIES = 1_000
LINKED_WEIGHT = 0.5

#: A comment counts for so many at most where weights are fitted. Those that were drawn for
#: review may count for hundreds of their kind; but one odd comment shall not outvote dozens.
MOST_WEIGHT = 10.0

#: Calibrating keeps the logits of its comments: those of about so many.
CALIBRATION_ROWS = 200_000

#: A network behind the head for toxicity is learnt from so many comments at least.
FEWEST_FOR_NETWORK = 5_000

#: What share of harmless comments a category may hold.
FALSE_HOLD_SHARES = {TOXICITY: 0.045}
OTHER_FALSE_HOLD_SHARE = 0.003

#: A comment that is less likely than not to be of a category is not held for it.
LOWEST_THRESHOLD = 0.5

SPAM_COLUMN = CATEGORIES.index(SPAM)
TOXICITY_COLUMN = CATEGORIES.index(TOXICITY)

Array: TypeAlias = "NDArray[np.float32]"
#: Target and weight of a comment for each category.
Labels: TypeAlias = "tuple[Array, Array]"


@dataclass(frozen=True)
class Split:
    """Which folds are kept back for the report, and which are for calibration.

    The rest is for fitting.
    """

    report: frozenset[int]
    calibration: frozenset[int]


#: Of the shipped release: one comment in twenty for the report, two for calibration.
SHIPPED_SPLIT = Split(report=frozenset({0}), calibration=frozenset({1, 2}))


class Rows:
    """Comments on their way to disk as rows of features with targets and weights.

    Args:
        folder: where the rows are kept; it is made, and deleted by nobody here.
        vectoriser: what makes features of normalised texts.
    """

    def __init__(self, folder: Path, vectoriser: HashedNgrams) -> None:
        folder.mkdir()
        self._vectoriser = vectoriser
        self._store = FeatureStore(folder, n_columns=vectoriser.n_columns)
        self._pending: list[tuple[str, Array, Array]] = []
        self._pending_characters = 0
        self.count = 0
        #: For each category, how many comments are labelled 0 and 1: (categories, 2).
        self.labelled = np.zeros((len(CATEGORIES), 2), dtype=np.int64)

    def add(self, text: str, target: Array, weight: Array) -> None:
        """Append one comment: its normalised text, and for each category target and weight."""
        self._pending.append((text, target, weight))
        self._pending_characters += len(text)
        self.count += 1
        self.labelled[:, 0] += target == 0
        self.labelled[:, 1] += target == 1
        if len(self._pending) >= CHUNK_SIZE or self._pending_characters >= CHUNK_CHARACTERS:
            self._vectorise()

    def parts(self) -> FeatureStore:
        """Return all rows, in parts."""
        self._vectorise()
        self._store.flush()
        return self._store

    def _vectorise(self) -> None:
        if self._pending:
            texts, targets, weights = zip(*self._pending, strict=True)
            rows = self._vectoriser.transform(texts)
            self._store.append(rows, np.array(targets), np.array(weights))
        self._pending = []
        self._pending_characters = 0


class TrainingSet:
    """All that a classifier is fitted and calibrated on.

    Args:
        folder: an empty folder that the rows are kept in.
        vectoriser: what makes features of normalised texts.
        split: which comments are kept back, which are calibrated on.
        seed: what everything random hangs on.
    """

    def __init__(
        self, folder: Path, vectoriser: HashedNgrams, *, split: Split, seed: int
    ) -> None:
        self.vectoriser = vectoriser
        self.fitting = Rows(folder / "fitting", vectoriser)
        self.held_out = HeldOut(folder, vectoriser, width=len(CATEGORIES))
        self.kept_back = 0
        self._split = split
        self._seed = seed
        self._words = WordCounts()
        self._abusive: Sample[Labels] = Sample(DISGUISE_CANDIDATES, seed=seed)
        self._harmless: Sample[Labels] = Sample(DISGUISED_COPIES, seed=seed)
        self._linked: dict[int, Sample[None]] = {
            label: Sample(LINKED_COPIES, seed=seed) for label in (0, 1)
        }

    def add_examples(self, source: Source, examples: Iterable[Example]) -> None:
        """Deal the examples of a source into those to fit and those that are held out.

        Only lifelike sources are calibrated on. The network listens to English alone, which
        comes first; comments in other languages are not held out for it.
        """
        for example in examples:
            target, weight = targets(source, example)
            self.add(
                normalise(example.text),
                target,
                weight,
                lifelike=source.lifelike,
                hold_out=source.language == ENGLISH,
            )

    def add(
        self,
        text: str,
        target: Array,
        weight: Array,
        *,
        lifelike: bool = True,
        hold_out: bool = True,
    ) -> None:
        """Deal one comment, normalised; those of the report's folds go nowhere."""
        fold = fold_of(text)
        if fold in self._split.report:
            self.kept_back += 1
        elif fold in self._split.calibration and hold_out:
            self.held_out.add(text, target, weight, lifelike=lifelike)
        else:
            counting = np.minimum(weight, MOST_WEIGHT)
            self.fitting.add(text, target, counting)
            self._remember(text, target, counting)

    def add_disguised_copies(self) -> frozenset[str]:
        """Append disguised copies of comments; return the words taken for abusive."""
        words = self._words.typical()
        rng = random.Random(self._seed)  # noqa: S311 - nothing secret
        most = min(DISGUISED_COPIES, self.fitting.count // COMMENTS_A_DISGUISE)
        abusive = ((disguise(text, words, rng), labels) for text, labels in self._abusive)
        harmless = (
            (disguise(text, some_words(text, rng), rng), labels)
            for text, labels in self._harmless
        )
        for copies, at_most in ((abusive, most), (harmless, most // 2)):
            disguised = ((copy, labels) for copy, labels in copies if copy is not None)
            for copy, (target, weight) in islice(disguised, at_most):
                self.fitting.add(normalise(copy), target, weight)
        return words

    def add_linked_copies(self) -> None:
        """Append copies of spam and of harmless comments with made-up links in them.

        They teach the spam head alone.
        """
        rng = random.Random(self._seed)  # noqa: S311 - nothing secret
        weight = np.full(len(CATEGORIES), LINKED_WEIGHT, dtype=np.float32)
        for label, drawn in self._linked.items():
            for text, _ in drawn:
                copy = normalise(with_link(text, rng))
                self.fitting.add(copy, target_of({SPAM: label}), weight)

    def add_own_sentences(self) -> None:
        """Append the sentences of our own writing; some are held out, for the network."""
        rng = random.Random(self._seed)  # noqa: S311 - nothing secret
        for lesson in LESSONS:
            target = target_of(lesson.labels)
            weight = np.full(len(CATEGORIES), lesson.weight, dtype=np.float32)
            for sentence in sentences(lesson.templates, rng, count=lesson.count):
                self.add(normalise(sentence), target, weight, lifelike=False)

    def fit(
        self,
        *,
        parent: CommentClassifier | None = None,
        heads: Collection[int] | None = None,
        vectors: Array | None = None,
        prior_rows: float = 0,
        progress: Callable[[], object] = lambda: None,
    ) -> CommentClassifier:
        """Return a classifier fitted on one part of the comments, calibrated on another.

        Args:
            parent: what it is a change of, with a head for each of CATEGORIES.
            heads: the heads that are fitted and calibrated; all unless given.
            vectors: one for each of the vectoriser's known words, which tie their weights.
            prior_rows: how many rows a curve that a head has already counts for.
            progress: called after each pass over the comments.
        """
        classifier = self.fit_weights(
            parent=parent, heads=heads, vectors=vectors, progress=progress
        )
        judged = self.judged(classifier)
        if parent is None:
            classifier.pooled_ = self._network(judged)
        return calibrated(classifier, judged, heads=heads, prior_rows=prior_rows)

    def fit_weights(
        self,
        *,
        parent: CommentClassifier | None = None,
        heads: Collection[int] | None = None,
        vectors: Array | None = None,
        progress: Callable[[], object] = lambda: None,
    ) -> CommentClassifier:
        """Return what `fit` does, before it has a network or is calibrated."""
        classifier = CommentClassifier()
        classifier.fit_parts(
            self.fitting.parts(),
            parent=parent,
            heads=heads,
            vectors=vectors,
            familiar=frequencies.shares(self.vectoriser) if parent else None,
            progress=progress,
        )
        return classifier.compress(heads)

    def judged(self, classifier: CommentClassifier) -> Judged:
        """Return what a classifier says of what is held out, of too much a share of it."""
        head = TOXICITY_COLUMN if classifier.pooled_ is None else classifier.pooled_.head
        return self.held_out.judged(classifier, head, at_most=CALIBRATION_ROWS, seed=self._seed)

    def _network(self, judged: Judged) -> PooledHead | None:
        """Return a network behind the head for toxicity, if there is enough to learn it from.

        All sources count alike here: it is to hear a loud stretch in any of them.
        """
        truth = judged.targets[:, TOXICITY_COLUMN]
        known = ~np.isnan(truth)
        if known.sum() < FEWEST_FOR_NETWORK or len(np.unique(truth[known])) < 2:
            return None
        network = PooledHead(TOXICITY_COLUMN, seed=self._seed % (1 << 32))
        return network.fit(judged.features[known], truth[known])

    def _remember(self, text: str, target: Array, weight: Array) -> None:
        """Note what copies are made from."""
        abusive = bool(target[TOXICITY_COLUMN] == 1)
        self._words.add(text, abusive=abusive)
        if abusive:
            self._abusive.offer(text, (target, weight))
        elif target[TOXICITY_COLUMN] == 0:
            self._harmless.offer(text, (target, weight))
        if not np.isnan(target[SPAM_COLUMN]):
            self._linked[int(target[SPAM_COLUMN])].offer(text, None)


def calibrated(
    classifier: CommentClassifier,
    judged: Judged,
    *,
    heads: Collection[int] | None,
    prior_rows: float,
) -> CommentClassifier:
    """Calibrate a classifier by what it says of comments that it was not fitted on."""
    weights = np.where(judged.lifelike[:, None], judged.weights, 0)
    return classifier.calibrate_on(
        classifier.pooled(judged.logits, judged.features),
        judged.targets,
        weights,
        heads=heads,
        prior_rows=prior_rows,
    )


def harmless_scores(classifier: CommentClassifier, judged: Judged) -> list[NDArray[np.float64]]:
    """Return for each head the probabilities of what is held out and labelled 0 for it."""
    probabilities = classifier.calibrate(classifier.pooled(judged.logits, judged.features))
    harmless = judged.targets == 0
    return [scores[rows] for scores, rows in zip(probabilities.T, harmless.T, strict=True)]


def fold_of(text: str) -> int:
    """Return the fold of a normalised text, the same in every run."""
    return zlib.crc32(text.encode()) % FOLDS


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


def target_of(labels: Mapping[str, int]) -> NDArray[np.float32]:
    """Return the target for each category; NaN for those not among `labels`."""
    target = np.full(len(CATEGORIES), np.nan, dtype=np.float32)
    for name, value in labels.items():
        target[CATEGORIES.index(name)] = value
    return target


def threshold(category: str, harmless: NDArray[Any]) -> float:
    """Return the threshold at which few harmless comments with these scores are held."""
    if not len(harmless):
        return LOWEST_THRESHOLD
    share = FALSE_HOLD_SHARES.get(category, OTHER_FALSE_HOLD_SHARE)
    bar = threshold_at(np.zeros(len(harmless)), harmless, share)
    return max(LOWEST_THRESHOLD, bar)
