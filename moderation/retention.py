"""How long a site's data is kept: rules for comments, personal fields, labels, decisions.

Pure: which rules there are, when something is due, and what of a comment is personal. Who
carries them out is in `desk/upkeep.py`.
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
    """

    comments: int | None = None
    personal: int | None = 30
    labels: int | None = None
    decisions: int | None = None
    audit: int | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: days for name, days in stored.items() if name in known})

    def to_json(self) -> dict[str, int | None]:
        """As it is stored and printed."""
        return asdict(self)


def parse_days(text: str) -> int | None:
    """How many days `365d` or `365` is, `None` for `ever`.

    Raises:
        UnsuitableRetentionError: it is neither.
    """
    if text == EVER:
        return None
    found = _DAYS.fullmatch(text)
    if found is None or int(found[1]) > MOST_DAYS:
        raise UnsuitableRetentionError(
            f"{text!r} is no time: write days as 365d (at most {MOST_DAYS}), or {EVER}"
        )
    return int(found[1])


def written_days(days: int | None) -> str:
    """The opposite of `parse_days`."""
    return EVER if days is None else f"{days}d"


def before(now: datetime, days: int) -> str:
    """The moment so many days ago, as decisions write theirs: such texts sort by time."""
    return rfc3339(now - timedelta(days=days))


def without_personal(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """A comment's content without personal fields; `None` if there are none in it."""
    author: Mapping[str, Any] = content["author"]
    left = {name: value for name, value in author.items() if name not in PERSONAL_FIELDS}
    return None if left == author else {**content, "author": left}
