"""POST /v1/policy/effect and /v1/policy/words"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.record import Record
from tests.api.checks import errors, post, problem, set_policy
from tests.api.test_staff import bearer, token_of
from tests.fakes import RUDE, SPAM, THRESHOLDS, UNSCORABLE

EFFECT = "/v1/policy/effect"
WORDS = "/v1/policy/words"


@pytest.fixture(autouse=True)
def worker_with_a_release(record: Record, release: Any) -> None:
    state = {"release": "fake-1", "categories": list(THRESHOLDS), "thresholds": THRESHOLDS}
    record.queue.tick("w1", state)


def post_all(client: FlaskClient, decide_all: Callable[[], None], *texts: str) -> list[str]:
    posted = [post(client, text=text, author={"id": text})["id"] for text in texts]
    decide_all()
    return posted


class TestEffect:
    def test_it_says_what_thresholds_would_do_and_saves_nothing(
        self, client: FlaskClient, record: Record, decide_all: Callable[[], None]
    ):
        # Given: two of four are held, and a moderator rejects one of them
        rude, *_ = post_all(client, decide_all, f"A {RUDE}", f"A {SPAM}", "Tea", "Cake")
        anna = bearer(token_of(record, "anna", demo=Role.MODERATOR))
        decision = {"action": "reject"}
        client.post(f"/v1/comments/{rude}/decision", json=decision, headers=anna)

        # When
        found = client.post(EFFECT, json={"thresholds": {"spam": None}}).json

        # Then
        assert found["held"]["now"]["part"] == 2
        assert found["held"]["draft"] == {
            "part": 1,
            "whole": 4,
            "share": 0.25,
            "low": 0.0456,
            "high": 0.6994,
        }
        assert found["caught"]["draft"]["part"] == found["caught"]["draft"]["whole"] == 1
        assert found["sentence"].startswith("holds 25 % of comments (now 50 %; ")
        assert sum(found["histograms"]["toxicity"]["recent"]) == 4
        assert sum(found["histograms"]["toxicity"]["rejected"]) == 1
        assert client.get("/v1/policy").headers["ETag"] == '"0"'

    def test_what_is_left_out_has_the_releases_threshold(
        self, client: FlaskClient, decide_all: Callable[[], None]
    ):
        set_policy(client, thresholds={"toxicity": None})
        post_all(client, decide_all, f"A {RUDE}")

        found = client.post(EFFECT, json={}).json

        assert (found["held"]["now"]["part"], found["held"]["draft"]["part"]) == (0, 1)

    def test_a_new_site_has_no_numbers_yet(self, client: FlaskClient):
        found = client.post(EFFECT, json={"thresholds": {"spam": 0.1}}).json

        assert found["sentence"] == "no comments yet, no labels yet"
        assert found["held"]["draft"]["share"] is None

    def test_without_any_worker_the_sites_own_thresholds_count_alone(
        self, client: FlaskClient, record: Record
    ):
        record.operations.forget_worker("w1")

        found = client.post(EFFECT, json={"thresholds": {"anything": 0.1}})

        assert found.status_code == 200

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"thresholds": {"rudeness": 0.5}}, "thresholds.rudeness"),
            ({"thresholds": {"spam": 2}}, "thresholds.spam"),
            ({"link_limit": 2}, "link_limit"),
        ],
    )
    def test_what_cannot_be_is_named(self, client: FlaskClient, body: Any, path: str):
        assert set(errors(client.post(EFFECT, json=body))) == {path}


@pytest.mark.usefixtures("background_worker")
class TestWords:
    def test_entries_are_found_through_evasion_and_never_inside_words(
        self, client: FlaskClient
    ):
        text = "You p.l.o.n.k.e.r! Two  WORDS, and classic"
        words = ["plonker", "two words", "class", "absent"]

        found = client.post(WORDS, json={"text": text, "words": words}).json

        assert sorted(found["found"]) == ["plonker", "two words"]

    def test_both_lists_of_the_policy_are_tried_by_default(self, client: FlaskClient):
        set_policy(client, banned_words=["plonker"], suspect_words=["crypto", "absent"])

        found = client.post(WORDS, json={"text": "plonker crypto"}).json

        assert sorted(found["found"]) == ["crypto", "plonker"]

    def test_an_empty_list_finds_nothing(self, client: FlaskClient):
        set_policy(client, banned_words=["plonker"])

        assert client.post(WORDS, json={"text": "plonker", "words": []}).json == {"found": []}

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({}, "text"),
            ({"text": " "}, "text"),
            ({"text": "a" * 20_001}, "text"),
            ({"text": "a", "words": [""]}, "words.0"),
            ({"text": "a", "words": "b"}, "words"),
        ],
    )
    def test_what_cannot_be_is_named(self, client: FlaskClient, body: Any, path: str):
        assert set(errors(client.post(WORDS, json=body))) == {path}

    def test_a_text_that_breaks_the_classifier_is_still_tried(self, client: FlaskClient):
        body = {"text": f"{UNSCORABLE} plonker", "words": ["plonker"]}

        assert client.post(WORDS, json=body).json == {"found": ["plonker"]}


def test_without_a_worker_nobody_answers(client: FlaskClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("moderation.desk.words.ANSWER_S", 0.1)

    problem(client.post(WORDS, json={"text": "a"}), 503, "unavailable")
