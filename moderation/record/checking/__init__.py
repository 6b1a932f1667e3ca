"""Checks the record against itself while it is in use, and mends its indexes.

Comments and their decisions are the truth; whatever only names or counts them is mended from
them. No comment is ever deleted, and what a missing decision was nobody makes up.

Each thing is looked at by one script, in which nothing else can happen: what changes while the
check walks is no fault. What cannot be looked at in one short step is counted in several, and
counted again when it changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import redis

from moderation.record.checking.findings import Check, Fault, Report
from moderation.record.checking.scope import Expect, Expected, Scope
from moderation.record.checking.walk import Walk
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts


class Checker:
    """Checks one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def run(
        self,
        sites: Iterable[str],
        *,
        expect: Expect,
        mends: bool,
        note: Callable[[str, int], None],
    ) -> Report:
        """Checks what the shard holds of some sites; takes as long as that is large.

        Args:
            sites: the sites.
            expect: says what decisions mean.
            mends: whether faults are mended.
            note: is told now and then what is looked at, and how much of it was.

        Raises:
            RedisAwayError: Redis does not answer; what was mended until then is.
        """
        scope = Scope(
            self._connection, self._keys, self._scripts, frozenset(sites), mends, expect, note
        )
        return Walk(scope).run()


__all__ = ["Check", "Checker", "Expect", "Expected", "Fault", "Report"]
