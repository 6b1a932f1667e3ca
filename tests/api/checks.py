"""What the tests of all endpoints ask again and again."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import new_comment

PROBLEM_FIELDS = {"type", "title", "status", "detail", "instance"}
COMMENT_FIELDS = {
    "id",
    "article_id",
    "parent_id",
    "author",
    "text",
    "created_at",
    "status",
    "revision",
    "decision",
}
DECISION_FIELDS = {
    "comment_id",
    "article_id",
    "revision",
    "action",
    "source",
    "reasons",
    "scores",
    "model",
    "decided_at",
}
#: What a decision of the machine has besides, where it can tell the language.
TOLD_LANGUAGE = {"language"}
#: RFC 3986, section 3.3.
URI_PATH = r"(/|[\w.~!$&'()*+,;=:@-]|%[0-9A-F]{2})+"
RFC3339_UTC = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


def problem(response: TestResponse, status: int, kind: str | None = None) -> dict[str, Any]:
    """The problem that a response carries; fails if it is none as RFC 9457 writes it."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    assert "Traceback" not in response.text
    body: dict[str, Any] = response.get_json(force=True)
    assert set(body) - {"errors", "decision"} == PROBLEM_FIELDS
    assert body["status"] == status
    assert body["title"] == HTTPStatus(status).phrase
    assert re.fullmatch(URI_PATH, body["instance"], re.ASCII), "no URI reference"
    assert unquote(body["instance"]) == response.request.path
    assert body["detail"]
    if kind is not None:
        assert body["type"] == f"urn:comment-moderation:{kind}"
    return body


def errors(response: TestResponse) -> dict[str, list[str]]:
    """The `errors` of a 422: path of a field → messages."""
    found: dict[str, list[str]] = problem(response, 422, "invalid")["errors"]
    assert all(messages and all(messages) for messages in found.values())
    return found


def post(client: FlaskClient, in_article: str = "a1", **body: Any) -> dict[str, Any]:
    """Posts a valid comment and returns it as accepted."""
    response = client.post(f"/v1/articles/{in_article}/comments", json=new_comment(**body))
    assert response.status_code == 202, response.text
    posted: dict[str, Any] = response.json
    return posted


def read(client: FlaskClient, comment_id: str) -> dict[str, Any]:
    """A comment as it stands now."""
    response = client.get(f"/v1/comments/{comment_id}")
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json
    return found


def set_policy(client: FlaskClient, **rules: Any) -> None:
    """Replaces the policy of the client's site."""
    response = client.put("/v1/policy", json=rules)
    assert response.status_code == 200, response.text


def client_with_key(client: FlaskClient, key: str) -> FlaskClient:
    """A second client, with another key."""
    other = client.application.test_client()
    other.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return other
