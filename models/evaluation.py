"""How good a release is, by the figures that people choose one by.

Owns the measures: ranking (ROC AUC, average precision), what is caught at a given rate of
false holds, and whether 0.8 means eight in ten.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.categories import LABEL, SPAM, TOXICITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.dataset import Example
    from models.release import Release

#: How many bins of equal width the calibration error is taken over.
CALIBRATION_BINS = 15

#: Examples scored before their texts are let go.
CHUNK_SIZE = 4096


@dataclass(frozen=True)
class CategoryReport:
    """The figures of one category on one file; None where a class is missing."""

    rows: int
    positives: int
    roc_auc: float | None
    average_precision: float | None
    recall_at_1_percent_false_holds: float | None
    recall_at_5_percent_false_holds: float | None
    expected_calibration_error: float
    held_share: float
    false_hold_share: float | None


@dataclass(frozen=True)
class Report:
    """The figures of a release on one file."""

    version: str
    comments: int
    comments_per_second: float  # of processor time, one core
    categories: dict[str, CategoryReport]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return asdict(self)


def evaluate(release: Release, examples: Iterable[Example]) -> Report:
    """Measure `release` on labelled examples, of which only the scores are kept.

    A plain `label` says whether a comment should be held, for whatever reason; it is
    measured against the chance that it is toxic or spam.
    """
    scores: dict[str, list[float]] = {}
    truths: dict[str, list[int]] = {}
    seconds = 0.0
    comments = 0
    for chunk in _chunks(examples):
        began = time.process_time()
        scored = release.score([example.text for example in chunk])
        seconds += time.process_time() - began
        comments += len(chunk)
        for example, result in zip(chunk, scored, strict=True):
            for name, truth in example.labels.items():
                score = hold_score(result.scores) if name == LABEL else result.scores.get(name)
                if score is not None:
                    scores.setdefault(name, []).append(score)
                    truths.setdefault(name, []).append(truth)
    return Report(
        release.version,
        comments,
        comments / seconds if seconds else 0.0,
        {
            name: report(
                np.array(truths[name]), np.array(scores[name]), threshold=_bar(release, name)
            )
            for name in sorted(truths)
        },
    )


def hold_score(scores: Mapping[str, float]) -> float:
    """Return the chance that a comment is toxic or spam, as if the two were independent."""
    return 1 - (1 - scores.get(TOXICITY, 0.0)) * (1 - scores.get(SPAM, 0.0))


def report(
    truth: NDArray[Any], scores: NDArray[np.float64], *, threshold: float
) -> CategoryReport:
    """Return the figures of `scores` against `truth`, both of shape (n,)."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    positives = int(truth.sum())
    both = 0 < positives < len(truth)
    held = scores >= threshold
    return CategoryReport(
        rows=len(truth),
        positives=positives,
        roc_auc=float(roc_auc_score(truth, scores)) if both else None,
        average_precision=float(average_precision_score(truth, scores)) if both else None,
        recall_at_1_percent_false_holds=_recall_at(truth, scores, 0.01) if both else None,
        recall_at_5_percent_false_holds=_recall_at(truth, scores, 0.05) if both else None,
        expected_calibration_error=expected_calibration_error(truth, scores),
        held_share=float(held.mean()),
        false_hold_share=float(held[truth == 0].mean()) if positives < len(truth) else None,
    )


def expected_calibration_error(truth: NDArray[Any], scores: NDArray[np.float64]) -> float:
    """Return the mean distance of a bin's mean score from its share of positives.

    Bins of equal width, weighted by their size (Naeini et al., AAAI 2015).
    """
    bins = np.minimum((scores * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights=scores - truth, minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(truth))


def threshold_at(truth: NDArray[Any], scores: NDArray[Any], false_hold_share: float) -> float:
    """Return the lowest score that holds at most this share of the harmless."""
    harmless = np.sort(scores[truth == 0])[::-1]
    allowed = int(len(harmless) * false_hold_share)
    return float(np.nextafter(harmless[min(allowed, len(harmless) - 1)], np.inf))


def _recall_at(truth: NDArray[Any], scores: NDArray[Any], false_hold_share: float) -> float:
    bar = threshold_at(truth, scores, false_hold_share)
    return float((scores[truth == 1] >= bar).mean())


def _bar(release: Release, name: str) -> float:
    return release.thresholds[TOXICITY if name == LABEL else name]


def _chunks(examples: Iterable[Example]) -> Iterable[Sequence[Example]]:
    chunk: list[Example] = []
    for example in examples:
        chunk.append(example)
        if len(chunk) == CHUNK_SIZE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
