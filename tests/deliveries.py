"""Endpoints and attempts to deliver to them, written as a deliverer writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from moderation.deliveries import Attempt, Outcome, Settled, Taken
from moderation.delivery.signing import new_secret
from moderation.domain import now_rfc3339, rfc3339
from moderation.encoding import compact_json
from moderation.record import Record
from moderation.webhooks import Endpoint, EventType, Secret
from tests.conftest import DEMO_SITE

#: When a message that failed is tried again: far from now.
LATER = "2036-11-28T12:00:00.000Z"


def new_endpoint(
    record: Record,
    *,
    site: str = DEMO_SITE,
    number: int = 1,
    url: str = "https://news.example/",
    disabled: str = "",
) -> Endpoint:
    """Stores an endpoint without looking its host up."""
    endpoint = Endpoint(
        id=f"wh_{number}",
        site=site,
        url=url,
        events=(EventType.DECISION_CREATED,),
        secrets=(Secret(new_secret()),),
        created_at=rfc3339(datetime.fromtimestamp(1_700_000_000 + number, UTC)),
        disabled=disabled,
    )
    record.webhooks.add(endpoint)
    return endpoint


def attempt_all(
    record: Record,
    endpoint: Endpoint,
    outcome: Outcome = Outcome.DELIVERED,
    *,
    status: int = 200,
    error: str = "",
    response: str = "",
) -> list[str]:
    """Attempts all that is due at an endpoint, with one outcome; the messages."""
    record.deliveries.feed(endpoint)
    became = {"status": status, "error": error, "response": response}
    settled = [
        _settled(endpoint, taken, outcome, became)
        for taken in record.deliveries.turn(endpoint, most=1_000).messages
    ]
    did = "delivered" if outcome is Outcome.DELIVERED else "failed"
    health: dict[str, str | int] = {f"{did}_at": now_rfc3339(), "error": error}
    record.deliveries.turn(endpoint, most=0, settled=settled, health=health)
    return [one.log.message for one in settled if one.log]


def _settled(
    endpoint: Endpoint, taken: Taken, outcome: Outcome, became: dict[str, Any]
) -> Settled:
    message = taken.message
    log = Attempt(
        message=message.id(endpoint.site),
        event=message.event,
        subject=taken.lane.removeprefix("c:") if taken.lane.startswith("c:") else "",
        at=now_rfc3339(),
        outcome=outcome,
        attempt=message.attempts + 1,
        elapsed_ms=7,
        **became,
    )
    if outcome is not Outcome.RETRIED:
        return Settled(taken.lane, message, outcome, log=log)
    due_ms = int(datetime.fromisoformat(LATER).timestamp() * 1000)
    later = message.failed(message.queued_ms)
    return Settled(taken.lane, message, outcome, later, due_ms, replace(log, next_at=LATER))


def write_log(record: Record, endpoint: Endpoint, attempts: Sequence[Attempt]) -> None:
    """Writes attempts that were never made, beside a deliverer that is alive."""
    place = (endpoint.site, endpoint.id)
    log = record.webhooks._keys("webhook_log", *place)
    parked = record.webhooks._keys("webhook_parked", *place)
    for number, one in enumerate(attempts):
        record.connection.xadd(log, {"attempt": compact_json(one.to_json())})
        if one.outcome is Outcome.PARKED:
            written = compact_json({"attempt": one.to_json(), "lane": f"c:{one.subject}"})
            record.connection.zadd(parked, {written: number})
