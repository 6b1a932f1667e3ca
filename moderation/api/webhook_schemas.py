"""The bodies of the calls about webhook endpoints, checked and documented."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from moderation.api.json_fields import JsonBoolean, JsonList
from moderation.api.schemas import CleanString, Identifier, Moment
from moderation.deliveries import Outcome
from moderation.delivery.addresses import URL_CHARACTERS
from moderation.desk.webhooks import DEFAULT_EVENTS
from moderation.webhooks import EVENTS, Envelope, EventType

PAGE_ATTEMPTS = 200
PAGE_PARKED = 1_000


def _url(**options: Any) -> CleanString:
    return CleanString(
        validate=validate.Length(1, URL_CHARACTERS),
        metadata={
            "description": "Where messages are posted: https, on a public address.",
            "example": "https://news.example/moderation",
            "format": "uri",
            "pattern": "^https?://[!-~]+$",
        },
        **options,
    )


def _events(**options: Any) -> JsonList:
    return JsonList(
        fields.String(validate=validate.OneOf([one.value for one in EVENTS])),
        validate=validate.Length(1, len(EVENTS)),
        metadata={"description": "What it is told."},
        **options,
    )


def _envelope(**options: Any) -> fields.Enum[Envelope]:
    return fields.Enum(
        Envelope,
        by_value=True,
        metadata={"description": "`standard`: `{type, timestamp, data}`; or CloudEvents 1.0."},
        **options,
    )


def _moment(description: str) -> fields.DateTime:
    return fields.DateTime(
        required=True, allow_none=True, metadata={"description": description}
    )


class NewWebhookSchema(Schema):
    """An endpoint to be made."""

    url = _url(required=True)
    events = _events(load_default=[one.value for one in DEFAULT_EVENTS])
    envelope = _envelope(load_default=Envelope.STANDARD)


class WebhookChangeSchema(Schema):
    """What is to be changed of an endpoint; what is left out stays."""

    url = _url()
    events = _events()
    envelope = _envelope()
    enabled = JsonBoolean(
        metadata={"description": "Whether messages are sent. What happens meanwhile waits."}
    )


class WebhookSchema(Schema):
    """An endpoint: where a site wants to be told, and of what."""

    id = fields.String(required=True)
    url = _url(required=True)
    events = _events(required=True)
    envelope = _envelope(required=True)
    enabled = fields.Boolean(required=True)
    disabled_reason = fields.String(
        required=True, allow_none=True, metadata={"description": "Why it is not enabled."}
    )
    created_at = fields.DateTime(required=True)
    previous_secret_until = _moment(
        "Until when messages are signed with the secret before too; null: with one alone."
    )


class WebhookWithSecretSchema(WebhookSchema):
    """An endpoint, and what its messages are signed with: told this once."""

    secret = fields.String(required=True, metadata={"description": "`whsec_…`"})


class WebhookHealthSchema(Schema):
    """How an endpoint does."""

    waiting = fields.Integer(
        required=True, metadata={"description": "Messages that wait for it."}
    )
    parked = fields.Integer(
        required=True, metadata={"description": "Messages that were given up."}
    )
    failures = fields.Integer(
        required=True, metadata={"description": "How often it failed since it last took one."}
    )
    paused_until = _moment("Until when nothing is tried.")
    delivered_at = _moment("When it last took one.")
    failed_at = _moment("When it last failed.")
    error = fields.String(
        required=True, allow_none=True, metadata={"description": "How it last failed."}
    )


class WebhookInDetailSchema(WebhookSchema):
    """An endpoint, and how it does."""

    health = fields.Nested(WebhookHealthSchema, required=True)


class WebhooksSchema(Schema):
    """The endpoints of a site, the oldest first."""

    webhooks = fields.List(fields.Nested(WebhookSchema), required=True)
    deliverer = fields.Boolean(
        required=True,
        metadata={"description": "Whether a deliverer is alive: without one nothing is sent."},
    )


class AttemptSchema(Schema):
    """One attempt to deliver a message."""

    message = fields.String(required=True, metadata={"description": "The `webhook-id`."})
    event = fields.Enum(EventType, by_value=True, required=True)
    subject = fields.String(
        required=True, allow_none=True, metadata={"description": "The comment it was about."}
    )
    at = fields.DateTime(required=True)
    outcome = fields.Enum(Outcome, by_value=True, required=True)
    attempt = fields.Integer(required=True, metadata={"description": "Counts from 1."})
    status = fields.Integer(
        required=True, allow_none=True, metadata={"description": "What the receiver answered."}
    )
    elapsed_ms = fields.Integer(required=True)
    error = fields.String(required=True, allow_none=True)
    response = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The beginning of the answer, as a stranger wrote it."},
    )
    next_at = _moment("When it is tried again.")


class PingedSchema(Schema):
    """A test message, and what became of it."""

    message = fields.String(required=True, metadata={"description": "The `webhook-id`."})
    attempt = fields.Nested(
        AttemptSchema,
        required=True,
        allow_none=True,
        metadata={"description": "null: not tried yet; the deliveries will tell."},
    )


class DeliveriesQuerySchema(Schema):
    """Which attempts."""

    after = fields.String(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, PAGE_ATTEMPTS))


class DeliveriesSchema(Schema):
    """Attempts, the newest first, and the cursor of the next page."""

    deliveries = fields.List(fields.Nested(AttemptSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ParkedQuerySchema(Schema):
    """How many messages."""

    limit = fields.Integer(load_default=100, validate=validate.Range(1, PAGE_PARKED))


class ParkedSchema(Schema):
    """Messages that were given up, each as its last attempt, the newest first."""

    parked = fields.List(fields.Nested(AttemptSchema), required=True)


class ReplaySchema(Schema):
    """What is to be sent again: one of `message`, `from` with `to`, and `parked`."""

    class Meta:
        """It says one of three things."""

        rules: ClassVar = {
            "oneOf": [
                {"required": ["message"], "maxProperties": 1},
                {"required": ["from", "to"], "maxProperties": 2},
                {"required": ["parked"], "maxProperties": 1},
            ]
        }

    message = Identifier(metadata={"description": "A `webhook-id`."})
    first = Moment(
        format="iso", data_key="from", metadata={"description": "RFC 3339, included."}
    )
    last = Moment(format="iso", data_key="to", metadata={"description": "RFC 3339, included."})
    parked = JsonBoolean(
        validate=validate.OneOf([True]), metadata={"description": "All that were given up."}
    )

    @validates_schema
    def _check_one(self, data: dict[str, Any], **_: Any) -> None:
        given = set(data)
        if given not in ({"message"}, {"first", "last"}, {"parked"}):
            raise ValidationError("Give one of: message; from and to; parked.")


class ReplayedSchema(Schema):
    """What is sent again."""

    messages = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "How many; null for those of a time, which are read later."},
    )
