"""Scores as bars: what a page shows of one category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moderation.domain import ReasonCode
from moderation.wording import category_label


@dataclass(frozen=True, slots=True)
class Bar:
    """One category's score; `threshold` is `None` where nothing holds."""

    category: str
    score: float
    threshold: float | None = None

    @property
    def label(self) -> str:
        """The category's name for people."""
        return category_label(self.category)

    @property
    def is_over(self) -> bool:
        """Whether this score alone holds the comment."""
        return self.threshold is not None and self.score >= self.threshold


def bars(decision: Mapping[str, Any] | None, thresholds: Mapping[str, float]) -> list[Bar]:
    """The scores of a decision in the release's order.

    Args:
        decision: as the contract writes it.
        thresholds: those that hold now; where the decision names the one that it was held
            to, that counts.
    """
    if decision is None:
        return []
    met = {
        reason["category"]: reason["threshold"]
        for reason in decision["reasons"]
        if reason["code"] == ReasonCode.SCORE
    }
    held_to = {**thresholds, **met}
    return [
        Bar(category, score, held_to.get(category))
        for category, score in decision["scores"].items()
    ]
