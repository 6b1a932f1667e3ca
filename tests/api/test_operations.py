"""GET /healthz, /readyz, /metrics, /openapi.json, /docs"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from prometheus_client.parser import text_string_to_metric_families

from moderation.record import Record
from tests.api.checks import post, problem
from tests.api.test_keys import protected
from tests.fakes import RUDE


@pytest.fixture
def anyone(app: Flask) -> FlaskClient:
    """A client without a key: operators have none."""
    return app.test_client()


def samples(client: FlaskClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_alive(anyone: FlaskClient):
    response = anyone.get("/healthz")

    assert (response.status_code, response.json) == (200, {"status": "ok"})


class TestReady:
    def test_with_a_worker_that_has_a_model(self, anyone: FlaskClient, record: Record):
        record.queue.tick("w1", {"release": "fake-1"})
        record.queue.tick("w2", {"release": "fake-1"})

        response = anyone.get("/readyz")

        assert response.status_code == 200
        assert response.json == {
            "status": "ready",
            "workers": 2,
            "model": "fake-1",
            "warnings": [],
        }

    def test_a_release_that_a_worker_cannot_use_is_named(
        self, anyone: FlaskClient, record: Record
    ):
        trouble = {"site": "demo", "version": "b-2", "why": "schema 9", "instead": "a-1"}
        record.queue.tick("w1", {"release": "fake-1", "troubles": [trouble]})

        response = anyone.get("/readyz")

        assert response.status_code == 200
        assert response.json
        assert response.json["warnings"] == [
            "worker w1 keeps a-1 for the site demo: b-2 cannot be used: schema 9"
        ]
        assert samples(anyone)["moderation_release_troubles", ()] == 1

    def test_without_a_worker(self, anyone: FlaskClient):
        response = anyone.get("/readyz")

        assert "worker" in problem(response, 503, "not-ready")["detail"]
        assert int(response.headers["Retry-After"]) > 0

    def test_with_a_worker_that_has_no_model(self, anyone: FlaskClient, record: Record):
        record.queue.tick("w1", {})

        assert "model" in problem(anyone.get("/readyz"), 503, "not-ready")["detail"]

    def test_with_a_worker_that_fell_silent(self, anyone: FlaskClient, record: Record):
        # Given
        record.queue.tick("w1", {"release": "fake-1"})
        [key] = record.connection.scan_iter("*:workers")
        seen_ms, _, state = record.connection.hget(key, "w1").partition(" ")

        # When
        record.connection.hset(key, "w1", f"{int(seen_ms) - 6_000} {state}")

        # Then
        assert "worker" in problem(anyone.get("/readyz"), 503, "not-ready")["detail"]


class TestMetrics:
    def test_they_count_what_was_done(
        self, client: FlaskClient, anyone: FlaskClient, decide_all: Callable[[], None]
    ):
        # When
        post(client, id="c1")
        post(client, id="c2", text=f"you {RUDE}")
        decide_all()
        post(client, id="c3")
        client.get("/v1/comments/none")

        # Then
        found = samples(anyone)
        label = (("action", "hold"), ("source", "classifier"))
        assert found["moderation_decisions_total", label] == 1
        assert found["moderation_pending", (("lane", "live"),)] == 1
        assert found["moderation_held", (("site", "demo"),)] == 1
        assert found["moderation_redis_up", ()] == 1
        assert found["moderation_release_troubles", ()] == 0
        route = ("route", "/v1/comments/<opaque:comment_id>")
        not_found = (("method", "GET"), route, ("status", "404"))
        assert found["moderation_requests_total", not_found] == 1

    def test_buckets_are_cumulative_and_end_with_the_count(
        self, client: FlaskClient, record: Record
    ):
        # Given
        for bound, count in {"0.005": 3, "0.1": 2, "10.0": 1, "+Inf": 4}.items():
            record.operations.count({f'["decision_seconds_bucket",{{"le":"{bound}"}}]': count})

        # Then
        found = samples(client)
        buckets = {
            dict(labels)["le"]: value
            for (name, labels), value in found.items()
            if name == "moderation_decision_seconds_bucket"
        }
        assert buckets == {"0.005": 3, "0.1": 5, "10.0": 6, "+Inf": 10}
        assert found["moderation_decision_seconds_count", ()] == 10

    def test_made_up_methods_do_not_become_counters(self, client: FlaskClient):
        for n in range(3):
            client.open("/v1/policy", method=f"BREW{n}")

        methods = {dict(labels).get("method") for _, labels in samples(client)}
        assert methods <= {None, "GET", "POST", "PUT", "DELETE", "other"}


class TestDocument:
    def test_it_is_valid_openapi_3_1(self, anyone: FlaskClient):
        document = anyone.get("/openapi.json").json

        assert document["openapi"].startswith("3.1")
        validate(document, cls=OpenAPIV31SpecValidator)

    def test_every_route_under_v1_is_in_it(self, app: Flask, anyone: FlaskClient):
        paths = anyone.get("/openapi.json").json["paths"]
        documented = {
            (method.upper(), path.replace("{", "").replace("}", ""))
            for path, operations in paths.items()
            for method in operations
            if method != "parameters"
        }

        assert set(protected(app)) <= documented

    def test_it_promises_no_key_where_none_is_needed(self, anyone: FlaskClient):
        paths = anyone.get("/openapi.json").json["paths"]

        for path in ("/healthz", "/readyz", "/metrics"):
            assert paths[path]["get"]["security"] == []


def test_the_docs_page_is_there(anyone: FlaskClient):
    response = anyone.get("/docs")

    assert response.status_code == 200
    assert response.mimetype == "text/html"
