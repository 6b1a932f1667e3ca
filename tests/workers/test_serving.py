"""One endpoint served: what is sent, and what follows from each answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from standardwebhooks import Webhook

from moderation.deliveries import GIVE_UP, Message, Outcome
from moderation.delivery.outbound import DeliveryError
from moderation.domain import now_rfc3339
from moderation.record import Record
from moderation.releases import Activation, ActivationKind
from moderation.webhooks import Endpoint, EventType
from tests.conftest import DEMO_SITE
from tests.workers.couriers import ENDPOINT, NO_ANSWER, OK, SECRET, FakeCourier, answered
from workers import carrying, serving
from workers.serving import MESSAGES_AT_ONCE, Server


@pytest.fixture
def courier() -> FakeCourier:
    return FakeCourier()


@pytest.fixture
def serve(record: Record, courier: FakeCourier) -> Callable[..., None]:
    """Feeds and serves the endpoint until nothing is due."""
    server = Server(record, courier.open, chance=lambda: 0.5)

    def run(endpoint: Endpoint, goes_on: Callable[[], bool] = lambda: True) -> None:
        record.deliveries.feed(endpoint)
        server.serve(endpoint, goes_on)

    return run


@pytest.fixture
def endpoint(record: Record) -> Endpoint:
    record.webhooks.add(ENDPOINT)
    return ENDPOINT


def decide(record: Record, comment: str, revision: int = 1) -> None:
    decision = {"comment_id": comment, "revision": revision, "action": "approve"}
    record.connection.xadd(
        f"moderation:{{0}}:decisions:{DEMO_SITE}", {"decision": json.dumps(decision)}
    )


def outcomes(record: Record, endpoint: Endpoint) -> list[Outcome]:
    return [one.outcome for _, one in reversed(record.webhooks.log(endpoint))]


def test_a_message_is_what_standard_webhooks_verifies(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    decide(record, "c1")
    serve(endpoint)

    [(headers, body)] = courier.carried
    told = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "decision.created"
    assert told["data"] == {"comment_id": "c1", "revision": 1, "action": "approve"}
    age = datetime.now(UTC) - datetime.fromisoformat(told["timestamp"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert headers["Content-Type"] == "application/json"
    assert outcomes(record, endpoint) == [Outcome.DELIVERED]
    assert courier.is_closed


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413])
def test_what_the_receiver_refuses_is_tried_again_and_others_go_on(
    record: Record,
    endpoint: Endpoint,
    courier: FakeCourier,
    serve: Callable[..., None],
    status: int,
) -> None:
    courier.answers = iter([answered(status, "no")])
    for comment in ("c1", "c2"):
        decide(record, comment)
    serve(endpoint)

    assert courier.subjects == ["c1", "c2"]
    assert outcomes(record, endpoint) == [Outcome.RETRIED, Outcome.DELIVERED]
    log = record.webhooks.log(endpoint)[-1][1]
    assert (log.status, log.response) == (status, "no")
    wait = datetime.fromisoformat(log.next_at) - datetime.fromisoformat(log.at)
    assert wait.total_seconds() == pytest.approx(5, abs=1)
    assert record.webhooks.health(endpoint).waiting == 1


@pytest.mark.parametrize("trouble", [500, 503, 429, 408, NO_ANSWER])
def test_an_endpoint_in_trouble_is_left_alone_for_a_while(
    record: Record,
    endpoint: Endpoint,
    courier: FakeCourier,
    serve: Callable[..., None],
    trouble: int | DeliveryError,
) -> None:
    answer = answered(trouble) if isinstance(trouble, int) else trouble
    courier.answers = iter([OK, answer])
    for comment in ("c1", "c2", "c3"):
        decide(record, comment)
    serve(endpoint)

    assert courier.subjects == ["c1", "c2"]
    health = record.webhooks.health(endpoint)
    assert (health.failures, health.waiting) == (1, 2)
    pause_ms = health.paused_until_ms - datetime.now(UTC).timestamp() * 1000
    assert 3_000 < pause_ms <= 5_001
    assert health.error


def test_an_endpoint_that_is_well_again_gets_all_that_waits_in_order(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    courier.answers = iter([answered(503)])
    decide(record, "c1", 1)
    decide(record, "c1", 2)
    serve(endpoint)
    record.webhooks.ping(endpoint)  # ends the pause
    decide(record, "c2")
    serve(endpoint)
    assert record.webhooks.health(endpoint).failures == 0

    # The first message about c1 is not due yet, so neither is the second.
    sent = [json.loads(body)["data"] for _, body in courier.carried]
    assert [one.get("comment_id", "ping") for one in sent] == ["c1", "ping", "c2"]


def test_the_receiver_says_how_long_to_wait(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    courier.answers = iter([answered(429, retry_after_s=120)])
    decide(record, "c1")
    serve(endpoint)

    log = record.webhooks.log(endpoint)[0][1]
    wait = datetime.fromisoformat(log.next_at) - datetime.fromisoformat(log.at)
    assert wait.total_seconds() == pytest.approx(120, abs=1)
    pause_ms = record.webhooks.health(endpoint).paused_until_ms
    assert pause_ms - datetime.now(UTC).timestamp() * 1000 > 100_000


def test_a_deliverer_with_a_wrong_clock_neither_gives_up_early_nor_waits_for_days(
    record: Record,
    endpoint: Endpoint,
    courier: FakeCourier,
    serve: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a message that failed once, and is due again
    courier.answers = iter([answered(503), answered(503)])
    decide(record, "c1")
    serve(endpoint)
    again = f"moderation:{{0}}:webhook-again:{DEMO_SITE}:{endpoint.id}"
    record.connection.zadd(again, {"c:c1": 0}, xx=True)
    record.deliveries.turn(endpoint, most=0, health={"paused_until_ms": 0})

    # When a deliverer whose clock is two days ahead tries it again in vain
    class Ahead(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(days=2)

    for module in (serving, carrying):
        monkeypatch.setattr(module, "datetime", Ahead)
    serve(endpoint)

    # Then it is tried again soon, as is the endpoint
    health, now_ms = record.webhooks.health(endpoint), datetime.now(UTC).timestamp() * 1000
    assert (health.waiting, health.parked) == (1, 0)
    assert health.paused_until_ms < now_ms + 60_000
    assert 0 < record.connection.zscore(again, "c:c1") < now_ms + 60_000


def test_gone_disables_the_endpoint_and_nothing_is_lost(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    courier.answers = iter([answered(410)])
    for comment in ("c1", "c2"):
        decide(record, comment)
    serve(endpoint)

    assert len(courier.carried) == 1
    assert "410" in record.webhooks.one(DEMO_SITE, "e1").disabled
    assert record.webhooks.health(endpoint).waiting == 2


def test_after_a_day_a_message_is_parked(
    record: Record,
    endpoint: Endpoint,
    courier: FakeCourier,
    serve: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("moderation.deliveries.GIVE_UP", GIVE_UP * 0)
    courier.answers = iter([answered(400)])
    decide(record, "c1", 1)
    decide(record, "c1", 2)
    serve(endpoint)

    assert outcomes(record, endpoint) == [Outcome.PARKED, Outcome.DELIVERED]
    [parked] = record.webhooks.parked(endpoint)
    assert parked.attempt.status == 400
    assert not parked.attempt.next_at


def test_a_message_whose_content_is_gone_is_parked_unsent(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    decide(record, "c1")
    record.deliveries.feed(endpoint)
    record.connection.delete(f"moderation:{{0}}:decisions:{DEMO_SITE}")
    serve(endpoint)

    assert courier.carried == []
    [parked] = record.webhooks.parked(endpoint)
    assert "no longer kept" in parked.attempt.error


def test_many_messages_go_out_in_batches_and_all_of_them(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    comments = [f"c{number:03}" for number in range(3 * MESSAGES_AT_ONCE + 1)]
    for comment in comments:
        decide(record, comment)
    serve(endpoint)

    assert sorted(courier.subjects) == comments
    assert record.webhooks.health(endpoint).waiting == 0


def test_who_is_to_stop_takes_no_more_and_gives_back_the_rest(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    for comment in ("c1", "c2"):
        decide(record, comment)
    serve(endpoint, lambda: not courier.carried)

    assert len(courier.carried) == 1
    [left] = record.deliveries.turn(endpoint, most=9).messages
    assert left.message.attempts == 0


def test_a_batch_of_a_slow_receiver_is_written_before_its_lease_ends(
    record: Record,
    endpoint: Endpoint,
    courier: FakeCourier,
    serve: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workers.serving.BATCH_S", 0.0)
    for comment in ("c1", "c2", "c3"):
        decide(record, comment)
    serve(endpoint)

    assert courier.subjects == ["c1", "c2", "c3"]


def test_a_ping_tells_that_it_is_one(
    record: Record, endpoint: Endpoint, courier: FakeCourier, serve: Callable[..., None]
) -> None:
    message = record.webhooks.ping(endpoint)
    serve(endpoint)

    [(headers, body)] = courier.carried
    assert headers["webhook-id"] == message.id(DEMO_SITE)
    told = json.loads(body)
    assert (told["type"], told["data"]) == ("ping", {"endpoint": "e1"})
    attempt = record.webhooks.attempt_of(endpoint, message.id(DEMO_SITE), wait_s=0)
    assert attempt
    assert attempt.outcome is Outcome.DELIVERED


def test_a_promotion_is_told(
    record: Record, courier: FakeCourier, serve: Callable[..., None], endpoint: Endpoint
) -> None:
    record.webhooks.change(
        DEMO_SITE, "e1", lambda one: replace(one, events=(EventType.MODEL_PROMOTED,))
    )
    changed = record.webhooks.one(DEMO_SITE, "e1")
    activation = Activation("v2", ActivationKind.PROMOTE, now_rfc3339(), "mia")
    position = record.connection.xadd(
        f"moderation:{{0}}:happenings:{DEMO_SITE}",
        {"event": "model.promoted", "data": json.dumps(activation.to_json())},
    )
    serve(changed)

    [(headers, body)] = courier.carried
    told = json.loads(body)["data"]
    assert (told["version"], told["instead_of"], told["who"]) == ("v2", None, "mia")
    assert headers["webhook-id"] == Message(EventType.MODEL_PROMOTED, position, 0).id(DEMO_SITE)


@pytest.mark.parametrize("broken", ["[]", "{", "{}"])
def test_what_cannot_be_read_is_parked_and_holds_up_nobody(
    record: Record,
    courier: FakeCourier,
    serve: Callable[..., None],
    endpoint: Endpoint,
    broken: str,
) -> None:
    events = (EventType.MODEL_PROMOTED, EventType.DECISION_CREATED)
    record.webhooks.change(DEMO_SITE, "e1", lambda one: replace(one, events=events))
    record.connection.xadd(
        f"moderation:{{0}}:happenings:{DEMO_SITE}", {"event": "model.promoted", "data": broken}
    )
    decide(record, "c1")
    serve(record.webhooks.one(DEMO_SITE, "e1"))

    assert courier.subjects == ["c1"]
    [parked] = record.webhooks.parked(endpoint)
    assert "cannot be read" in parked.attempt.error
