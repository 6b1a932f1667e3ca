"""An endpoint, and a courier to it that answers what a test told it to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from moderation.delivery.outbound import DeliveryError, FailureKind, Response
from moderation.delivery.signing import new_secret
from moderation.domain import now_rfc3339
from moderation.webhooks import Endpoint, EventType, Secret
from tests.conftest import DEMO_SITE

SECRET = new_secret()
ENDPOINT = Endpoint(
    id="e1",
    site=DEMO_SITE,
    url="https://example.org/hook",
    events=(EventType.DECISION_CREATED,),
    secrets=(Secret(SECRET),),
    created_at=now_rfc3339(),
)


def answered(status: int, text: str = "", retry_after_s: float | None = None) -> Response:
    return Response(status, text, retry_after_s, elapsed_ms=1)


OK = answered(200)
NO_ANSWER = DeliveryError(FailureKind.CLOSED, "no answer")


class FakeCourier:
    """Answers what it was told to, and remembers what it carried."""

    def __init__(self) -> None:
        self.answers: Iterator[Response | DeliveryError] = iter(())
        self.carried: list[tuple[dict[str, str], bytes]] = []
        self.is_closed = False

    def post(self, url: str, headers: dict[str, str], body: bytes) -> Response:
        assert url == ENDPOINT.url
        self.carried.append((headers, body))
        answer = next(self.answers, OK)
        if isinstance(answer, DeliveryError):
            raise answer
        return answer

    @contextmanager
    def open(self) -> Iterator[FakeCourier]:
        yield self
        self.is_closed = True

    @property
    def subjects(self) -> list[str]:
        return [json.loads(body)["data"]["comment_id"] for _, body in self.carried]
