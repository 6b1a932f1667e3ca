"""What was decided before, to try a policy on: by the machine lately, and by people."""

from __future__ import annotations

import json
from typing import Any

import redis

from moderation.record.comment_hash import decisions_of, read_hashes
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

#: Decisions that are looked at, the newest of the site.
RECENT = 5_000
#: Comments with a person's verdict that are looked at, the newest.
LABELLED = 2_000
#: The machine decides a comment once, and first.
FIRST_REVISION = 1


class Precedents:
    """The precedents of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def recent(self, site: str) -> list[dict[str, Any]]:
        """The first decisions of comments among the newest decisions."""
        with redis_away():
            entries: Any = self._connection.xrevrange(
                self._keys("decisions", site), count=RECENT
            )
        parsed = (json.loads(fields["decision"]) for _, fields in entries)
        return [decision for decision in parsed if decision["revision"] == FIRST_REVISION]

    def labelled(self, site: str) -> list[list[dict[str, Any]]]:
        """The decisions, oldest first, of the comments that people decided last."""
        with redis_away():
            comments: Any = self._connection.zrange(
                self._keys("labelled", site), 0, LABELLED - 1, desc=True
            )
        hashes = read_hashes(self._connection, self._keys, site, comments)
        chains = [decisions_of(fields, int(fields.get("revision", 0))) for fields in hashes]
        # One that was erased meanwhile has none of its decisions left.
        return [chain for chain in chains if chain]
