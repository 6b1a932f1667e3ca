"""GET /v1/articles/{article_id}/comments"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Status
from moderation.record import Record
from tests.api.checks import client_with_key, errors, post, read
from tests.fakes import RUDE

URL = "/v1/articles/a1/comments"


def page(client: FlaskClient, **query: Any) -> tuple[list[str], str | None]:
    response = client.get(URL, query_string=query)
    assert response.status_code == 200, response.text
    assert set(response.json) == {"comments", "next"}
    return [one["id"] for one in response.json["comments"]], response.json["next"]


def walk(client: FlaskClient, **query: Any) -> list[list[str]]:
    """All pages, following `next` to its end."""
    pages, cursor = [], None
    while True:
        more = {"after": cursor} if cursor else {}
        ids, cursor = page(client, **query, **more)
        pages.append(ids)
        if cursor is None:
            return pages


@pytest.fixture
def seven(client: FlaskClient) -> list[str]:
    """Seven comments; the sender's clock runs backwards."""
    for n in range(7):
        post(client, id=f"c{n}", created_at=f"2026-01-0{9 - n}T00:00:00Z", text=f"number {n}")
    return [f"c{n}" for n in range(7)]


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 500])
def test_pages_hold_every_comment_once_oldest_first(
    client: FlaskClient, seven: list[str], limit: int
):
    pages = walk(client, limit=limit)

    assert [one for ids in pages for one in ids] == seven
    assert all(len(ids) == limit for ids in pages[:-1])
    assert pages[-1], "a page that is only there to say that there is no more"


def test_an_article_without_comments_is_an_empty_list(client: FlaskClient):
    assert page(client) == ([], None)


def test_fifty_come_without_a_limit(client: FlaskClient, record: Record):
    client.post(
        "/v1/comments/batch",
        json={
            "comments": [
                {"article_id": "a1", "text": "t", "author": {"id": "a"}} for _ in range(51)
            ]
        },
    )

    ids, cursor = page(client)

    assert len(ids) == 50
    assert cursor


def test_only_the_status_asked_for(
    client: FlaskClient, decide_all: Callable[[], None], seven: list[str]
):
    # Given
    post(client, id="rude", text=f"you {RUDE}")
    decide_all()
    post(client, id="new")

    # Then
    assert page(client, status="approved")[0] == seven
    assert page(client, status="held")[0] == ["rude"]
    assert page(client, status="pending")[0] == ["new"]
    assert page(client, status="rejected")[0] == []
    assert page(client)[0] == [*seven, "rude", "new"]
    assert [one for ids in walk(client, limit=3) for one in ids] == [*seven, "rude", "new"]


def test_each_comment_is_written_as_when_read_alone(client: FlaskClient):
    posted = post(client)

    assert client.get(URL).json["comments"] == [posted] == [read(client, posted["id"])]


def test_a_comment_that_is_decided_between_two_pages_is_not_seen_twice(
    client: FlaskClient, decide_all: Callable[[], None], seven: list[str]
):
    # Given
    first, cursor = page(client, limit=4)

    # When
    decide_all()
    rest, end = page(client, limit=4, after=cursor)

    # Then
    assert [*first, *rest] == seven
    assert end is None


def test_a_comment_that_moves_while_a_page_is_read_is_on_it_once(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    """The lists of all statuses are read in one transaction."""
    sent: list[str] = []
    pipeline = record.connection.pipeline

    def watched(transaction: bool = True) -> Any:
        pipe = pipeline(transaction=transaction)
        execute = pipe.execute

        def noted() -> Any:
            sent.append("MULTI" if pipe.explicit_transaction or transaction else "plain")
            return execute()

        pipe.execute = noted
        return pipe

    monkeypatch.setattr(record.connection, "pipeline", watched)

    record.comments.page("demo", "a1", statuses=list(Status), after=0, limit=5)

    assert sent[0] == "MULTI"


class TestCursors:
    @pytest.fixture
    def cursor(self, client: FlaskClient, seven: list[str]) -> str:
        """A cursor of the list of all comments of `a1`."""
        found = page(client, limit=2)[1]
        assert found
        return found

    def refused(self, response: Any) -> bool:
        return set(errors(response)) == {"after"}

    @pytest.mark.parametrize(
        "made_up", ["x", "5", "0", "null", "IjUi.x", ".", "a.b", "é", "\ud800", "a" * 5_000]
    )
    def test_one_that_was_never_given(self, client: FlaskClient, made_up: str):
        raw = made_up.encode("utf-8", "surrogatepass")
        assert self.refused(client.get(URL, query_string={"after": raw}))

    def test_one_that_was_changed(self, client: FlaskClient, cursor: str):
        swapped = "B" if cursor[-1] != "B" else "C"

        assert self.refused(client.get(URL, query_string={"after": "x" + cursor}))
        assert self.refused(client.get(URL, query_string={"after": swapped + cursor[1:]}))

    def test_another_articles(self, client: FlaskClient, cursor: str):
        elsewhere = "/v1/articles/a2/comments"

        assert self.refused(client.get(elsewhere, query_string={"after": cursor}))

    def test_another_statuss(self, client: FlaskClient, cursor: str):
        query = {"after": cursor, "status": "pending"}

        assert self.refused(client.get(URL, query_string=query))

    def test_another_lists(self, client: FlaskClient, cursor: str):
        decisions = client.get("/v1/decisions").json["next"]

        assert self.refused(client.get("/v1/decisions", query_string={"after": cursor}))
        assert self.refused(client.get(URL, query_string={"after": decisions}))

    def test_another_sites(self, client: FlaskClient, cursor: str, other_site: str):
        other = client_with_key(client, other_site)

        assert self.refused(other.get(URL, query_string={"after": cursor}))


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "9" * 5_000}, "limit"),
        ({"limit": "1e2"}, "limit"),
        ({"status": "deleted"}, "status"),
        ({"status": ""}, "status"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(
    client: FlaskClient, query: dict[str, str], path: str
):
    assert set(errors(client.get(URL, query_string=query))) == {path}


def test_another_sites_comments_are_not_listed(client: FlaskClient, other_site: str):
    post(client)

    assert page(client_with_key(client, other_site)) == ([], None)


def test_an_erased_comment_is_not_listed(client: FlaskClient, seven: list[str]):
    client.delete("/v1/comments/c3")

    assert page(client)[0] == ["c0", "c1", "c2", "c4", "c5", "c6"]


def test_one_that_is_erased_while_the_list_is_read_is_left_out(
    client: FlaskClient, seven: list[str], monkeypatch: pytest.MonkeyPatch, record: Record
):
    # Given: the id is still in the list, the comment is not
    key = next(record.connection.scan_iter("*comment:demo:c3"))
    record.connection.hdel(key, "content")

    # Then
    assert page(client, limit=4) == (["c0", "c1", "c2"], page(client, limit=4)[1])
    assert [one for ids in walk(client, limit=4) for one in ids] == [
        one for one in seven if one != "c3"
    ]
