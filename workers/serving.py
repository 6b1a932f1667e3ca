"""One endpoint served: its messages taken and sent, and what follows from each answer."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

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
from moderation.domain import now_rfc3339, rfc3339
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.webhooks import Endpoint
from workers.carrying import Answer, Courier, carry, subject_of
from workers.record_clock import RecordClock

MESSAGES_AT_ONCE = 16
#: A batch is written after this, whatever is left of it: before its lease ends, even if the
#: last message takes as long as one may.
BATCH_S = 3.0
#: How long to go on trying to write what became of messages; they are sent again otherwise.
PATIENCE_S = 12.0
REDIS_PAUSE_S = 0.2
GONE = "the receiver answered 410 Gone: it wants nothing more"

T = TypeVar("T")


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
                answer = carry(courier, endpoint, taken)
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
        tally.health |= {"failed_at": rfc3339(now), "error": answer.failure}
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


def _log(endpoint: Endpoint, taken: Taken, answer: Answer, outcome: Outcome) -> Attempt:
    return Attempt(
        message=taken.message.id(endpoint.site),
        event=taken.message.event,
        subject=subject_of(taken),
        at=now_rfc3339(),
        outcome=outcome,
        attempt=taken.message.attempts + 1,
        status=answer.status,
        elapsed_ms=answer.elapsed_ms,
        error="" if answer.is_success else answer.failure,
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
