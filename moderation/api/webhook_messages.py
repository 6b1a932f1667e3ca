"""The messages that endpoints are sent, as the `webhooks` of the OpenAPI document.

https://spec.openapis.org/oas/v3.1.0#oasWebhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moderation.delivery.envelopes import CLOUDEVENTS_VERSION
from moderation.webhooks import EventType

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
#: `null` stands for the shipped release.
_RELEASE: Schema = {"type": ["string", "null"]}
_DECISION: Schema = {"$ref": "#/components/schemas/Decision"}
_PROMOTION: Schema = {
    "type": "object",
    "properties": {
        "version": {**_RELEASE, "description": "What decides now."},
        "kind": {"enum": ["promote", "rollback"]},
        "at": _MOMENT,
        "who": _TEXT,
        "reason": _TEXT,
        "forced": {"type": "boolean"},
        "instead_of": {**_RELEASE, "description": "What decided before."},
    },
    "required": ["version", "kind", "at", "who", "reason", "forced", "instead_of"],
}
#: Event → its summary, and the schema of its `data`.
_MESSAGES: Mapping[EventType, tuple[str, Schema]] = {
    EventType.DECISION_CREATED: (
        "A comment was decided",
        _DECISION,
    ),
    EventType.COMMENT_HELD: ("A decision holds a comment", _DECISION),
    EventType.MODEL_PROMOTED: ("Another release decides from now on", _PROMOTION),
}
#: The headers of Standard Webhooks, which sign every message.
_HEADERS: Mapping[str, str] = {
    "webhook-id": "The same however often the message is sent: handle it once.",
    "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
    "webhook-signature": "`v1,…`, one for each valid secret, with spaces between.",
}
_ANSWERS: Mapping[str, str] = {
    "2XX": "Taken. Anything else is tried again for a day.",
    "410": "Nothing more is wanted: the endpoint is disabled.",
}


def webhooks() -> dict[str, Any]:
    """Event → the call that an endpoint receives."""
    return {
        event.value: {"post": _call(event, summary, data)}
        for event, (summary, data) in _MESSAGES.items()
    }


def _call(event: EventType, summary: str, data: Schema) -> Schema:
    return {
        "operationId": event.value,
        "summary": summary,
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "schema": _TEXT,
                "description": description,
            }
            for name, description in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _standard(event, data)},
                "application/cloudevents+json": {"schema": _cloud_event(event, data)},
            },
        },
        "responses": {status: {"description": told} for status, told in _ANSWERS.items()},
    }


def _standard(event: EventType, data: Schema) -> Schema:
    return _object({"type": {"const": event.value}, "timestamp": _MOMENT, "data": data})


def _cloud_event(event: EventType, data: Schema) -> Schema:
    return _object(
        {
            "specversion": {"const": CLOUDEVENTS_VERSION},
            "id": _TEXT,
            "source": _TEXT,
            "type": {"const": event.value},
            "time": _MOMENT,
            "datacontenttype": {"const": "application/json"},
            "data": data,
        },
        subject={**_TEXT, "description": "The comment, if it is about one."},
    )


def _object(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }
