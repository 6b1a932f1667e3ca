"""Refusals before anything runs out, and the bounds of single sites and keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.api_keys import key_digest
from moderation.errors import RedisAwayError
from moderation.overload import Bounds, Gate
from moderation.record import Record
from moderation.record.rates import RateSubject
from tests.api.checks import client_with_key, post, problem, read
from tests.api.test_redis_away import OwnServer, own
from tests.conftest import API_KEY, DEMO_SITE, new_comment
from tests.dropins.test_coral import SECRET, WITHHELD, external_request, send, sign
from tests.fakes import FakeRelease, judge_with
from tests.moderation.record.pending import new
from workers import scoring
from workers.scoring import Drain, Station

__all__ = ["own"]

PATH = "/v1/articles/a1/comments"
#: What is known of the record is older than this at the next request.
ANEW = 0.0


def batch(count: int) -> dict[str, object]:
    return {"comments": [new_comment(article_id="a1") for _ in range(count)]}


class TestBacklog:
    @pytest.fixture
    def narrow(self, app: Flask, record: Record, monkeypatch) -> Flask:
        """The application with eight places, that looks at the queue for each comment."""
        monkeypatch.setattr("moderation.overload.SAMPLE_EVERY_S", ANEW)
        services = app.extensions["moderation"]
        gate = Gate(record.pressure.load, Bounds(max_pending=8))
        app.extensions["moderation"] = replace(services, gate=gate)
        return app

    def test_a_site_that_has_too_many_waiting_is_429_and_others_are_not(
        self, narrow: Flask, client: FlaskClient, other_site: str
    ):
        for number in range(4):
            post(client, id=f"c{number}")

        response = client.post(PATH, json=new_comment(id="c4"))

        problem(response, 429, "backlog")
        assert int(response.headers["Retry-After"]) > 0
        assert int(response.headers["RateLimit-Remaining"]) > 0
        post(client_with_key(client, other_site))

    def test_nothing_of_a_batch_is_stored_when_it_is_refused(
        self, narrow: Flask, client: FlaskClient, record: Record
    ):
        assert client.post("/v1/comments/batch", json=batch(4)).status_code == 429
        assert record.pressure.load().waiting == 0

        assert client.post("/v1/comments/batch", json=batch(3)).status_code == 202

    def test_when_no_place_is_left_it_is_503_for_everybody(
        self, narrow: Flask, client: FlaskClient, record: Record, other_site: str
    ):
        for number in range(8):
            assert record.comments.accept(DEMO_SITE, new(f"c{number}"))

        response = client_with_key(client, other_site).post(PATH, json=new_comment())

        problem(response, 503, "overloaded")
        assert int(response.headers["Retry-After"]) > 0

    def test_all_but_posting_goes_on_and_deciding_makes_room(
        self, narrow: Flask, client: FlaskClient, decide_all: Callable[[], None]
    ):
        for number in range(4):
            post(client, id=f"c{number}")
        assert client.post(PATH, json=new_comment()).status_code == 429

        assert read(client, "c0")["status"] == "pending"
        assert client.get("/v1/decisions").status_code == 200
        assert client.delete("/v1/comments/c3").status_code == 204
        decide_all()

        assert read(client, "c0")["status"] == "approved"
        post(client)

    def test_a_revoked_key_is_told_that_and_not_to_come_back(
        self, narrow: Flask, client: FlaskClient, record: Record
    ):
        for number in range(4):
            post(client, id=f"c{number}")

        record.sites.rotate_key(DEMO_SITE)

        problem(client.post(PATH, json=new_comment()), 401, "unauthorised")


class TestMemory:
    def test_comments_are_refused_before_redis_runs_out(self, own: OwnServer, monkeypatch):
        monkeypatch.setattr("moderation.overload.SAMPLE_EVERY_S", ANEW)
        post(own.client, id="c1")

        used = own.record.pressure.load().memory_bytes
        own.record.connection.config_set("maxmemory", int(used / 0.85))
        problem(own.client.post("/v1/comments/batch", json=batch(1)), 503, "overloaded")
        post(own.client, id="c2")

        own.record.connection.config_set("maxmemory", int(used / 0.95))
        problem(own.client.post(PATH, json=new_comment()), 503, "overloaded")

    def test_without_any_left_comments_are_still_read_decided_and_erased(
        self, own: OwnServer, monkeypatch
    ):
        for number in range(3):
            post(own.client, id=f"c{number}", text=f"Remark {number} on the library")
        own.record.connection.config_set("maxmemory", "1mb")

        problem(own.client.post(PATH, json=new_comment()), 503)
        assert read(own.client, "c0")["status"] == "pending"
        assert own.client.delete("/v1/comments/c0").status_code == 204
        monkeypatch.setattr(scoring, "LINGER_MS", 1)
        decide_waiting(own.record)

        assert [read(own.client, one)["status"] for one in ("c1", "c2")] == ["approved"] * 2
        assert own.client.get("/v1/comments/c0").status_code == 404


class TestRates:
    def test_a_sites_own_bound_goes_before_everybodys(
        self, limited: FlaskClient, record: Record, other_site: str
    ):
        record.rates.set(RateSubject(DEMO_SITE), 1)

        first, second = (limited.get("/v1/decisions") for _ in range(2))

        assert first.headers["RateLimit-Policy"] == '"key";q=1;w=30'
        assert first.headers["RateLimit-Remaining"] == "0"
        problem(second, 429, "rate-limited")
        others = client_with_key(limited, other_site).get("/v1/decisions")
        assert others.headers["RateLimit-Limit"] == "3"

    def test_a_keys_own_bound_goes_before_its_sites(self, limited: FlaskClient, record: Record):
        record.rates.set(RateSubject(DEMO_SITE), 1)
        key_id = key_digest(API_KEY)[:12]
        record.rates.set(RateSubject(DEMO_SITE, key_id), 5)

        left = [limited.get("/v1/decisions").headers["RateLimit-Remaining"] for _ in range(5)]

        assert left == ["4", "3", "2", "1", "0"]
        problem(limited.get("/v1/decisions"), 429, "rate-limited")

    def test_posting_counts_as_well_also_once_the_key_is_known(
        self, limited: FlaskClient, record: Record
    ):
        record.rates.set(RateSubject(DEMO_SITE), 2)

        statuses = [limited.post(PATH, json=new_comment()) for _ in range(3)]

        assert [one.status_code for one in statuses] == [202, 202, 429]
        assert [one.headers["RateLimit-Remaining"] for one in statuses] == ["1", "0", "0"]
        assert int(statuses[-1].headers["Retry-After"]) > 0

    def test_what_cannot_be_used_counts_as_well_as_what_is_taken(self, limited: FlaskClient):
        bodies = [new_comment(), {}, {}, {}]

        answers = [limited.post(PATH, json=body) for body in bodies]

        assert [one.status_code for one in answers] == [202, 422, 422, 429]
        assert [one.headers["RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]

    def test_a_redis_that_hangs_is_not_waited_for_twice(
        self, limited: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ):
        # Given a key that is known, and a Redis that answers nobody in time any more
        assert limited.post(PATH, json=new_comment()).status_code == 202
        asked: list[str] = []

        def hang(*_: object, **__: object) -> None:
            asked.append("once")
            raise RedisAwayError("timed out")

        services = limited.application.extensions["moderation"]
        monkeypatch.setattr(services.record.comments, "accept", hang)
        monkeypatch.setattr(services.record.sites, "authorise", hang)

        # When
        response = limited.post(PATH, json=new_comment())

        # Then
        assert response.status_code == 503
        assert asked == ["once"]

    def test_none_at_all_is_any_number_and_says_nothing(
        self, limited: FlaskClient, record: Record
    ):
        record.rates.set(RateSubject(DEMO_SITE), 0)

        answers = [limited.get("/v1/decisions") for _ in range(5)]

        assert {one.status_code for one in answers} == {200}
        assert "RateLimit-Limit" not in answers[-1].headers

    def test_given_up_everybodys_counts_again(self, limited: FlaskClient, record: Record):
        subject = RateSubject(DEMO_SITE)
        record.rates.set(subject, 1)
        record.rates.clear(subject)

        assert limited.get("/v1/decisions").headers["RateLimit-Limit"] == "3"

    def test_a_drop_in_says_what_is_left(self, limited: FlaskClient, background_worker: None):
        answers = [
            limited.post("/v1/moderations", json={"input": "a kind remark"}) for _ in range(4)
        ]

        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert [one.headers["RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]

    def test_coral_has_a_window_too_past_which_comments_are_withheld(
        self, limited: FlaskClient, record: Record, background_worker: None
    ):
        record.coral.add(DEMO_SITE, SECRET)
        answers = [ask_as_coral(limited) for _ in range(4)]

        assert [one.status_code for one in answers] == [204, 204, 204, 200]
        assert answers[-1].json == WITHHELD
        assert [one.headers["RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
        assert limited.get("/v1/decisions").status_code == 200


def ask_as_coral(client: FlaskClient) -> TestResponse:
    body = json.dumps(external_request("a kind remark")).encode()
    return send(client, body, sign(body, SECRET), f"/coral/{DEMO_SITE}?timeout=10000")


def decide_waiting(record: Record) -> None:
    """Does what a worker does until nothing waits."""
    judge = judge_with(record, FakeRelease())
    Drain(Station("test-worker", record.queue, judge, threading.Event())).run()
