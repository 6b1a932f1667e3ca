"""How much a figure would differ had other comments been labelled: the paired bootstrap.

Owns drawing the resamples (Efron, Annals of Statistics 1979) and the figures of hundreds of
them in a few array operations. Two releases are judged on the same draws, so that what the
two share cancels out of their difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.measuring.figures import CALIBRATION_BINS, calibration_bins

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.measuring.evaluation import Judged

#: How many resamples an interval is taken from.
RESAMPLES = 400

#: So many weights are drawn at once: 8 bytes each, and some arrays of the same size.
VALUES_AT_ONCE = 1_000_000

#: The percentiles that a 95 % interval lies between.
PERCENTILES_95 = (2.5, 97.5)

#: The share of the harmless that may be held where recall is taken.
FALSE_HOLDS_ALLOWED = 0.05

#: Rounding errors of summed weights stay below this share of them.
ROUNDING = 1e-9


def difference_intervals(
    one: Judged, other: Judged, *, seed: int
) -> dict[str, tuple[float, float] | None]:
    """Return figure -> 95 % interval of that of `one` less that of `other`.

    Both judged the same comments, in the same order. None where a figure could hardly ever
    be told, for want of a class.
    """
    left, right = Arranged(one), Arranged(other)
    gaps: dict[str, list[NDArray[np.float64]]] = {}
    for weights in _resamples(one, seed=seed):
        ours, theirs = left.figures(weights), right.figures(weights)
        for name, values in ours.items():
            gaps.setdefault(name, []).append(values - theirs[name])
    return {name: _interval(np.concatenate(parts)) for name, parts in gaps.items()}


class Arranged:
    """What a release says of comments, sorted once, for the figures of many weightings."""

    def __init__(self, judged: Judged) -> None:
        self._order = np.argsort(-judged.scores, kind="stable")
        scores = judged.scores[self._order].astype(np.float64)
        self._harmful = judged.truth[self._order] == 1
        self._held = judged.held[self._order]
        #: The last of each group of equal scores: no threshold parts a group.
        self._ends = np.append(np.flatnonzero(scores[1:] != scores[:-1]), len(scores) - 1)
        self._gaps = np.zeros((len(scores), CALIBRATION_BINS))
        bins = calibration_bins(scores)
        self._gaps[np.arange(len(scores)), bins] = scores - self._harmful

    def figures(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return figure -> its value for each row of `weights`, NaN where it has none.

        Args:
            weights: shape (weightings, n), in the order of the comments.
        """
        sorted_weights = weights[:, self._order]
        harmful = np.where(self._harmful, sorted_weights, 0)
        found = np.cumsum(harmful, axis=1)[:, self._ends]
        false = np.cumsum(sorted_weights - harmful, axis=1)[:, self._ends]
        positives, negatives = found[:, -1], false[:, -1]
        total = positives + negatives
        held = sorted_weights @ self._held
        caught = harmful @ self._held
        with np.errstate(divide="ignore", invalid="ignore"):
            return {
                "average_precision": _average_precision(found, false),
                "recall_at_5_percent_false_holds": _recall(found, false) / positives,
                "expected_calibration_error": np.abs(sorted_weights @ self._gaps).sum(axis=1)
                / total,
                "held_share": held / total,
                "false_hold_share": (held - caught) / negatives,
                "caught_share": caught / positives,
            }


def _average_precision(
    found: NDArray[np.float64], false: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the area under precision and recall, as scikit-learn takes it."""
    precision = np.nan_to_num(found / (found + false))
    steps = np.diff(found, axis=1, prepend=0)
    return np.asarray((steps * precision).sum(axis=1) / found[:, -1])


def _recall(found: NDArray[np.float64], false: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of the harmful above the lowest threshold that is allowed."""
    allowed = false[:, -1:] * (FALSE_HOLDS_ALLOWED + ROUNDING)
    groups = (false <= allowed).sum(axis=1)
    with_none = np.concatenate((np.zeros((len(found), 1)), found), axis=1)
    return np.asarray(np.take_along_axis(with_none, groups[:, None], axis=1)[:, 0])


def _resamples(judged: Judged, *, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield weights, shape (some, n): how often a comment was drawn, times what it weighs."""
    rng = np.random.default_rng(seed)
    rows = len(judged.truth)
    at_once = max(1, VALUES_AT_ONCE // rows)
    for first in range(0, RESAMPLES, at_once):
        drawn = np.zeros((min(at_once, RESAMPLES - first), rows))
        for counts in drawn:
            counts += np.bincount(rng.integers(rows, size=rows), minlength=rows)
        yield drawn if judged.weights is None else drawn * judged.weights


def _interval(gaps: NDArray[Any]) -> tuple[float, float] | None:
    told = gaps[np.isfinite(gaps)]
    if len(told) * 2 < len(gaps):
        return None
    low, high = np.percentile(told, PERCENTILES_95).tolist()
    return low, high
