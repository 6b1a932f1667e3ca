"""What workers and deliverers note of a comment, so that it can be followed by its id."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation import logs
from moderation.errors import RedisAwayError
from moderation.record import Record
from tests.api.checks import post
from tests.deliveries import new_endpoint
from tests.fakes import RUDE
from tests.steps import noted_steps
from tests.workers.test_serving import FakeCourier, answered
from workers.jobs import ScoringJob
from workers.serving import Server


def test_a_comment_is_followed_from_its_request_to_its_delivery(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
) -> None:
    # Given a site with an endpoint that fails once
    endpoint = new_endpoint(record, url="https://example.org/hook")
    courier = FakeCourier()
    courier.answers = iter([answered(400)])
    # When a comment goes its way
    with noted_steps() as steps:
        post(client, id="c1", text=f"you {RUDE}")
        decide_all()
        record.deliveries.feed(endpoint)
        Server(record, courier.open).serve(endpoint, lambda: True)
    # Then each step is a line with its id
    lines = [line for line in steps.read() if line.get("comment_id") == "c1"]
    assert [line["message"] for line in lines] == ["answered", "decided", "retried"]
    answered_, decided, retried = lines
    assert answered_["status"] == 202
    assert (decided["site"], decided["status"], decided["revision"]) == ("demo", "held", 1)
    assert decided["ms"] >= 0
    assert (retried["endpoint"], retried["status"], retried["attempt"]) == ("wh_1", 400, 1)
    # And none has its words
    assert RUDE not in "".join(steps.lines)


def test_nothing_is_noted_unless_asked_for(
    client: FlaskClient, decide_all: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    post(client, id="c1")
    decide_all()

    assert not [one for one in caplog.records if one.name == logs.STEPS]


def test_what_a_job_logs_carries_its_id(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drain(_: str) -> None:
        logs.step("worked")

    monkeypatch.setattr("workers.scoring.drain", drain)
    job = ScoringJob.create(
        "workers.scoring.drain", ("0",), connection=record.rq_connection, id="job-1"
    )

    with noted_steps() as steps:
        job.perform()
        logs.step("worked")

    assert [line.get("job_id") for line in steps.read()] == ["job-1", None]


def test_the_deliverer_counts_how_long_it_took(
    record: Record, client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    endpoint = new_endpoint(record, url="https://example.org/hook")
    post(client, id="c1")
    decide_all()
    record.deliveries.feed(endpoint)
    server = Server(record, FakeCourier().open)
    server.serve(endpoint, lambda: True)

    server.figures.flush()

    counted = record.operations.counters()
    assert (
        sum(v for name, v in counted.items() if "webhook_attempt_seconds_bucket" in name) == 1
    )
    assert sum(v for name, v in counted.items() if "webhook_delay_seconds_bucket" in name) == 1


def test_what_could_not_be_counted_while_redis_was_away_is_counted_later(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(record, FakeCourier().open)
    server.figures.observe("webhook_attempt_seconds", 0.5)
    with monkeypatch.context() as patch:

        def away(_: object) -> None:
            raise RedisAwayError("away")

        patch.setattr(server.figures._operations, "count", away)
        server.figures.flush()

    server.figures.flush()

    counted = record.operations.counters()
    assert counted['["webhook_attempt_seconds_sum",{}]'] == pytest.approx(0.5)
