"""What every part of a check works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import redis

from moderation.domain import Comment
from moderation.record.checking.findings import Check, Fault, Report
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts
from moderation.triage import Place

#: Things that one script looks at, at most: Redis answers nobody else meanwhile.
AT_ONCE = 50
#: Members of one index that a script reads itself; a larger one is walked.
INDEX_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Expected:
    """What a comment's decisions say besides its status.

    Attributes:
        has_verdict: a person's approval or rejection stands.
        place: where it is in the queue if it is held.
    """

    has_verdict: bool
    place: Place


#: A comment and its decisions, as the contract writes them, the oldest first → what they say.
Expect = Callable[[Comment, Sequence[dict[str, Any]]], Expected]


@dataclass(frozen=True, slots=True)
class Scope:
    """The shard that is checked, and how.

    Attributes:
        connection: to the shard.
        keys: the shard's.
        scripts: run there.
        sites: whose part is checked.
        mends: whether faults are mended.
        expect: says what decisions mean.
        note: is told now and then what is looked at, and how much of it was.
        report: takes what is found.
    """

    connection: redis.Redis
    keys: Keys
    scripts: Scripts
    sites: frozenset[str]
    mends: bool
    expect: Expect
    note: Callable[[str, int], None]
    report: Report = field(default_factory=Report)

    @property
    def mend(self) -> str:
        """Whether faults are mended, as the scripts take it."""
        return "1" if self.mends else "0"

    def fault(self, check: Check, site: str, subject: str, what: str, *, mended: bool) -> None:
        """Notes a fault."""
        self.report.add(Fault(check, site, subject, what, mended))
