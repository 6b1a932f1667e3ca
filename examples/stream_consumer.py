"""Follows a site's decisions in Redis itself, for programs that run beside the service.

Run it as `MODERATION_REDIS_URL=redis://… python examples/stream_consumer.py`, as often as you
like: copies with different names share the work, and one that comes back under its name first
finishes what it had taken. Every decision is handled at least once: after a crash some are
handled again, so handling must not mind (same comment_id and revision: same decision).
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any

import redis

Handle = Callable[[dict[str, Any]], None]

#: Decisions that are read at once.
COUNT = 100
#: How long to wait for the next one.
BLOCK_MS = 5_000
#: What a consumer took so long ago and never finished is another's: it died.
STALE_MS = 60_000


class Consumer:
    """One of a group that shares the decisions of a site.

    Args:
        connection: with `decode_responses`.
        site: whose decisions.
        group: all consumers with this name share them; another group has all of them too.
        name: of this consumer, the same after a restart.
        handle: is given each decision; one that it raises on is given again after a restart.
    """

    def __init__(
        self, connection: redis.Redis, site: str, group: str, name: str, handle: Handle
    ) -> None:
        self._connection = connection
        self._key = f"moderation:{{0}}:decisions:{site}"
        self._group, self._name, self._handle = group, name, handle

    def join(self, *, since: str = "0") -> None:
        """Makes the group unless it is there; it begins with the oldest decision kept."""
        try:
            self._connection.xgroup_create(self._key, self._group, since, mkstream=True)
        except redis.ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def resume(self) -> None:
        """Handles what this consumer took before it was ended."""
        while self._turn("0", block_ms=None):
            pass

    def turn(self, *, block_ms: int = BLOCK_MS) -> int:
        """Handles the next decisions, new ones and those of consumers that died; how many."""
        claimed: Any = self._connection.xautoclaim(
            self._key, self._group, self._name, STALE_MS, count=COUNT
        )
        return self._handle_all(claimed[1]) or self._turn(">", block_ms=block_ms)

    def _turn(self, position: str, *, block_ms: int | None) -> int:
        found: Any = self._connection.xreadgroup(
            self._group, self._name, {self._key: position}, count=COUNT, block=block_ms
        )
        streams = found.items() if isinstance(found, dict) else found or []
        return sum(self._handle_all(entries) for _, entries in streams)

    def _handle_all(self, entries: Any) -> int:
        for entry_id, fields in entries:
            if fields:  # not one that has left the stream meanwhile
                self._handle(json.loads(fields["decision"]))
            self._connection.xack(self._key, self._group, entry_id)
        return len(entries)


def show(decision: dict[str, Any]) -> None:
    """Writes a decision on a line; yours would publish or hide the comment."""
    facts = (decision["comment_id"], decision["revision"], decision["action"])
    sys.stdout.write(" ".join(map(str, facts)) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Shows each decision of a site, for ever."""
    url = os.environ.get("MODERATION_REDIS_URL", "redis://127.0.0.1:6379/0")
    consumer = Consumer(
        redis.Redis.from_url(url, decode_responses=True),
        site=os.environ.get("MODERATION_SITE", "demo"),
        group=os.environ.get("CONSUMER_GROUP", "example"),
        name=os.environ.get("CONSUMER_NAME", socket.gethostname()),
        handle=show,
    )
    consumer.join()
    consumer.resume()
    while True:
        consumer.turn()


if __name__ == "__main__":
    main()
