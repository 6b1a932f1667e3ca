"""How long a site's data is kept: rules for comments, personal fields, labels, decisions.

Pure: which rules there are and can be, when something is due, and what of a comment is
personal. Who carries them out is in `desk/upkeep.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Self

from moderation.domain import rfc3339
from moderation.errors import UnsuitableRetentionError

#: What of an author is not part of the published comment: it serves to tell floods and
#: copies apart while they happen, and to answer the author. The name stands with the text.
PERSONAL_FIELDS = ("email", "ip", "user_agent")
#: How "for good" is written.
EVER = "ever"
#: A century: longer is for good, and the calendar ends somewhere.
MOST_DAYS = 36_500
_DAYS = re.compile(r"(\d{1,6})d?")


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days a site's data is kept, `None` for good.

    Attributes:
        comments: approved and rejected comments, counted from their last decision. Pending
            and held ones wait for somebody and never expire.
        personal: the `PERSONAL_FIELDS` of the same comments, likewise.
        labels: stored labels, from when they were given.
        decisions: entries of the decisions feed.
        audit: entries of the audit log.

    Raises:
        UnsuitableRetentionError: a time is negative, or longer than `MOST_DAYS`.
    """

    comments: int | None = None
    personal: int | None = 30
    labels: int | None = None
    decisions: int | None = None
    audit: int | None = None

    def __post_init__(self) -> None:
        """Whatever door the rules came by: this is what they can be."""
        for rule, days in self.to_json().items():
            if days is not None and not 0 <= days <= MOST_DAYS:
                raise UnsuitableRetentionError(
                    f"days must be from 0 to {MOST_DAYS}; longer is for good", rule
                )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: days for name, days in stored.items() if name in known})

    def to_json(self) -> dict[str, int | None]:
        """As it is stored and printed."""
        return asdict(self)

    def changes(self, after: Retention) -> dict[str, dict[str, str]]:
        """What becomes of the rules that differ, as `amendments.py` tells it of a policy."""
        old, new = self.to_json(), after.to_json()
        return {
            rule: {"from": written_days(old[rule]), "to": written_days(new[rule])}
            for rule in old
            if old[rule] != new[rule]
        }


def parse_days(text: str) -> int | None:
    """How many days `365d` or `365` is, `None` for `ever`.

    Raises:
        UnsuitableRetentionError: it is neither.
    """
    if text == EVER:
        return None
    found = _DAYS.fullmatch(text)
    if found is None:
        raise UnsuitableRetentionError(f"{text!r} is no time: write days as 365d, or {EVER}")
    return int(found[1])


def written_days(days: int | None) -> str:
    """The opposite of `parse_days`."""
    return EVER if days is None else f"{days}d"


def limit_of(now: datetime, days: int | None) -> str | None:
    """The moment so many days ago, as decisions write theirs: such texts sort by time."""
    return None if days is None else rfc3339(now - timedelta(days=days))


def is_over(moment: str, limit: str | None) -> bool:
    """Whether the time of what counts from a moment is over; never without a limit."""
    return bool(moment) and limit is not None and moment < limit


def without_personal(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """A comment's content without personal fields; `None` if there are none in it."""
    author: Mapping[str, Any] = content["author"]
    left = {name: value for name, value in author.items() if name not in PERSONAL_FIELDS}
    return None if left == author else {**content, "author": left}
