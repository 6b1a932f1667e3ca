"""Endpoints and attempts as templates show them; URLs and what receivers say are hostile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from moderation import hostile
from moderation.console.cards import comment_url
from moderation.deliveries import Attempt, Health, Outcome
from moderation.desk.webhooks import DEFAULT_EVENTS
from moderation.domain import rfc3339
from moderation.marks import Piece
from moderation.webhooks import Endpoint, Envelope, EventType

URL_CHARACTERS = 120
ERROR_CHARACTERS = 300

#: Event → what people call it.
EVENT_LABELS: Mapping[EventType, str] = {
    EventType.DECISION_CREATED: "every decision",
    EventType.COMMENT_HELD: "comments that are held",
    EventType.MODEL_PROMOTED: "another release decides",
}
#: Value → label, for the form.
ENVELOPES = (
    (Envelope.STANDARD.value, "Standard Webhooks"),
    (Envelope.CLOUDEVENTS.value, "CloudEvents 1.0"),
)
_ATTEMPTED: Mapping[EventType, str] = {
    EventType.DECISION_CREATED: "decision",
    EventType.COMMENT_HELD: "comment held",
    EventType.MODEL_PROMOTED: "release promoted",
    EventType.PING: "test message",
}
#: Outcome → what people call it, and the status whose colour it has.
_OUTCOMES: Mapping[Outcome, tuple[str, str]] = {
    Outcome.DELIVERED: ("delivered", "approved"),
    Outcome.RETRIED: ("failed", "held"),
    Outcome.PARKED: ("given up", "rejected"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form of an endpoint holds."""

    url: str = ""
    events: Sequence[EventType] = DEFAULT_EVENTS
    envelope: Envelope = Envelope.STANDARD


EMPTY = Draft()


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An endpoint for a template."""

    endpoint: Endpoint
    health: Health

    @property
    def page(self) -> str:
        """The address of its page."""
        return f"/console/webhooks/{self.endpoint.id}"

    @property
    def host(self) -> str:
        """Where it stands, in short."""
        return hostile.one_line(urlsplit(self.endpoint.url).hostname or "", URL_CHARACTERS)

    @property
    def url(self) -> str:
        """Where messages are posted."""
        return hostile.one_line(self.endpoint.url, URL_CHARACTERS)

    @property
    def events(self) -> str:
        """What it is told, in words."""
        return ", ".join(EVENT_LABELS[one] for one in self.endpoint.events)

    @property
    def envelope(self) -> str:
        """How messages are wrapped, in words."""
        return dict(ENVELOPES)[self.endpoint.envelope.value]

    @property
    def state(self) -> tuple[str, str]:
        """How it does in a word or two, and the status whose colour that has."""
        if self.endpoint.disabled:
            return "disabled", "rejected"
        if self.health.failed_at > self.health.delivered_at:
            return "failing", "held"
        return ("works", "approved") if self.health.delivered_at else ("new", "pending")

    @property
    def error(self) -> str:
        """How it last failed, "" if it never did."""
        return hostile.one_line(self.health.error, ERROR_CHARACTERS)

    @property
    def paused_until(self) -> str:
        """Until when nothing is tried, "" for now."""
        paused_until = datetime.fromtimestamp(self.health.paused_until_ms / 1000, UTC)
        return rfc3339(paused_until) if paused_until > datetime.now(UTC) else ""

    @property
    def previous_secret_until(self) -> str:
        """Until when the secret before is valid too, "" if there is none."""
        now = rfc3339(datetime.now(UTC))
        return max((one.until for one in self.endpoint.secrets if one.until > now), default="")


@dataclass(frozen=True, slots=True)
class AttemptView:
    """An attempt to deliver for a template."""

    attempt: Attempt

    @property
    def what(self) -> str:
        """What it told, in words."""
        return _ATTEMPTED[self.attempt.event]

    @property
    def comment(self) -> tuple[str, str] | None:
        """The page and the id of the comment it was about."""
        subject = self.attempt.subject
        return (comment_url(subject), hostile.one_line(subject, 40)) if subject else None

    @property
    def outcome(self) -> tuple[str, str]:
        """What became of it, and the status whose colour that has."""
        return _OUTCOMES[self.attempt.outcome]

    @property
    def answer(self) -> str:
        """What the receiver answered in short, "" for nothing."""
        status = self.attempt.status
        if not status:
            return ""
        known = {one.value: f"{one.value} {one.phrase}" for one in HTTPStatus}
        return known.get(status, str(status))

    @property
    def error(self) -> str:
        """What went wrong, "" for nothing, or where the answer says it."""
        return "" if self.answer else hostile.one_line(self.attempt.error, ERROR_CHARACTERS)

    @property
    def response(self) -> Sequence[Piece]:
        """The beginning of the receiver's answer, cut for the macro `pieces`."""
        return hostile.pieces(self.attempt.response)

    @property
    def can_be_replayed(self) -> bool:
        """Whether it can be sent again: a ping is just sent anew."""
        return self.attempt.event is not EventType.PING
