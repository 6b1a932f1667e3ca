"""How much worse than the active release a candidate may be, figure by figure.

Owns the rules alone; `guards` holds figures to them. What they were chosen by is told in
`docs/evaluation.md`: candidates learnt from honest labels of unlike communities pass. Labels
turned over are the business of `label_trust`: these figures hardly show them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.measuring.regression_set import ALL
from models.measuring.side_by_side import FALSE_HOLD_SHARE, MISSED_SHARE, ROC_AUC

if TYPE_CHECKING:
    from collections.abc import Sequence

#: So many times its tolerance a ranking of the regression set may be worse where the site
#: gains by it.
TOLERANCE_FOR_A_GAIN = 2


@dataclass(frozen=True)
class Rule:
    """How much worse a figure may be.

    Args:
        figure: its name in `side_by_side`.
        tolerance: by so much it may be worse anyway.
        limit: by more than that it may not be worse, be it chance or not.
        less_is_better: it is an error, not a merit.
        warns_first: between tolerance and limit it is told, but refuses nobody.
    """

    figure: str
    tolerance: float
    limit: float
    less_is_better: bool = False
    warns_first: bool = False

    @property
    def allowed(self) -> float:
        """By how much it may surely be worse before a candidate is refused."""
        return self.limit if self.warns_first else self.tolerance


#: On the site's labels: how comments are ranked, what is found, what a score means. Not how
#: much is held: that follows from thresholds, which people set.
SITE_RULES = (
    Rule(ROC_AUC, 0.01, 0.10),
    Rule("recall_at_5_percent_false_holds", 0.05, 0.25),
    Rule("expected_calibration_error", 0.02, 0.10, less_is_better=True),
)
#: On the regression set: how sentences are ranked, tightly. What is held there at the
#: thresholds moves with what a score means at the site, so that shares have more room; but
#: everyday sentences, and those that name people kindly, are to be let through anywhere. What
#: is missed only warns at first: honest labels of a site with little abuse lower all scores
#: as much as labels turned over do, and lower thresholds mend it.
KIND_RULES = (
    Rule(ROC_AUC, 0.08, 0.12),
    Rule(FALSE_HOLD_SHARE, 0.20, 0.30, less_is_better=True),
    Rule(MISSED_SHARE, 0.25, 0.50, less_is_better=True, warns_first=True),
)
STRICT_KIND_RULES = (
    KIND_RULES[0],
    Rule(FALSE_HOLD_SHARE, 0.04, 0.10, less_is_better=True),
    KIND_RULES[2],
)
STRICT_KINDS = ("harmless", "identity")
ALL_KINDS_RULES = (
    Rule(ROC_AUC, 0.02, 0.04),
    Rule(FALSE_HOLD_SHARE, 0.08, 0.15, less_is_better=True),
    Rule(MISSED_SHARE, 0.10, 0.25, less_is_better=True, warns_first=True),
)
CATEGORY_RULE = Rule(ROC_AUC, 0.015, 0.05)


def kind_rules(kind: str, *, gains: bool) -> Sequence[Rule]:
    """Return the rules for a kind of the regression set; `gains`: whether the site gains."""
    if kind == ALL:
        rules = ALL_KINDS_RULES
    else:
        rules = STRICT_KIND_RULES if kind in STRICT_KINDS else KIND_RULES
    return [_loosened(rule) if gains else rule for rule in rules]


def category_rule(*, gains: bool) -> Rule:
    """Return the rule for all sentences that tell of a category."""
    return _loosened(CATEGORY_RULE) if gains else CATEGORY_RULE


def _loosened(rule: Rule) -> Rule:
    """Return the rule with more tolerance, if it is about a ranking; its limit stays."""
    if rule.figure != ROC_AUC:
        return rule
    return replace(rule, tolerance=TOLERANCE_FOR_A_GAIN * rule.tolerance)
