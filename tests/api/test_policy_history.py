"""GET /v1/policy/history, POST /v1/policy/revert, and who may use the policy's doors."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.record import Record
from tests.api.checks import client_with_key, errors, problem, set_policy
from tests.api.test_staff import bearer, token_of

HISTORY = "/v1/policy/history"
REVERT = "/v1/policy/revert"


@pytest.fixture
def ada(record: Record) -> dict[str, str]:
    return bearer(token_of(record, "ada", demo=Role.ADMIN))


def test_every_version_says_who_changed_what(client: FlaskClient, ada: dict[str, str]):
    set_policy(client, link_limit=1)
    client.put("/v1/policy", json={"banned_words": ["plonker"]}, headers=ada)

    body = client.get(HISTORY).json

    assert body["next"] is None
    assert [one["version"] for one in body["versions"]] == [2, 1, 0]
    by_ada, by_key, default = body["versions"]
    assert (by_ada["who"], by_key["who"], default["who"]) == ("ada", "api key", None)
    assert by_ada["changes"] == {
        "link_limit": {"from": 1, "to": None},
        "banned_words": {"added": ["plonker"]},
    }
    assert by_ada["policy"]["banned_words"] == ["plonker"]
    assert by_key["at"]
    assert default["at"] is None


def test_it_comes_in_pages(client: FlaskClient):
    for limit in range(3):
        set_policy(client, link_limit=limit)

    versions, after = [], {}
    while True:
        page = client.get(HISTORY, query_string={"limit": 2, **after}).json
        versions += [one["version"] for one in page["versions"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert versions == [3, 2, 1, 0]


def test_a_cursor_of_another_list_is_refused(client: FlaskClient):
    assert set(errors(client.get(f"{HISTORY}?after=nonsense"))) == {"after"}


def test_going_back_is_a_new_version(client: FlaskClient, ada: dict[str, str]):
    set_policy(client, link_limit=1)
    set_policy(client, link_limit=2)

    answer = client.post(REVERT, json={"version": 1}, headers=ada)

    assert answer.json["link_limit"] == 1
    assert answer.headers["ETag"] == '"3"'
    assert client.get("/v1/policy").json["link_limit"] == 1
    latest = client.get(HISTORY).json["versions"][0]
    assert (latest["who"], latest["reverted_to"]) == ("ada", 1)


def test_going_back_may_insist_on_the_version_that_stands(client: FlaskClient):
    set_policy(client, link_limit=1)
    set_policy(client, link_limit=2)

    stale = client.post(REVERT, json={"version": 0}, headers={"If-Match": '"1"'})
    problem(stale, 412, "policy-changed")
    assert client.get("/v1/policy").json["link_limit"] == 2

    good = client.post(REVERT, json={"version": 0}, headers={"If-Match": '"2"'})
    assert good.json["link_limit"] is None


@pytest.mark.parametrize(
    ("body", "path"),
    [({}, "version"), ({"version": -1}, "version"), ({"version": "1"}, "version")],
)
def test_what_is_no_version_is_named(client: FlaskClient, body: Any, path: str):
    assert set(errors(client.post(REVERT, json=body))) == {path}


def test_a_version_that_never_was_is_not_found(client: FlaskClient):
    problem(client.post(REVERT, json={"version": 7}), 404, "unknown-version")


def test_each_site_has_its_own_history(client: FlaskClient, other_site: str):
    set_policy(client, link_limit=1)

    other = client_with_key(client, other_site)

    assert [one["version"] for one in other.get(HISTORY).json["versions"]] == [0]


class TestWhoMay:
    LOOK = (("GET", "/v1/policy", None), ("GET", HISTORY, None))
    TRY = (("POST", "/v1/policy/effect", {"thresholds": {}}),)
    CHANGE = (("PUT", "/v1/policy", {"link_limit": 1}), ("POST", REVERT, {"version": 0}))

    @pytest.mark.parametrize("role", list(Role))
    def test_everybody_looks_and_tries_and_admins_change(
        self, client: FlaskClient, record: Record, role: Role
    ):
        headers = bearer(token_of(record, "mia", demo=role))

        for method, path, body in (*self.LOOK, *self.TRY):
            assert (
                client.open(path, method=method, json=body, headers=headers).status_code == 200
            )
        for method, path, body in self.CHANGE:
            answer = client.open(path, method=method, json=body, headers=headers)
            if role is Role.ADMIN:
                assert answer.status_code == 200
            else:
                problem(answer, 403, "forbidden")

    @pytest.mark.parametrize(("method", "path", "body"), [*LOOK, *TRY, *CHANGE])
    @pytest.mark.parametrize("secret", ["", "nonsense", "modtok_nonsense"])
    def test_nobody_else_gets_in(
        self, client: FlaskClient, method: str, path: str, body: Any, secret: str
    ):
        anonymous = client.application.test_client()

        problem(
            anonymous.open(path, method=method, json=body, headers=bearer(secret)),
            401,
            "unauthorised",
        )

    def test_a_moderator_of_two_sites_says_which(
        self, client: FlaskClient, record: Record, other_site: str
    ):
        headers = bearer(token_of(record, "mia", demo=Role.ADMIN, other=Role.ADMIN))

        client.put("/v1/policy?site=other", json={"link_limit": 7}, headers=headers)

        assert client.get("/v1/policy").json["link_limit"] is None
        assert client_with_key(client, other_site).get("/v1/policy").json["link_limit"] == 7

    def test_an_admin_of_one_site_does_not_change_another(
        self, client: FlaskClient, record: Record, other_site: str
    ):
        headers = bearer(token_of(record, "mia", demo=Role.ADMIN, other=Role.VIEWER))

        answer = client.put("/v1/policy?site=other", json={"link_limit": 7}, headers=headers)

        problem(answer, 403, "forbidden")


def test_every_change_is_in_the_audit_log(client: FlaskClient, ada: dict[str, str]):
    client.put("/v1/policy", json={"thresholds": {"spam": 0.5}}, headers=ada)
    client.post(REVERT, json={"version": 0}, headers=ada)

    entries = client.get("/v1/audit?what=policy", headers=ada).json["entries"]

    assert [one["subject"] for one in entries] == ["version 2", "version 1"]
    assert {one["who"] for one in entries} == {"ada"}
