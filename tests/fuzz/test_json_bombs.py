"""JSON that means harm, to every call that takes JSON: refused in few words, never an error.

The calls are those of the OpenAPI document, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.bootstrap import DEMO_SITE
from moderation.domain import Role
from moderation.encoding import MOST_FIELDS, MOST_LEVELS, read_json
from moderation.record import Record

#: No answer to a bomb is longer, however large the bomb.
MOST_ANSWERED = 64 * 1024


def nested(levels: int, begin: str = "[", end: str = "]") -> str:
    return begin * levels + end * levels


#: Values for each field of a call's body.
VALUES = {
    "lists-within-lists": nested(MOST_LEVELS - 2),
    "objects-within-objects": nested(MOST_LEVELS - 2, '{"a":', "}").replace(":}", ":1}"),
    "nested-as-far-as-the-parser-goes": nested(940),
    "nested-past-the-stack": nested(50_000),
    "a-list-of-many": f"[{','.join(['1'] * 20_000)}]",
    "a-list-of-many-objects": f"[{','.join(['{}'] * 20_000)}]",
    "many-fields": "{" + ",".join(f'"f{number}":1' for number in range(MOST_FIELDS)) + "}",
    "too-many-fields": "{" + ",".join(f'"f{number}":1' for number in range(8_000)) + "}",
    "one-name-twice": '{"id":1,"id":"a","id":{}}',
    "a-long-name": '{"' + "n" * 200_000 + '":1}',
    "the-longest-integer": "9" * 4_300,
    "too-long-an-integer": "9" * 10_000,
    "past-64-bits": "9223372036854775808",
    "past-all-numbers": "1e999999",
    "minus-past-all-numbers": "-1e999999",
    "almost-nothing": "1e-999999",
    "minus-nothing": "-0.0",
    "no-number": "NaN",
    "half-a-character": '"\\ud800"',
    "half-a-character-as-a-name": '{"\\udfff": 1}',
    "control-characters": '"\\u0000\\u001b[31m\\r\\n\\u202e"',
    "no-day": '"2026-02-31T24:61:61+99:99"',
    "a-long-text": '"' + "a" * 200_000 + '"',
    "null": "null",
    "an-empty-list": "[]",
}
BODIES = {
    "half-of-utf-16": '{"text": "x"}'.encode("utf-16")[:-1],
    "utf-16": '{"text": "x"}'.encode("utf-16"),
    "utf-32": '{"text": "x"}'.encode("utf-32"),
    "surrogates-in-bytes": b'{"text": "\xed\xa0\x80"}',
    "overlong-utf-8": b'{"text": "\xc0\xaf"}',
    "two-values": b"{}{}",
    "a-mark-twice": b"\xef\xbb\xbf\xef\xbb\xbf{}",
    "nothing-but-brackets": b"[{" * 20_000,
    "a-string-without-end": b'{"text": "' + b"\\" * 50_001,
}


@pytest.fixture
def clients(
    client: FlaskClient, record: Record, background_worker: None
) -> dict[str, FlaskClient]:
    """A client for each kind of credential of the document."""
    record.moderators.create("root", {DEMO_SITE: Role.ADMIN}, "a long password")
    moderator = client.application.test_client()
    token = record.tokens.issue("root")
    moderator.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return {"MODERATOR_TOKEN": moderator, "API_KEY": client}


def calls(document: dict[str, Any]) -> Iterator[tuple[str, str, list[str], str]]:
    """Method, path, fields of the body and kind of credential of each call with a body."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "requestBody" not in operation:
                continue
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            [*kinds] = (kind for one in operation.get("security", []) for kind in one)
            yield (
                method.upper(),
                re.sub(r"{\w+}", "x1", path),
                list(_properties(schema, document)),
                "MODERATOR_TOKEN" if "MODERATOR_TOKEN" in kinds else "API_KEY",
            )


def _properties(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _properties(document["components"]["schemas"][name], document)
    found: dict[str, Any] = schema["properties"]
    return found


def bombs(fields: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and body of each bomb for a call with these fields."""
    yield from BODIES.items()
    for name, value in VALUES.items():
        filled = fields if len(value) < 100_000 else fields[:1]
        yield name, ("{" + ",".join(f'"{one}":{value}' for one in filled) + "}").encode()


def test_every_call_refuses_every_bomb_in_few_words(
    clients: dict[str, FlaskClient], caplog: pytest.LogCaptureFixture
) -> None:
    document = clients["API_KEY"].get("/openapi.json").json
    assert document is not None
    bad, sent = [], 0
    for method, path, fields, kind in calls(document):
        for name, body in bombs(fields):
            response = clients[kind].open(
                path, method=method, data=body, content_type="application/json"
            )
            sent += 1
            is_problem = response.content_type == "application/problem+json"
            is_fine = response.status_code < 400 or (
                response.status_code < 500 and is_problem and response.status_code != 401
            )
            if not is_fine or len(response.data) > MOST_ANSWERED:
                bad.append((method, path, name, response.status, len(response.data)))
    assert not bad
    assert sent > 500
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "path", ["/v1/moderations", "/v1alpha1/comments:analyze", "/coral/demo", "/demo/comments"]
)
def test_no_bomb_makes_a_drop_in_stumble(
    client: FlaskClient, background_worker: None, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    for name, body in bombs(["comment", "input", "text"]):
        response = client.post(f"{path}?key=none", data=body, content_type="application/json")
        assert response.status_code < 500, name
        assert len(response.data) < MOST_ANSWERED, name
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


@pytest.mark.parametrize("levels", [1, MOST_LEVELS])
def test_what_is_nested_so_far_is_read(levels: int) -> None:
    assert read_json(nested(levels)) is not None


@pytest.mark.parametrize("levels", [MOST_LEVELS + 1, 940, 100_000])
def test_what_is_nested_further_is_not(levels: int) -> None:
    with pytest.raises(ValueError, match="deeply"):
        read_json(nested(levels))


def test_brackets_in_a_text_are_no_nesting() -> None:
    assert read_json('["' + "[{" * 1_000 + '"]') == ["[{" * 1_000]


def test_a_mark_of_byte_order_is_passed_over() -> None:
    assert read_json(b"\xef\xbb\xbf{}") == {}
