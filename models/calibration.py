"""What logits mean: a rising curve from logits to probabilities.

Owns how such a curve is found from comments whose labels are known. Knows nothing of
features or heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from models.regression import sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Into how many parts the calibration curve cuts all logits, and those of the positives.
CALIBRATION_QUANTILES = 24

#: How far beyond the outermost bins the curve reaches 0 and 1.
TAIL_LOGITS = 10.0

#: No comment is certain to be anything.
PROBABILITY_MARGIN = 1e-4

#: The points of a curve, by rising logit, and their probabilities.
Curve: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64]]"

#: What logits mean that were never calibrated.
_LOGITS = np.linspace(-12, 12, 97)
PLAIN_CURVE: Curve = (_LOGITS, sigmoid(_LOGITS))


@dataclass(frozen=True)
class Bins:
    """Logits in bins: mean logit, share of positives and size of each, shape (n_bins,)."""

    logits: NDArray[np.float64]
    shares: NDArray[np.float64]
    sizes: NDArray[np.float64]

    def joined(self, other: Bins) -> Bins:
        """Return the bins of both, by rising logit."""
        logits = np.concatenate((self.logits, other.logits))
        order = np.argsort(logits, kind="stable")
        return Bins(
            logits[order],
            np.concatenate((self.shares, other.shares))[order],
            np.concatenate((self.sizes, other.sizes))[order],
        )


def binned(logits: NDArray[Any], truth: NDArray[Any], weights: NDArray[Any]) -> Bins:
    """Cut logits at quantiles of all and at quantiles of the positives.

    So rare categories have bins where they occur.
    """
    cuts = np.linspace(0, 1, CALIBRATION_QUANTILES + 1)[1:-1]
    edges = np.unique(np.quantile(logits, cuts))
    if np.any(truth == 1):
        edges = np.union1d(edges, np.quantile(logits[truth == 1], cuts))
    bins = np.searchsorted(edges, logits, side="right")
    sizes = np.bincount(bins, weights=weights).astype(np.float64)
    filled = sizes > 0
    return Bins(
        np.bincount(bins, weights=weights * logits)[filled] / sizes[filled],
        np.bincount(bins, weights=weights * truth)[filled] / sizes[filled],
        sizes[filled],
    )


def of_curve(logits: NDArray[Any], probabilities: NDArray[Any], *, rows: float) -> Bins:
    """Return a curve as bins that together count for so many rows; its ends are left out."""
    inner = len(logits) - 2
    places = np.linspace(1, inner, min(inner, CALIBRATION_QUANTILES)).round()
    chosen = np.unique(places.astype(int))
    sizes = np.full(len(chosen), rows / len(chosen))
    return Bins(logits[chosen], probabilities[chosen], sizes)


def rising_curve(bins: Bins) -> Curve:
    """Return the curve through bins, which are in order.

    Isotonic regression over the shares of positives makes it rise; a slight slope keeps it
    from ever being flat, for two logits that differ shall differ as probabilities.
    """
    from sklearn.isotonic import IsotonicRegression

    points = bins.logits
    rising = IsotonicRegression(y_min=PROBABILITY_MARGIN, y_max=1 - PROBABILITY_MARGIN)
    values = rising.fit_transform(points, bins.shares, sample_weight=bins.sizes)
    tilt = np.linspace(-PROBABILITY_MARGIN, PROBABILITY_MARGIN, len(values)) / 2
    return (
        np.concatenate(([points[0] - TAIL_LOGITS], points, [points[-1] + TAIL_LOGITS])),
        np.concatenate(([0], values + tilt, [1])),
    )
