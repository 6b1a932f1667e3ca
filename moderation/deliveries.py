"""Deliveries as types: a message on its way to an endpoint, and what became of it.

Owns what a message is called and when it is tried again. Pure: it knows neither the record nor
how anything is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from moderation.errors import UnknownMessageError
from moderation.webhooks import EVENTS, Endpoint, EventType

#: How long to wait after each failure, in seconds; the last goes on until a day is over.
PAUSES_S = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800)
#: A pause is longer or shorter by up to this share, so that retries spread.
JITTER = 0.2
#: A message that fails this long after its first attempt is parked.
GIVE_UP = timedelta(days=1)
#: No receiver puts a message off for longer, whatever its Retry-After says.
LONGEST_PAUSE_S = 28_800.0
#: An endpoint that fails as a whole is tried again after so long, twice as long each time.
FIRST_PROBE_S, LONGEST_PROBE_S = 5.0, 60.0


class Outcome(StrEnum):
    """What became of an attempt to deliver a message."""

    DELIVERED = "delivered"
    RETRIED = "retried"
    """It failed, and is tried again later."""
    PARKED = "parked"
    """It failed for the last time; somebody may send it again."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that waits for an endpoint.

    Attributes:
        event: what it tells.
        position: where what it tells stands in the record, `MILLISECONDS-COUNT`.
        queued_ms: since when it waits.
        attempts: how often it failed.
        tried_ms: when it was first tried, 0 for never.
    """

    event: EventType
    position: str
    queued_ms: int
    attempts: int = 0
    tried_ms: int = 0

    def id(self, site: str) -> str:
        """Its `webhook-id`: the same whenever and wherever it is sent."""
        return f"msg_{site}_{self.position}_{self.event.value.replace('.', '-')}"

    @property
    def occurred_at(self) -> datetime:
        """When what it tells happened."""
        return datetime.fromtimestamp(int(self.position.partition("-")[0]) / 1000, UTC)

    def failed(self, now_ms: int) -> Message:
        """After one more failure."""
        return replace(self, attempts=self.attempts + 1, tried_ms=self.tried_ms or now_ms)

    def is_given_up(self, now_ms: int) -> bool:
        """Whether it failed for the last time; a ping is tried once."""
        if self.event is EventType.PING:
            return True
        return now_ms - self.tried_ms >= GIVE_UP.total_seconds() * 1000

    def written(self) -> str:
        """As the record stores it."""
        parts = (self.event.value, self.position, self.queued_ms, self.attempts, self.tried_ms)
        return " ".join(map(str, parts))

    @classmethod
    def read(cls, written: str) -> Self:
        """As `written` wrote it."""
        event, position, *numbers = written.split(" ")
        return cls(EventType(event), position, *map(int, numbers))


_MESSAGE_ID = re.compile(r"msg_(?P<site>[a-z0-9-]+)_(?P<position>\d+-\d+)_(?P<event>[a-z-]+)")


def read_message_id(message_id: str, site: str) -> tuple[EventType, str]:
    """What the message of a site tells, and the position of that.

    Raises:
        UnknownMessageError: no message of this site is called so.
    """
    found = _MESSAGE_ID.fullmatch(message_id)
    by_name = {one.value.replace(".", "-"): one for one in EVENTS}
    if not found or found["site"] != site or found["event"] not in by_name:
        raise UnknownMessageError(message_id)
    return by_name[found["event"]], found["position"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A line of the delivery log.

    Attributes:
        message: the `webhook-id`.
        event: what it told.
        subject: the comment it was about, "" for none.
        at: when, RFC 3339.
        outcome: what became of it.
        attempt: the how manieth attempt it was, from 1.
        status: what the receiver answered, 0 if it did not.
        elapsed_ms: how long it took.
        error: what went wrong, "" for nothing.
        response: the beginning of the receiver's answer.
        next_at: when it is tried again, "" for never.
    """

    message: str
    event: EventType
    subject: str
    at: str
    outcome: Outcome
    attempt: int = 1
    status: int = 0
    elapsed_ms: int = 0
    error: str = ""
    response: str = ""
    next_at: str = ""

    def to_json(self) -> dict[str, Any]:
        """As it is stored and shown."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """As `to_json` wrote it."""
        return cls(
            **{
                **stored,
                "event": EventType(stored["event"]),
                "outcome": Outcome(stored["outcome"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint does.

    Attributes:
        waiting: messages that wait for it.
        parked: messages that were given up.
        failures: how often it failed since it last took a message.
        paused_until_ms: until when nothing is tried, 0 for now.
        delivered_at: when it last took one, RFC 3339, "" for never.
        failed_at: when it last failed.
        error: how it last failed.
    """

    waiting: int = 0
    parked: int = 0
    failures: int = 0
    paused_until_ms: int = 0
    delivered_at: str = ""
    failed_at: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that was given up: its last attempt, and its lane."""

    attempt: Attempt
    lane: str


#: A number in [0, 1), by chance.
Chance = Callable[[], float]


def pause_s(attempts: int, chance: Chance, *, retry_after_s: float | None = None) -> float:
    """How long a message waits that failed `attempts` times, in seconds.

    Args:
        attempts: from 1.
        chance: spreads the retries.
        retry_after_s: what the receiver asked for; it waits no shorter.
    """
    usual = PAUSES_S[min(attempts, len(PAUSES_S)) - 1]
    return _spread(usual, chance, retry_after_s)


def probe_s(failures: int, chance: Chance, *, retry_after_s: float | None = None) -> float:
    """How long an endpoint is left alone that failed `failures` times on end, in seconds."""
    usual = min(FIRST_PROBE_S * 2.0 ** (min(failures, 10) - 1), LONGEST_PROBE_S)
    return _spread(usual, chance, retry_after_s)


def _spread(usual_s: float, chance: Chance, retry_after_s: float | None) -> float:
    """A pause a little longer or shorter by chance, but no shorter than was asked for."""
    spread_s = usual_s * (1 + JITTER * (2 * chance() - 1))
    return min(max(spread_s, retry_after_s or 0), LONGEST_PAUSE_S)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message that was taken.

    Attributes:
        lane: where it came from.
        taken: the message as it was taken.
        outcome: `None` for one that was not tried and goes back.
        later: the message as it is tried again.
        due_ms: when that is.
        log: the line of the log.
    """

    lane: str
    taken: Message
    outcome: Outcome | None = None
    later: Message | None = None
    due_ms: int = 0
    log: Attempt | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A message to send: its lane, and what it tells (JSON), "" if that is no longer kept."""

    lane: str
    message: Message
    data: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What an endpoint is to be sent now; `endpoint` is `None` if it is gone or disabled.

    `now_ms`: when it was taken, by the record's clock.
    """

    endpoint: Endpoint | None
    messages: Sequence[Taken] = field(default_factory=tuple)
    failures: int = 0
    now_ms: int = 0
