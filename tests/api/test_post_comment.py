"""POST /v1/articles/{article_id}/comments"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.feed import Hub, Waiter
from moderation.record import Record
from moderation.record.comments import Comments
from tests.api.checks import (
    COMMENT_FIELDS,
    DECISION_FIELDS,
    RFC3339_UTC,
    TOLD_LANGUAGE,
    client_with_key,
    errors,
    post,
    problem,
    read,
)
from tests.conftest import new_comment
from tests.fakes import RUDE

URL = "/v1/articles/a1/comments"


def test_a_comment_is_accepted_as_pending_with_the_address_to_read_it(client: FlaskClient):
    # When
    response = client.post(URL, json=new_comment("Well said, neighbour"))

    # Then
    comment = response.json
    assert response.status_code == 202
    assert response.headers["Location"] == f"/v1/comments/{comment['id']}"
    assert "Preference-Applied" not in response.headers
    assert set(comment) == COMMENT_FIELDS
    assert comment | {"id": "", "created_at": ""} == {
        "id": "",
        "article_id": "a1",
        "parent_id": None,
        "author": {"id": "anna"},
        "text": "Well said, neighbour",
        "created_at": "",
        "status": "pending",
        "revision": 0,
        "decision": None,
    }
    assert re.fullmatch(RFC3339_UTC, comment["created_at"])
    assert client.get(response.headers["Location"]).json == comment


def test_every_field_of_the_contract_is_taken_and_given_back(client: FlaskClient):
    # Given
    parent = post(client)["id"]
    author = {
        "id": "u-7",
        "name": "Zoë",
        "email": "zoe@example.org",
        "ip": "2001:db8::1",
        "user_agent": "Lynx/2.9",
    }

    # When
    comment = post(
        client,
        author=author,
        id="c-1",
        parent_id=parent,
        created_at="2026-02-03T04:05:06+01:00",
        language="de-AT",
        article={"url": "https://news.example/a1", "title": "On libraries"},
    )

    # Then
    assert comment["id"] == "c-1"
    assert comment["author"] == author | {"ip": "2001:db8::"}
    assert comment["parent_id"] == parent
    assert comment["created_at"] == "2026-02-03T03:05:06.000Z"
    assert read(client, "c-1") == comment


def test_optional_fields_may_be_null(client: FlaskClient):
    nothing = dict.fromkeys(("name", "email", "ip", "user_agent"))

    comment = post(
        client,
        author={"id": "anna", **nothing},
        parent_id=None,
        created_at=None,
        language=None,
        article=None,
    )

    assert comment["author"] == {"id": "anna"}


@pytest.mark.parametrize(
    "weird",
    [
        "c-1",
        "https://news.example/2026/a?b=c&d=e#f",
        "a/b",
        "a//b",
        "a:b",
        "comments",
        "x/comments",
        "50% off",
        "%2F",
        "ÄÖ·日本語🙂",
        "batch",
        "x/reports",
        "stream",
        " spaced ",
        "a\\b",
        "{0}",
    ],
)
def test_ids_are_opaque(client: FlaskClient, decide_all: Callable[[], None], weird: str):
    # When
    response = client.post(
        f"/v1/articles/{quote(weird, safe='')}/comments", json=new_comment(id=weird)
    )

    # Then
    assert response.status_code == 202, response.text
    assert response.json["id"] == response.json["article_id"] == weird
    decide_all()
    assert client.get(response.headers["Location"]).json["status"] == "approved"
    listed = client.get(f"/v1/articles/{quote(weird, safe='')}/comments").json["comments"]
    assert [one["id"] for one in listed] == [weird]
    reported = client.post(f"{response.headers['Location']}/reports", json={"reason": "spam"})
    assert reported.json == {"comment_id": weird, "reports": 1}
    assert client.delete(response.headers["Location"]).status_code == 204


@pytest.mark.parametrize("article", ["a", "a:b", "pending", "held:a"])
def test_articles_with_similar_ids_do_not_mix(client: FlaskClient, article: str):
    # Given
    for other in ("a", "a:b", "pending", "held:a", "b"):
        post(client, in_article=quote(other, safe=""), id=f"in {other}")

    # When
    listed = client.get(f"/v1/articles/{quote(article, safe='')}/comments").json

    # Then
    assert [one["id"] for one in listed["comments"]] == [f"in {article}"]


def test_two_sites_may_use_the_same_comment_id(
    client: FlaskClient, other_site: str, decide_all: Callable[[], None]
):
    # Given
    other = client_with_key(client, other_site)
    post(client, id="c1", text=f"you {RUDE}, this is ours")

    # When
    post(other, id="c1", text="this one is theirs")
    decide_all()

    # Then
    assert read(client, "c1")["status"] == "held"
    assert read(other, "c1")["status"] == "approved"
    assert read(other, "c1")["text"] == "this one is theirs"


def test_text_comes_back_as_it_was_posted(client: FlaskClient):
    text = ' \u2028 "quoted" \\ \r\n\t 日本語 👩‍👩‍👧 e\u0301 \u202e <b>&amp;'

    comment = post(client, text=text)

    assert comment["text"] == text
    assert read(client, comment["id"])["text"] == text


def test_a_text_of_the_limit_is_taken_and_one_more_character_is_too_large(client: FlaskClient):
    assert post(client, text="é" * 20_000)["status"] == "pending"
    problem(client.post(URL, json=new_comment("é" * 20_001)), 413, "too-large")


class TestPreferWait:
    @pytest.mark.usefixtures("background_worker")
    @pytest.mark.parametrize("prefer", ["wait=5", "respond-async, wait=5", 'foo; wait="5"'])
    def test_the_answer_is_the_decision_when_it_comes_in_time(
        self, client: FlaskClient, prefer: str
    ):
        # When
        response = client.post(URL, json=new_comment(f"you {RUDE}"), headers={"Prefer": prefer})

        # Then
        comment = response.json
        assert response.status_code == 201
        assert response.headers["Preference-Applied"] == "wait=5"
        assert response.headers["Location"] == f"/v1/comments/{comment['id']}"
        assert set(comment) == COMMENT_FIELDS
        assert (comment["status"], comment["revision"]) == ("held", 1)
        decision = comment["decision"]
        assert set(decision) == DECISION_FIELDS | TOLD_LANGUAGE
        assert re.fullmatch(RFC3339_UTC, decision["decided_at"])
        assert decision | {"decided_at": ""} == {
            "comment_id": comment["id"],
            "article_id": "a1",
            "revision": 1,
            "action": "hold",
            "source": "classifier",
            "reasons": [
                {"code": "score", "category": "toxicity", "score": 0.9, "threshold": 0.7}
            ],
            "scores": {"toxicity": 0.9, "spam": 0.1},
            "model": "fake-1",
            "language": "en",
            "decided_at": "",
        }
        assert read(client, comment["id"]) == comment

    def test_without_a_worker_it_is_accepted_after_the_wait(self, client: FlaskClient):
        # When
        started = time.monotonic()
        response = client.post(URL, json=new_comment(), headers={"Prefer": "wait=1"})

        # Then
        assert time.monotonic() - started >= 1
        assert response.status_code == 202
        assert response.json["status"] == "pending"
        assert "Preference-Applied" not in response.headers

    def test_a_site_with_too_many_who_wait_is_answered_at_once(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ):
        # Given no place on which this request may wait
        services = app.extensions["moderation"]
        hub = Hub(services.record.decisions, places=1)
        app.extensions["moderation"] = replace(services, hub=hub)
        waits: list[float] = []

        def decision(_: Waiter, *, wait_s: float) -> None:
            waits.append(wait_s)

        monkeypatch.setattr(Waiter, "decision", decision)

        # When
        response = client.post(URL, json=new_comment(), headers={"Prefer": "wait=30"})

        # Then
        assert response.status_code == 202
        assert "Preference-Applied" not in response.headers
        assert waits == [0]
        hub.close()

    @pytest.mark.usefixtures("background_worker")
    def test_the_wait_that_is_granted_is_the_one_that_is_named(self, client: FlaskClient):
        response = client.post(URL, json=new_comment(), headers={"Prefer": "wait=999999"})

        assert response.headers["Preference-Applied"] == "wait=30"

    @pytest.mark.usefixtures("background_worker")
    @pytest.mark.parametrize(
        "prefer", ["wait=0", "wait", "wait=-1", "await=5", "return=minimal"]
    )
    def test_other_preferences_do_not_wait(self, client: FlaskClient, prefer: str):
        response = client.post(URL, json=new_comment(), headers={"Prefer": prefer})

        assert response.status_code == 202
        assert response.json["status"] == "pending"

    @pytest.mark.usefixtures("background_worker")
    def test_the_decision_on_another_sites_comment_is_not_taken_for_it(
        self, client: FlaskClient, other_site: str
    ):
        # Given
        other = client_with_key(client, other_site)
        answers: dict[str, Any] = {}

        def post_waiting(who: FlaskClient, name: str, text: str) -> None:
            body = new_comment(text, id="same")
            answers[name] = who.post(URL, json=body, headers={"Prefer": "wait=5"}).json

        # When
        threads = [
            threading.Thread(target=post_waiting, args=(client, "ours", f"you {RUDE}")),
            threading.Thread(target=post_waiting, args=(other, "theirs", "lovely")),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        # Then
        assert answers["ours"]["status"] == "held"
        assert answers["theirs"]["status"] == "approved"


class TestRepeats:
    @pytest.fixture(params=["own id", "Idempotency-Key"])
    def send(self, request: pytest.FixtureRequest, client: FlaskClient) -> Callable[..., Any]:
        """Posts under one and the same id or key."""

        def send(who: FlaskClient = client, *, text: str = "once", wait_s: int = 0) -> Any:
            headers = {"Prefer": f"wait={wait_s}"} if wait_s else {}
            if request.param == "own id":
                return who.post(URL, json=new_comment(text, id="c9"), headers=headers)
            headers["Idempotency-Key"] = "key 9"
            return who.post(URL, json=new_comment(text), headers=headers)

        return send

    def test_a_repeat_gives_the_first_answer_again_and_stores_nothing(
        self, client: FlaskClient, send: Callable[..., Any], decide_all: Callable[[], None]
    ):
        # Given
        first = send()

        # When: right away, and after the decision
        second = send()
        decide_all()
        third = send()

        # Then
        assert first.status_code == second.status_code == third.status_code == 202
        assert first.json == second.json == third.json
        assert first.headers["Location"] == third.headers["Location"]
        assert len(client.get(URL).json["comments"]) == 1
        decide_all()
        assert len(client.get("/v1/decisions").json["decisions"]) == 1

    @pytest.mark.usefixtures("background_worker")
    def test_a_repeat_that_waits_gets_the_decision(self, send: Callable[..., Any]):
        first, second = send(wait_s=5), send(wait_s=5)

        assert first.status_code == second.status_code == 201
        assert first.json == second.json

    @pytest.mark.usefixtures("background_worker")
    def test_many_at_once_store_one(self, client: FlaskClient, send: Callable[..., Any]):
        # When
        answers: list[Any] = []
        start = threading.Barrier(8)

        def work() -> None:
            start.wait()
            answers.append(send(client.application.test_client(), wait_s=5))

        def with_key() -> None:
            own = client_with_key(client, "test-key")
            start.wait()
            answers.append(send(own, wait_s=5))

        threads = [threading.Thread(target=with_key) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        # Then
        assert {one.status_code for one in answers} == {201}
        assert len({one.json["id"] for one in answers}) == 1
        assert len(client.get("/v1/decisions").json["decisions"]) == 1

    def test_another_body_is_refused(self, client: FlaskClient, send: Callable[..., Any]):
        first = send().json

        problem(send(text="twice"), 422, "key-reused")

        assert read(client, first["id"])["text"] == "once"
        assert len(client.get(URL).json["comments"]) == 1

    def test_another_article_is_another_body(self, client: FlaskClient):
        headers = {"Idempotency-Key": "k"}
        client.post(URL, json=new_comment(id="c1"), headers=headers)

        elsewhere = "/v1/articles/a2/comments"
        problem(client.post(elsewhere, json=new_comment(id="c1")), 422, "key-reused")
        problem(client.post(elsewhere, json=new_comment(), headers=headers), 422, "key-reused")

    def test_what_was_erased_is_not_posted_again(
        self, client: FlaskClient, send: Callable[..., Any]
    ):
        first = send().json
        client.delete(f"/v1/comments/{first['id']}")

        problem(send(), 409, "erased")

        assert client.get(URL).json["comments"] == []

    def test_keys_of_two_sites_do_not_meet(
        self, client: FlaskClient, other_site: str, send: Callable[..., Any]
    ):
        ours = send()
        theirs = send(client_with_key(client, other_site), text="something else")

        assert ours.status_code == theirs.status_code == 202
        assert theirs.json["text"] == "something else"

    def test_an_idempotency_key_is_forgotten_in_time(self, client: FlaskClient, record: Record):
        client.post(URL, json=new_comment(), headers={"Idempotency-Key": "k"})

        [key] = list(record.connection.scan_iter("*idempotency*"))
        assert 86_000 < record.connection.ttl(key) <= 86_400

    @pytest.mark.parametrize("key", ["", "k" * 256])
    def test_an_idempotency_key_has_1_to_255_characters(self, client: FlaskClient, key: str):
        response = client.post(URL, json=new_comment(), headers={"Idempotency-Key": key})

        assert set(errors(response)) == {"Idempotency-Key"}


class TestRefused:
    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"author": {"id": "a"}}, "text"),
            ({"text": "t"}, "author"),
            ({"text": "t", "author": {}}, "author.id"),
            (new_comment(""), "text"),
            (new_comment(" \t\n\u2003"), "text"),
            (new_comment(None), "text"),
            (new_comment(5), "text"),
            (new_comment(["t"]), "text"),
            (new_comment("a\0b"), "text"),
            (new_comment("a\ud800b"), "text"),
            (new_comment(author="anna"), "author"),
            (new_comment(author=None), "author"),
            (new_comment(author={"id": 5}), "author.id"),
            (new_comment(author={"id": ""}), "author.id"),
            (new_comment(author={"id": "a\nb"}), "author.id"),
            (new_comment(author={"id": "a" * 501}), "author.id"),
            (new_comment(author={"id": ".."}), "author.id"),
            (new_comment(id="."), "id"),
            (new_comment(author={"id": "a", "name": "\0"}), "author.name"),
            (new_comment(author={"id": "a", "email": "\udfff"}), "author.email"),
            (new_comment(author={"id": "a", "ip": 5}), "author.ip"),
            (new_comment(author={"id": "a", "user_agent": "x" * 2001}), "author.user_agent"),
            (new_comment(author={"id": "a", "phone": "5"}), "author.phone"),
            (new_comment(id=""), "id"),
            (new_comment(id=None), "id"),
            (new_comment(id="\0"), "id"),
            (new_comment(id="\ud83d"), "id"),
            (new_comment(parent_id=7), "parent_id"),
            (new_comment(language="\0"), "language"),
            (new_comment(article="a1"), "article"),
            (new_comment(article={"url": "javascript:alert(1)"}), "article.url"),
            (new_comment(article={"title": "\ud800"}), "article.title"),
            (new_comment(article={"id": "a1"}), "article.id"),
            (new_comment(created_at="yesterday"), "created_at"),
            (new_comment(created_at=1_700_000_000), "created_at"),
            (new_comment(created_at="2026-01-01T00:00:00"), "created_at"),
            (new_comment(created_at="9999-12-31T23:59:59-14:00"), "created_at"),
            (new_comment(created_at="0001-01-01T00:00:00+14:00"), "created_at"),
            (new_comment(txet="t"), "txet"),
            (new_comment(**{"\ud800": 1}), "\ud800"),
            (new_comment(status="approved"), "status"),
            ([], "body"),
            ("text", "body"),
            (5, "body"),
        ],
    )
    def test_the_field_that_is_wrong_is_named(self, client: FlaskClient, body: Any, path: str):
        assert set(errors(client.post(URL, json=body))) == {path}
        assert client.get(URL).json["comments"] == []

    def test_all_wrong_fields_are_named_at_once(self, client: FlaskClient):
        body = {"text": 5, "author": {"nick": "x"}, "extra": 1}

        assert set(errors(client.post(URL, json=body))) == {
            "text",
            "author.id",
            "author.nick",
            "extra",
        }

    def test_an_unknown_parent(self, client: FlaskClient):
        assert set(errors(client.post(URL, json=new_comment(parent_id="none")))) == {
            "parent_id"
        }

    def test_a_parent_of_another_article(self, client: FlaskClient):
        elsewhere = post(client, in_article="a2")["id"]

        response = client.post(URL, json=new_comment(parent_id=elsewhere))

        assert set(errors(response)) == {"parent_id"}

    def test_a_parent_of_another_site(self, client: FlaskClient, other_site: str):
        theirs = post(client_with_key(client, other_site))["id"]

        response = client.post(URL, json=new_comment(parent_id=theirs))

        assert set(errors(response)) == {"parent_id"}

    def test_an_erased_parent(self, client: FlaskClient):
        parent = post(client)["id"]
        client.delete(f"/v1/comments/{parent}")

        response = client.post(URL, json=new_comment(parent_id=parent))

        assert set(errors(response)) == {"parent_id"}

    def test_its_own_parent(self, client: FlaskClient):
        response = client.post(URL, json=new_comment(id="c1", parent_id="c1"))

        assert set(errors(response)) == {"parent_id"}

    @pytest.mark.parametrize("article", ["%00", "%7F", "a" * 501])
    def test_an_article_id_that_cannot_be_one(self, client: FlaskClient, article: str):
        response = client.post(f"/v1/articles/{article}/comments", json=new_comment())

        assert set(errors(response)) == {"article_id"}

    def test_a_refused_comment_uses_up_neither_its_id_nor_its_key(self, client: FlaskClient):
        headers = {"Idempotency-Key": "k"}
        body = new_comment(id="c1", parent_id="none")
        client.post(URL, json=body, headers=headers)

        del body["parent_id"]

        assert client.post(URL, json=body, headers=headers).status_code == 202


def test_a_comment_that_is_erased_while_its_sender_waits_is_still_accepted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    # Given: it is gone when the wait is over
    accept = Comments.accept

    def accept_and_erase(self: Comments, site: str, new: Any, **kwargs: Any) -> Any:
        outcomes = accept(self, site, new, **kwargs)
        self.erase(site, new.id)
        return outcomes

    monkeypatch.setattr(Comments, "accept", accept_and_erase)

    # When
    response = client.post(URL, json=new_comment(id="c1"), headers={"Prefer": "wait=1"})

    # Then
    assert response.status_code == 202
    problem(client.get("/v1/comments/c1"), 404, "unknown-comment")
