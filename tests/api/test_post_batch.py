"""POST /v1/comments/batch"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Lane
from moderation.record import Record
from tests.api.checks import client_with_key, errors, post, problem, read
from tests.conftest import new_comment
from tests.fakes import RUDE

URL = "/v1/comments/batch"
PROBLEM_FIELDS = {"type", "title", "status", "detail", "instance"}


def item(text: str = "in a batch", article: str = "a1", **more: Any) -> dict[str, Any]:
    return new_comment(text, article_id=article, **more)


def send(client: FlaskClient, *items: Any) -> list[dict[str, Any]]:
    response = client.post(URL, json={"comments": list(items)})
    assert response.status_code == 202, response.text
    assert set(response.json) == {"results"}
    results: list[dict[str, Any]] = response.json["results"]
    return results


def test_results_come_in_order_and_all_are_decided(
    client: FlaskClient, decide_all: Callable[[], None]
):
    # When
    results = send(
        client,
        *(item(f"number {n} " + (RUDE if n % 3 == 0 else ""), id=f"c{n}") for n in range(250)),
    )

    # Then
    assert results == [{"id": f"c{n}", "status": "pending"} for n in range(250)]
    client.put("/v1/policy", json={"flood": None})
    decide_all()
    assert [read(client, f"c{n}")["status"] for n in range(6)] == [
        "held",
        "approved",
        "approved",
        "held",
        "approved",
        "approved",
    ]
    assert len(client.get("/v1/decisions?limit=1000").json["decisions"]) == 250


def test_a_batch_goes_to_the_bulk_lane_and_a_live_comment_does_not_wait_for_it(
    client: FlaskClient, record: Record
):
    # Given
    send(client, *(item(id=f"bulk{n}") for n in range(3)))

    # When
    post(client, id="live")

    # Then
    assert record.queue.lengths() == {Lane.LIVE: 1, Lane.BULK: 3}
    [first] = record.queue.turn("w", batch=256, claim=False).entries
    assert first.comment_id == "live"


def test_a_bad_one_does_not_spoil_the_rest(client: FlaskClient):
    # When
    results = send(
        client,
        item(id="good1"),
        {"article_id": "a1", "text": "", "author": {"id": "x", "nick": "y"}},
        new_comment("no article"),
        item("x" * 20_001),
        item(parent_id="none"),
        item(**{"\ud800": "\udfff"}),
        5,
        None,
        item("\ud800"),
        item(article="a\0b"),
        item("another body", id="good1"),
        item(id="good2"),
    )

    # Then
    assert results[0] == {"id": "good1", "status": "pending"}
    assert results[-1] == {"id": "good2", "status": "pending"}
    refused = [one["error"] for one in results[1:-1]]
    assert all(set(one) == {"error"} for one in results[1:-1])
    assert all(set(one) - {"errors"} == PROBLEM_FIELDS for one in refused)
    assert all(one["instance"] == URL for one in refused)
    assert [one["status"] for one in refused] == [422, 422, 413, *[422] * 7]
    assert [sorted(one.get("errors", ())) for one in refused] == [
        ["author.nick", "text"],
        ["article_id"],
        [],
        ["parent_id"],
        ["\ud800"],
        ["body"],
        ["body"],
        ["text"],
        ["article_id"],
        [],
    ]
    listed = client.get("/v1/articles/a1/comments").json["comments"]
    assert [one["id"] for one in listed] == ["good1", "good2"]


def test_an_answer_may_stand_in_the_same_batch_after_its_parent(client: FlaskClient):
    results = send(
        client,
        item(id="too early", parent_id="p"),
        item(id="p"),
        item(id="child", parent_id="p"),
        item(id="elsewhere", article="a2", parent_id="p"),
    )

    assert ["error" in one for one in results] == [True, False, False, True]
    assert read(client, "child")["parent_id"] == "p"


def test_a_repeat_stores_nothing(client: FlaskClient, decide_all: Callable[[], None]):
    # Given
    first = send(client, item(id="c1"), item(id="c2"), item(id="c1"))
    decide_all()

    # When
    second = send(client, item(id="c1"), item(id="c2"))

    # Then
    assert first == [{"id": i, "status": "pending"} for i in ("c1", "c2", "c1")]
    assert second == first[:2]
    assert len(client.get("/v1/articles/a1/comments").json["comments"]) == 2
    assert len(client.get("/v1/decisions").json["decisions"]) == 2


def test_an_erased_id_is_refused(client: FlaskClient):
    send(client, item(id="c1"))
    client.delete("/v1/comments/c1")

    [result] = send(client, item(id="c1"))

    assert result["error"]["status"] == 409
    assert result["error"]["type"] == "urn:comment-moderation:erased"


def test_the_same_ids_of_two_sites_do_not_meet(client: FlaskClient, other_site: str):
    send(client, item("ours", id="c1"))

    [theirs] = send(client_with_key(client, other_site), item("theirs", id="c1"))

    assert theirs == {"id": "c1", "status": "pending"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"comments": []}, "comments"),
        ({"comments": [item()] * 1_001}, "comments"),
        ({"comments": {}}, "comments"),
        ({"comments": "all"}, "comments"),
        ({"comments": None}, "comments"),
        ({}, "comments"),
        ({"comments": [item()], "more": 1}, "more"),
        ([item()], "body"),
    ],
)
def test_a_batch_has_1_to_1000_comments(client: FlaskClient, body: Any, path: str):
    assert set(errors(client.post(URL, json=body))) == {path}


def test_1000_comments_are_taken(client: FlaskClient, record: Record):
    results = send(client, *(item(id=f"c{n}") for n in range(1_000)))

    assert len(results) == 1_000
    assert record.queue.lengths()[Lane.BULK] == 1_000


def padded(bytes_long: int) -> bytes:
    body = json.dumps({"comments": [item()]}).encode()
    return body + b" " * (bytes_long - len(body))


def test_a_body_of_16_mib_is_taken_and_one_more_byte_is_too_large(client: FlaskClient):
    limit = 16 * 1024 * 1024
    kind = {"content_type": "application/json"}

    assert client.post(URL, data=padded(limit), **kind).status_code == 202
    problem(client.post(URL, data=padded(limit + 1), **kind), 413, "too-large")
