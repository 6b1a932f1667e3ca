"""GET /v1/decisions"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Action, Decision, Source, now_rfc3339
from moderation.record import Record
from tests.api.checks import (
    DECISION_FIELDS,
    TOLD_LANGUAGE,
    client_with_key,
    errors,
    post,
    problem,
    read,
    set_policy,
)
from tests.fakes import RUDE

URL = "/v1/decisions"


def page(client: FlaskClient, **query: Any) -> tuple[list[dict[str, Any]], str]:
    response = client.get(URL, query_string=query)
    assert response.status_code == 200, response.text
    assert set(response.json) == {"decisions", "next"}
    return response.json["decisions"], response.json["next"]


def reject(record: Record, comment: str, revision: int) -> None:
    record.decisions.write(
        "demo",
        Decision(
            comment,
            "a1",
            revision,
            Action.REJECT,
            Source.MODERATOR,
            (),
            now_rfc3339(),
            moderator="mo",
        ),
    )


def trim(record: Record, keep: int) -> None:
    """Lets the oldest decisions leave the feed."""
    key = next(record.connection.scan_iter("*decisions:demo"))
    record.connection.xtrim(key, maxlen=keep, approximate=False)


@pytest.fixture
def five(client: FlaskClient, decide_all: Callable[[], None]) -> list[str]:
    """Five decided comments."""
    for n in range(5):
        post(client, id=f"c{n}", text=f"number {n} " + (RUDE if n == 2 else ""))
    decide_all()
    return [f"c{n}" for n in range(5)]


def test_every_decision_comes_in_order_and_nothing_is_skipped(
    client: FlaskClient, record: Record, five: list[str]
):
    # When
    reject(record, "c2", 2)
    reject(record, "c0", 2)

    # Then
    decisions, _ = page(client)
    assert [(one["comment_id"], one["revision"]) for one in decisions] == [
        *((one, 1) for one in five),
        ("c2", 2),
        ("c0", 2),
    ]
    assert set(decisions[0]) == DECISION_FIELDS | TOLD_LANGUAGE
    assert set(decisions[-1]) == DECISION_FIELDS | {"moderator"}
    assert read(client, "c2")["decision"] == decisions[5]


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_following_next_gives_all_of_them_once(
    client: FlaskClient, five: list[str], limit: int
):
    seen, query = [], {"limit": limit}
    for _ in range(6):
        decisions, cursor = page(client, **query)
        assert len(decisions) <= limit
        seen += [one["comment_id"] for one in decisions]
        query["after"] = cursor

    assert seen == five


def test_the_end_of_the_list_is_a_cursor_for_what_comes_later(
    client: FlaskClient, five: list[str], decide_all: Callable[[], None]
):
    # Given
    _, cursor = page(client)
    assert page(client, after=cursor) == ([], cursor)

    # When
    post(client, id="later")
    decide_all()

    # Then
    decisions, _ = page(client, after=cursor)
    assert [one["comment_id"] for one in decisions] == ["later"]


def test_a_cursor_from_before_the_first_decision_misses_none(
    client: FlaskClient, decide_all: Callable[[], None]
):
    # Given
    nothing, cursor = page(client)
    assert nothing == []

    # When
    post(client, id="first")
    decide_all()

    # Then
    assert [one["comment_id"] for one in page(client, after=cursor)[0]] == ["first"]


def test_a_hundred_come_without_a_limit(client: FlaskClient, decide_all: Callable[[], None]):
    set_policy(client, flood=None)
    batch = [{"article_id": "a", "text": "t", "author": {"id": "a"}}] * 101
    client.post("/v1/comments/batch", json={"comments": batch})
    decide_all()

    assert len(page(client)[0]) == 100
    assert len(page(client, limit=1000)[0]) == 101


class TestTrimmed:
    def test_a_cursor_whose_next_decision_is_gone_is_refused(
        self, client: FlaskClient, record: Record, five: list[str]
    ):
        _, cursor = page(client, limit=1)

        trim(record, keep=2)

        problem(client.get(URL, query_string={"after": cursor}), 410, "cursor-expired")

    def test_without_a_cursor_it_begins_at_the_oldest_kept(
        self, client: FlaskClient, record: Record, five: list[str]
    ):
        trim(record, keep=2)

        assert [one["comment_id"] for one in page(client)[0]] == ["c3", "c4"]

    def test_a_cursor_of_a_decision_that_is_still_there_is_good(
        self, client: FlaskClient, record: Record, five: list[str]
    ):
        _, cursor = page(client, limit=4)

        trim(record, keep=2)

        assert [one["comment_id"] for one in page(client, after=cursor)[0]] == ["c4"]

    def test_a_cursor_of_the_empty_list_is_refused_when_something_was_missed(
        self, client: FlaskClient, record: Record, decide_all: Callable[[], None]
    ):
        # Given
        _, cursor = page(client)
        for n in range(3):
            post(client, id=f"c{n}")
        decide_all()

        # When
        trim(record, keep=1)

        # Then
        problem(client.get(URL, query_string={"after": cursor}), 410, "cursor-expired")


def test_a_site_sees_only_its_own(client: FlaskClient, five: list[str], other_site: str):
    other = client_with_key(client, other_site)

    assert page(other)[0] == []


def test_a_cursor_of_another_site_was_never_given(
    client: FlaskClient, five: list[str], other_site: str
):
    _, cursor = page(client, limit=2)
    other = client_with_key(client, other_site)

    assert set(errors(other.get(URL, query_string={"after": cursor}))) == {"after"}


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"after": "0-0"}, "after"),
        ({"after": "1700000000000-0"}, "after"),
        ({"after": "\0"}, "after"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "all"}, "limit"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(
    client: FlaskClient, query: dict[str, str], path: str
):
    assert set(errors(client.get(URL, query_string=query))) == {path}
