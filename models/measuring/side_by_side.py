"""Two releases beside each other: each figure of both, the difference, and how sure it is.

Owns which figures are compared and where their intervals come from: the paired DeLong for
ROC AUC, the paired bootstrap for the others, Agresti and Min for shares of the regression
set. Judges nothing; that is the business of `guards`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.categories import LABEL
from models.measuring.differences import FIGURES, differences
from models.measuring.figures import chosen, effective_rows, mean
from models.measuring.ranking import difference_interval, placements
from models.measuring.regression_set import rows_of
from models.measuring.resampling import difference_intervals
from models.measuring.shares import paired_difference

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.measuring.evaluation import Judged, Measured
    from models.measuring.regression_set import KindReport, RegressionReport

ROC_AUC = "roc_auc"
CAUGHT_SHARE = "caught_share"
FALSE_HOLD_SHARE = "false_hold_share"
MISSED_SHARE = "missed_share"
RIGHT_SHARE = "right_share"


@dataclass(frozen=True)
class Beside:
    """One figure of both releases; None is what the comments cannot tell.

    `difference` is the candidate's less the active one's, `interval` its 95 % interval.
    """

    active: float | None
    candidate: float | None
    difference: float | None
    interval: tuple[float, float] | None

    @classmethod
    def of(
        cls,
        active: float | None,
        candidate: float | None,
        interval: tuple[float, float] | None,
    ) -> Beside:
        """Take the difference, where there is one."""
        if active is None or candidate is None:
            return cls(active, candidate, None, None)
        return cls(active, candidate, candidate - active, interval)


@dataclass(frozen=True)
class SiteFigures:
    """One category (or the plain label) on a site's test labels.

    `fewest`: how many rows of equal weight the rarer class is worth. `figures`: those of
    `evaluation.FIGURES` and the share of the harmful that is caught at the thresholds.
    """

    rows: int
    positives: int
    fewest: float
    figures: dict[str, Beside]


@dataclass(frozen=True)
class KindFigures:
    """One kind of the regression set.

    `newly_held` of the `harmless` are held by the candidate alone, `newly_missed` of the
    `harmful` by the active release alone.
    """

    harmless: int
    harmful: int
    newly_held: int
    newly_missed: int
    figures: dict[str, Beside]


def on_site(candidate: Measured, active: Measured, *, seed: int) -> dict[str, SiteFigures]:
    """Return category -> figures, of those that both releases score.

    Both must come from the same call of `measure`.
    """
    return {
        name: _site_figures(candidate, active, name, gap.figures, gap.roc_auc_ci, seed=seed)
        for name, gap in differences(candidate, active).items()
    }


def on_regression_set(
    candidate: RegressionReport, active: RegressionReport
) -> dict[str, KindFigures]:
    """Return kind -> figures; both reports are about the same sentences."""
    ours, theirs = candidate.judged[LABEL], active.judged[LABEL]
    return {
        kind: _kind_figures(
            told, active.kinds[kind], ours, theirs, rows_of(candidate.examples, kind)
        )
        for kind, told in candidate.kinds.items()
    }


def by_category(candidate: RegressionReport, active: RegressionReport) -> dict[str, Beside]:
    """Return category -> ROC AUC over all sentences of the set that tell of it."""
    return {
        name: Beside.of(
            active.categories[name].roc_auc,
            told.roc_auc,
            _auc_interval(candidate.judged[name], active.judged[name]),
        )
        for name, told in candidate.categories.items()
        if name in active.categories
    }


def _site_figures(
    candidate: Measured,
    active: Measured,
    name: str,
    gaps: dict[str, float | None],
    auc_interval: tuple[float, float] | None,
    *,
    seed: int,
) -> SiteFigures:
    ours, theirs = candidate.judged[name], active.judged[name]
    told, reference = candidate.report.categories[name], active.report.categories[name]
    intervals = difference_intervals(ours, theirs, seed=seed)
    intervals[ROC_AUC] = auc_interval
    figures = {
        figure: Beside.of(
            getattr(reference, figure), getattr(told, figure), intervals.get(figure)
        )
        for figure in gaps
        if figure in FIGURES
    }
    figures[CAUGHT_SHARE] = Beside.of(
        _caught(theirs), _caught(ours), intervals.get(CAUGHT_SHARE)
    )
    fewest = min(
        effective_rows(
            chosen(ours.weights, ours.truth == label), int((ours.truth == label).sum())
        )
        for label in (0, 1)
    )
    return SiteFigures(told.rows, told.positives, fewest, figures)


def _caught(judged: Judged) -> float | None:
    harmful = judged.truth == 1
    if not harmful.any():
        return None
    return mean(judged.held[harmful], chosen(judged.weights, harmful))


def _kind_figures(
    told: KindReport,
    reference: KindReport,
    ours: Judged,
    theirs: Judged,
    rows: NDArray[np.bool_],
) -> KindFigures:
    harmful = ours.truth == 1
    right, was_right = ours.held == harmful, theirs.held == harmful
    harmless = rows & ~harmful
    harmful = rows & harmful
    return KindFigures(
        harmless=int(harmless.sum()),
        harmful=int(harmful.sum()),
        newly_held=int((ours.held & ~theirs.held)[harmless].sum()),
        newly_missed=int((theirs.held & ~ours.held)[harmful].sum()),
        figures={
            RIGHT_SHARE: _shares(right, was_right, rows),
            FALSE_HOLD_SHARE: _shares(ours.held, theirs.held, harmless),
            MISSED_SHARE: _shares(~ours.held, ~theirs.held, harmful),
            ROC_AUC: Beside.of(
                reference.roc_auc, told.roc_auc, _auc_interval(ours, theirs, rows)
            ),
        },
    )


def _shares(ours: NDArray[Any], theirs: NDArray[Any], rows: NDArray[np.bool_]) -> Beside:
    things = int(rows.sum())
    if not things:
        return Beside.of(None, None, None)
    gained = int((ours & ~theirs)[rows].sum())
    lost = int((theirs & ~ours)[rows].sum())
    return Beside.of(
        float(theirs[rows].mean()),
        float(ours[rows].mean()),
        paired_difference(gained, lost, things),
    )


def _auc_interval(
    ours: Judged, theirs: Judged, rows: NDArray[np.bool_] | None = None
) -> tuple[float, float] | None:
    rows = np.ones(len(ours.truth), bool) if rows is None else rows
    truth = ours.truth[rows]
    if not 0 < int(truth.sum()) < len(truth):
        return None
    return difference_interval(
        placements(truth, ours.scores[rows]), placements(truth, theirs.scores[rows])
    )
