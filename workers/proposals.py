"""Thresholds that are proposed with a candidate: targets, what each costs, the trade-off.

They stand in the candidate's evaluation as `proposals`: category → `rows`, `positives`,
`targets` and `curve`; see `propose_for` and `models.measuring.targets`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.dataset import Example
from models.learning.candidate import taught
from models.measuring.targets import Aim, Target, TargetError, curve, propose
from models.release import Release

#: What moderators ask for most.
TARGETS = (
    Target(Aim.HOLD_AT_MOST, 0.05),
    Target(Aim.HOLD_AT_MOST, 0.10),
    Target(Aim.FALSELY_HOLD_AT_MOST, 0.01),
    Target(Aim.FALSELY_HOLD_AT_MOST, 0.05),
    Target(Aim.CATCH_AT_LEAST, 0.80),
    Target(Aim.CATCH_AT_LEAST, 0.90),
)

Values = NDArray[np.float64]


def proposals(release: Release, examples: Sequence[Example]) -> dict[str, Any]:
    """What can be proposed for each category that some test labels tell of; plain JSON."""
    if not examples:
        return {}
    scored = release.score([example.text for example in examples])
    labels = [taught(example) for example in examples]
    found: dict[str, Any] = {}
    for category in release.categories:
        rows = [row for row, told in enumerate(labels) if category in told]
        if rows:
            found[category] = propose_for(
                np.array([labels[row][category] for row in rows]),
                np.array([scored[row].scores[category] for row in rows]),
                np.array([getattr(examples[row], "weight", 1.0) for row in rows]),
            )
    return found


def propose_for(truth: NDArray[np.int64], scores: Values, weights: Values) -> dict[str, Any]:
    """What can be proposed for one category.

    Args:
        truth: 0 or 1, shape (n,).
        scores: in [0, 1], shape (n,).
        weights: what each label counts, shape (n,).

    Returns:
        `rows` and `positives`; `targets`: a list of `aim`, `share`, and either the parts of
        the proposal or `missing`, which says why there is none; `curve`: a list of the parts
        of proposals from high thresholds to low, empty where labels are too few.
    """
    counted = None if (weights == 1).all() else weights
    return {
        "rows": len(truth),
        "positives": int(truth.sum()),
        "targets": [_target(truth, scores, counted, one) for one in TARGETS],
        "curve": _curve(truth, scores, counted),
    }


def _target(
    truth: NDArray[np.int64], scores: Values, weights: Values | None, target: Target
) -> dict[str, Any]:
    asked: dict[str, Any] = {"aim": target.aim.value, "share": target.share}
    try:
        return asked | propose(truth, scores, weights, target).as_dict()
    except TargetError as error:
        return asked | {"missing": str(error)}


def _curve(
    truth: NDArray[np.int64], scores: Values, weights: Values | None
) -> list[dict[str, Any]]:
    try:
        return [one.as_dict() for one in curve(truth, scores, weights)]
    except TargetError:
        return []
