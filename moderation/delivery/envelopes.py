"""How what happened is wrapped into the body of a message: two shapes, both JSON.

A type of event has the same name in both. CloudEvents would rather have a reverse domain name
before it; this service is run by many and has no domain of its own, and a consumer that
changes the envelope need not change the names it knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from moderation.domain import rfc3339

STANDARD_CONTENT_TYPE = "application/json"
CLOUDEVENTS_CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
CLOUDEVENTS_VERSION = "1.0"


def standard(event: str, occurred_at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that the Standard Webhooks specification recommends.

    Source: "Payload structure" in
    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

    Args:
        event: its type, such as `decision.created`.
        occurred_at: when it happened; not when it is sent.
        data: what happened.
    """
    return {"type": event, "timestamp": rfc3339(occurred_at), "data": data}


def cloudevents(
    event: str,
    occurred_at: datetime,
    data: Mapping[str, Any],
    *,
    message_id: str,
    site: str,
    subject: str = "",
) -> dict[str, Any]:
    """A CloudEvent in the structured mode, JSON format.

    Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md

    Args:
        event: its type, such as `decision.created`.
        occurred_at: when it happened.
        data: what happened.
        message_id: together with the site it names the event, however often it is sent.
        site: where it happened; the source is `/sites/SITE`.
        subject: what it is about, such as a comment's id; "" for nothing, then it is absent.
    """
    wrapped = {
        "specversion": CLOUDEVENTS_VERSION,
        "id": message_id,
        "source": f"/sites/{quote(site, safe='')}",
        "type": event,
        "subject": subject,
        "time": rfc3339(occurred_at),
        "datacontenttype": "application/json",
        "data": data,
    }
    if not subject:
        del wrapped["subject"]
    return wrapped
