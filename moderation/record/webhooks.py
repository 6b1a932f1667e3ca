"""The webhook endpoints of the sites: where they are, how they do, what is sent again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4

import redis

from moderation.chunks import in_chunks
from moderation.deliveries import Attempt, Health, Message, Parked, read_message_id
from moderation.encoding import compact_json
from moderation.errors import TooManyEndpointsError, UnknownEndpointError, UnknownMessageError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts
from moderation.webhooks import MOST_ENDPOINTS, Endpoint, EventType

#: The streams whose entries are told.
DECISIONS, HAPPENINGS = "decisions", "happenings"
#: A deliverer that was not heard of for so long is not alive.
DELIVERER_ALIVE_S = 5.0
#: Messages that were given up and are kept for each endpoint, the newest.
PARKED_KEPT = 10_000
#: And those that one script lets be sent again: Redis answers nobody else meanwhile.
REPLAYED_AT_ONCE = 200


class Webhooks:
    """The endpoints of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def all(self, site: str) -> list[Endpoint]:
        """The endpoints of a site, the oldest first."""
        return self.of([site])

    def of(self, sites: Iterable[str]) -> list[Endpoint]:
        """The endpoints of some sites, in one round trip."""
        sites = list(sites)
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for site in sites:
                pipe.hgetall(self._keys("webhooks", site))
            stored = pipe.execute()
        found = [
            Endpoint.from_json(site, endpoint_id, json.loads(written))
            for site, endpoints in zip(sites, stored, strict=True)
            for endpoint_id, written in endpoints.items()
        ]
        return sorted(found, key=lambda one: (one.site, one.created_at, one.id))

    def one(self, site: str, endpoint_id: str) -> Endpoint:
        """One endpoint.

        Raises:
            UnknownEndpointError: the site has no such endpoint.
        """
        with redis_away():
            written = self._connection.hget(self._keys("webhooks", site), endpoint_id)
        if written is None:
            raise UnknownEndpointError(endpoint_id)
        return Endpoint.from_json(site, endpoint_id, json.loads(str(written)))

    def add(self, endpoint: Endpoint) -> None:
        """Adds an endpoint; it is told what happens from now on.

        Raises:
            TooManyEndpointsError: the site has as many as it may.
        """
        site = endpoint.site
        marks: Any = {
            DECISIONS: self._last(self._keys("decisions", site)),
            HAPPENINGS: self._last(self._keys("happenings", site)),
        }
        key = self._keys("webhooks", site)

        def write(pipe: Any) -> None:
            if pipe.hlen(key) >= MOST_ENDPOINTS:
                raise TooManyEndpointsError(MOST_ENDPOINTS)
            pipe.multi()
            pipe.hset(self._keys("webhook_marks", site, endpoint.id), mapping=marks)
            pipe.hset(key, endpoint.id, compact_json(endpoint.to_json()))

        with redis_away():
            self._connection.transaction(write, key)

    def change(
        self, site: str, endpoint_id: str, change: Callable[[Endpoint], Endpoint]
    ) -> Endpoint:
        """Changes an endpoint, whoever else changes it now; returns what it is then.

        Raises:
            UnknownEndpointError: the site has no such endpoint (any more).
        """
        key = self._keys("webhooks", site)

        def write(pipe: Any) -> Any:
            written = pipe.hget(key, endpoint_id)
            if written is None:
                raise UnknownEndpointError(endpoint_id)
            changed = change(Endpoint.from_json(site, endpoint_id, json.loads(written)))
            pipe.multi()
            pipe.hset(key, endpoint_id, compact_json(changed.to_json()))
            return changed

        with redis_away():
            changed: Any = self._connection.transaction(write, key, value_from_callable=True)
        found: Endpoint = changed
        return found

    def remove(self, site: str, endpoint_id: str) -> None:
        """Removes an endpoint with all that waits for it.

        Raises:
            UnknownEndpointError: the site has no such endpoint.
        """
        if not self._scripts.run("delete_webhook", site, endpoint_id):
            raise UnknownEndpointError(endpoint_id)

    def health(self, endpoint: Endpoint) -> Health:
        """How an endpoint does."""
        place = (endpoint.site, endpoint.id)
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._keys("webhook_health", *place))
            pipe.zcard(self._keys("webhook_parked", *place))
            facts, parked = pipe.execute()
        return Health(
            waiting=int(facts.get("waiting", 0)),
            parked=parked,
            failures=int(facts.get("failures", 0)),
            paused_until_ms=int(facts.get("paused_until_ms", 0)),
            delivered_at=facts.get("delivered_at", ""),
            failed_at=facts.get("failed_at", ""),
            error=facts.get("error", ""),
        )

    def log(
        self, endpoint: Endpoint, *, before: str = "", limit: int = 50
    ) -> list[tuple[str, Attempt]]:
        """The delivery log, the newest attempt first, each with its position.

        Args:
            endpoint: whose.
            before: only what is older than this position; "" for the newest.
            limit: how many at most.
        """
        key = self._keys("webhook_log", endpoint.site, endpoint.id)
        latest = f"({before}" if before else "+"
        with redis_away():
            found: Any = self._connection.xrevrange(key, latest, "-", count=limit)
        return [(at, Attempt.from_json(json.loads(one["attempt"]))) for at, one in found]

    def attempt_of(
        self, endpoint: Endpoint, message_id: str, *, wait_s: float
    ) -> Attempt | None:
        """The newest attempt to deliver a message; waits for it, `None` if none came."""
        deadline = time.monotonic() + wait_s
        while True:
            found = (one for _, one in self.log(endpoint) if one.message == message_id)
            attempt = next(found, None)
            if attempt or time.monotonic() >= deadline:
                return attempt
            time.sleep(0.05)

    def parked(self, endpoint: Endpoint, *, limit: int = 100) -> list[Parked]:
        """Messages that were given up, the newest first."""
        key = self._keys("webhook_parked", endpoint.site, endpoint.id)
        with redis_away():
            found: Any = self._connection.zrange(key, 0, limit - 1, desc=True)
        return [_parked(one) for one in found]

    def ping(self, endpoint: Endpoint) -> Message:
        """Lets a test message go before all others, also to an endpoint that is paused."""
        now_ms = int(time.time() * 1000)
        message = Message(EventType.PING, f"{now_ms}-{uuid4().int % 1_000_000}", now_ms)
        place = (endpoint.site, endpoint.id)
        lane = f"ping:{message.position}"
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.rpush(self._keys("webhook_lane", *place, lane), message.written())
            pipe.zadd(self._keys("webhook_fresh", *place), {lane: 0})
            pipe.hincrby(self._keys("webhook_health", *place), "waiting", 1)
            pipe.hset(self._keys("webhook_health", *place), "paused_until_ms", "0")
            pipe.execute()
        return message

    def replay(self, endpoint: Endpoint, message_id: str) -> None:
        """Lets one message be sent again, under the same id.

        Raises:
            UnknownMessageError: the site has no such message, or it is no longer kept.
        """
        event, position = read_message_id(message_id, endpoint.site)
        stream = HAPPENINGS if event is EventType.MODEL_PROMOTED else DECISIONS
        with redis_away():
            found = self._connection.xrange(
                self._keys(stream, endpoint.site), position, position
            )
        if not found:
            raise UnknownMessageError(message_id)
        self._add_replay(endpoint, stream, position, position, [event])
        self._unpark(endpoint, message_id)

    def replay_range(self, endpoint: Endpoint, from_ms: int, to_ms: int) -> None:
        """Lets all that happened in a time (ms since 1970, both included) be sent again."""
        for stream in (DECISIONS, HAPPENINGS):
            self._add_replay(endpoint, stream, str(from_ms), str(to_ms), endpoint.events)

    def replay_parked(self, endpoint: Endpoint) -> int:
        """Lets every message that was given up be sent again, the oldest first; how many."""
        place = (endpoint.site, endpoint.id)
        now_ms = int(time.time() * 1000)
        with redis_away():
            found: Any = self._connection.zrange(self._keys("webhook_parked", *place), 0, -1)
        sent = 0
        for chunk in in_chunks(found, REPLAYED_AT_ONCE):
            arguments: list[Argument] = [*place, now_ms]
            for written in chunk:
                parked = _parked(written)
                event, position = read_message_id(parked.attempt.message, endpoint.site)
                message = Message(event, position, now_ms)
                arguments += [written, parked.lane, message.written()]
            sent += self._scripts.run_all("unpark_webhook", arguments)
        return sent

    def tick(self) -> None:
        """The heartbeat of a deliverer."""
        with redis_away():
            self._connection.set(self._keys("deliverer"), "1", px=int(DELIVERER_ALIVE_S * 1000))

    def has_deliverer(self) -> bool:
        """Whether a deliverer is alive: without one nothing is sent."""
        with redis_away():
            return bool(self._connection.exists(self._keys("deliverer")))

    def _add_replay(
        self,
        endpoint: Endpoint,
        stream: str,
        first: str,
        last: str,
        events: Iterable[EventType],
    ) -> None:
        what = compact_json([first, last, [one.value for one in events]])
        with redis_away():
            self._connection.hset(
                self._keys("webhook_marks", endpoint.site, endpoint.id),
                f"{stream}:{uuid4().hex}",
                what,
            )

    def _unpark(self, endpoint: Endpoint, message_id: str) -> None:
        key = self._keys("webhook_parked", endpoint.site, endpoint.id)
        with redis_away():
            found: Any = self._connection.zrange(key, 0, -1)
            meant = [one for one in found if _parked(one).attempt.message == message_id]
            if meant:
                self._connection.zrem(key, *meant)

    def _last(self, stream: str) -> str:
        with redis_away():
            newest: Any = self._connection.xrevrange(stream, count=1)
        return str(newest[0][0]) if newest else "0-0"


def _parked(written: str) -> Parked:
    stored: Mapping[str, Any] = json.loads(written)
    return Parked(Attempt.from_json(stored["attempt"]), stored["lane"])
