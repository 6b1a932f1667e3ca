"""The figures that /metrics tells beside those that it counts."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from prometheus_client.registry import CollectorRegistry

from moderation.deliveries import Outcome
from moderation.desk.drift import DriftWatch
from moderation.domain import Lane
from moderation.metrics import RecordCollector
from moderation.record import Record
from moderation.record.server import ServerFacts
from tests.api.checks import post
from tests.deliveries import attempt_all, new_endpoint
from tests.held import hold
from tests.moderation.doctor.test_parts import let_wait

Value = Callable[..., float | None]


@pytest.fixture
def value(record: Record) -> Value:
    """Tells the value of one series now, `None` if there is no such series."""

    def of(name: str, **labels: str) -> float | None:
        registry = CollectorRegistry()
        registry.register(RecordCollector(record, DriftWatch(record)))
        return registry.get_sample_value(f"moderation_{name}", labels)

    return of


def test_what_sites_posted_is_counted_whatever_became_of_it(
    value: Value, client: FlaskClient
) -> None:
    post(client, id="c1")
    post(client, id="c2")
    client.delete("/v1/comments/c1")

    assert value("accepted_total", site="demo") == 2


def test_the_longest_wait_is_that_of_the_first_in_each_lane(
    value: Value, record: Record
) -> None:
    let_wait(record, Lane.BULK, 120.0)

    waits_s = value("oldest_pending_seconds", lane="bulk")
    assert waits_s is not None
    assert waits_s >= 120
    assert value("oldest_pending_seconds", lane="live") == 0


def test_who_is_alive(value: Value, record: Record) -> None:
    assert (value("trainer_up"), value("deliverer_up"), value("workers")) == (0, 0, 0)

    record.trainings.tick()
    record.webhooks.tick()
    record.queue.tick("w1", {"release": "a-1", "rss_bytes": 10})
    record.queue.tick("w2", {"release": "a-1", "rss_bytes": 30})

    assert (value("trainer_up"), value("deliverer_up"), value("workers")) == (1, 1, 2)
    assert value("release_workers", release="a-1") == 2
    assert value("worker_peak_resident_bytes") == 30


def test_messages_that_wait_and_that_were_given_up(value: Value, record: Record) -> None:
    endpoint = new_endpoint(record)
    hold(record, "c1")
    record.deliveries.feed(endpoint)
    assert value("webhook_waiting", site="demo") == 1

    attempt_all(record, endpoint, Outcome.PARKED, status=500, error="no")

    assert value("webhook_waiting", site="demo") == 0
    assert value("webhook_parked", site="demo") == 1


def test_redis_tells_its_memory_and_whether_it_keeps_its_file(value: Value) -> None:
    used = value("redis_memory_bytes")

    assert used is not None
    assert used > 100_000
    assert value("redis_memory_limit_bytes") == 0
    assert value("redis_aof_up") == 1


def test_what_redis_does_not_tell_is_no_figure(
    value: Value, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record.server, "facts", ServerFacts)

    assert value("redis_memory_bytes") is None
    assert value("redis_up") == 1


def test_counters_are_there_before_they_count(value: Value) -> None:
    assert value("unscored_total") == 0
    assert value("judging_seconds_total") == 0


def test_a_comment_that_cannot_be_scored_is_counted(
    value: Value,
    client: FlaskClient,
    release: object,
    decide_all: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(type(release), "score", fail)
    post(client, id="c1")
    began = time.perf_counter()
    decide_all()
    most_s = time.perf_counter() - began

    assert value("unscored_total") == 1
    spent_s = value("judging_seconds_total")
    assert spent_s is not None
    assert 0 < spent_s <= most_s
