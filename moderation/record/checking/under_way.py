"""What is under way: entries that workers read, messages to webhooks, batches, trainings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from moderation.domain import Lane
from moderation.record.checking.counts import NOT_SETTLED, WRONG
from moderation.record.checking.findings import Check
from moderation.record.checking.scope import INDEX_AT_ONCE, Scope
from moderation.record.connection import redis_away
from moderation.record.decisions import START

#: Lanes of an endpoint that one script counts.
LANES_AT_ONCE = 2_000
#: Entries of the pending streams that one script counts.
WAITING_AT_ONCE = 1_000
_WHAT = {
    "gone": "messages wait for an endpoint that is not there",
    "lost": "messages wait that were never to be sent",
    "empty": "a lane is due and has no message",
    "waiting": "the number of messages that wait is wrong",
}
_LARGE = "large"


def check_pending(scope: Scope) -> None:
    """Whether each entry that workers read has its comment."""
    for lane in Lane:
        for entries in _entries(scope, scope.keys("pending", lane.value)):
            named = {
                position: (fields["site"], fields["comment"])
                for position, fields in entries
                if fields.get("site") in scope.sites and fields.get("comment")
            }
            scope.report.saw(Check.PENDING, len(named))
            flat = [part for position, names in named.items() for part in (position, *names)]
            wrong = scope.scripts.run_all("check_pending", [scope.mend, lane.value, *flat])
            for position in wrong:
                site, comment_id = named[position]
                what = f"waits in the {lane} lane and is not there"
                scope.fault(Check.PENDING, site, comment_id, what, mended=scope.mends)


def check_waiting(scope: Scope) -> None:
    """Whether as many comments of each site are counted as wait for workers."""
    sites = sorted(scope.sites)
    scope.report.saw(Check.WAITING_COUNT, len(sites))
    found = scope.scripts.run_all("check_waiting", [scope.mend, WAITING_AT_ONCE, *sites])
    for site, state in zip(sites, found, strict=True):
        if state == NOT_SETTLED:
            scope.report.unsettled[Check.WAITING_COUNT] += 1
        elif state == WRONG:
            what = "has a count of waiting comments that is wrong"
            scope.fault(Check.WAITING_COUNT, site, site, what, mended=scope.mends)


def _entries(scope: Scope, key: str) -> Iterator[list[Any]]:
    position = START
    while True:
        with redis_away():
            found: Any = scope.connection.xrange(key, f"({position}", "+", count=INDEX_AT_ONCE)
        if not found:
            return
        position = found[-1][0]
        yield found


def check_lanes(scope: Scope, site: str, endpoint: str, lanes: Sequence[str]) -> None:
    """Whether the messages to an endpoint are due some time; `lanes` are those with a list."""
    scope.report.saw(Check.WEBHOOKS, len(lanes))
    found = scope.scripts.run_all(
        "check_lanes", [scope.mend, site, endpoint, LANES_AT_ONCE, *lanes]
    )
    for what in found:
        if what == _LARGE:
            scope.report.unsettled[Check.WEBHOOKS] += 1
        else:
            scope.fault(Check.WEBHOOKS, site, endpoint, _WHAT[what], mended=scope.mends)


def check_endpoints(scope: Scope, site: str) -> None:
    """Whether what is due for each endpoint of a site is there and counted."""
    connection: Any = scope.connection
    with redis_away():
        endpoints = connection.hkeys(scope.keys("webhooks", site))
    for endpoint in endpoints:
        check_lanes(scope, site, endpoint, [])


def check_open(scope: Scope, site: str) -> None:
    """Whether batches and the training that are said to be under way are, and no others."""
    connection: Any = scope.connection
    with redis_away():
        listed = connection.smembers(scope.keys("batches_open"))
        batches = set(connection.zrange(scope.keys("batches", site), 0, -1))
    names = (name.partition(":") for name in listed)
    batches |= {batch for its_site, _, batch in names if its_site == site}
    scope.report.saw(Check.BATCHES, len(batches))
    scope.report.saw(Check.TRAININGS)
    found = scope.scripts.run_all("check_open", [scope.mend, site, *batches])
    for check, subject in zip(*[iter(found)] * 2, strict=True):
        what = "is said to be under way and is not, or the other way round"
        scope.fault(Check(check), site, subject, what, mended=scope.mends)
