"""Messages on their way to webhook endpoints, as a deliverer handles them.

Each endpoint is fed from the site's streams into lanes, one a comment: the messages of a lane
go out one after the other, lanes beside each other. A message names a place in a stream; what
it tells is read there when it is sent, so that nothing is stored twice.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.deliveries import Batch, Message, Settled, Taken
from moderation.encoding import compact_json
from moderation.record.connection import redis_away
from moderation.record.doorbell import Doorbell
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts
from moderation.record.webhooks import DECISIONS, HAPPENINGS, PARKED_KEPT
from moderation.webhooks import Endpoint, EventType, events_of

#: The RQ queue of deliveries: never the scoring workers' own, so that nothing waits for them.
DELIVERY_QUEUE = "delivery"
#: The job, by name: this package never imports the workers.
DELIVER = "workers.delivering.deliver"
#: Longer than the job may take; RQ ends it then.
DELIVER_TIMEOUT_S = 180
#: Messages that wait for an endpoint; what is beyond stays in the stream until there is room.
MOST_WAITING = 10_000
#: Comments whose first message was never tried: one that takes nothing is not fed on and on.
MOST_FRESH = 1_000
FED_AT_ONCE = 500
#: A message that is being sent is another deliverer's after this time.
LEASE_MS = 20_000
LOG_KEPT = 1_000
#: The lane of a comment begins so; all that is about no comment shares one.
COMMENT_LANE = "c"
NO_COMMENT = "site"


@dataclass(frozen=True, slots=True)
class Glance:
    """What an endpoint has to do: to be fed, lanes to serve; and its failures on end."""

    endpoint: Endpoint
    is_behind: bool
    due: int
    failures: int


class Deliveries:
    """The messages to the endpoints of one shard."""

    def __init__(
        self,
        connection: redis.Redis,
        rq_connection: redis.Redis,
        keys: Keys,
        scripts: Scripts,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self.doorbell = Doorbell(
            rq_connection,
            keys.shard,
            queue=DELIVERY_QUEUE,
            job=DELIVER,
            timeout_s=DELIVER_TIMEOUT_S,
        )

    def glance(self, endpoints: Sequence[Endpoint]) -> list[Glance]:
        """What each of some endpoints has to do now."""
        places = [part for one in endpoints for part in (one.site, one.id)]
        found = self._scripts.run("glance_webhooks", MOST_WAITING, MOST_FRESH, *places)
        told = zip(found[::3], found[1::3], found[2::3], strict=True)
        return [
            Glance(endpoint, bool(behind), due, failures)
            for endpoint, (behind, due, failures) in zip(endpoints, told, strict=True)
        ]

    def feed(self, endpoint: Endpoint) -> None:
        """Lets what happened since the last time wait for an endpoint, up to some hundred."""
        place = (endpoint.site, endpoint.id)
        with redis_away():
            marks: Any = self._connection.hgetall(self._keys("webhook_marks", *place))
        for mark, expected in marks.items():
            if mark in (DECISIONS, HAPPENINGS):
                first, last, events = f"({expected}", "+", endpoint.events
            else:
                first, last, names = json.loads(expected)
                events = tuple(map(EventType, names))
            stream = mark.partition(":")[0]
            with redis_away():
                found: Any = self._connection.xrange(
                    self._keys(stream, endpoint.site), first, last, count=FED_AT_ONCE
                )
            new = self._moved(mark, expected, found)
            if new == expected:
                continue
            now_ms = int(time.time() * 1000)
            arguments: list[Argument] = [*place, mark, expected, new, now_ms]
            for position, fields in found:
                for lane, event in _told(fields, events):
                    arguments += [lane, Message(event, position, now_ms).written()]
            self._scripts.run_all("feed_webhook", arguments)

    def turn(
        self,
        endpoint: Endpoint,
        *,
        most: int,
        settled: Sequence[Settled] = (),
        health: Mapping[str, str | int] | None = None,
    ) -> Batch:
        """Writes what became of messages and takes the next, in one round trip.

        Args:
            endpoint: where they go.
            most: how many to take at most; 0 for none.
            settled: what became of those taken before.
            health: facts about the endpoint that are new, see `Health`.

        Raises:
            RedisAwayError: Redis does not answer; what was taken is due again when its lease
                ends, and writing it again changes nothing.
        """
        arguments: list[Argument] = [endpoint.site, endpoint.id, most, LEASE_MS]
        arguments += [LOG_KEPT, PARKED_KEPT, len(settled)]
        for one in settled:
            arguments += _written(one)
        for fact, value in (health or {}).items():
            arguments += [fact, value]
        stored, failures, now_ms, *taken = self._scripts.run_all("turn_webhook", arguments)
        if not stored:
            return Batch(None)
        return Batch(
            Endpoint.from_json(endpoint.site, endpoint.id, json.loads(stored)),
            [
                Taken(lane, Message.read(message), data)
                for lane, message, data in zip(*(taken[at::3] for at in range(3)), strict=True)
            ],
            failures,
            now_ms,
        )

    @staticmethod
    def _moved(mark: str, expected: str, found: Sequence[tuple[str, Any]]) -> str:
        """Where a mark stands once `found` is fed; "" for a replay that is over."""
        is_replay = mark not in (DECISIONS, HAPPENINGS)
        if is_replay and len(found) < FED_AT_ONCE:
            return ""
        if not found:
            return expected
        position = found[-1][0]
        if not is_replay:
            return position
        _, last, events = json.loads(expected)
        return compact_json([f"({position}", last, events])


def _told(
    fields: Mapping[str, str], events: Sequence[EventType]
) -> Iterator[tuple[str, EventType]]:
    """The messages about one entry of a stream: lane and event; none about a broken one."""
    if fields.get("event") in events:
        yield NO_COMMENT, EventType(fields["event"])
    try:
        decision = json.loads(fields.get("decision", "{}"))
        told, lane = events_of(decision), f"{COMMENT_LANE}:{decision['comment_id']}"
    except (ValueError, KeyError, TypeError):
        return
    yield from ((lane, event) for event in told if event in events)


def _written(settled: Settled) -> list[Argument]:
    """As turn_webhook.lua takes it."""
    log, later = settled.log, settled.later
    outcome = settled.outcome.value if settled.outcome else ""
    if outcome == "parked" and log and settled.taken.event is not EventType.PING:
        next_ = compact_json({"attempt": log.to_json(), "lane": settled.lane})
    else:
        next_ = later.written() if later else ""
    return [
        settled.lane,
        settled.taken.written(),
        outcome,
        next_,
        settled.due_ms,
        compact_json(log.to_json()) if log else "",
    ]
