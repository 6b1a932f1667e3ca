"""POST /v1/score"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.api import score as score_view
from moderation.record import Record
from moderation.record.connection import COMMAND_TIMEOUT_S
from tests.api.checks import client_with_key, errors, problem, set_policy
from tests.fakes import FRENCH, RUDE, SPAM, UNSCORABLE
from tests.whole_redis import everything

URL = "/v1/score"


def score(client: FlaskClient, *texts: str) -> list[dict[str, Any]]:
    response = client.post(URL, json={"texts": texts})
    assert response.status_code == 200, response.text
    assert set(response.json) == {"results", "model"}
    assert response.json["model"] == "fake-1"
    results: list[dict[str, Any]] = response.json["results"]
    return results


@pytest.mark.usefixtures("background_worker")
class TestWithAWorker:
    def test_each_text_has_scores_action_and_spans_in_order(self, client: FlaskClient):
        kind, rude, spam = score(client, "how kind", f"you {RUDE}", f"my {SPAM}")

        assert kind == {
            "scores": {"toxicity": 0.1, "spam": 0.1},
            "action": "approve",
            "spans": [],
            "language": "en",
        }
        assert rude == {
            "scores": {"toxicity": 0.9, "spam": 0.1},
            "action": "hold",
            "spans": [{"begin": 4, "end": 13, "category": "toxicity", "score": 0.8}],
            "language": "en",
        }
        assert (spam["scores"], spam["action"]) == ({"toxicity": 0.1, "spam": 0.9}, "hold")

    def test_offsets_count_code_points(self, client: FlaskClient):
        text = f"👩‍👩‍👧 e\u0301 🙂 {RUDE} 🙂"

        [result] = score(client, text)

        [span] = result["spans"]
        assert text[span["begin"] : span["end"]] == RUDE

    def test_the_action_follows_the_sites_own_policy(
        self, client: FlaskClient, other_site: str
    ):
        # Given
        set_policy(client, thresholds={"toxicity": None, "spam": 0.05}, flood=None)
        other = client_with_key(client, other_site)
        set_policy(other, banned_words=["kind"])
        texts = (f"you {RUDE}", "how kind")

        # Then
        assert [one["action"] for one in score(client, *texts)] == ["hold", "hold"]
        set_policy(client, thresholds={"toxicity": None, "spam": None})
        assert [one["action"] for one in score(client, *texts)] == ["approve", "approve"]
        assert [one["action"] for one in score(other, *texts)] == ["hold", "hold"]

    def test_a_language_that_the_release_does_not_know_is_held_as_the_policy_says(
        self, client: FlaskClient
    ):
        [by_default] = score(client, f"{FRENCH} Madame")
        set_policy(client, unsupported_language="approve")
        [allowed] = score(client, f"{FRENCH} Madame")

        assert (by_default["language"], by_default["action"]) == ("fr", "hold")
        assert (allowed["language"], allowed["action"]) == ("fr", "approve")

    def test_the_same_text_many_times_is_no_duplicate_and_no_flood(self, client: FlaskClient):
        text = "A sentence that is long enough to be remembered as a copy"

        assert {one["action"] for one in score(client, *[text] * 100)} == {"approve"}

    def test_nothing_is_stored(self, client: FlaskClient, record: Record):
        # When
        score(client, "Zanzibar is lovely in autumn, as I always say")

        # Then
        kept = [one for one in everything(record.connection) if "anzibar" in one]
        assert kept == []
        assert client.get("/v1/decisions").json["decisions"] == []
        assert sum(record.queue.lengths().values()) == 0
        assert not list(record.connection.scan_iter("*answer*"))

    def test_two_at_once_get_their_own_answers(self, client: FlaskClient):
        answers: dict[int, Any] = {}

        def ask(number: int) -> None:
            own = client_with_key(client, "test-key")
            answers[number] = score(own, *[RUDE if number % 2 else "kind"] * (number + 1))

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        for number in range(6):
            actions = [one["action"] for one in answers[number]]
            assert actions == ["hold" if number % 2 else "approve"] * (number + 1)

    def test_texts_that_cannot_be_scored_are_no_500(self, client: FlaskClient):
        """The classifier fails on one: its neighbours keep their scores."""
        fine, broken = score(client, "fine", UNSCORABLE)

        assert fine["action"] == "approve"
        assert broken == {"scores": {}, "action": "hold", "spans": [], "language": None}


def test_without_a_worker_it_is_503_and_the_texts_are_not_kept(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given
    monkeypatch.setattr(score_view, "ANSWER_S", 0.1)

    # When
    response = client.post(URL, json={"texts": ["Zanzibar is lovely"]})

    # Then
    problem(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert [one for one in everything(record.connection) if "anzibar" in one] == []
    assert sum(record.queue.lengths().values()) == 0


def test_the_wait_for_a_worker_ends_before_the_redis_command_does():
    assert score_view.ANSWER_S < COMMAND_TIMEOUT_S


def test_an_answer_that_says_it_failed_is_503(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(record.queue.__class__, "ask", lambda *_, **__: {"error": "unscored"})

    problem(client.post(URL, json={"texts": ["t"]}), 503, "unavailable")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"texts": []}, "texts"),
        ({"texts": ["t"] * 101}, "texts"),
        ({"texts": "t"}, "texts"),
        ({"texts": None}, "texts"),
        ({}, "texts"),
        ({"texts": ["t", ""]}, "texts.1"),
        ({"texts": ["t", " \n"]}, "texts.1"),
        ({"texts": ["t", 5, "t"]}, "texts.1"),
        ({"texts": ["\0"]}, "texts.0"),
        ({"texts": ["\ud800"]}, "texts.0"),
        ({"texts": [None]}, "texts.0"),
        ({"texts": ["t"], "model": "x"}, "model"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: FlaskClient, body: Any, path: str):
    assert set(errors(client.post(URL, json=body))) == {path}


def test_a_text_past_the_limit_is_too_large(client: FlaskClient):
    problem(client.post(URL, json={"texts": ["t", "x" * 20_001]}), 413, "too-large")


def test_a_question_left_by_a_dead_api_process_is_answered_and_forgotten(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given: a question nobody waits for any more
    arguments = ["demo", "q1", json.dumps({"texts": ["Zanzibar"]})]
    record.queue._scripts.run("ask", *arguments)

    # When
    decide_all()

    # Then
    [key] = record.connection.scan_iter("*answer:q1")
    assert 0 < record.connection.ttl(key) <= 60
    assert [one for one in everything(record.connection) if "anzibar" in one] == []
