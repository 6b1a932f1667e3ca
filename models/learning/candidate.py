"""A candidate: a release made from labelled files, from nothing or on top of another one.

Owns the recipe of `moderation train`: which comments are kept back, which heads are learnt,
what is taken over from the parent, and what the manifest says of all that. The recipe of
the shipped release is in `build`.

With a parent the files are learnt as a change of its weights, as small as may be (a
Gaussian prior whose mean is the parent), smallest where a feature is familiar to comments at
large (`frequencies`): few comments change little, many change much, and nothing is forgotten
that the files do not contradict.
"""

from __future__ import annotations

import math
import tempfile
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from models import lineage
from models.categories import CATEGORIES, LABEL, SPAM, TOXICITY
from models.classifier import CommentClassifier
from models.dataset import BadRows, BadRowsError, read
from models.features import HashedNgrams
from models.language import detect
from models.learning import model_card
from models.learning.copies import Sample
from models.learning.few import ROUNDS, Comment, FewComments, cross_fit
from models.learning.training import (
    FOLDS,
    Split,
    TrainingSet,
    calibrated,
    fold_of,
    harmless_scores,
    target_of,
    threshold,
)
from models.measuring.differences import summary
from models.measuring.evaluation import measure
from models.release import FIRST_LANGUAGES, Release
from models.release_files import save
from models.text import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from models.dataset import Example
    from models.learning.held_out import Judged
    from models.measuring.evaluation import Measured

#: One comment in five is kept back to measure on, one in ten to calibrate on. Where there are
#: few, the latter are fitted on as well (`few`).
SPLIT = Split(report=frozenset({0, 3, 4, 5}), calibration=frozenset({1, 2}))

#: A category is learnt from at least so many comments of either label, those kept back not
#: counted.
FEWEST_OF_A_LABEL = 10

#: How many comments a calibration curve counts for that is there already.
PRIOR_ROWS = 1000

#: Languages are told from so many characters of so many comments. One is new to the release
#: if this share of them is in it, and so many.
LANGUAGE_CHARACTERS = 500
LANGUAGE_SAMPLE = 2000
LANGUAGE_SHARE = 0.05
FEWEST_OF_A_LANGUAGE = 10


class TooLittleDataError(Exception):
    """Raised when no category has enough comments of both labels; says how many it takes."""


class ForeignParentError(Exception):
    """Raised when the parent scores categories that this code cannot train."""


class Watch(Protocol):
    """Somebody who likes to know how far training is."""

    def __call__(
        self, stage: str, length: int, /
    ) -> AbstractContextManager[Callable[[int], object]]:
        """Begin a stage; what is entered is called with each step of its length."""


@dataclass(frozen=True)
class Order:
    """What is to be trained.

    Args:
        files: labelled comments.
        parent: the release that they are learnt on top of, if any.
        seed: what everything random hangs on.
        ignore: columns that are neither text nor labels.
        skip_bad_rows: bad rows are counted and passed over, instead of being an error.
    """

    files: tuple[Path, ...]
    parent: Release | None
    seed: int
    ignore: tuple[str, ...] = ()
    skip_bad_rows: bool = False


@dataclass(frozen=True)
class FileRead:
    """What was found in a file."""

    path: Path
    comments: int
    bad_rows: BadRows


@dataclass(frozen=True)
class Candidate:
    """A release that nobody has promoted yet, and what it was learnt from.

    `labelled`: category -> how many comments it was fitted on that are labelled 0, and 1.
    """

    release: Release
    order: Order
    files: tuple[FileRead, ...]
    fitted_on: int
    calibrated_on: int
    kept_back: int
    labelled: Mapping[str, tuple[int, int]]


@dataclass
class _Gathered:
    """The comments of all files: on disk, in memory if few, and some to tell languages by."""

    rows: TrainingSet
    languages: Sample[str]
    few: FewComments = field(default_factory=FewComments)
    files: list[FileRead] = field(default_factory=list)


@dataclass(frozen=True)
class _Fitted:
    """What was learnt: the rows, the heads, and what was said of rows not fitted on."""

    rows: TrainingSet
    heads: list[int]
    classifier: CommentClassifier
    judged: Judged


def train(order: Order, watch: Watch, *, scratch: Path | None = None) -> Candidate:
    """Return a candidate. The same files, parent and seed give the same predictions.

    Args:
        order: what is to be trained.
        watch: is told how far it is.
        scratch: a folder with room for some hundred bytes a comment, needed meanwhile; the
            system's one for temporary files unless given.

    Raises:
        DatasetError: a file cannot be read, or has bad rows that are not to be skipped.
        TooLittleDataError: there is nothing to learn.
        ForeignParentError: the parent cannot be trained further.
    """
    # More threads would add up in another order, and give other last digits.
    with (
        threadpool_limits(1),
        tempfile.TemporaryDirectory(prefix="training-", dir=scratch) as folder,
    ):
        vectoriser = order.parent.vectoriser if order.parent else HashedNgrams()

        def begin(name: str, split: Split) -> TrainingSet:
            (place := Path(folder) / name).mkdir()
            return TrainingSet(place, vectoriser, split=split, seed=order.seed)

        gathered = _Gathered(begin("gathered", SPLIT), Sample(LANGUAGE_SAMPLE, seed=order.seed))
        _gather(order, gathered, watch)
        fitted = _fit(order, gathered, begin, watch)
        return _candidate(order, gathered, fitted)


def compare(candidate: Candidate, other: Release, watch: Watch) -> list[Measured]:
    """Measure a candidate, and another release beside it, on the comments kept back."""
    with watch("Measuring", candidate.kept_back) as step:
        return measure([candidate.release, other], kept_back(candidate.order, step))


def write(
    folder: Path, candidate: Candidate, measured: Sequence[Measured], *, command: str
) -> None:
    """Write the release that a candidate is, with its lineage and a model card.

    It appears in `folder`, which must not exist, when it is complete.
    """
    details = describe(candidate, measured, command=command)
    card = model_card.write(candidate.release, details)
    with tempfile.TemporaryDirectory(prefix="release-", dir=folder.parent) as beside:
        written = Path(beside) / folder.name
        save(written, candidate.release, details=details, card=card)
        written.rename(folder)


def describe(
    candidate: Candidate, measured: Sequence[Measured], *, command: str
) -> dict[str, Any]:
    """Return what the manifest says besides the release itself: lineage, data, figures."""
    parent = candidate.order.parent
    first, *others = measured
    return {
        "parent": parent
        and {"version": parent.version, "weights": lineage.weights_sha256(parent.classifier)},
        "command": command,
        "seed": candidate.order.seed,
        "code_sha256": lineage.code_sha256(),
        "data_sha256": lineage.data_sha256(candidate.order.files),
        "data": [
            {
                "file": one.path.name,
                "sha256": lineage.file_sha256(one.path),
                "comments": one.comments,
                "skipped_rows": one.bad_rows.count,
            }
            for one in candidate.files
        ],
        "trained_on_comments": candidate.fitted_on,
        "calibrated_on_comments": candidate.calibrated_on,
        "kept_back_comments": candidate.kept_back,
        "labelled": {
            name: {"0": zeros, "1": ones} for name, (zeros, ones) in candidate.labelled.items()
        },
        "metrics": {
            name: one.report.as_dict()["categories"]
            for name, one in [
                ("kept back", first),
                *((f"kept back, release {one.report.version}", one) for one in others),
            ]
        },
        "difference": summary(measured).get("difference"),
        "comments_per_second": int(first.report.comments_per_second),
    }


def _gather(order: Order, gathered: _Gathered, watch: Watch) -> None:
    size = sum(path.stat().st_size for path in order.files)
    with watch("Reading", size) as step:
        for path in order.files:
            gathered.files.append(_gather_file(path, order, gathered, step))
    complaints = [
        f"{one.path.name}:\n{one.bad_rows}" for one in gathered.files if one.bad_rows.count
    ]
    if complaints and not order.skip_bad_rows:
        raise BadRowsError("\n".join(complaints))


def _gather_file(
    path: Path, order: Order, gathered: _Gathered, step: Callable[[int], object]
) -> FileRead:
    bad_rows, comments = BadRows(), 0
    for example in read(path, ignore=order.ignore, bad_rows=bad_rows, progress=step):
        text = normalise(example.text)
        target = target_of(taught(example))
        weight = np.full(len(CATEGORIES), example.weight, dtype=np.float32)
        gathered.rows.add(text, target, weight)
        gathered.few.add(Comment(text, target, weight))
        gathered.languages.offer(text[:LANGUAGE_CHARACTERS], example.text[:LANGUAGE_CHARACTERS])
        comments += 1
    return FileRead(path, comments, bad_rows)


def taught(example: Example) -> dict[str, int]:
    """Return category -> 0 or 1 as an example teaches it.

    A plain label is about toxicity, unless the row says itself whether it is toxic, or that
    it is spam: then it was perhaps held for that alone.
    """
    labels = {name: value for name, value in example.labels.items() if name != LABEL}
    label = example.labels.get(LABEL)
    if label is not None and TOXICITY not in labels and not labels.get(SPAM):
        labels[TOXICITY] = label
    return labels


def _fit(
    order: Order,
    gathered: _Gathered,
    begin: Callable[[str, Split], TrainingSet],
    watch: Watch,
) -> _Fitted:
    """Fit and calibrate the heads that there is enough for.

    Raises:
        TooLittleDataError: there is for none.
    """
    rows, parent = gathered.rows, order.parent
    heads = _learnable(rows)
    start = _arranged(parent.classifier, parent.categories, CATEGORIES) if parent else None
    few = gathered.few.comments
    rounds = 1 if few is None else ROUNDS + 1
    passes = CommentClassifier().most_passes(len(heads), with_parent=parent is not None)
    with watch("Fitting", rounds * passes) as step:
        if few is None:
            rows.add_disguised_copies()
            classifier = rows.fit(
                parent=start, heads=heads, prior_rows=PRIOR_ROWS, progress=lambda: step(1)
            )
            return _Fitted(rows, heads, classifier, rows.judged(classifier))
        found = cross_fit(
            few,
            begin,
            kept_back=SPLIT.report,
            parent=start,
            heads=heads,
            progress=lambda: step(1),
        )
        classifier = calibrated(
            found.classifier, found.judged, heads=heads, prior_rows=PRIOR_ROWS
        )
        return _Fitted(found.rows, heads, classifier, found.judged)


def _candidate(order: Order, gathered: _Gathered, fitted: _Fitted) -> Candidate:
    rows, parent, heads = fitted.rows, order.parent, fitted.heads
    kept = set(parent.categories if parent else ()) | {CATEGORIES[head] for head in heads}
    categories = tuple(name for name in CATEGORIES if name in kept)
    thresholds = _thresholds(categories, parent, fitted)
    classifier = _arranged(fitted.classifier, CATEGORIES, categories)
    release = Release(
        version(classifier),
        categories,
        thresholds,
        rows.vectoriser,
        classifier,
        _languages(gathered.languages, parent.languages if parent else ()),
    )
    return Candidate(
        release,
        order,
        tuple(gathered.files),
        rows.fitting.count,
        len(fitted.judged.logits),
        rows.kept_back,
        {CATEGORIES[head]: _pair(rows.fitting.labelled[head]) for head in heads},
    )


def version(classifier: CommentClassifier) -> str:
    """Return today's date and the beginning of the digest of what was fitted."""
    return f"{datetime.now(UTC):%Y.%m.%d}-{lineage.weights_sha256(classifier)[:8]}"


def _learnable(rows: TrainingSet) -> list[int]:
    """Return the heads that have enough comments of both labels.

    Raises:
        TooLittleDataError: none has.
    """
    labelled = rows.fitting.labelled
    heads = [int(head) for head in np.flatnonzero(labelled.min(axis=1) >= FEWEST_OF_A_LABEL)]
    if heads:
        return heads
    found = ", ".join(
        f"{name} {ones:,} and {zeros:,}{_missing(zeros, ones)}"
        for name, (zeros, ones) in zip(CATEGORIES, map(_pair, labelled), strict=True)
        if zeros + ones
    )
    msg = (
        f"too little to learn from: a category takes at least {FEWEST_OF_A_LABEL} comments"
        f" labelled 1 and {FEWEST_OF_A_LABEL} labelled 0, besides the three in ten that are"
        f" kept back to measure and calibrate on. There are: {found or 'none'}"
    )
    raise TooLittleDataError(msg)


def _missing(zeros: int, ones: int) -> str:
    """Say how many more comments of which label a category takes, kept-back ones counted."""
    dealt = 1 - len(SPLIT.report | SPLIT.calibration) / FOLDS
    lacking = [
        f"about {math.ceil((FEWEST_OF_A_LABEL - count) / dealt):,} more labelled {label}"
        for label, count in ((1, ones), (0, zeros))
        if count < FEWEST_OF_A_LABEL
    ]
    return f" (lacking {' and '.join(lacking)})" if lacking else ""


def _pair(counts: Any) -> tuple[int, int]:
    zeros, ones = counts.tolist()
    return zeros, ones


def _arranged(
    classifier: CommentClassifier, have: Sequence[str], want: Sequence[str]
) -> CommentClassifier:
    """Return a classifier with a head for each category of `want`, in that order."""
    if unknown := set(have) - set(CATEGORIES):
        msg = f"the parent has categories that cannot be trained: {', '.join(sorted(unknown))}"
        raise ForeignParentError(msg)
    return classifier.with_heads([have.index(name) if name in have else None for name in want])


def _thresholds(
    categories: Sequence[str],
    parent: Release | None,
    fitted: _Fitted,
) -> dict[str, float]:
    """Return the parent's thresholds, and for new categories those that hold few harmless."""
    known = dict(parent.thresholds) if parent else {}
    new = [name for name in categories if name not in known]
    harmless = harmless_scores(fitted.classifier, fitted.judged) if new else []
    for name in new:
        known[name] = round(threshold(name, harmless[CATEGORIES.index(name)]), 3)
    return {name: known[name] for name in categories}


def _languages(sample: Sample[str], known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the languages that are known, and those that many of the comments are in."""
    normalised, posted = zip(*sample, strict=True)
    found = detect(posted, normalised, known=known or FIRST_LANGUAGES)
    fewest = max(FEWEST_OF_A_LANGUAGE, LANGUAGE_SHARE * len(posted))
    new = sorted({one for one in found if one and found.count(one) >= fewest} - set(known))
    return (*known, *new) or FIRST_LANGUAGES


def kept_back(
    order: Order, step: Callable[[int], object] = lambda _comments: None
) -> Iterator[Example]:
    """Read the comments again that were not trained on; `step` is called with each."""
    for path in order.files:
        for example in read(path, ignore=order.ignore, bad_rows=BadRows()):
            if fold_of(normalise(example.text)) in SPLIT.report:
                step(1)
                yield example
