"""Bodies that no call can use, sent to every call that takes one."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.api.checks import post, problem
from tests.conftest import AUTH

CALLS = [
    ("POST", "/v1/articles/a1/comments"),
    ("POST", "/v1/comments/batch"),
    ("POST", "/v1/comments/c1/reports"),
    ("POST", "/v1/score"),
    ("PUT", "/v1/policy"),
]


@pytest.fixture(params=CALLS, ids=lambda call: " ".join(call))
def call(request: pytest.FixtureRequest, client: FlaskClient):
    """Sends bytes to one of the calls."""
    method, path = request.param
    post(client, id="c1")

    def send(data: bytes, content_type: str | None = "application/json"):
        return client.open(path, method=method, data=data, content_type=content_type)

    return send


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"text",
        b"{'text': 'x'}",
        b'{"text": NaN}',
        b'{"text": -Infinity}',
        b'{"text": "\xff\xfe"}',
        b'{"text": "a\nb"}',
        b'{"n": ' + b"9" * 5_000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"{} {}",
    ],
    ids=lambda data: f"{data[:12]!r} of {len(data)} bytes",
)
def test_what_is_not_json_is_400(call, data: bytes):
    problem(call(data), 400, "not-json")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_415(call, kind: str | None):
    problem(call(b'{"text": "x"}', kind), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.x+json"])
def test_json_by_another_name_is_read(call, kind: str):
    problem(call(b'{"unheard_of": 1}', kind), 422, "invalid")


def test_a_body_past_a_mebibyte_is_413(client: FlaskClient):
    too_large = b" " * (1024 * 1024 + 1)
    post(client, id="c1")
    for method, path in CALLS:
        if "batch" not in path:
            response = client.open(
                path, method=method, data=too_large, content_type="application/json"
            )
            problem(response, 413, "too-large")


def test_a_body_of_a_mebibyte_is_read(client: FlaskClient):
    body = b'{"link_limit": 1}'
    body += b" " * (1024 * 1024 - len(body))

    response = client.put("/v1/policy", data=body, content_type="application/json")

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/comments/batch", {"POST", "GET", "DELETE"}),
        ("DELETE", "/v1/policy", {"GET", "PUT"}),
        ("PATCH", "/v1/articles/a/comments", {"GET", "POST"}),
        ("POST", "/v1/decisions", {"GET"}),
        ("POST", "/healthz", {"GET"}),
        ("GET", "/v1/score", {"POST"}),
    ],
)
def test_a_method_that_is_not_there_is_405_and_says_which_are(
    client: FlaskClient, method: str, path: str, allowed: set[str]
):
    response = client.open(path, method=method)

    problem(response, 405)
    assert set(response.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == allowed


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/", "/v1/nope", "/v2/policy", "/<script>", "/v1/comments/", "/a%20%C3%A9%0A"],
)
def test_an_unknown_address_is_a_problem(client: FlaskClient, path: str):
    problem(client.get(path, headers={**AUTH, "Accept": "text/html"}), 404)


def test_a_bug_of_ours_is_a_problem_without_a_trace(client: FlaskClient, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("moderation.record.comments.Comments.get", broken)

    response = client.get("/v1/comments/c1")

    problem(response, 500)
    assert "secret" not in response.text
