"""OpenAI's moderations: what the `openai` client sends, reads and raises."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import openai
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openai import OpenAI
from werkzeug.test import TestResponse

from moderation.api.schemas import BODY_BYTES, SCORE_TEXTS, TEXT_CHARACTERS
from moderation.app import create_app
from moderation.dropins import openai as dropin
from moderation.record import Record
from moderation.settings import Settings
from tests.api.checks import set_policy
from tests.conftest import AUTH, DEMO_SITE, Service, close
from tests.fakes import RUDE, SPAM, THRESHOLDS, UNSCORABLE, FakeRelease

ABUSE = "You are a worthless stupid idiot and everybody hates you"
KIND = "A thoughtful remark on the library, thank you"

Ask = Callable[..., TestResponse]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """Sends an input, or a whole body."""

    def send(given: object = None, **body: Any) -> TestResponse:
        return client.post("/v1/moderations", json={"input": given, **body})

    return send


def error(response: TestResponse, status: int, code: str | None = None) -> dict[str, Any]:
    """The error that a response carries; fails if it is none as OpenAI writes it."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    body: dict[str, Any] = response.get_json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["message"]
    assert body["error"]["code"] == code
    return body["error"]


@pytest.fixture
def known_thresholds(record: Record) -> None:
    """A worker that has told which release it scores with."""
    state = {"release": FakeRelease.version, "categories": [*THRESHOLDS]}
    record.queue.tick("test-worker", state | {"thresholds": THRESHOLDS})


@pytest.mark.usefixtures("background_worker", "known_thresholds")
class TestAnswers:
    def test_a_string_has_one_result(self, ask: Ask):
        answer = ask(f"you {RUDE}", model="omni-moderation-latest").get_json()

        assert answer["id"].startswith("modr-")
        assert answer["model"] == "fake-1"
        (result,) = answer["results"]
        assert result["flagged"] is True
        assert result["categories"]["harassment"] is True
        assert result["categories"]["toxicity"] is True
        assert result["categories"]["spam"] is False
        assert result["category_scores"]["harassment"] == 0.9
        assert result["category_applied_input_types"]["harassment"] == ["text"]

    def test_a_list_has_a_result_for_each_in_order(self, ask: Ask):
        results = ask([KIND, RUDE, SPAM]).get_json()["results"]

        assert [one["flagged"] for one in results] == [False, True, True]
        assert [one["categories"]["spam"] for one in results] == [False, False, True]

    def test_parts_are_one_message(self, ask: Ask):
        parts = [{"type": "text", "text": KIND}, {"type": "text", "text": RUDE}]

        (result,) = ask(parts).get_json()["results"]

        assert result["flagged"] is True

    def test_what_the_release_cannot_judge_is_there_and_says_so(self, ask: Ask):
        (result,) = ask(RUDE).get_json()["results"]

        for category in ("sexual/minors", "violence", "hate"):
            assert result["categories"][category] is False
            assert result["category_scores"][category] == 0
            assert result["category_applied_input_types"][category] == []

    def test_it_is_flagged_whenever_the_site_would_hold_it(self, client: FlaskClient, ask: Ask):
        set_policy(client, thresholds={"toxicity": 0.95}, banned_words=["teapot"])

        rude, banned = ask([RUDE, "a teapot"]).get_json()["results"]

        assert rude["flagged"] is rude["categories"]["toxicity"] is False
        assert banned["flagged"] is True
        assert not any(banned["categories"].values())

    def test_html_with_scripts_is_text(self, ask: Ask):
        hostile = f"<script>alert('{RUDE}')</script>"

        response = ask(hostile)

        assert response.get_json()["results"][0]["flagged"] is True
        assert "script" not in response.text

    def test_what_could_not_be_scored_is_no_result(self, ask: Ask):
        failed = error(ask([KIND, UNSCORABLE]), 503, "service_unavailable")

        assert failed["type"] == "server_error"

    def test_nothing_is_stored(self, ask: Ask, record: Record):
        assert ask(KIND).status_code == 200

        assert not [*record.labels.stored_ids(DEMO_SITE)]
        assert not [*record.connection.scan_iter("*comment:*")]


class TestRefusals:
    def test_an_input_of_another_type(self, ask: Ask):
        part = {"type": "text", "text": KIND}
        for given in (None, 1, {}, [], [1], [KIND, 2], [KIND, part], [part, KIND], [[KIND]]):
            refused = error(ask(given), 400, "invalid_type")
            assert refused["type"] == "invalid_request_error"
            assert refused["param"] == "input"

    def test_a_part_without_text(self, ask: Ask):
        for part in ({}, {"type": "text"}, {"type": "text", "text": 1}):
            error(ask([part]), 400, "invalid_type")

    def test_an_image_is_never_fine(self, ask: Ask):
        image = {"type": "image_url", "image_url": {"url": "https://x.example/y.png"}}

        refused = error(ask([{"type": "text", "text": KIND}, image]), 400, "unsupported_image")

        assert "image" in refused["message"]

    def test_a_text_that_is_none(self, ask: Ask):
        for given in ("", "  \n", "a\0b", ["fine", ""]):
            error(ask(given), 400, "invalid_value")

    def test_a_lone_surrogate(self, client: FlaskClient):
        error(
            client.post("/v1/moderations", data=b'{"input": "\\ud800"}'), 400, "invalid_value"
        )

    def test_more_texts_than_are_scored_at_once(self, ask: Ask):
        error(ask(["x"] * (SCORE_TEXTS + 1)), 400, "array_above_max_length")

    def test_a_text_that_is_too_long(self, ask: Ask):
        refused = error(ask("x" * (TEXT_CHARACTERS + 1)), 400, "string_above_max_length")

        assert refused["param"] == "input"

    def test_a_body_that_is_no_json_object(self, client: FlaskClient):
        for body in (b"", b"{", b"\xff", b"[]", b'"text"', b"[" * 100_000, b"input=x"):
            error(client.post("/v1/moderations", data=body), 400)

    def test_a_body_that_is_too_large(self, client: FlaskClient):
        error(client.post("/v1/moderations", data=b"x" * (BODY_BYTES + 1)), 413)

    def test_who_has_no_good_key(self, app: Flask):
        basic = ("Basic dGVzdC1rZXk6", "Basic é")
        for header in (None, "Bearer", "Bearer wrong", *basic, "test-key"):
            headers = {} if header is None else {"Authorization": header}
            response = app.test_client().post("/v1/moderations", json={}, headers=headers)
            refused = error(response, 401, "invalid_api_key")
            assert refused["type"] == "invalid_request_error"

    def test_another_method(self, client: FlaskClient):
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            response = client.open("/v1/moderations", method=method)
            error(response, 405)
            assert response.headers["Allow"] == "POST"

    def test_too_many_requests(self, settings: Settings, record: Record):
        app = create_app(replace(settings, rate_limit=1, rate_window_s=30))
        client = app.test_client()
        client.post("/v1/moderations", headers=AUTH)

        response = client.post("/v1/moderations", headers=AUTH)

        close(app)
        assert error(response, 429, "rate_limit_exceeded")["type"] == "requests"
        assert 0 < int(response.headers["Retry-After"]) <= 30

    def test_no_worker_answers_in_time(self, ask: Ask, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(dropin, "ANSWER_S", 0.05)

        response = ask(KIND)

        error(response, 503, "service_unavailable")
        assert response.headers["Retry-After"]

    def test_redis_is_away(self, app: Flask):
        away = create_app(Settings(redis_url="redis://127.0.0.1:1/0"))

        response = away.test_client().post("/v1/moderations", json={}, headers=AUTH)

        close(away)
        error(response, 503, "service_unavailable")

    def test_an_error_nobody_thought_of(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(dropin, "score", fail)

        assert error(ask("secret words"), 500)["type"] == "server_error"
        assert "ZeroDivisionError" in caplog.text
        assert "secret words" not in caplog.text


@pytest.mark.service
class TestOpenAIsClient:
    """The `openai` package as it is, with another base URL."""

    @pytest.fixture
    def openai_client(self, service: Service) -> Iterator[OpenAI]:
        with OpenAI(base_url=f"{service.url}/v1", api_key=service.api_key) as client:
            yield client

    def test_it_reads_our_answers(self, openai_client: OpenAI):
        answer = openai_client.moderations.create(
            model="omni-moderation-latest", input=[KIND, ABUSE]
        )

        kind, abuse = answer.results
        assert (kind.flagged, abuse.flagged) == (False, True)
        assert abuse.categories.harassment
        assert abuse.category_scores.harassment > 0.8 > kind.category_scores.harassment
        assert not abuse.categories.sexual_minors
        assert abuse.category_applied_input_types.sexual == []
        assert abuse.category_applied_input_types.harassment == ["text"]
        assert abuse.categories.model_extra is not None
        assert abuse.categories.model_extra["toxicity"] is True

    def test_it_reads_one_text_and_parts(self, openai_client: OpenAI):
        assert openai_client.moderations.create(input=ABUSE).results[0].flagged
        parts = openai_client.moderations.create(input=[{"type": "text", "text": ABUSE}])
        assert parts.results[0].flagged

    def test_it_knows_a_wrong_key(self, openai_client: OpenAI):
        with pytest.raises(openai.AuthenticationError) as caught:
            openai_client.with_options(api_key="wrong").moderations.create(input=KIND)

        assert caught.value.code == "invalid_api_key"

    def test_it_knows_a_bad_request(self, openai_client: OpenAI):
        with pytest.raises(openai.BadRequestError) as caught:
            openai_client.moderations.create(input="x" * (TEXT_CHARACTERS + 1))

        assert caught.value.code == "string_above_max_length"
        assert caught.value.param == "input"

    def test_it_sees_the_answer_to_a_body_that_is_too_large(self, openai_client: OpenAI):
        with pytest.raises(openai.APIStatusError) as caught:
            openai_client.moderations.create(input="x" * (2 * BODY_BYTES))

        assert caught.value.status_code == 413

    def test_our_own_api_beside_it_keeps_its_errors(self, service: Service):
        with service.client() as client:
            response = client.get("/v1/nothing")

        assert response.headers["Content-Type"] == "application/problem+json"
        assert json.loads(response.text)["status"] == 404
