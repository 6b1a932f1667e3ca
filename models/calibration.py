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

#: How far a curve is expected to move where it is fitted to other comments: standard
#: deviations of the shift, in logits, and of the stretch about 1.
EXPECTED_SHIFT = 3.0
EXPECTED_STRETCH = 0.5
LEAST_STRETCH = 0.1

NEWTON_STEPS = 25

#: Where old and new curves meet, the old one counts for so many of the comments that are
#: within so many logits, and if it was learnt for at least this share of all of them: it
#: orders comments at large, and however many a site has, they are few where it has few.
OLD_ROWS_NEARBY = 20.0
OLD_SHARE = 0.2
NEARBY = 1.0

#: The points of a curve, by rising logit, and their probabilities.
Curve: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64]]"

#: What logits mean that were never calibrated.
_LOGITS = np.linspace(-12, 12, 97)
PLAIN_CURVE: Curve = (_LOGITS, sigmoid(_LOGITS))


@dataclass(frozen=True)
class _Bins:
    """Logits in bins: mean logit, share of positives and size of each, shape (n_bins,)."""

    logits: NDArray[np.float64]
    shares: NDArray[np.float64]
    sizes: NDArray[np.float64]


def learnt_curve(
    curve: Curve,
    logits: NDArray[Any],
    truth: NDArray[Any],
    weights: NDArray[Any],
    *,
    prior_rows: float,
) -> Curve:
    """Return what the logits of comments mean whose labels are known.

    Args:
        curve: what was said so far.
        logits: those of the comments, shape (n,).
        truth: their labels, 0 or 1.
        weights: what each counts.
        prior_rows: how many comments `curve` counts for; 0 for nothing.
    """
    if not prior_rows:
        return _rising_curve(_binned(logits, truth, weights))
    # Rows of unlike weight tell as much as fewer of the same (Kish's effective number).
    effective = weights * weights.sum() / np.square(weights).sum()
    smooth = recalibrated(curve, logits, truth, effective)
    share = effective.sum() / (effective.sum() + prior_rows)
    new = blended(_rising_curve(_binned(logits, truth, effective)), smooth, share=share)
    return taken_over(new, curve, logits, effective)


def _binned(logits: NDArray[Any], truth: NDArray[Any], weights: NDArray[Any]) -> _Bins:
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
    return _Bins(
        np.bincount(bins, weights=weights * logits)[filled] / sizes[filled],
        np.bincount(bins, weights=weights * truth)[filled] / sizes[filled],
        sizes[filled],
    )


def _rising_curve(bins: _Bins) -> Curve:
    """Return the curve through bins, which are in order.

    Isotonic regression over the shares of positives makes it rise; a slight slope keeps it
    from ever being flat, for two logits that differ shall differ as probabilities.
    """
    from sklearn.isotonic import IsotonicRegression

    points = bins.logits
    rising = IsotonicRegression(y_min=PROBABILITY_MARGIN, y_max=1 - PROBABILITY_MARGIN)
    values = rising.fit_transform(points, bins.shares, sample_weight=bins.sizes)
    return (
        np.concatenate(([points[0] - TAIL_LOGITS], points, [points[-1] + TAIL_LOGITS])),
        np.concatenate(([0], _tilted(values), [1])),
    )


def _tilted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values that rise where they were flat."""
    tilt = np.linspace(-PROBABILITY_MARGIN, PROBABILITY_MARGIN, len(values)) / 2
    return np.clip(values + tilt, 0, 1)


def blended(one: Curve, other: Curve, *, share: float) -> Curve:
    """Return what is `share` of one curve and otherwise the other: it rises where either does.

    A curve of few comments has steps, and on a step all logits mean the same.
    """
    points = np.union1d(one[0], other[0])
    values = share * np.interp(points, *one) + (1 - share) * np.interp(points, *other)
    return points, values


def taken_over(new: Curve, old: Curve, logits: NDArray[Any], weights: NDArray[Any]) -> Curve:
    """Return the new curve where the comments are that it was learnt from, else the old one.

    Comments of one place say little of what logits mean that hardly occur there. An old
    curve that was learnt from comments at large keeps its say however many there are.

    Args:
        new: what the comments say.
        old: what was said of others; `PLAIN_CURVE` if nothing was.
        logits: those of the comments that the new one is from, shape (n,).
        weights: what each counts.
    """
    points = np.union1d(new[0], old[0])
    order = np.argsort(logits, kind="stable")
    below = np.concatenate(([0.0], np.cumsum(weights[order])))
    first, last = (
        np.searchsorted(logits[order], points + reach) for reach in (-NEARBY, NEARBY)
    )
    nearby = below[last] - below[first]
    counting = OLD_ROWS_NEARBY
    if not _is_plain(old):
        counting = max(counting, OLD_SHARE * below[-1])
    share = nearby / (nearby + counting)
    values = share * np.interp(points, *new) + (1 - share) * np.interp(points, *old)
    return points, _tilted(np.maximum.accumulate(values))


def _is_plain(curve: Curve) -> bool:
    """Say whether a curve was never learnt from anything."""
    return all(map(np.array_equal, curve, PLAIN_CURVE))


def recalibrated(
    curve: Curve, logits: NDArray[Any], truth: NDArray[Any], weights: NDArray[Any]
) -> Curve:
    """Return a curve shifted and stretched, in logits, to what other comments are.

    Two numbers, which a few dozen comments tell (Platt, "Probabilistic Outputs for Support
    Vector Machines", 1999), with a Gaussian prior about no change at all.

    Args:
        curve: what is changed.
        logits: those of the comments, shape (n,).
        truth: their labels, 0 or 1.
        weights: what each counts.
    """
    points = np.union1d(curve[0], _LOGITS)
    values = np.interp(points, *curve)
    shift, stretch = _shift_and_stretch(_logit(np.interp(logits, *curve)), truth, weights)
    return points, np.asarray(sigmoid(shift + stretch * _logit(values)))


def _shift_and_stretch(
    logits: NDArray[Any], truth: NDArray[Any], weights: NDArray[Any]
) -> tuple[float, float]:
    """Return the most probable of both, by Newton's method."""
    inputs = np.stack((np.ones(len(logits)), logits), axis=1)
    expected = np.array([0.0, 1.0])
    precision = np.diag([EXPECTED_SHIFT**-2, EXPECTED_STRETCH**-2])
    found = expected
    for _ in range(NEWTON_STEPS):
        probabilities = sigmoid(inputs @ found)
        slope = inputs.T @ (weights * (probabilities - truth)) + precision @ (found - expected)
        spread = weights * probabilities * (1 - probabilities)
        step = np.linalg.solve((inputs.T * spread) @ inputs + precision, slope)
        found = found - step / max(1.0, float(np.abs(step).max()))
    return float(found[0]), max(LEAST_STRETCH, float(found[1]))


def _logit(probabilities: NDArray[Any]) -> NDArray[np.float64]:
    inside = np.clip(probabilities, PROBABILITY_MARGIN, 1 - PROBABILITY_MARGIN)
    return np.asarray(np.log(inside) - np.log1p(-inside))
