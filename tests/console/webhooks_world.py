"""What the pages about webhooks show, written into a running service that sends none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from moderation.deliveries import Attempt, Outcome
from moderation.domain import now_rfc3339
from moderation.embedded import embedded_url
from moderation.record import Record
from moderation.settings import Settings
from moderation.webhooks import EventType
from tests.conftest import Service
from tests.deliveries import LATER, new_endpoint, write_log

NUMBER = 77
PATHS = ("/console/webhooks", f"/console/webhooks/wh_{NUMBER}")
#: An endpoint that is disabled: the service's own deliverer leaves it alone.
WHY = "the receiver answered 410 Gone: it wants nothing more"


@contextmanager
def webhooks_world(service: Service, said: Sequence[str]) -> Iterator[None]:
    """An endpoint, and attempts to deliver to it of every outcome; taken away again.

    Args:
        service: whose record is written to.
        said: what the receiver answered, an attempt each.
    """
    record = Record(Settings(redis_url=embedded_url(service.data_dir)))
    url = "https://news.example/" + "a-long-way-to-go/" * 20
    endpoint = new_endpoint(record, number=NUMBER, url=url, disabled=WHY)
    write_log(record, endpoint, [_attempt(number, text) for number, text in enumerate(said)])
    health = {"failures": 4, "failed_at": now_rfc3339(), "error": said[0]}
    record.deliveries.turn(endpoint, most=0, health=health)
    try:
        yield
    finally:
        record.webhooks.remove(endpoint.site, endpoint.id)
        record.connection.close()
        record.rq_connection.close()


def _attempt(number: int, said: str) -> Attempt:
    outcome = list(Outcome)[number % len(Outcome)]
    return Attempt(
        message=f"msg_demo_1-{number}_decision-created",
        event=EventType.DECISION_CREATED,
        subject=said[:60],
        at=now_rfc3339(),
        outcome=outcome,
        status=(200, 0, 500)[number % len(Outcome)],
        error=said if outcome is Outcome.RETRIED else "",
        response=said,
        next_at=LATER if outcome is Outcome.RETRIED else "",
    )
