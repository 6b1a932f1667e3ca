"""What retention would take out of a site at its next sweep, counted before it is set.

Looks as a sweep does (`upkeep.py`) and changes nothing. Of large sites it looks at a part only:
somebody waits for the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice

from moderation.desk.upkeep import FEEDS
from moderation.record import Record
from moderation.retention import Retention, is_over, limit_of, without_personal

#: Comments, labels and entries of a feed that are looked at, each: about a second.
LOOKED_AT = 10_000


@dataclass(frozen=True, slots=True)
class Due:
    """How much of something would leave, among how much that was looked at.

    Attributes:
        count: what would leave.
        is_all: whether everything was looked at. Else the site has more of it, and `count`
            is the least that would leave.
    """

    count: int
    is_all: bool


def due(
    record: Record, site: str, rules: Retention, *, now: datetime | None = None
) -> dict[str, Due]:
    """Rule → what it would take out of a site if the next sweep came now.

    Comments come in no order, so those that are looked at are a fair sample of all.
    """
    now = now or datetime.now(UTC)
    return (
        _comments(record, site, rules, now)
        | {"labels": _labels(record, site, rules, now)}
        | {feed: _entries(record, site, feed, getattr(rules, feed), now) for feed in FEEDS}
    )


def _comments(record: Record, site: str, rules: Retention, now: datetime) -> dict[str, Due]:
    whole_limit = limit_of(now, rules.comments)
    personal_limit = limit_of(now, rules.personal)
    comments = chain.from_iterable(record.whole.walk(site))
    looked_at = {one.id: one for one in islice(comments, LOOKED_AT)}.values()
    settled = [one for one in looked_at if one.is_settled]
    leaving = [one for one in settled if is_over(one.decided_at, whole_limit)]
    forgetful = [
        one
        for one in settled
        if not is_over(one.decided_at, whole_limit)
        and is_over(one.decided_at, personal_limit)
        and without_personal(one.content)
    ]
    is_all = next(comments, None) is None
    return {"comments": Due(len(leaving), is_all), "personal": Due(len(forgetful), is_all)}


def _labels(record: Record, site: str, rules: Retention, now: datetime) -> Due:
    limit = limit_of(now, rules.labels)
    if limit is None:
        return Due(0, is_all=True)
    labels = chain.from_iterable(record.retentions.labels(site))
    count = sum(is_over(one.at, limit) for one in islice(labels, LOOKED_AT))
    return Due(count, is_all=next(labels, None) is None)


def _entries(record: Record, site: str, feed: str, days: int | None, now: datetime) -> Due:
    if days is None:
        return Due(0, is_all=True)
    before = now - timedelta(days=days)
    count = record.retentions.count_older(site, feed, before, most=LOOKED_AT)
    return Due(count, is_all=count < LOOKED_AT)
