"""A comment's chain of decisions, as a person reads it: pure functions of the decisions.

Decisions are given as the contract writes them, the oldest first. An undone decision stays
in the chain; the one that undoes it says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.domain import Action, ReasonCode, Source

Decisions = Sequence[dict[str, Any]]


def effective(decisions: Decisions) -> dict[str, Any] | None:
    """The decision that stands once what was undone is left out, `None` if none does."""
    standing = len(decisions)
    while standing and (undone := undone_revision(decisions[standing - 1])):
        standing = undone - 1
    return decisions[standing - 1] if standing else None


def by_machine(decisions: Decisions) -> dict[str, Any] | None:
    """What the machine, or readers' reports, decided last."""
    return next((one for one in reversed(decisions) if not is_by_person(one)), None)


def verdict(decisions: Decisions) -> dict[str, Any] | None:
    """A person's approval or rejection, if that is what stands: the comment's label."""
    standing = effective(decisions)
    if standing and is_by_person(standing) and standing["action"] != Action.HOLD:
        return standing
    return None


def is_kept(decisions: Decisions) -> bool:
    """Whether a person has looked and keeps the comment held."""
    standing = effective(decisions)
    return bool(standing and is_by_person(standing) and standing["action"] == Action.HOLD)


def is_by_person(decision: Mapping[str, Any]) -> bool:
    """Whether a moderator made it."""
    return bool(decision["source"] == Source.MODERATOR)


def undone_revision(decision: Mapping[str, Any]) -> int | None:
    """The revision that this decision takes back, `None` if it is no undoing."""
    for reason in decision["reasons"]:
        if reason["code"] == ReasonCode.UNDONE:
            return int(reason["detail"])
    return None
