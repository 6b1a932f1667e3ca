"""By how much one release is above another on the same comments, and all of it as JSON.

Owns which figures are compared. Knows nothing of how they were measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.measuring import ranking
from models.measuring.fairness import ASSESSED, Fairness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.measuring.evaluation import Judged, Measured

#: The figures in which releases are compared, and what tables call them.
FIGURES = {
    "roc_auc": "AUC",
    "average_precision": "AP",
    "recall_at_1_percent_false_holds": "R@1%",
    "recall_at_5_percent_false_holds": "R@5%",
    "expected_calibration_error": "ECE",
    "held_share": "held",
    "false_hold_share": "false",
}


@dataclass(frozen=True)
class Difference:
    """By how much one release is above another: field of `FIGURES` -> difference or None.

    `roc_auc_ci` is the 95 % interval of the difference of the AUCs.
    """

    figures: dict[str, float | None]
    roc_auc_ci: tuple[float, float] | None


def summary(measured: Sequence[Measured]) -> dict[str, Any]:
    """Return one release as plain JSON, with a second one `against` and `difference`."""
    first, *others = measured
    told = first.report.as_dict()
    for other in others:
        told["against"] = other.report.as_dict()
        told["difference"] = {
            name: {**gap.figures, "roc_auc_ci": gap.roc_auc_ci}
            for name, gap in differences(first, other).items()
        }
    return told


def differences(one: Measured, other: Measured) -> dict[str, Difference]:
    """Return by how much `one` is above `other` in each category that both score.

    Both must come from the same call of `measure`.
    """
    return {
        name: Difference(
            {
                figure: _less(getattr(its_own, figure), getattr(reference, figure))
                for figure in FIGURES
            },
            _difference_interval(one.judged[name], other.judged[name]),
        )
        for name, its_own in one.report.categories.items()
        if (reference := other.report.categories.get(name))
    }


def fairness_of(measured: Sequence[Measured]) -> Iterator[tuple[str, str, Fairness]]:
    """Yield category, version and fairness, the releases of a category together."""
    for name in ASSESSED:
        for one in measured:
            if one.report.fairness and name in one.report.fairness:
                yield name, one.report.version, one.report.fairness[name]


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _difference_interval(one: Judged, other: Judged) -> tuple[float, float] | None:
    if not one.has_both_classes:
        return None
    return ranking.difference_interval(
        ranking.placements(one.truth, one.scores, one.weights),
        ranking.placements(other.truth, other.scores, other.weights),
    )
