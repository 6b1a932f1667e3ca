"""Whether a site's test labels are to be trusted: do the two releases find sense in them?

Owns the signs of labels that are swapped or thrown dice for. Guards on figures cannot show
them: a candidate learnt from swapped labels looks good on more of the same, and one learnt
from dice looks no worse than the active release, which ranks them no better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.categories import LABEL, TOXICITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.measuring.evaluation import Measured
    from models.measuring.side_by_side import SiteFigures

#: A figure says something where the rarer class is worth so many labels: below that any
#: candidate's leaps about.
FEWEST_LABELS = 20

#: So many are enough to see that labels are swapped: a release that knows better ranks a
#: handful of them plainly the wrong way round.
FEWEST_TO_CONTRADICT = 5

#: A ranking that says nothing.
CHANCE = 0.5


@dataclass(frozen=True)
class Trust:
    """What is wrong with test labels, by category (or `label`).

    `contradicted`: the active release ranks them surely worse than chance: 0 and 1 swapped.
    `senseless`: the candidate, learnt from more of the same, does not rank them surely better
    than chance. `unvouched`: it does, but the active release does not, as with a language
    that is new to it, so that nothing here would show that they are swapped: a person should
    look at some. The last two are told of the category that tells most.
    """

    contradicted: tuple[str, ...] = ()
    senseless: tuple[str, ...] = ()
    unvouched: tuple[str, ...] = ()

    @property
    def is_missing(self) -> bool:
        """Whether no candidate is to be believed by these labels."""
        return bool(self.contradicted or self.senseless)


def trust(site: Mapping[str, SiteFigures], candidate: Measured, active: Measured) -> Trust:
    """Return what both releases say of the test labels of a site."""
    contradicted = tuple(
        name
        for name, told in site.items()
        if told.fewest >= FEWEST_TO_CONTRADICT and auc_bounds(active, name)[1] < CHANCE
    )
    name = telling(site)
    if name is None or name in contradicted:
        return Trust(contradicted)
    if auc_bounds(candidate, name)[0] <= CHANCE:
        return Trust(contradicted, senseless=(name,))
    if auc_bounds(active, name)[0] <= CHANCE:
        return Trust(contradicted, unvouched=(name,))
    return Trust(contradicted)


def telling(site: Mapping[str, SiteFigures]) -> str | None:
    """Return the category that tells most, the plain label if it is there; None of too few."""
    name = next((name for name in (LABEL, TOXICITY, *site) if name in site), None)
    return name if name is not None and site[name].fewest >= FEWEST_LABELS else None


def auc_bounds(measured: Measured, name: str) -> tuple[float, float]:
    """Return the 95 % interval of a ROC AUC; a perfect ranking is a point; (0, 1) of none."""
    figures = measured.report.categories[name]
    if figures.roc_auc_ci is not None:
        return figures.roc_auc_ci
    return (0.0, 1.0) if figures.roc_auc is None else (figures.roc_auc, figures.roc_auc)
