"""One message carried: what a receiver gets, and what is made of its answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from moderation.deliveries import Message, Taken
from moderation.delivery.signing import new_secret
from moderation.webhooks import Envelope, EventType
from tests.workers.couriers import ENDPOINT, NO_ANSWER, SECRET, FakeCourier, answered
from workers.carrying import Answer, carry

DECISION = {"comment_id": "c1", "revision": 1, "action": "hold"}
MESSAGE = Message(EventType.DECISION_CREATED, "1795876831539-0", queued_ms=0)
TAKEN = Taken("c:c1", MESSAGE, json.dumps(DECISION))


def test_during_a_rotation_both_secrets_verify() -> None:
    courier, second = FakeCourier(), new_secret()

    carry(courier, ENDPOINT.rotated(second, datetime.now(UTC)), TAKEN)

    [(headers, body)] = courier.carried
    for secret in (SECRET, second):
        assert Webhook(secret).verify(body, headers)["data"] == DECISION


def test_a_cloud_event_carries_the_same() -> None:
    courier = FakeCourier()

    carry(courier, replace(ENDPOINT, envelope=Envelope.CLOUDEVENTS), TAKEN)

    [(headers, body)] = courier.carried
    event = Webhook(SECRET).verify(body, headers)
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert (event["specversion"], event["subject"]) == ("1.0", "c1")
    assert event["id"] == headers["webhook-id"]
    assert event["data"] == DECISION


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
def test_an_endpoint_in_trouble_says_so_by_its_status(status: int) -> None:
    courier = FakeCourier()
    courier.answers = iter([answered(status, retry_after_s=9.0)])

    answer = carry(courier, ENDPOINT, TAKEN)

    assert answer.is_trouble
    assert answer.failure == f"the receiver answered {status}"
    assert answer.retry_after_s == 9.0


def test_no_answer_is_trouble_too_and_says_why() -> None:
    courier = FakeCourier()
    courier.answers = iter([NO_ANSWER])

    answer = carry(courier, ENDPOINT, TAKEN)

    assert (answer.status, answer.failure) == (0, "no answer")
    assert answer.is_trouble
    assert not answer.is_hopeless


@pytest.mark.parametrize("data", ["", "{"], ids=["no longer kept", "no JSON"])
def test_what_has_nothing_to_tell_is_not_sent_and_never_will_be(data: str) -> None:
    courier = FakeCourier()

    answer = carry(courier, ENDPOINT, replace(TAKEN, data=data))

    assert courier.carried == []
    assert answer.is_hopeless


@pytest.mark.parametrize("status", [101, 302, 400, 404, 410])
def test_what_is_refused_is_neither_taken_nor_trouble(status: int) -> None:
    answer = Answer(status)

    assert not answer.is_success
    assert not answer.is_trouble
    assert answer.is_gone == (status == 410)
