"""/v1/keys"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.record import Record
from moderation.record.audit import Wanted
from tests.api.checks import client_with_key, errors, post, problem
from tests.api.conftest import SignUp
from tests.conftest import DEMO_SITE

FIELDS = {"id", "name", "scopes", "created_at", "expires_at", "last_used_at"}


def make(client: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/keys", json={"name": "pages", **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json
    return made


def status(client: FlaskClient, key: str) -> int:
    return client_with_key(client, key).get("/v1/decisions").status_code


def test_a_key_is_made_used_and_listed_without_itself(client: FlaskClient):
    made = make(client)

    assert set(made) == FIELDS | {"key"}
    assert (made["name"], made["scopes"]) == ("pages", ["post", "read"])
    assert (made["expires_at"], made["last_used_at"]) == (None, None)
    assert status(client, made["key"]) == 200
    listing = client.get("/v1/keys")
    assert made["key"] not in listing.text
    listed = next(one for one in listing.json["keys"] if one["id"] == made["id"])
    assert set(listed) == FIELDS
    assert listed["last_used_at"] is not None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["write"]}, "scopes.0"),
        ({"name": "a", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "a", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "a", "key": "mod-mine"}, "key"),
    ],
)
def test_what_cannot_be_a_key_is_refused_by_field(
    client: FlaskClient, body: dict[str, Any], field: str
):
    assert field in errors(client.post("/v1/keys", json=body))


def test_a_key_is_good_until_it_ends(client: FlaskClient, record: Record):
    soon = datetime.now(UTC) + timedelta(hours=1)

    made = make(client, expires_at=soon.isoformat())

    assert made["expires_at"][:16] == soon.isoformat()[:16]
    assert status(client, made["key"]) == 200


def test_a_revoked_key_is_refused_at_once_and_for_good(client: FlaskClient):
    made = make(client)
    assert status(client, made["key"]) == 200

    assert client.delete(f"/v1/keys/{made['id']}").status_code == 204

    assert status(client, made["key"]) == 401
    problem(client.delete(f"/v1/keys/{made['id']}"), 404, "unknown-key")


def test_a_revoked_key_is_told_that_before_what_is_wrong_with_the_body(client: FlaskClient):
    made = make(client)
    revoked = client_with_key(client, made["key"])
    post(revoked)

    client.delete(f"/v1/keys/{made['id']}")

    problem(revoked.post("/v1/articles/a1/comments", json={}), 401, "unauthorised")


def test_a_key_is_replaced_by_one_that_opens_the_same(client: FlaskClient):
    old = make(client, scopes=["read"])

    new = client.post(f"/v1/keys/{old['id']}/rotate").json

    assert (new["name"], new["scopes"]) == (old["name"], old["scopes"])
    assert status(client, new["key"]) == 200
    assert status(client, old["key"]) == 401


def test_with_an_overlap_the_old_one_stays_good_for_a_while(client: FlaskClient):
    old = make(client)

    answer = client.post(f"/v1/keys/{old['id']}/rotate?overlap_s=60")

    assert answer.status_code == 201
    assert status(client, old["key"]) == 200
    listed = {one["id"]: one["expires_at"] for one in client.get("/v1/keys").json["keys"]}
    assert listed[old["id"]] is not None
    assert listed[answer.json["id"]] is None


@pytest.mark.parametrize("overlap", ["-1", "604801", "x", ""])
def test_an_overlap_that_cannot_be_is_refused(client: FlaskClient, overlap: str):
    key = make(client)

    answer = client.post(f"/v1/keys/{key['id']}/rotate?overlap_s={overlap}")

    assert "overlap_s" in errors(answer)
    assert status(client, key["key"]) == 200


def test_whose_scope_is_missing_is_told_which(client: FlaskClient):
    reader = client_with_key(client, make(client, scopes=["read"])["key"])

    answer = reader.post("/v1/score", json={"texts": ["Well"]})

    assert problem(answer, 403, "missing-scope")["detail"].endswith("the scope post")


def test_a_post_that_waits_to_be_checked_needs_its_scope_too(client: FlaskClient):
    """Posting checks a key that was good before in the round trip that stores the comment."""
    reader = client_with_key(client, make(client, scopes=["read"])["key"])
    body = {"text": "Well", "author": {"id": "a"}}

    for _ in range(2):
        answer = reader.post("/v1/articles/a1/comments", json=body)
        problem(answer, 403, "missing-scope")


def test_who_did_what_is_in_the_audit_log_without_the_key(
    client: FlaskClient, record: Record, somebody: SignUp
):
    ada = somebody("ada", Role.ADMIN)
    made = make(ada)
    new = ada.post(f"/v1/keys/{made['id']}/rotate").json
    ada.delete(f"/v1/keys/{new['id']}")

    entries = list(record.audit.walk(DEMO_SITE, Wanted(what="api_key")))
    assert [(one.who, one.subject, one.details["did"]) for one in entries] == [
        ("ada", new["id"], "revoked"),
        ("ada", new["id"], "rotated"),
        ("ada", made["id"], "created"),
    ]
    assert not any(key in str(entries) for key in (made["key"], new["key"]))
