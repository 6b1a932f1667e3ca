"""What a comparison comes to, in sentences for a moderator.

Owns the words alone: which figure failed is the business of `guards`. "It" is the candidate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.categories import LABEL
from models.measuring.regression_set import ALL
from models.measuring.side_by_side import FALSE_HOLD_SHARE, MISSED_SHARE, ROC_AUC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.measuring.guards import Comparison, Guard
    from models.measuring.side_by_side import KindFigures, SiteFigures

#: Kind -> what its sentences are, behind "harmless" or "harmful".
KIND_WORDS = {
    "harmless": "everyday sentences",
    "hostile": "plainly hostile sentences",
    "evasive": "sentences with odd or disguised spelling",
    "identity": "sentences that name a group of people",
    "spam": "sentences about buying and selling",
    "counter": "sentences that deny, quote or blame abuse",
    "languages": "sentences in other languages",
    ALL: "sentences of the regression set",
}

FIGURE_WORDS = {
    ROC_AUC: "tells harmful from harmless less well (AUC",
    "recall_at_5_percent_false_holds": (
        "finds less of what is harmful where it may falsely hold 5 % (share found"
    ),
    "expected_calibration_error": "is further off with its probabilities (calibration error",
}


def sentences(comparison: Comparison) -> Iterator[str]:
    """Yield what failed first, then warnings, then how the two compare on the whole."""
    for name in comparison.contradicted:
        yield (
            f"{_place('site', name).capitalize()} say the opposite of the active release:"
            " are 0 and 1 the wrong way round (1 is to be held)?"
        )
    for name in comparison.senseless:
        yield (
            f"On {_place('site', name)} it does not tell harmful from harmless surely better"
            " than chance: are the labels mixed up, or too few?"
        )
    if comparison.lost:
        yield f"It does not score {_listed(comparison.lost)}, which the active release does."
    for guard in comparison.guards:
        if guard.failed:
            yield _failure(guard, comparison.regression)
    yield from _warnings(comparison)
    yield from _of_site(comparison.site)
    if ALL in comparison.regression:
        yield _of_all_kinds(comparison.regression[ALL])
    if comparison.gained:
        yield f"It scores {_listed(comparison.gained)}, which the active release does not."


def _warnings(comparison: Comparison) -> Iterator[str]:
    for name in comparison.unvouched:
        yield (
            f"Warning: The active release finds no sense in {_place('site', name)}, so that"
            " nothing here would show that 0 and 1 are the wrong way round (1 is to be held)."
            " Look at some of them."
        )
    for guard in comparison.guards:
        if guard.warned:
            yield (
                f"Warning: {_failure(guard, comparison.regression)} Lower thresholds would"
                " hold more of them."
            )


def _failure(guard: Guard, kinds: Mapping[str, KindFigures]) -> str:
    where, name, figure = guard.name.split(".")
    if figure == FALSE_HOLD_SHARE:
        told = kinds[name]
        return (
            f"It holds {told.newly_held} of {told.harmless} harmless {KIND_WORDS[name]}"
            " that the active release lets through."
        )
    if figure == MISSED_SHARE:
        told = kinds[name]
        return (
            f"It lets through {told.newly_missed} of {told.harmful} harmful"
            f" {KIND_WORDS[name]} that the active release holds."
        )
    numbers = f"{guard.candidate:.3f} against {guard.active:.3f})"
    return f"On {_place(where, name)} it {FIGURE_WORDS[figure]} {numbers}."


def _place(where: str, name: str) -> str:
    if where == "site":
        return f"this site's test labels{_for(name)}"
    if where == "regression":
        return KIND_WORDS[name]
    return f"the sentences of the regression set{_for(name)}"


def _for(name: str) -> str:
    return "" if name == LABEL else f" for {_spelt(name)}"


def _of_site(site: Mapping[str, SiteFigures]) -> Iterator[str]:
    if not site:
        yield "There are no test labels of this site to compare on."
    for name, told in site.items():
        place = f"On {told.rows:,} test labels of this site{_for(name)}"
        figure = told.figures[ROC_AUC]
        if figure.active is None or figure.candidate is None:
            yield f"{place} nothing can be told: all of them say the same."
            continue
        numbers = f"(AUC {figure.candidate:.3f} against {figure.active:.3f})"
        low, high = figure.interval or (-1.0, 1.0)
        if low > 0:
            yield f"{place} it tells harmful from harmless better {numbers}."
        elif high < 0:
            yield f"{place} it tells harmful from harmless less well {numbers}."
        else:
            yield f"{place} neither release is surely better {numbers}."


def _of_all_kinds(told: KindFigures) -> str:
    return (
        f"Of our own {told.harmless} harmless sentences it holds {told.newly_held} that the"
        f" active release lets through; of {told.harmful} harmful ones it lets through"
        f" {told.newly_missed} that the active release holds."
    )


def _listed(names: Sequence[str]) -> str:
    spelt = [_spelt(name) for name in names]
    return " and ".join(filter(None, (", ".join(spelt[:-1]), spelt[-1])))


def _spelt(category: str) -> str:
    return category.replace("_", " ")
