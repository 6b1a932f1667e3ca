"""Thresholds for a target: "hold at most 5 % of all", "catch 90 % of the harmful".

Owns choosing them on labelled comments, and what each choice would cost. A threshold is
chosen on the same comments that its shares are told of, so that these flatter it a little;
the intervals take the threshold as given. Knows nothing of releases: scores are of one
category, or hold scores.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from models.measuring.shares import Share

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A share is told of so many labels of either kind at least.
FEWEST_LABELS = 20

#: How many points the curve of trade-offs has at most.
CURVE_POINTS = 60

#: Thresholds are rounded to so few decimals as still part the same scores, at most so many.
MOST_DECIMALS = 6

#: Shares are sums of floats.
ROUNDING = 1e-12


class TargetError(ValueError):
    """Raised when no threshold can be proposed; says what is missing."""


class TooFewLabelsError(TargetError):
    """Raised when there are too few labels of a kind; says how many more it takes."""


class UnreachableTargetError(TargetError):
    """Raised when no threshold up to 1 reaches the target."""


class Aim(StrEnum):
    """What a target limits."""

    HOLD_AT_MOST = "hold at most"
    FALSELY_HOLD_AT_MOST = "falsely hold at most"
    CATCH_AT_LEAST = "catch at least"


@dataclass(frozen=True)
class Target:
    """An aim and its share, above 0 and below 1.

    Raises:
        TargetError: the share is not.
    """

    aim: Aim
    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            msg = f"the share of a target must be above 0 and below 1, not {self.share!r}"
            raise TargetError(msg)


@dataclass(frozen=True)
class Proposal:
    """A threshold and what it would do: comments that score as much or more are held.

    `held` is of all comments, `false_holds` of the harmless, `caught` of the harmful;
    `precision` is how many of the held are harmful, None where nothing is held.
    """

    threshold: float
    held: Share
    false_holds: Share
    caught: Share
    precision: Share | None

    def as_dict(self) -> dict[str, Any]:
        """Return the proposal as plain JSON."""
        return asdict(self)


def propose(
    truth: NDArray[Any],
    scores: NDArray[Any],
    weights: NDArray[Any] | None,
    target: Target,
) -> Proposal:
    """Return the threshold that meets a target and otherwise catches most, or holds least.

    Args:
        truth: 0 or 1, shape (n,).
        scores: in [0, 1], shape (n,).
        weights: what each label counts, shape (n,); None where each counts one.
        target: what is to be met on these labels.

    Raises:
        TooFewLabelsError: the labels cannot tell of such a share.
        UnreachableTargetError: too many comments score 1.
    """
    _need_labels(truth, target)
    levels = _levels(truth, scores, weights)
    if target.aim is Aim.CATCH_AT_LEAST:
        place = int(np.argmax(levels.caught >= target.share - ROUNDING))
    else:
        held = levels.held if target.aim is Aim.HOLD_AT_MOST else levels.false_holds
        place = int((held <= target.share + ROUNDING).sum()) - 1
        if place < 0:
            msg = f"no threshold up to 1 can {target.aim} {target.share:.1%}"
            raise UnreachableTargetError(msg)
    return at(truth, scores, weights, levels.thresholds[place])


def at(
    truth: NDArray[Any],
    scores: NDArray[Any],
    weights: NDArray[Any] | None,
    threshold: float,
) -> Proposal:
    """Return what a threshold would do; there must be labels of both kinds."""
    # As doubles: a threshold rounded to the precision of scores might be one of them.
    held, harmful = scores.astype(np.float64) >= threshold, truth == 1
    everything = np.ones(len(truth), bool)
    shares = [Share.among(held, rows, weights) for rows in (everything, ~harmful, harmful)]
    of_all, false_holds, caught = (share for share in shares if share is not None)
    precision = Share.among(harmful, held, weights)
    return Proposal(float(threshold), of_all, false_holds, caught, precision)


def curve(
    truth: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None
) -> list[Proposal]:
    """Return what thresholds from high to low would do, at most `CURVE_POINTS` of them.

    They stand evenly in the share of comments that is held.

    Raises:
        TooFewLabelsError: there are too few labels of a kind.
    """
    _need_labels(truth, None)
    levels = _levels(truth, scores, weights)
    wanted = np.linspace(0, 1, CURVE_POINTS)
    nearest = np.searchsorted(levels.held, wanted - ROUNDING)
    places = np.unique(np.minimum(nearest, len(levels.held) - 1))
    return [at(truth, scores, weights, levels.thresholds[place]) for place in places]


@dataclass(frozen=True)
class _Levels:
    """Every threshold that makes a difference, from high to low, and what it would hold."""

    thresholds: list[float]
    held: NDArray[np.float64]
    false_holds: NDArray[np.float64]
    caught: NDArray[np.float64]


def _levels(truth: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None) -> _Levels:
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order].astype(np.float64)
    counts = np.ones(len(ranked)) if weights is None else weights[order].astype(np.float64)
    harmful = np.where(truth[order] == 1, counts, 0)
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    distinct = ranked[ends]
    held, caught = np.cumsum(counts)[ends], np.cumsum(harmful)[ends]
    false = held - caught
    thresholds = [
        round_between(below, score)
        for score, below in zip(distinct, [*distinct[1:], -1.0], strict=True)
    ]
    shares = (held / held[-1], false / false[-1], caught / caught[-1])
    if distinct[0] < 1:  # a threshold that holds nothing
        thresholds.insert(0, 1.0)
        held, false, caught = (np.concatenate(([0.0], share)) for share in shares)
    else:
        held, false, caught = shares
    return _Levels(thresholds, held, false, caught)


def round_between(below: float, score: float) -> float:
    """Return the roundest number above `below` and not above `score`."""
    for decimals in range(1, MOST_DECIMALS + 1):
        rounded: float = math.floor(score * 10**decimals) / 10**decimals
        if below < rounded <= score:
            return rounded
    return score


def _need_labels(truth: NDArray[Any], target: Target | None) -> None:
    """Refuse labels that cannot tell: a share of 1 % takes a hundred labels to be seen."""
    needed = dict.fromkeys((0, 1), FEWEST_LABELS)
    if target is not None and target.aim is Aim.FALSELY_HOLD_AT_MOST:
        needed[0] = max(FEWEST_LABELS, math.ceil(1 / target.share))
    if target is not None and target.aim is Aim.CATCH_AT_LEAST:
        needed[1] = max(FEWEST_LABELS, math.ceil(1 / (1 - target.share)))
    found = {label: int((truth == label).sum()) for label in needed}
    missing = [
        f"{needed[label] - found[label]:,} more labelled {label} ({kind})"
        for label, kind in ((0, "harmless"), (1, "harmful"))
        if found[label] < needed[label]
    ]
    if missing:
        msg = f"too few test labels to propose a threshold: it takes {' and '.join(missing)}"
        raise TooFewLabelsError(msg)
