"""DELETE /v1/comments/{id}, DELETE /v1/authors/{author_id}"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from moderation.record import Record
from tests.api.checks import client_with_key, errors, post, problem, read, set_policy
from tests.whole_redis import everything

TEXT = "Zanzibar secret sentence that nobody else would ever write down"
AUTHOR = {
    "id": "author:quokka/7",
    "name": "Quentin Quokka",
    "email": "quokka@example.org",
    "ip": "203.0.113.77",
    "user_agent": "QuokkaBrowser/1",
}
TRACES = ("Zanzibar", "zanzibar", "uokka", "203.0.113.77", "Perpetua")


def traces(record: Record) -> list[str]:
    return [one for one in everything(record.connection) if any(t in one for t in TRACES)]


def post_personal(client: FlaskClient, comment_id: str, **more: Any) -> None:
    article = {"url": "https://news.example/a1", "title": "On islands"}
    post(client, id=comment_id, text=TEXT, author=AUTHOR, article=article, **more)


@pytest.fixture
def held_author(client: FlaskClient) -> None:
    """A policy whose every rule has fired on the author by the end."""
    set_policy(client, hold_first_time_authors=True, link_limit=0, reports_to_hold=1)


def test_the_search_for_traces_finds_what_is_there(client: FlaskClient, record: Record):
    post_personal(client, "c1")

    assert len(traces(record)) == 3


@pytest.mark.usefixtures("held_author")
def test_an_erased_comment_leaves_no_text_and_no_personal_data(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given: a comment that went everywhere a comment can go
    client.post(
        "/v1/articles/a1/comments",
        json={"text": TEXT, "author": AUTHOR, "id": "c1"},
        headers={"Idempotency-Key": "Perpetua"},
    )
    decide_all()
    reason = {"reason": "Perpetua says so", "reporter_id": "Perpetua"}
    client.post("/v1/comments/c1/reports", json=reason)
    post(client, id="child", parent_id="c1")
    assert traces(record)

    # When
    response = client.delete("/v1/comments/c1")

    # Then
    assert response.status_code == 204
    assert response.data == b""
    assert response.content_type is None
    assert traces(record) == []
    assert read(client, "child")["parent_id"] == "c1"


def test_an_author_who_is_always_held_leaves_no_trace_in_the_decisions(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given
    set_policy(client, held_authors=[AUTHOR["id"]])
    post_personal(client, "c1")
    decide_all()
    set_policy(client)

    # When
    client.delete(f"/v1/authors/{quote(AUTHOR['id'], safe='')}")

    # Then
    assert traces(record) == []


@pytest.mark.usefixtures("held_author")
def test_erasing_an_author_erases_every_comment_of_theirs(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given: more than one script erases at a time, decided and pending ones
    client.post(
        "/v1/comments/batch",
        json={
            "comments": [
                {"text": TEXT, "author": AUTHOR, "article_id": f"a{n % 3}"} for n in range(205)
            ]
        },
    )
    decide_all()
    post_personal(client, "pending")
    post(client, id="somebody else's")

    # When
    response = client.delete(f"/v1/authors/{quote(AUTHOR['id'], safe='')}")

    # Then
    assert response.status_code == 204
    assert traces(record) == []
    decide_all()
    assert traces(record) == []
    assert read(client, "somebody else's")["status"] == "held"
    listed = client.get("/v1/articles/a1/comments?limit=500").json["comments"]
    assert [one["id"] for one in listed] == ["somebody else's"]


def test_a_pending_comment_that_is_erased_is_never_decided(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given
    post(client, id="before")
    post_personal(client, "c1")
    post(client, id="after")

    # When
    client.delete("/v1/comments/c1")
    decide_all()

    # Then
    decisions = client.get("/v1/decisions").json["decisions"]
    assert [one["comment_id"] for one in decisions] == ["before", "after"]
    assert sum(record.queue.lengths().values()) == 0
    assert traces(record) == []


def test_one_that_is_erased_while_a_worker_has_it_is_not_decided(
    client: FlaskClient, record: Record, release: Any, decide_all: Callable[[], None]
):
    # Given: it is erased after it was read and before its decision is written
    post(client, id="kept")
    post_personal(client, "c1")
    score = release.score

    def erase_meanwhile(texts: Any) -> Any:
        client.delete("/v1/comments/c1")
        return score(texts)

    release.score = erase_meanwhile

    # When
    decide_all()

    # Then
    decisions = client.get("/v1/decisions").json["decisions"]
    assert [one["comment_id"] for one in decisions] == ["kept"]
    assert traces(record) == []
    assert sum(record.queue.lengths().values()) == 0


def test_erasing_a_second_time_is_no_error(client: FlaskClient):
    post(client, id="c1")

    assert client.delete("/v1/comments/c1").status_code == 204
    assert client.delete("/v1/comments/c1").status_code == 204


def test_a_comment_that_never_was_is_unknown(client: FlaskClient):
    problem(client.delete("/v1/comments/none"), 404, "unknown-comment")


def test_an_author_without_comments_is_no_error(client: FlaskClient):
    assert client.delete("/v1/authors/nobody").status_code == 204


def test_another_sites_comments_and_authors_stay(client: FlaskClient, other_site: str):
    # Given
    other = client_with_key(client, other_site)
    post(client, id="c1")

    # When
    problem(other.delete("/v1/comments/c1"), 404, "unknown-comment")
    assert other.delete("/v1/authors/anna").status_code == 204

    # Then
    assert read(client, "c1")["text"]


def test_keep_labels_is_on_or_off(client: FlaskClient):
    post(client, id="c1")

    assert set(errors(client.delete("/v1/comments/c1?keep_labels=perhaps"))) == {"keep_labels"}
    assert client.delete("/v1/comments/c1?keep_labels=true").status_code == 204


def test_an_index_that_lost_its_comment_does_not_stop_the_erasure(
    client: FlaskClient, record: Record
):
    # Given
    post(client, id="c1")
    post(client, id="c2")
    record.connection.delete(next(record.connection.scan_iter("*comment:demo:c1")))

    # When
    assert client.delete("/v1/authors/anna").status_code == 204

    # Then
    problem(client.get("/v1/comments/c2"), 404)


def test_an_erased_comments_revisions_are_never_given_again(
    client: FlaskClient, decide_all: Callable[[], None]
):
    post(client, id="c1")
    decide_all()
    client.delete("/v1/comments/c1")

    problem(
        client.post(
            "/v1/articles/a1/comments", json={"text": "new", "author": {"id": "x"}, "id": "c1"}
        ),
        409,
        "erased",
    )
    decide_all()

    assert len(client.get("/v1/decisions").json["decisions"]) == 1
