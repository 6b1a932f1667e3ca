"""A courier that answers what a test told it to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from moderation.delivery.outbound import DeliveryError, FailureKind, Response


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
        assert url == "https://example.org/hook"
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
