"""How good a release is on labelled comments, by the figures that people choose one by.

Owns what is measured of which row; the figures themselves are the business of `figures`, and
how two releases differ that of `differences`. Of a file only the scores are kept, never a
text, so that its size is bounded by theirs. Rows that were sampled for labelling may weigh
more than one (`Example.weight`); where none does, nothing is weighted.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from models.categories import LABEL, SPAM, TOXICITY
from models.measuring import figures
from models.measuring.fairness import ASSESSED, Fairness, assess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.dataset import Example
    from models.measuring.figures import CategoryReport
    from models.measuring.identities import Identities
    from models.release import Release, Scored

#: Examples scored before their texts are let go.
CHUNK_SIZE = 4096

#: Examples scored beforehand, so that what is loaded at the first is not timed.
WARM_UP = 256


@dataclass(frozen=True)
class Report:
    """The figures of a release on one file."""

    version: str
    comments: int
    comments_per_second: float  # of processor time, one core
    categories: dict[str, CategoryReport]
    fairness: dict[str, Fairness] | None = None  # None: no identities were asked for

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Judged:
    """What a release said of the comments with one label, in file order.

    `truth` (0 or 1), `scores`, `held` and `weights` have shape (n,); `mentions` has shape
    (n, ceil(identities / 8)), the bits of what the comments mention. `weights` is None where
    each comment counts one.
    """

    truth: NDArray[np.int8]
    scores: NDArray[np.float32]
    held: NDArray[np.bool_]
    mentions: NDArray[np.uint8]
    weights: NDArray[np.float64] | None = None

    @property
    def has_both_classes(self) -> bool:
        """Say whether some of the comments are labelled 0 and some 1."""
        return 0 < int(self.truth.sum()) < len(self.truth)


@dataclass(frozen=True)
class Measured:
    """A report and the scores that it is about, for those who draw them.

    `thresholds`: category -> the score from which the release holds a comment.
    """

    report: Report
    judged: Mapping[str, Judged]
    thresholds: Mapping[str, float]


def evaluate(release: Release, examples: Iterable[Example]) -> Report:
    """Measure `release` on labelled examples; see `measure`."""
    return measure([release], examples)[0].report


def measure(
    releases: Sequence[Release],
    examples: Iterable[Example],
    *,
    identities: Identities | None = None,
) -> list[Measured]:
    """Measure releases on the same labelled examples, which are read once.

    A plain `label` says whether a comment should be held, for whatever reason. It is
    measured against the chance that the comment is toxic or spam, and as held counts what
    the release would hold for any category, or for its language.
    """
    gatherings = [_Gathering(release) for release in releases]
    comments = 0
    remaining = iter(examples)
    while chunk := list(islice(remaining, CHUNK_SIZE)):
        comments += len(chunk)
        scored = [gathering.score(chunk) for gathering in gatherings]
        mentions = _mentions(identities, chunk, scored[0])
        for gathering, results in zip(gatherings, scored, strict=True):
            gathering.add(chunk, results, mentions)
    return [gathering.measured(comments, identities) for gathering in gatherings]


def hold_score(scores: Mapping[str, float]) -> float:
    """Return how likely a comment should be held, for being toxic or for being spam.

    The two are taken for independent. A weak suspicion of spam is squared away: where spam
    is rare it is noise, and it would blur the order of what is mildly toxic.
    """
    return 1 - (1 - scores.get(TOXICITY, 0.0)) * (1 - scores.get(SPAM, 0.0) ** 2)


def report(truth: NDArray[Any], scores: NDArray[Any], *, threshold: float) -> CategoryReport:
    """Return the figures of `scores` against `truth`, both of shape (n,)."""
    return figures.report(truth, scores, held=scores >= threshold)


class _Gathering:
    """What one release says of the examples, label by label, while they stream past."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._warm = False
        self._seconds = 0.0
        self._parts: dict[str, _Parts] = {}

    def score(self, chunk: Sequence[Example]) -> list[Scored]:
        texts = [example.text for example in chunk]
        if not self._warm:
            self._release.score(texts[:WARM_UP])
            self._warm = True
        began = time.process_time()
        scored = self._release.score(texts)
        self._seconds += time.process_time() - began
        return scored

    def add(
        self, chunk: Sequence[Example], scored: Sequence[Scored], mentions: NDArray[np.uint8]
    ) -> None:
        for name in sorted({name for example in chunk for name in example.labels}):
            if name == LABEL or name in self._release.categories:
                rows = [row for row, example in enumerate(chunk) if name in example.labels]
                truth = np.array([chunk[row].labels[name] for row in rows], np.int8)
                parts = self._parts.setdefault(name, _Parts())
                parts.add(truth, *self._judge(name, [scored[row] for row in rows]))
                parts.mentions.append(mentions[rows])
                parts.weights.append(np.array([chunk[row].weight for row in rows]))

    def measured(self, comments: int, identities: Identities | None) -> Measured:
        judged = {name: self._parts[name].joined() for name in sorted(self._parts)}
        return Measured(
            Report(
                self._release.version,
                comments,
                comments / self._seconds if self._seconds else 0.0,
                {
                    name: figures.report(
                        one.truth, one.scores, held=one.held, weights=one.weights
                    )
                    for name, one in judged.items()
                },
                _fairness(judged, identities) if identities else None,
            ),
            judged,
            self._release.thresholds,
        )

    def _judge(
        self, name: str, scored: Sequence[Scored]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the score for a label and whether it is held for that, each shape (n,)."""
        if name == LABEL:
            held = np.array([self._release.would_hold(one) for one in scored])
            return np.array([hold_score(one.scores) for one in scored], np.float32), held
        exact = np.array([one.scores[name] for one in scored])
        return exact.astype(np.float32), exact >= self._release.thresholds[name]


@dataclass
class _Parts:
    """`Judged` as it grows: the arrays of each chunk."""

    truth: list[NDArray[np.int8]] = field(default_factory=list)
    scores: list[NDArray[np.float32]] = field(default_factory=list)
    held: list[NDArray[np.bool_]] = field(default_factory=list)
    mentions: list[NDArray[np.uint8]] = field(default_factory=list)
    weights: list[NDArray[np.float64]] = field(default_factory=list)

    def add(
        self, truth: NDArray[np.int8], scores: NDArray[np.float32], held: NDArray[np.bool_]
    ) -> None:
        self.truth.append(truth)
        self.scores.append(scores)
        self.held.append(held)

    def joined(self) -> Judged:
        weights = np.concatenate(self.weights)
        return Judged(
            np.concatenate(self.truth),
            np.concatenate(self.scores),
            np.concatenate(self.held),
            np.concatenate(self.mentions),
            None if (weights == 1).all() else weights,
        )


def _mentions(
    identities: Identities | None, chunk: Sequence[Example], scored: Sequence[Scored]
) -> NDArray[np.uint8]:
    """Return the packed bits of what each comment of a chunk mentions."""
    if identities is None:
        return np.zeros((len(chunk), 0), np.uint8)
    mentioned = np.zeros((len(chunk), len(identities.names)), bool)
    for row, (example, result) in enumerate(zip(chunk, scored, strict=True)):
        mentioned[row, list(identities.mentioned(example, result.normalised))] = True
    return np.packbits(mentioned, axis=1)


def _fairness(judged: Mapping[str, Judged], identities: Identities) -> dict[str, Fairness]:
    return {
        name: assess(
            one.truth,
            one.scores,
            held=one.held,
            mentions=np.unpackbits(one.mentions, axis=1).view(np.bool_),
            names=identities.names,
        )
        for name, one in judged.items()
        if name in ASSESSED
    }
