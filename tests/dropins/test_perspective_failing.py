"""Whatever goes wrong is an error of Google's shape, and never a score."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.app import create_app
from moderation.dropins import base
from moderation.dropins.perspective import endpoints
from moderation.record import Record
from moderation.settings import Settings
from tests.api.test_redis_away import OwnServer
from tests.conftest import API_KEY, close
from tests.dropins.perspective import ANALYZE, SUGGEST, ask, asked, error, suggested
from tests.fakes import UNSCORABLE


@pytest.fixture
def bare(app: Flask) -> FlaskClient:
    """A client that carries no key."""
    return app.test_client()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for a worker for a moment only."""
    monkeypatch.setattr(endpoints, "ANSWER_S", 0.05)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnServer]:
    """A server of the test's own."""
    server = OwnServer(tmp_path)
    yield server
    server.close()


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_no_key_is_permission_denied(bare: FlaskClient, path: str):
    for header in (None, "Basic dGVzdC1rZXk=", "Basic é", API_KEY):
        headers = {"Authorization": header} if header else {}
        found = error(bare.post(path, json={}, headers=headers), 403, "PERMISSION_DENIED")
        assert found["message"].startswith("Method doesn't allow unregistered callers")


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_a_wrong_key_is_an_invalid_argument(bare: FlaskClient, path: str):
    for key in ("wrong", "Test-Key", "é", "\0", "x" * 5_000):
        found = error(ask(bare, path, {}, key=key), 400, "INVALID_ARGUMENT")

        assert found["message"] == "API key not valid. Please pass a valid API key."
        assert found["details"] == [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "API_KEY_INVALID",
                "domain": "googleapis.com",
                "metadata": {"service": "commentanalyzer.googleapis.com"},
            }
        ]


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_too_many_requests_exhaust_a_resource(settings: Settings, record: Record, path: str):
    app = create_app(replace(settings, rate_limit=1))
    client = app.test_client()

    ask(client, path, {})
    response = ask(client, path, {})

    found = error(response, 429, "RESOURCE_EXHAUSTED")
    assert found["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert int(response.headers["Retry-After"]) > 0
    close(app)


@pytest.mark.usefixtures("impatient")
def test_no_worker_in_time_is_unavailable(client: FlaskClient):
    response = ask(client, ANALYZE, asked("t"))

    error(response, 503, "UNAVAILABLE")
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.usefixtures("background_worker")
@pytest.mark.parametrize("text", [UNSCORABLE, f"Fine. {UNSCORABLE}."])
def test_what_cannot_be_scored_is_unavailable_and_never_fine(client: FlaskClient, text: str):
    error(ask(client, ANALYZE, asked(text, spanAnnotations=True)), 503, "UNAVAILABLE")


def test_redis_away_is_unavailable(own: OwnServer):
    own.stop()

    for path, body in ((ANALYZE, asked("t")), (SUGGEST, suggested("t", {"SPAM": 1}))):
        response = ask(own.client, path, body)
        error(response, 503, "UNAVAILABLE")
        assert int(response.headers["Retry-After"]) > 0

    own.start()


def test_what_is_not_there_is_not_found(client: FlaskClient):
    paths = ("", "/", "comments:rate", "comments:analyze/", "comments:analyze/x", "a//b")
    for path in [
        *(f"/v1alpha1/{path}" for path in paths),
        "/$discovery/x",
        "/$discovery/rest/",
    ]:
        for method in base.METHODS:
            error(client.open(path, method=method), 404, "NOT_FOUND")


def test_what_takes_one_method_takes_no_other(client: FlaskClient):
    for path, only in ((ANALYZE, "POST"), (SUGGEST, "POST"), ("/$discovery/rest", "GET")):
        for method in set(base.METHODS) - {only}:
            response = client.open(path, method=method)

            error(response, 405, "UNIMPLEMENTED")
            assert response.headers["Allow"] == only


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_a_body_that_is_far_too_large_is_refused(client: FlaskClient, path: str):
    body = asked("t", clientToken="x" * endpoints.REQUEST_BYTES)

    found = error(ask(client, path, body), 400, "INVALID_ARGUMENT")

    assert str(endpoints.REQUEST_BYTES) in found["message"]


@pytest.mark.parametrize("path", [ANALYZE, SUGGEST])
def test_a_body_that_is_no_message_is_an_invalid_argument(client: FlaskClient, path: str):
    for body in (b"{", b"[]", b"\xff", b"comment=text", b'"text"'):
        response = client.post(path, data=body, content_type="application/json")

        error(response, 400, "INVALID_ARGUMENT")


def test_a_bug_is_an_internal_error_that_is_logged_without_the_text(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(base, "score", broken)
    with caplog.at_level(logging.ERROR):
        response = ask(client, ANALYZE, asked("a secret remark"))

    found = error(response, 500, "INTERNAL")
    assert found["message"] == "Internal error encountered."
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text
    assert API_KEY not in caplog.text
