"""The figures of scores against the truth.

Owns what is caught at a given rate of false holds, whether 0.8 means eight in ten, and what
a row counts for: weights correct for rows that had unlike chances of being labelled
(Horvitz and Thompson, JASA 1952). Without weights each row counts one. Knows nothing of
comments or of releases.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.measuring import ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How many bins of equal width the calibration error is taken over.
CALIBRATION_BINS = 15

#: The figures that need both classes.
RANKING_FIGURES = (
    "roc_auc",
    "average_precision",
    "recall_at_1_percent_false_holds",
    "recall_at_5_percent_false_holds",
    "roc_auc_ci",
)


@dataclass(frozen=True)
class CategoryReport:
    """The figures of one category on one file; None where a class is missing.

    `rows` and `positives` are counted, whatever they weigh. `roc_auc_ci` is the 95 %
    interval of `roc_auc`; None also where there is no telling.
    """

    rows: int
    positives: int
    roc_auc: float | None
    average_precision: float | None
    recall_at_1_percent_false_holds: float | None
    recall_at_5_percent_false_holds: float | None
    expected_calibration_error: float
    held_share: float
    false_hold_share: float | None
    roc_auc_ci: tuple[float, float] | None


def report(
    truth: NDArray[Any],
    scores: NDArray[Any],
    *,
    held: NDArray[np.bool_],
    weights: NDArray[Any] | None = None,
) -> CategoryReport:
    """Return the figures of `scores` and of what is `held`; all arrays of shape (n,)."""
    positives = int(truth.sum())
    harmless = truth == 0
    both = 0 < positives < len(truth)
    return CategoryReport(
        rows=len(truth),
        positives=positives,
        expected_calibration_error=expected_calibration_error(truth, scores, weights=weights),
        held_share=mean(held, weights),
        false_hold_share=mean(held[harmless], chosen(weights, harmless))
        if positives < len(truth)
        else None,
        **(
            _ranking_figures(truth, scores, weights) if both else dict.fromkeys(RANKING_FIGURES)
        ),
    )


def expected_calibration_error(
    truth: NDArray[Any], scores: NDArray[Any], *, weights: NDArray[Any] | None = None
) -> float:
    """Return the mean distance of a bin's mean score from its share of positives.

    Bins of equal width, weighted by their size (Naeini et al., AAAI 2015).
    """
    gaps = scores - truth
    total = float(len(truth)) if weights is None else float(weights.sum())
    of_bins = np.bincount(
        calibration_bins(scores),
        weights=gaps if weights is None else gaps * weights,
        minlength=CALIBRATION_BINS,
    )
    return float(np.abs(of_bins).sum() / total)


def calibration_bins(scores: NDArray[Any]) -> NDArray[np.int64]:
    """Return the bin that each score is in, shape (n,)."""
    bins: NDArray[np.int64] = (scores * CALIBRATION_BINS).astype(int)
    return np.minimum(bins, CALIBRATION_BINS - 1)


def threshold_at(
    truth: NDArray[Any],
    scores: NDArray[Any],
    false_hold_share: float,
    *,
    weights: NDArray[Any] | None = None,
) -> float:
    """Return the lowest score that holds at most this share of the harmless."""
    harmless = scores[truth == 0]
    if weights is None:
        ranked = np.sort(harmless)[::-1]
        allowed = int(len(ranked) * false_hold_share)
    else:
        order = np.argsort(-harmless, kind="stable")
        ranked, held = harmless[order], np.cumsum(weights[truth == 0][order])
        allowed = int(np.searchsorted(held, held[-1] * false_hold_share, side="right"))
    return float(np.nextafter(ranked[min(allowed, len(ranked) - 1)], np.inf))


def mean(values: NDArray[Any], weights: NDArray[Any] | None) -> float:
    """Return the mean of `values`, shape (n,), each counting what it weighs."""
    return float(values.mean() if weights is None else np.average(values, weights=weights))


def chosen(weights: NDArray[Any] | None, rows: NDArray[np.bool_]) -> NDArray[Any] | None:
    """Return the weights of some rows, if there are any weights."""
    return None if weights is None else weights[rows]


def effective_rows(weights: NDArray[Any] | None, rows: int) -> float:
    """Return how many rows of equal weight tell as much (Kish, "Survey Sampling", 1965)."""
    if weights is None or not rows:
        return float(rows)
    return float(weights.sum() ** 2 / (weights**2).sum())


def _ranking_figures(
    truth: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None
) -> dict[str, Any]:
    """Return `RANKING_FIGURES` and what they are."""
    from sklearn.metrics import average_precision_score

    placed = ranking.placements(truth, scores, weights)
    return {
        "roc_auc": placed.area,
        "average_precision": float(
            average_precision_score(truth, scores, sample_weight=weights)
        ),
        "recall_at_1_percent_false_holds": _recall_at(truth, scores, 0.01, weights),
        "recall_at_5_percent_false_holds": _recall_at(truth, scores, 0.05, weights),
        "roc_auc_ci": ranking.auc_interval(placed),
    }


def _recall_at(
    truth: NDArray[Any], scores: NDArray[Any], share: float, weights: NDArray[Any] | None
) -> float:
    harmful = truth == 1
    bar = threshold_at(truth, scores, share, weights=weights)
    return mean(scores[harmful] >= bar, chosen(weights, harmful))
