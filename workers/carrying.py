"""One message carried to its endpoint: wrapped, signed, posted, and what came back.

Never speaks to the record, and does not know what follows from an answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol

from moderation.deliveries import Taken
from moderation.delivery import envelopes, signing
from moderation.delivery.outbound import DeliveryError, Response
from moderation.encoding import compact_json
from moderation.record.deliveries import COMMENT_LANE
from moderation.releases import Activation
from moderation.webhooks import Endpoint, Envelope, EventType

#: Answers that say that the endpoint, not the message, is in trouble; as all above 500 do.
TROUBLE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
FORGOTTEN = "what it tells is no longer kept"
UNREADABLE = "what it tells cannot be read"


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

    @property
    def failure(self) -> str:
        """What went wrong, in words."""
        return self.error or f"the receiver answered {self.status}"


def carry(courier: Courier, endpoint: Endpoint, taken: Taken) -> Answer:
    """Wraps, signs and posts one message."""
    now = datetime.now(UTC)
    if not taken.data:
        return Answer(error=FORGOTTEN, is_hopeless=True)
    try:
        content_type, body = _wrapped(endpoint, taken)
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


def _wrapped(endpoint: Endpoint, taken: Taken) -> tuple[str, bytes]:
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
            subject=subject_of(taken),
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


def subject_of(taken: Taken) -> str:
    """The comment that a message is about, "" for none."""
    kind, _, comment_id = taken.lane.partition(":")
    return comment_id if kind == COMMENT_LANE else ""
