"""One endpoint served: its messages wrapped, signed and sent, and what became of each."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol, TypeVar

from moderation import logs
from moderation.counting import Counting
from moderation.deliveries import (
    Attempt,
    Batch,
    Chance,
    Outcome,
    Settled,
    Taken,
    pause_s,
    probe_s,
)
from moderation.delivery import envelopes, signing
from moderation.delivery.outbound import DeliveryError, Response
from moderation.domain import now_rfc3339, rfc3339
from moderation.encoding import compact_json
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.deliveries import COMMENT_LANE
from moderation.releases import Activation
from moderation.webhooks import Endpoint, Envelope, EventType
from workers.record_clock import RecordClock

MESSAGES_AT_ONCE = 16
#: A batch is written after this, whatever is left of it: before its lease ends, even if the
#: last message takes as long as one may.
BATCH_S = 3.0
#: How long to go on trying to write what became of messages; they are sent again otherwise.
PATIENCE_S = 12.0
REDIS_PAUSE_S = 0.2
#: Answers that say that the endpoint, not the message, is in trouble; as all above 500 do.
TROUBLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
GONE = "the receiver answered 410 Gone: it wants nothing more"
FORGOTTEN = "what it tells is no longer kept"
UNREADABLE = "what it tells cannot be read"

T = TypeVar("T")


class Courier(Protocol):
    """Carries messages to one endpoint; `outbound.Client` is one."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Posts a message.

        Raises:
            DeliveryError: there was no answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one message: an answer, or why there was none.

    `is_hopeless`: it was not sent, and never can be.
    """

    status: int = 0
    error: str = ""
    text: str = ""
    elapsed_ms: int = 0
    retry_after_s: float | None = None
    is_hopeless: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the message."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants no more messages, ever."""
        return self.status == HTTPStatus.GONE

    @property
    def is_trouble(self) -> bool:
        """Whether other messages would fare no better."""
        no_answer = self.status == 0 or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return no_answer or self.status in TROUBLE


@dataclass
class Tally:
    """What became of a batch, as the record is told; `clock` is the record's."""

    clock: RecordClock
    settled: list[Settled] = field(default_factory=list)
    health: dict[str, str | int] = field(default_factory=dict)
    failures: int = 0
    is_over: bool = False


class Server:
    """Serves endpoints, one a call.

    Args:
        record: where messages are taken and what became of them is written.
        open_courier: a courier for one endpoint; closed when the endpoint is served.
        chance: spreads retries, see `pause_s`.
    """

    def __init__(
        self,
        record: Record,
        open_courier: Callable[[], AbstractContextManager[Courier]],
        chance: Chance = random.random,
    ) -> None:
        self._record = record
        self._open_courier = open_courier
        self._chance = chance
        #: How long attempts took and messages waited; whoever made the server flushes it.
        self.figures = Counting(record.operations)

    def serve(self, endpoint: Endpoint, goes_on: Callable[[], bool]) -> None:
        """Sends what is due at an endpoint until nothing is.

        Args:
            endpoint: where to.
            goes_on: tells whether to take more.

        Raises:
            RedisAwayError: Redis did not answer for long; what was sent is sent again.
        """
        with self._open_courier() as courier:
            batch = self._turn(endpoint, most=MESSAGES_AT_ONCE * goes_on())
            while batch.endpoint is not None and batch.messages:
                tally = self._send(courier, batch.endpoint, batch, goes_on)
                batch = self._turn(endpoint, tally, most=MESSAGES_AT_ONCE * goes_on())

    def _send(
        self,
        courier: Courier,
        endpoint: Endpoint,
        batch: Batch,
        goes_on: Callable[[], bool],
    ) -> Tally:
        """Sends a batch, in order, until the endpoint is in trouble or the time is up."""
        tally = Tally(RecordClock(batch.now_ms), failures=batch.failures)
        ends_at = time.monotonic() + BATCH_S
        for taken in batch.messages:
            is_late = tally.settled and time.monotonic() > ends_at
            if tally.is_over or is_late or not goes_on():
                tally.settled.append(Settled(taken.lane, taken.message))
            else:
                answer = _carry(courier, endpoint, taken)
                self._settle(endpoint, taken, answer, tally)
                self._count(taken, answer, tally.clock)
                _note(endpoint, tally.settled[-1].log)
        return tally

    def _count(self, taken: Taken, answer: Answer, clock: RecordClock) -> None:
        self.figures.observe("webhook_attempt_seconds", answer.elapsed_ms / 1000)
        if answer.is_success:
            waited = clock.now() - taken.message.occurred_at
            self.figures.observe("webhook_delay_seconds", max(waited.total_seconds(), 0.0))

    def _settle(self, endpoint: Endpoint, taken: Taken, answer: Answer, tally: Tally) -> None:
        now = tally.clock.now()
        if answer.is_success:
            log = _log(endpoint, taken, answer, Outcome.DELIVERED)
            tally.settled.append(Settled(taken.lane, taken.message, Outcome.DELIVERED, log=log))
            tally.failures = 0
            tally.health |= {"delivered_at": rfc3339(now), "failures": 0}
            return
        if answer.is_hopeless:
            tally.settled.append(self._parked(endpoint, taken, answer))
            return
        tally.settled.append(self._failed(endpoint, taken, answer, tally.clock.now_ms()))
        tally.health |= {"failed_at": rfc3339(now), "error": _said(answer)}
        if answer.is_gone:
            self._disable(endpoint)
            tally.is_over = True
        elif answer.is_trouble:
            tally.failures += 1
            wait_s = probe_s(tally.failures, self._chance, retry_after_s=answer.retry_after_s)
            paused_until_ms = tally.clock.now_ms() + int(wait_s * 1000)
            tally.health |= {"failures": tally.failures, "paused_until_ms": paused_until_ms}
            tally.is_over = True

    def _failed(self, endpoint: Endpoint, taken: Taken, answer: Answer, now_ms: int) -> Settled:
        later = taken.message.failed(now_ms)
        if later.is_given_up(now_ms):
            return self._parked(endpoint, taken, answer)
        wait_s = pause_s(later.attempts, self._chance, retry_after_s=answer.retry_after_s)
        due_ms = now_ms + int(wait_s * 1000)
        log = replace(
            _log(endpoint, taken, answer, Outcome.RETRIED),
            next_at=rfc3339(datetime.fromtimestamp(due_ms / 1000, UTC)),
        )
        return Settled(taken.lane, taken.message, Outcome.RETRIED, later, due_ms, log)

    def _parked(self, endpoint: Endpoint, taken: Taken, answer: Answer) -> Settled:
        log = _log(endpoint, taken, answer, Outcome.PARKED)
        return Settled(taken.lane, taken.message, Outcome.PARKED, log=log)

    def _disable(self, endpoint: Endpoint) -> None:
        self._patiently(
            lambda: self._record.webhooks.change(
                endpoint.site, endpoint.id, lambda one: replace(one, disabled=GONE)
            )
        )

    def _turn(self, endpoint: Endpoint, tally: Tally | None = None, *, most: int) -> Batch:
        settled, health = (tally.settled, tally.health) if tally else ((), None)
        return self._patiently(
            lambda: self._record.deliveries.turn(
                endpoint, most=most, settled=settled, health=health
            )
        )

    @staticmethod
    def _patiently(step: Callable[[], T]) -> T:
        """Repeats a step while Redis is away; every one may be repeated."""
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                return step()
            except RedisAwayError:
                if time.monotonic() > ends_at:
                    raise
                time.sleep(REDIS_PAUSE_S)


def _carry(courier: Courier, endpoint: Endpoint, taken: Taken) -> Answer:
    """Wraps, signs and posts one message."""
    now = datetime.now(UTC)
    if not taken.data:
        return Answer(error=FORGOTTEN, is_hopeless=True)
    try:
        content_type, body = wrapped(endpoint, taken)
    except (ValueError, TypeError, KeyError):
        return Answer(error=UNREADABLE, is_hopeless=True)
    message_id = taken.message.id(endpoint.site)
    secrets = endpoint.valid_secrets(now)
    headers = signing.headers(secrets, message_id, int(now.timestamp()), body)
    started = time.monotonic()
    try:
        found = courier.post(endpoint.url, {"Content-Type": content_type, **headers}, body)
    except DeliveryError as error:
        elapsed_ms = round((time.monotonic() - started) * 1000)
        return Answer(error=str(error), elapsed_ms=elapsed_ms)
    return Answer(found.status, "", found.text, found.elapsed_ms, found.retry_after_s)


def wrapped(endpoint: Endpoint, taken: Taken) -> tuple[str, bytes]:
    """The content type and body of a message, in the envelope that the endpoint asked for."""
    message, data = taken.message, _data(endpoint, taken)
    event = message.event.value
    if endpoint.envelope is Envelope.CLOUDEVENTS:
        content_type = envelopes.CLOUDEVENTS_CONTENT_TYPE
        event_json = envelopes.cloudevents(
            event,
            message.occurred_at,
            data,
            message_id=message.id(endpoint.site),
            site=endpoint.site,
            subject=_subject(taken),
        )
    else:
        content_type = envelopes.STANDARD_CONTENT_TYPE
        event_json = envelopes.standard(event, message.occurred_at, data)
    return content_type, compact_json(event_json).encode("utf-8", "backslashreplace")


def _data(endpoint: Endpoint, taken: Taken) -> dict[str, Any]:
    if taken.message.event is EventType.PING:
        return {"endpoint": endpoint.id}
    data: dict[str, Any] = json.loads(taken.data)
    if taken.message.event is EventType.MODEL_PROMOTED:
        return Activation.from_json(data).told()
    return data


def _subject(taken: Taken) -> str:
    """The comment that a message is about, "" for none."""
    kind, _, comment_id = taken.lane.partition(":")
    return comment_id if kind == COMMENT_LANE else ""


def _log(endpoint: Endpoint, taken: Taken, answer: Answer, outcome: Outcome) -> Attempt:
    return Attempt(
        message=taken.message.id(endpoint.site),
        event=taken.message.event,
        subject=_subject(taken),
        at=now_rfc3339(),
        outcome=outcome,
        attempt=taken.message.attempts + 1,
        status=answer.status,
        elapsed_ms=answer.elapsed_ms,
        error="" if answer.is_success else _said(answer),
        response=answer.text,
    )


def _note(endpoint: Endpoint, attempt: Attempt | None) -> None:
    if attempt is None:
        return
    logs.step(
        attempt.outcome.value,
        site=endpoint.site,
        comment_id=attempt.subject,
        endpoint=endpoint.id,
        message_id=attempt.message,
        attempt=attempt.attempt,
        status=attempt.status,
        ms=attempt.elapsed_ms,
    )


def _said(answer: Answer) -> str:
    """What went wrong, in words."""
    return answer.error or f"the receiver answered {answer.status}"
