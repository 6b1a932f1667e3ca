"""Whether a release is as good on comments that mention an identity as on all others.

Owns the figures of Borkan et al., "Nuanced Metrics for Measuring Unintended Bias with Real
Data for Text Classification" (2019, arXiv:1903.04561), joined into one score as in
Jigsaw's competition of that year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.categories import LABEL, TOXICITY
from models.measuring.ranking import auc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: What fairness is told of, where the file labels it.
ASSESSED = (TOXICITY, LABEL)

#: With fewer harmful or fewer harmless comments than this an identity gets no figures.
FEWEST = 10

#: The exponent of the mean over identities: the lower, the more the worst one counts.
POWER = -5

#: What the overall AUC and each of the three means count in the score.
SHARE_OF_SCORE = 0.25


@dataclass(frozen=True)
class IdentityFigures:
    """The figures of one identity; None where there are too few comments for one.

    `rows`, `positives`: the comments that mention it, and the harmful ones of these.
    `subgroup_auc`: how well these are told apart. `bpsn_auc`: harmful comments without the
    identity against harmless ones with it; low where its mention alone raises the score.
    `bnsp_auc`: harmless ones without it against harmful ones with it; low where its mention
    hides harm. `false_hold_share`: of the harmless comments that mention it.
    """

    rows: int
    positives: int
    too_few: bool
    subgroup_auc: float | None
    bpsn_auc: float | None
    bnsp_auc: float | None
    false_hold_share: float | None


@dataclass(frozen=True)
class Fairness:
    """The figures of all identities: each AUC's power mean, and Jigsaw's score of the four.

    `rows`, `positives`, `overall_auc` and `false_hold_share` are of all comments.
    """

    rows: int
    positives: int
    overall_auc: float | None
    subgroup_auc: float | None
    bpsn_auc: float | None
    bnsp_auc: float | None
    score: float | None
    false_hold_share: float | None
    identities: dict[str, IdentityFigures]

    def told(self) -> list[tuple[str, IdentityFigures]]:
        """Return the identities with any figure, that with the lowest AUC first."""
        told = [
            (name, one)
            for name, one in self.identities.items()
            if not one.too_few or one.false_hold_share is not None
        ]
        return sorted(
            told,
            key=lambda pair: (min(_aucs(pair[1]), default=2), -(pair[1].false_hold_share or 0)),
        )

    def untold(self) -> list[str]:
        """Return the identities without any figure."""
        told = dict(self.told())
        return [name for name in self.identities if name not in told]


def assess(
    truth: NDArray[Any],
    scores: NDArray[Any],
    *,
    held: NDArray[np.bool_],
    mentions: NDArray[np.bool_],
    names: Sequence[str],
) -> Fairness:
    """Return how fair `scores` are to the identities called `names`.

    Args:
        truth: 0 or 1, shape (n,).
        scores: shape (n,).
        held: whether the release holds the comment, shape (n,).
        mentions: whether comment i mentions identity j, shape (n, len(names)).
        names: of the identities.
    """
    harmful = truth == 1
    identities = {
        name: _identity(harmful, scores, held=held, group=mentions[:, place])
        for place, name in enumerate(names)
    }
    some = 0 < int(harmful.sum()) < len(harmful)
    overall = auc(scores[harmful], scores[~harmful]) if some else None
    told = [_aucs(figures) for figures in identities.values() if not figures.too_few]
    subgroup, bpsn, bnsp = (power_mean([aucs[kind] for aucs in told]) for kind in range(3))
    return Fairness(
        rows=len(harmful),
        positives=int(harmful.sum()),
        overall_auc=overall,
        subgroup_auc=subgroup,
        bpsn_auc=bpsn,
        bnsp_auc=bnsp,
        score=_weighted(overall, subgroup, bpsn, bnsp),
        false_hold_share=_share_of(held, ~harmful),
        identities=identities,
    )


def power_mean(values: Sequence[float]) -> float | None:
    """Return the generalised mean of AUCs, (mean of values^p)^(1/p) with p = -5.

    None of no values; 0 as soon as one of them is.
    """
    if not values:
        return None
    if min(values) == 0:
        return 0.0
    return float(np.mean(np.power(values, POWER)) ** (1 / POWER))


def _identity(
    harmful: NDArray[np.bool_],
    scores: NDArray[Any],
    *,
    held: NDArray[np.bool_],
    group: NDArray[np.bool_],
) -> IdentityFigures:
    parts = (
        scores[group & harmful],
        scores[group & ~harmful],
        scores[~group & harmful],
        scores[~group & ~harmful],
    )
    positives, negatives, other_positives, other_negatives = parts
    too_few = min(map(len, parts)) < FEWEST
    return IdentityFigures(
        rows=len(positives) + len(negatives),
        positives=len(positives),
        too_few=too_few,
        subgroup_auc=None if too_few else auc(positives, negatives),
        bpsn_auc=None if too_few else auc(other_positives, negatives),
        bnsp_auc=None if too_few else auc(positives, other_negatives),
        false_hold_share=_share_of(held, group & ~harmful),
    )


def _aucs(figures: IdentityFigures) -> list[float]:
    """Return the three AUCs of an identity, none of one with too few comments."""
    aucs = (figures.subgroup_auc, figures.bpsn_auc, figures.bnsp_auc)
    return [one for one in aucs if one is not None]


def _share_of(held: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
    chosen = held[among]
    return float(chosen.mean()) if len(chosen) >= FEWEST else None


def _weighted(*parts: float | None) -> float | None:
    known = [part for part in parts if part is not None]
    return SHARE_OF_SCORE * sum(known) if len(known) == len(parts) else None
