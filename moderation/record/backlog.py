"""What was accepted and what still waits, over all sites; the metrics read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import ResponseError

from moderation.domain import Lane
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.webhooks import Endpoint


@dataclass(frozen=True, slots=True)
class WebhookBacklog:
    """Messages to a site's endpoints that wait to be sent, and those that were given up."""

    waiting: int = 0
    parked: int = 0


class Backlog:
    """The backlog of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def accepted(self, sites: Sequence[str]) -> dict[str, int]:
        """How many comments each site ever posted."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for site in sites:
                pipe.get(self._keys("sequence", site))
            return {
                site: int(count or 0) for site, count in zip(sites, pipe.execute(), strict=True)
            }

    def oldest_s(self) -> dict[Lane, float]:
        """How long the comment that waits longest for a decision waits, a lane each."""
        with redis_away():
            seconds, microseconds = self._connection.time()
            now_s = seconds + microseconds / 1e6
            return {lane: max(now_s - self._since_s(lane, now_s), 0.0) for lane in Lane}

    def _since_s(self, lane: Lane, now_s: float) -> float:
        try:
            told: Any = self._connection.xinfo_stream(self._keys("pending", lane.value))
        except ResponseError:  # nothing was ever posted
            return now_s
        first = told["first-entry"]
        return int(str(first[0]).partition("-")[0]) / 1000 if first else now_s

    def webhooks(self, endpoints: Sequence[Endpoint]) -> dict[str, WebhookBacklog]:
        """The messages of each site that has endpoints."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for one in endpoints:
                pipe.hget(self._keys("webhook_health", one.site, one.id), "waiting")
                pipe.zcard(self._keys("webhook_parked", one.site, one.id))
            told = pipe.execute()
        found: dict[str, WebhookBacklog] = {}
        for one, waiting, parked in zip(endpoints, told[::2], told[1::2], strict=True):
            before = found.get(one.site, WebhookBacklog())
            found[one.site] = WebhookBacklog(
                before.waiting + int(waiting or 0), before.parked + parked
            )
        return found
