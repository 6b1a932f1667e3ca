"""Both envelopes, held against their specifications."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from moderation.delivery import envelopes
from moderation.encoding import compact_json

OCCURRED_AT = datetime(2026, 11, 24, 6, 8, 45, 123_456, tzinfo=UTC)
DATA = {"comment_id": "c1", "action": "hold"}


def wrapped(**more: Any) -> dict[str, Any]:
    options = {"message_id": "msg_1", "site": "demo", "subject": "c1", **more}
    event: dict[str, Any] = envelopes.cloudevents(
        "decision.created", OCCURRED_AT, DATA, **options
    )
    return event


def test_the_standard_payload_has_type_timestamp_and_data() -> None:
    assert envelopes.standard("decision.created", OCCURRED_AT, DATA) == {
        "type": "decision.created",
        "timestamp": "2026-11-24T06:08:45.123Z",
        "data": DATA,
    }


def test_a_cloudevent_has_what_the_specification_requires() -> None:
    event = json.loads(compact_json(wrapped()))
    # "REQUIRED attributes": present, and not empty
    assert all(event[name] for name in ("id", "source", "type"))
    assert event["specversion"] == "1.0"
    # "Naming Conventions": lower-case letters and digits, `data` apart
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in event)
    # "time": RFC 3339; "datacontenttype": a media type of RFC 2046
    assert datetime.fromisoformat(event["time"]) == OCCURRED_AT.replace(microsecond=123_000)
    assert event["datacontenttype"] == "application/json"
    # JSON format, 3.1.1: JSON data stands as it is, never beside data_base64
    assert event["data"] == DATA
    assert "data_base64" not in event


def test_a_cloudevent_says_where_it_comes_from_and_what_it_is_about() -> None:
    event = wrapped()
    assert event["source"] == "/sites/demo"
    assert event["subject"] == "c1"
    assert event["id"] == "msg_1"
    assert event["type"] == "decision.created"


def test_a_cloudevent_about_nothing_has_no_subject_rather_than_an_empty_one() -> None:
    assert "subject" not in wrapped(subject="")


@pytest.mark.parametrize("site", ["a b", "ä", "a/b", "a?b#c"])
def test_the_source_is_a_uri_reference_whatever_the_site_is_called(site: str) -> None:
    assert re.fullmatch(
        r"/sites/([\w.~-]|%[0-9A-F]{2})+", wrapped(site=site)["source"], re.ASCII
    )


def test_both_envelopes_tell_the_time_in_utc() -> None:
    there = OCCURRED_AT.astimezone(timezone(timedelta(hours=5)))
    payload = envelopes.standard("decision.created", there, DATA)
    event = envelopes.cloudevents(
        "decision.created", there, DATA, message_id="msg_1", site="demo"
    )
    assert payload["timestamp"] == event["time"] == "2026-11-24T06:08:45.123Z"
