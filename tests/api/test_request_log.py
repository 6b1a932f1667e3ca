"""X-Request-Id, and the line that each request leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from tests.api.checks import post
from tests.conftest import API_KEY
from tests.steps import NotedSteps, noted_steps

TEXT = "A thoughtful remark on the library"


@pytest.fixture
def steps() -> Iterator[NotedSteps]:
    """The steps noted in this test."""
    with noted_steps() as steps:
        yield steps


def test_a_request_keeps_the_name_that_a_proxy_gave_it(client: FlaskClient) -> None:
    response = client.get("/healthz", headers={"X-Request-Id": "edge-7f3a.1:2_x"})

    assert response.headers["X-Request-Id"] == "edge-7f3a.1:2_x"


@pytest.mark.parametrize("given", ["", "two words", "a" * 101, "<script>", "ä"])
def test_a_name_that_could_be_anything_is_replaced(client: FlaskClient, given: str) -> None:
    names = {
        client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
        for _ in range(2)
    }

    assert given not in names
    assert len(names) == 2


@pytest.mark.parametrize("path", ["/v1/comments/none", "/nothing/here", "/v1/policy"])
def test_errors_are_named_too(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"X-Request-Id": "r1", "Authorization": ""})

    assert response.status_code in {401, 404}
    assert response.headers["X-Request-Id"] == "r1"


def test_a_request_leaves_a_line_with_its_route_and_comment(
    client: FlaskClient, steps: NotedSteps
) -> None:
    post(client, id="c1")
    client.get("/v1/comments/c1", headers={"X-Request-Id": "r2"})

    posted, read = steps.read()
    assert (posted["method"], posted["status"]) == ("POST", 202)
    assert (posted["site"], posted["comment_id"]) == ("demo", "c1")
    assert read["route"] == "/v1/comments/<opaque:comment_id>"
    assert (read["request_id"], read["comment_id"]) == ("r2", "c1")
    assert read["ms"] >= 0


def test_each_comment_of_a_batch_is_noted(client: FlaskClient, steps: NotedSteps) -> None:
    comments = [{"article_id": "a1", "text": TEXT, "author": {"id": "anna"}, "id": one}
                for one in ("c1", "c2")]  # fmt: skip
    client.post("/v1/comments/batch", json={"comments": comments})

    accepted = [line["comment_id"] for line in steps.read() if line["message"] == "accepted"]
    assert accepted == ["c1", "c2"]


def test_no_line_holds_a_text_a_key_an_address_or_a_path(
    client: FlaskClient, steps: NotedSteps, decide_all: Callable[[], None]
) -> None:
    author = {"id": "anna", "ip": "203.0.113.9", "email": "anna@example.org"}
    post(client, id="c1", author=author)
    decide_all()
    client.get(f"/search/{TEXT}?q={TEXT}")
    client.open("/v1/policy", method="BREW-COFFEE")

    written = "\n".join(steps.lines)
    assert '"decided"' in written
    for secret in (TEXT, API_KEY, "203.0.113", "127.0.0.1", "anna", "search", "COFFEE"):
        assert secret not in written


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("key", [API_KEY, "made-up", ""])
def test_words_in_place_of_an_id_are_nobodys_id(
    client: FlaskClient, steps: NotedSteps, method: str, key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}" if key else ""}
    for path in ("/v1/comments/some%20words", "/console/comments/some%20words"):
        client.open(path, method=method, headers=headers)

    assert steps.read()
    assert "some words" not in "\n".join(steps.lines)


def test_a_moderator_s_decision_leaves_its_comment_and_so_does_one_that_came_second(
    client: FlaskClient, anna: FlaskClient, steps: NotedSteps, decide_all: Callable[[], None]
) -> None:
    post(client, id="c1")
    decide_all()
    for action in ("reject", "approve"):
        anna.post("/v1/comments/c1/decision", json={"action": action, "expected_revision": 1})

    answered = [line for line in steps.read() if line["message"] == "answered"][1:]
    assert [(one["status"], one["comment_id"]) for one in answered] == [
        (200, "c1"),
        (409, "c1"),
    ]
