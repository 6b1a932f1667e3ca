"""What each moderator did last, so that it can be undone at any later time."""

from __future__ import annotations

import json
from dataclasses import dataclass

import redis

from moderation.encoding import compact_json
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

#: Acts of a moderator that one key undoes, the last one first. Older ones are undone on the
#: comment's own page.
ACTS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Act:
    """A decision, by comment and revision, or a batch of them."""

    comment_id: str = ""
    revision: int = 0
    batch_id: str = ""

    def to_json(self) -> str:
        """As it is stored; equal acts are written alike."""
        return compact_json([self.comment_id, self.revision, self.batch_id])


class Acts:
    """The acts of the moderators of one shard. Decisions write theirs themselves."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def last(self, site: str, moderator: str) -> Act | None:
        """What this moderator did last and has not undone."""
        with redis_away():
            found = self._connection.lindex(self._keys("acts", site, moderator), 0)
        return Act(*json.loads(str(found))) if found else None

    def add(self, site: str, moderator: str, act: Act) -> None:
        """Remembers an act that no single decision writes."""
        key = self._keys("acts", site, moderator)
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.lpush(key, act.to_json())
            pipe.ltrim(key, 0, ACTS_KEPT - 1)
            pipe.execute()

    def remove(self, site: str, moderator: str, act: Act) -> None:
        """Forgets an act: it was undone, or there is nothing left to undo."""
        with redis_away():
            self._connection.lrem(self._keys("acts", site, moderator), 1, act.to_json())
