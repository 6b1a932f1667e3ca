"""Whether a release tells apart what people tell apart, a function of language at a time.

The cases are of our own making and no release learns from them. A comment that is held
unless it should be approved, or approved unless it should be held, is wrong: shares of right
ones are at the release's own thresholds, AUCs ask only for the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Row, Spread
from benchmarks.plan import Plan
from models.measuring import ranking
from models.measuring.evaluation import hold_score
from models.release import Release
from tests.models.functional_cases import NO_IDENTITY, Case, cases

RIGHT = "% right"


@dataclass(frozen=True)
class Judged:
    """Cases and what a release says of them; the arrays have shape (n,)."""

    cases: Sequence[Case]
    labels: NDArray[np.int8]
    scores: NDArray[np.float64]
    highest: NDArray[np.float64]
    held: NDArray[np.bool_]

    @classmethod
    def by(cls, release: Release, some: Sequence[Case]) -> Judged:
        """Scores the cases."""
        scored = release.score([case.text for case in some])
        return cls(
            some,
            np.array([case.label for case in some], np.int8),
            np.array([hold_score(one.scores) for one in scored]),
            np.array([max(one.scores.values()) for one in scored]),
            np.array([release.would_hold(one) for one in scored]),
        )

    def where(self, chosen: Callable[[Case], object]) -> NDArray[np.bool_]:
        """Which cases are such."""
        return np.array([bool(chosen(case)) for case in self.cases])

    def right(self, rows: NDArray[np.bool_]) -> float:
        """The percentage of these that are held or approved as they should be."""
        return 100 * float((self.held == (self.labels == 1))[rows].mean())

    def auc(self, rows: NDArray[np.bool_]) -> float:
        """The ROC AUC of these rows' hold scores."""
        return _auc(self.labels[rows], self.scores[rows])


def measure(plan: Plan) -> list[Row]:
    """A row for all cases, one for each function, and one for each identity."""
    judged = Judged.by(plan.load_release(), cases())
    rows = [_overall(judged)]
    rows += [_of_function(judged, name) for name in _distinct(judged, "function")]
    rows += [
        _of_identity(judged, name)
        for name in _distinct(judged, "identity")
        if name != NO_IDENTITY
    ]
    plan.say(f"functional: {len(judged.cases)} cases")
    return rows


def _overall(judged: Judged) -> Row:
    everything = np.ones(len(judged.cases), bool)
    also = {
        "AUC": judged.auc(everything),
        "AUC of the highest score": _auc(judged.labels, judged.highest),
        "hostile held": judged.right(judged.labels == 1),
        "harmless approved": judged.right(judged.labels == 0),
    }
    return Row("functional", Spread.of([judged.right(everything)]), RIGHT, also=also)


def _of_function(judged: Judged, name: str) -> Row:
    """The AUC is against all cases with the other label, for a function has one label only."""
    rows = judged.where(lambda case: case.function == name)
    label = judged.labels[rows][0]
    also = {"AUC": judged.auc(rows | (judged.labels != label)), "cases": float(rows.sum())}
    title = f"functional, {'hold' if label else 'approve'}: {name}"
    return Row(title, Spread.of([judged.right(rows)]), RIGHT, also=also)


def _of_identity(judged: Judged, name: str) -> Row:
    rows = judged.where(lambda case: case.identity == name)
    also = {
        "AUC": judged.auc(rows),
        "harmless approved": judged.right(rows & (judged.labels == 0)),
    }
    return Row(f"functional, about {name}", Spread.of([judged.right(rows)]), RIGHT, also=also)


def _distinct(judged: Judged, column: str) -> list[str]:
    return list(dict.fromkeys(getattr(case, column) for case in judged.cases))


def _auc(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> float:
    return ranking.auc(scores[labels == 1], scores[labels == 0])
