"""Endpoints and messages as types: secrets that end, pauses that grow, ids that stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from moderation.deliveries import (
    GIVE_UP,
    LONGEST_PAUSE_S,
    LONGEST_PROBE_S,
    PAUSES_S,
    Message,
    pause_s,
    probe_s,
    read_message_id,
)
from moderation.webhooks import Endpoint, Envelope, EventType, Secret, events_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
ENDPOINT = Endpoint(
    id="e1",
    site="demo",
    url="https://example.org/hook",
    events=(EventType.DECISION_CREATED, EventType.COMMENT_HELD),
    secrets=(Secret("first"),),
    envelope=Envelope.CLOUDEVENTS,
    created_at="2026-11-28T11:00:00.000Z",
)


def test_an_endpoint_is_stored_as_it_is_read() -> None:
    rotated = ENDPOINT.rotated("second", NOW)
    assert Endpoint.from_json("demo", "e1", rotated.to_json()) == rotated


def test_after_a_rotation_two_secrets_are_valid_for_a_day() -> None:
    rotated = ENDPOINT.rotated("second", NOW)

    assert rotated.valid_secrets(NOW) == ["second", "first"]
    assert rotated.valid_secrets(NOW + timedelta(hours=23, minutes=59)) == ["second", "first"]
    assert rotated.valid_secrets(NOW + timedelta(hours=24)) == ["second"]


def test_a_second_rotation_ends_the_oldest_secret() -> None:
    twice = ENDPOINT.rotated("second", NOW).rotated("third", NOW)
    assert twice.valid_secrets(NOW) == ["third", "second"]


@pytest.mark.parametrize(
    ("action", "events"),
    [
        ("approve", (EventType.DECISION_CREATED,)),
        ("reject", (EventType.DECISION_CREATED,)),
        ("hold", (EventType.DECISION_CREATED, EventType.COMMENT_HELD)),
    ],
)
def test_what_a_decision_is_told_as(action: str, events: tuple[EventType, ...]) -> None:
    assert events_of({"action": action}) == events


@pytest.mark.parametrize(
    "event", [one for one in EventType if one is not EventType.PING], ids=str
)
def test_the_id_of_a_message_says_what_it_tells(event: EventType) -> None:
    message = Message(event, "1732800000000-7", 1)

    assert read_message_id(message.id("daily-news"), "daily-news") == (event, message.position)
    assert "." not in message.id("daily-news")  # what is signed is parted by dots


def test_the_id_of_a_message_stays_the_same_over_retries() -> None:
    message = Message(EventType.DECISION_CREATED, "1-0", 1)
    assert message.failed(5).failed(9).id("demo") == message.id("demo")


def test_a_message_is_given_up_a_day_after_its_first_attempt() -> None:
    day_ms = int(GIVE_UP.total_seconds() * 1000)
    failed = Message(EventType.DECISION_CREATED, "1-0", 1).failed(1_000)

    assert not failed.failed(2_000).is_given_up(day_ms + 999)
    assert failed.failed(2_000).is_given_up(day_ms + 1_000)


def test_a_ping_is_tried_once() -> None:
    assert Message(EventType.PING, "1-0", 1).failed(2).is_given_up(3)


def test_the_first_retry_comes_within_half_a_minute_and_pauses_grow() -> None:
    assert pause_s(1, lambda: 0.999) < 30
    middle = [pause_s(attempts, lambda: 0.5) for attempts in range(1, 12)]
    assert middle[: len(PAUSES_S)] == list(PAUSES_S)
    assert middle == sorted(middle)


def test_retries_spread() -> None:
    shortest, longest = pause_s(3, lambda: 0.0), pause_s(3, lambda: 1.0)
    assert (shortest, longest) == pytest.approx((96, 144))


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    assert pause_s(1, lambda: 0.5, retry_after_s=90) == 90
    assert pause_s(4, lambda: 0.5, retry_after_s=1) == 600
    assert pause_s(1, lambda: 0.5, retry_after_s=1e9) == LONGEST_PAUSE_S


def test_an_endpoint_in_trouble_is_probed_within_a_minute() -> None:
    assert probe_s(1, lambda: 0.5) == 5
    assert probe_s(2, lambda: 0.5) == 10
    assert probe_s(10_000, lambda: 0.5) == LONGEST_PROBE_S
    assert probe_s(1, lambda: 0.5, retry_after_s=300) == 300
