"""Approved comments drawn by lot: what is to be looked at, and what that has told so far.

What the machine lets through is seen nowhere else: other approved comments that moderators
decide were reported or happened to be met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.desk.cases import Case, Cases
from moderation.desk.shares import Share
from moderation.domain import Action
from moderation.record import Record

#: Days of which reviews are counted.
COUNTED_DAYS = 28


@dataclass(frozen=True, slots=True)
class LetThrough:
    """How much of what the machine approved people would have rejected.

    Attributes:
        reviewed: drawn comments with a verdict.
        rejected: those of them that were rejected.
        share: the estimate for all approved comments. Where the share that is drawn was
            changed, each comment stands for as many as it was drawn from, and `part` and
            `whole` are those of a plain sample that tells as much.
        approved: what the machine approved in the same days.
    """

    reviewed: int
    rejected: int
    share: Share
    approved: int

    @property
    def missed(self) -> tuple[int, int] | None:
        """Between how many approved comments and how many should not be; `None`: unknown."""
        if not self.reviewed:
            return None
        return round(self.share.low * self.approved), round(self.share.high * self.approved)

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "days": COUNTED_DAYS,
            "reviewed": self.reviewed,
            "rejected": self.rejected,
            "share": self.share.to_json(),
            "approved": self.approved,
        }


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some cases in order, and the position to go on after, `None` at the end."""

    cases: list[Case]
    next_position: int | None


class Reviews:
    """The drawn comments of each site."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._cases = Cases(record)

    def page(self, site: str, *, after: int | None = None, limit: int = 20) -> ReviewPage:
        """A page of what nobody has looked at yet, the oldest first."""
        found = self._record.review.page(site, after=after, limit=limit)
        return ReviewPage(self._cases.many(site, found.comment_ids), found.next_position)

    def let_through(self, site: str) -> LetThrough:
        """What the reviews of the last days say."""
        days = self._record.daily.read(site, COUNTED_DAYS)
        return let_through(figures for _, figures in days)


def let_through(days: Iterable[Mapping[str, int]]) -> LetThrough:
    """The estimate from the figures of some days.

    A comment drawn as one in fifty stands for fifty (Horvitz and Thompson, 1952); with
    weights that differ, the sample tells as much as one of (sum of weights)² / (sum of
    squared weights) comments would with equal ones (Kish, 1965).
    """
    reviewed = rejected = approved = 0
    weights = squares = weighted = 0.0
    for figures in days:
        approved += sum(
            figures.get(f"decided|{source}|approved", 0) for source in ("classifier", "policy")
        )
        for name, amount in figures.items():
            kind, _, rest = name.partition("|")
            share, _, action = rest.partition("|")
            if kind != "reviewed":
                continue
            weight = 1 / float(share)
            reviewed, weights = reviewed + amount, weights + amount * weight
            squares += amount * weight**2
            if action == Action.REJECT:
                rejected, weighted = rejected + amount, weighted + amount * weight
    if reviewed <= 0 or weights <= 0:
        return LetThrough(0, 0, Share(0, 0), approved)
    size = max(round(weights**2 / squares), 1)
    part = min(max(round(size * weighted / weights), 0), size)
    return LetThrough(reviewed, max(rejected, 0), Share(part, size), approved)
