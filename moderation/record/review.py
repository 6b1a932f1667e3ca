"""Approved comments that were drawn by lot, and that nobody has looked at yet.

They join with the machine's decision and leave with the next one, whoever makes it
(library.lua); what is here only reads them, and changes their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import redis

from moderation.record.connection import redis_away
from moderation.record.keys import Keys


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some of the comments, and the position to go on after, `None` at the end."""

    comment_ids: list[str]
    next_position: int | None


class Review:
    """The comments drawn for review of the sites of one shard, the oldest first."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def size(self, site: str) -> int:
        """How many wait for a person."""
        with redis_away():
            return int(self._connection.zcard(self._keys("review", site)))

    def page(self, site: str, *, after: int | None = None, limit: int = 20) -> Waiting:
        """Some of them in order.

        Args:
            site: whose comments.
            after: the position to go on after.
            limit: how many at most.
        """
        with redis_away():
            found: Any = self._connection.zrange(
                self._keys("review", site),
                "-inf" if after is None else f"({after}",
                "+inf",
                byscore=True,
                offset=0,
                num=limit + 1,
                withscores=True,
            )
        shown = found[:limit]
        more = len(found) > limit
        return Waiting([one for one, _ in shown], int(shown[-1][1]) if more else None)

    def postpone(self, site: str, comment_id: str) -> None:
        """Puts a comment behind all others; one that does not wait (any more) stays out."""
        key = self._keys("review", site)
        with redis_away():
            last: Any = self._connection.zrange(key, 0, 0, desc=True, withscores=True)
            if last:
                self._connection.zadd(key, {comment_id: last[0][1] + 1}, xx=True)
