"""How well scores put one class above another, and how sure that is.

Owns ROC AUC by counting pairs, and its intervals after DeLong et al., "Comparing the Areas
under Two or More Correlated Receiver Operating Characteristic Curves" (Biometrics 1988).
Knows nothing of comments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: How many standard errors of a normal distribution make a 95 % interval.
NORMAL_95 = 1.959964

#: Fewer of either class than this have no variance.
FEWEST_FOR_INTERVAL = 2


@dataclass(frozen=True)
class Placements:
    """Where each member of a class stands in the other one, ties counting half.

    `positives[i]`, shape (m,): the share of the negatives below positive i. `negatives[j]`,
    shape (n,): the share of the positives above negative j. Both in file order, and the
    mean of either is the ROC AUC. The weights have the same shapes; without them each row
    counts one.
    """

    positives: NDArray[np.float64]
    negatives: NDArray[np.float64]
    positive_weights: NDArray[np.float64] | None = None
    negative_weights: NDArray[np.float64] | None = None

    @property
    def area(self) -> float:
        """Return the ROC AUC."""
        if self.positive_weights is None:
            return float(self.positives.mean())
        return float(np.average(self.positives, weights=self.positive_weights))


def auc(positives: NDArray[Any], negatives: NDArray[Any]) -> float:
    """Return the chance that a positive scores higher than a negative, ties counting half.

    Shapes (m,) and (n,), neither empty.
    """
    return float(_share_below(positives, negatives).mean())


def placements(
    truth: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None = None
) -> Placements:
    """Return the placements of `scores` against `truth`; all of shape (n,)."""
    positives, negatives = scores[truth == 1], scores[truth == 0]
    if weights is None:
        return Placements(
            _share_below(positives, negatives), 1 - _share_below(negatives, positives)
        )
    of_positives, of_negatives = weights[truth == 1], weights[truth == 0]
    return Placements(
        _weight_below(positives, negatives, of_negatives),
        1 - _weight_below(negatives, positives, of_positives),
        of_positives,
        of_negatives,
    )


def auc_interval(placed: Placements) -> tuple[float, float] | None:
    """Return the 95 % interval of an AUC, or None where there is no telling.

    DeLong's standard error, taken to the logit so that the interval stays within 0 and 1.
    There is no telling from fewer than two of a class, nor where all positives place
    alike, as in a perfect ranking.
    """
    if not _has_variance(placed):
        return None
    area = placed.area
    error = _standard_error(placed)
    if not 0 < area < 1 or error == 0:
        return None
    middle = math.log(area / (1 - area))
    reach = NORMAL_95 * error / (area * (1 - area))
    return _logistic(middle - reach), _logistic(middle + reach)


def difference_interval(one: Placements, other: Placements) -> tuple[float, float] | None:
    """Return the 95 % interval of the AUC of `one` less that of `other`.

    Both are of the same rows in the same order, so that what the two share cancels out.
    None where a class has fewer than two.
    """
    if not _has_variance(one):
        return None
    gap = Placements(
        one.positives - other.positives,
        one.negatives - other.negatives,
        one.positive_weights,
        one.negative_weights,
    )
    middle, error = gap.area, _standard_error(gap)
    return middle - NORMAL_95 * error, middle + NORMAL_95 * error


def _share_below(these: NDArray[Any], among: NDArray[Any]) -> NDArray[np.float64]:
    ranked = np.sort(among)
    below = np.searchsorted(ranked, these, side="left")
    not_above = np.searchsorted(ranked, these, side="right")
    return (below + not_above) / (2 * len(among))


def _weight_below(
    these: NDArray[Any], among: NDArray[Any], weights: NDArray[Any]
) -> NDArray[np.float64]:
    order = np.argsort(among, kind="stable")
    ranked = among[order]
    lighter = np.concatenate(([0.0], np.cumsum(weights[order])))
    below = lighter[np.searchsorted(ranked, these, side="left")]
    not_above = lighter[np.searchsorted(ranked, these, side="right")]
    return np.asarray((below + not_above) / (2 * lighter[-1]))


def _has_variance(placed: Placements) -> bool:
    return min(len(placed.positives), len(placed.negatives)) >= FEWEST_FOR_INTERVAL


def _standard_error(placed: Placements) -> float:
    return math.sqrt(
        _variance_of_mean(placed.positives, placed.positive_weights)
        + _variance_of_mean(placed.negatives, placed.negative_weights)
    )


def _variance_of_mean(values: NDArray[Any], weights: NDArray[Any] | None) -> float:
    """Return the variance of a mean; of a weighted one by linearisation, as of a ratio."""
    if weights is None:
        return float(values.var(ddof=1) / len(values))
    gaps = weights * (values - np.average(values, weights=weights))
    return float(len(values) / (len(values) - 1) * (gaps**2).sum() / weights.sum() ** 2)


def _logistic(value: float) -> float:
    """Return 1 / (1 + exp(-value)), which no value overflows."""
    return 0.5 * (1 + math.tanh(value / 2))
