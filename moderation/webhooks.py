"""Webhooks as types: a site's endpoints, and what they are told.

Pure: it knows neither the record nor how anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from moderation.domain import Action, rfc3339

#: Endpoints that a site may have.
MOST_ENDPOINTS = 20
#: How long the secret before stays valid once a new one was made.
ROTATION = timedelta(hours=24)


class EventType(StrEnum):
    """What an endpoint can be told."""

    DECISION_CREATED = "decision.created"
    """Every decision, of machine or person."""
    COMMENT_HELD = "comment.held"
    """Those decisions alone that hold a comment."""
    MODEL_PROMOTED = "model.promoted"
    """Another release decides from now on."""
    PING = "ping"
    """A test; nobody subscribes to it."""


#: What may be asked for.
EVENTS = (EventType.DECISION_CREATED, EventType.COMMENT_HELD, EventType.MODEL_PROMOTED)


class Envelope(StrEnum):
    """How a message is wrapped."""

    STANDARD = "standard"
    """`{type, timestamp, data}`, as Standard Webhooks has it."""
    CLOUDEVENTS = "cloudevents"
    """CloudEvents 1.0, structured JSON."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What messages are signed with, `whsec_…`; `until` is when it ends, "" for never."""

    value: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a site wants to be told, and of what.

    Attributes:
        id: made by the service.
        site: whose it is.
        url: where messages are posted.
        events: what it is told.
        envelope: how messages are wrapped.
        secrets: what they are signed with, the newest first.
        created_at: when it was made, RFC 3339.
        disabled: why nothing is sent there, "" if it is. What happens meanwhile waits.
    """

    id: str
    site: str
    url: str
    events: Sequence[EventType]
    secrets: Sequence[Secret]
    envelope: Envelope = Envelope.STANDARD
    created_at: str = ""
    disabled: str = ""

    def valid_secrets(self, now: datetime) -> list[str]:
        """The secrets that are valid now, the newest first."""
        moment = rfc3339(now)
        return [one.value for one in self.secrets if not one.until or one.until > moment]

    def rotated(self, secret: str, now: datetime) -> Endpoint:
        """With a new secret; the one before stays valid for a day, all others end."""
        before = replace(self.secrets[0], until=rfc3339(now + ROTATION))
        return replace(self, secrets=(Secret(secret), before))

    def to_json(self) -> dict[str, Any]:
        """As the record stores it, secrets and all."""
        return {
            "url": self.url,
            "events": [one.value for one in self.events],
            "envelope": self.envelope.value,
            "secrets": [[one.value, one.until] for one in self.secrets],
            "created_at": self.created_at,
            "disabled": self.disabled,
        }

    @classmethod
    def from_json(cls, site: str, endpoint_id: str, stored: Mapping[str, Any]) -> Self:
        """As `to_json` wrote it."""
        return cls(
            id=endpoint_id,
            site=site,
            url=stored["url"],
            events=tuple(EventType(one) for one in stored["events"]),
            secrets=tuple(Secret(*one) for one in stored["secrets"]),
            envelope=Envelope(stored["envelope"]),
            created_at=stored["created_at"],
            disabled=stored["disabled"],
        )


def events_of(decision: Mapping[str, Any]) -> tuple[EventType, ...]:
    """What a decision is told as."""
    if decision["action"] == Action.HOLD:
        return (EventType.DECISION_CREATED, EventType.COMMENT_HELD)
    return (EventType.DECISION_CREATED,)
