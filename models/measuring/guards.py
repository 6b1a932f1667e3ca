"""Whether a candidate is worse than the active release on any figure that is guarded.

Owns the comparison and its verdict; how much worse a figure may be is the business of
`guard_rules`. Site labels may be few, one-sided or poisoned; so a candidate is held to two
things: to the site's test labels, which say what its moderators want, and to the regression
set, which says what no release may unlearn whatever the labels were.

A guard fails when a figure is worse by more than its tolerance and that is not chance (its
95 % interval is on the worse side altogether), or worse by so much that chance is no excuse.
The first alone would let a collapse through where labels are few; the second alone would
turn away every candidate of a small site. A release may unlearn a little of what the site
has no use for, if the site's comments are surely ranked better for it.

How much harm passes at unchanged thresholds follows what a score means at the site, and
thresholds can be lowered: there a guard warns first, and fails only where it is very much.

Labels that are swapped or thrown dice for look good on themselves: a candidate is worse,
whatever its figures, where nothing says that its labels make sense (`label_trust`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from models.measuring import guard_words, regression_set
from models.measuring.evaluation import measure
from models.measuring.guard_rules import SITE_RULES, Rule, category_rule, kind_rules
from models.measuring.label_trust import FEWEST_LABELS, telling, trust
from models.measuring.regression_set import measure_regression
from models.measuring.side_by_side import (
    ROC_AUC,
    Beside,
    KindFigures,
    SiteFigures,
    by_category,
    on_regression_set,
    on_site,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.dataset import Example
    from models.measuring.regression_set import RegressionExample
    from models.release import Release

#: What the resamples are drawn by: the same comparison twice says the same.
SEED = 20_261_124


class Verdict(StrEnum):
    """What comes of a comparison."""

    BETTER = "better"
    NO_WORSE = "no worse"
    WORSE = "worse"


@dataclass(frozen=True)
class Guard:
    """One guarded figure.

    `name`: `site.CATEGORY.FIGURE`, `regression.KIND.FIGURE` or
    `regression_categories.CATEGORY.FIGURE`, after the fields of `Comparison`. `worse_by` is
    above 0 where the candidate is worse, `interval` its 95 % interval. `warned`: worse by more
    than is tolerated, but of a figure that is no ground to refuse a candidate.
    """

    name: str
    active: float
    candidate: float
    worse_by: float
    tolerance: float
    interval: tuple[float, float] | None
    failed: bool
    warned: bool = False


@dataclass(frozen=True)
class Comparison:
    """A candidate beside the active release.

    `site`: category or `label` -> figures on the site's test labels, of what both score.
    `regression`: kind -> figures; `regression_categories`: category -> ROC AUC there.
    `lost` and `gained`: categories that only the active release, only the candidate scores.
    `contradicted`, `senseless`, `unvouched`: as in `label_trust.Trust`.
    """

    candidate: str
    active: str
    verdict: Verdict
    sentences: tuple[str, ...]
    site: dict[str, SiteFigures]
    regression: dict[str, KindFigures]
    regression_categories: dict[str, Beside]
    regression_set: str
    guards: tuple[Guard, ...]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    contradicted: tuple[str, ...]
    senseless: tuple[str, ...]
    unvouched: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain JSON: the fields, by their names."""
        return {**asdict(self), "verdict": self.verdict.value}


def compare_releases(
    candidate: Release,
    active: Release,
    labelled_examples: Iterable[Example],
    *,
    regression: Sequence[RegressionExample] | None = None,
) -> Comparison:
    """Compare two releases and say whether the candidate is worse.

    Args:
        candidate: a release that nobody has promoted yet.
        active: the one that it would replace.
        labelled_examples: the site's test labels, on which neither was trained; read once,
            and may be none.
        regression: the regression set, unless it is another one.
    """
    some = regression_set.examples() if regression is None else regression
    ours, theirs = (measure_regression(release, some) for release in (candidate, active))
    measured = measure([candidate, active], labelled_examples)
    site = on_site(*measured, seed=SEED)
    kinds, categories = on_regression_set(ours, theirs), by_category(ours, theirs)
    labels = trust(site, *measured)
    gains = not labels.is_missing and _gains(site)
    guards = (*_site_guards(site), *_regression_guards(kinds, categories, gains=gains))
    lost = tuple(name for name in active.categories if name not in candidate.categories)
    gained = tuple(name for name in candidate.categories if name not in active.categories)
    worse = bool(lost) or labels.is_missing or any(guard.failed for guard in guards)
    comparison = Comparison(
        candidate.version,
        active.version,
        Verdict.WORSE if worse else Verdict.BETTER if gains else Verdict.NO_WORSE,
        (),
        site,
        kinds,
        categories,
        ours.fingerprint,
        guards,
        lost,
        gained,
        labels.contradicted,
        labels.senseless,
        labels.unvouched,
    )
    return replace(comparison, sentences=tuple(guard_words.sentences(comparison)))


def guard(name: str, figure: Beside, rule: Rule) -> Guard | None:
    """Hold one figure to its rule; None where there is no figure of both."""
    if figure.active is None or figure.candidate is None or figure.difference is None:
        return None
    worse_by, interval = -figure.difference, None
    if figure.interval:
        interval = (-figure.interval[1], -figure.interval[0])
    if rule.less_is_better:
        worse_by, interval = figure.difference, figure.interval
    surely = interval is not None and interval[0] > 0
    far, too_far = worse_by > rule.tolerance and surely, worse_by > rule.limit
    return Guard(
        name,
        figure.active,
        figure.candidate,
        worse_by,
        rule.allowed,
        interval,
        failed=too_far or (far and not rule.warns_first),
        warned=far and not too_far and rule.warns_first,
    )


def _site_guards(site: dict[str, SiteFigures]) -> Iterator[Guard]:
    for category, told in site.items():
        if told.fewest >= FEWEST_LABELS:
            yield from _guards(f"site.{category}", told.figures, SITE_RULES)


def _regression_guards(
    kinds: dict[str, KindFigures], categories: dict[str, Beside], *, gains: bool
) -> Iterator[Guard]:
    for kind, told in kinds.items():
        yield from _guards(f"regression.{kind}", told.figures, kind_rules(kind, gains=gains))
    for category, figure in categories.items():
        rules = [category_rule(gains=gains)]
        yield from _guards(f"regression_categories.{category}", {ROC_AUC: figure}, rules)


def _guards(prefix: str, figures: dict[str, Beside], rules: Sequence[Rule]) -> Iterator[Guard]:
    for rule in rules:
        found = guard(f"{prefix}.{rule.figure}", figures[rule.figure], rule)
        if found is not None:
            yield found


def _gains(site: dict[str, SiteFigures]) -> bool:
    """Say whether the candidate surely ranks the site's comments better."""
    name = telling(site)
    gap = None if name is None else site[name].figures[ROC_AUC].interval
    return bool(gap and gap[0] > 0)
