"""Moderators' tokens, on every door that takes them, and on those that must not."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.domain import Role
from moderation.record import Record
from tests.api.checks import problem


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def token_of(record: Record, name: str, **roles: Role) -> str:
    record.moderators.create(name, roles, "a long password")
    return record.tokens.issue(name)


def doors(app: Flask, security: list[dict[str, Any]] | None) -> list[tuple[str, str]]:
    """Method and path of what the document says takes just that below /v1."""
    document = FlaskClient(app).get("/openapi.json").json
    return [
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/v1/") and method in {"get", "put", "post", "patch", "delete"}
        if operation.get("security") == security
    ]


def staff_doors(app: Flask) -> list[tuple[str, str]]:
    return doors(app, [{"MODERATOR_TOKEN": []}])


def sites_doors(app: Flask) -> list[tuple[str, str]]:
    return doors(app, None)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    return app.test_client()


def me(client: FlaskClient, token: str, query: str = "") -> dict[str, Any]:
    response = client.get(f"/v1/me{query}", headers=bearer(token))
    assert response.status_code == 200
    return response.json


def test_a_token_says_whose_it_is_and_for_which_site(anonymous: FlaskClient, record: Record):
    token = token_of(record, "mia", demo=Role.MODERATOR, alpha=Role.ADMIN)

    assert me(anonymous, token) == {
        "name": "mia",
        "site": "alpha",
        "role": "admin",
        "sites": {"alpha": "admin", "demo": "moderator"},
    }
    assert me(anonymous, token, "?site=demo")["role"] == "moderator"


@pytest.mark.parametrize("site", ["other", "none", "Demo", "demo:x", "*"])
def test_a_token_is_good_for_its_moderator_s_sites_alone(
    anonymous: FlaskClient, record: Record, other_site: str, site: str
):
    token = token_of(record, "mia", demo=Role.ADMIN)

    response = anonymous.get("/v1/me", query_string={"site": site}, headers=bearer(token))

    problem(response, 403, "forbidden")


def test_a_site_s_key_is_told_that_this_is_not_its_door(app: Flask, client: FlaskClient):
    found = staff_doors(app)
    assert len(found) >= 6

    for method, path in found:
        answer = client.open(path, method=method)
        assert "API key" in problem(answer, 403, "forbidden")["detail"]


def test_a_moderator_s_token_opens_no_door_of_a_site(
    app: Flask, anonymous: FlaskClient, record: Record
):
    token = token_of(record, "mia", demo=Role.ADMIN)
    found = sites_doors(app)
    assert len(found) >= 8

    for method, path in found:
        answer = anonymous.open(path, method=method, headers=bearer(token))
        problem(answer, 401, "unauthorised")


@pytest.mark.parametrize("header", [None, "Bearer modtok_x", "Bearer modtok_", "Basic x"])
def test_without_a_good_token_nobody_gets_in(
    app: Flask, anonymous: FlaskClient, header: str | None
):
    for method, path in staff_doors(app):
        headers = {"Authorization": header} if header else {}
        answer = anonymous.open(path, method=method, headers=headers)
        problem(answer, 401, "unauthorised")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_who_is_disabled_revoked_or_without_a_role_is_out_at_once(
    anonymous: FlaskClient, record: Record
):
    token = token_of(record, "mia", demo=Role.MODERATOR)

    def answer() -> Any:
        return anonymous.get("/v1/me", headers=bearer(token))

    assert answer().status_code == 200
    record.moderators.set_disabled("mia", disabled=True)
    problem(answer(), 401, "unauthorised")
    record.moderators.set_disabled("mia", disabled=False)
    assert answer().status_code == 200
    record.moderators.set_role("mia", "demo", None)
    problem(answer(), 401, "unauthorised")
    record.moderators.set_role("mia", "demo", Role.VIEWER)
    record.tokens.revoke_all("mia")
    problem(answer(), 401, "unauthorised")


def test_a_viewer_looks_but_does_nothing(app: Flask, anonymous: FlaskClient, record: Record):
    token = token_of(record, "vera", demo=Role.VIEWER)
    own = {"/v1/preferences"}

    assert anonymous.get("/v1/me", headers=bearer(token)).status_code == 200
    acts = [door for door in staff_doors(app) if door[0] != "GET" and door[1] not in own]
    assert acts
    for method, path in acts:
        answer = anonymous.open(path, method=method, json={}, headers=bearer(token))
        assert "role" in problem(answer, 403, "forbidden")["detail"], path


class TestPeople:
    @pytest.fixture
    def admin(self, anonymous: FlaskClient, record: Record) -> FlaskClient:
        token = record.tokens.issue("admin")
        anonymous.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return anonymous

    def test_one_is_made_and_their_password_told_once(self, admin: FlaskClient, record: Record):
        answer = admin.post("/v1/moderators", json={"name": "mia", "role": "viewer"})

        assert answer.status_code == 201
        assert (answer.json["role"], answer.json["disabled"]) == ("viewer", False)
        assert record.moderators.with_password("mia", answer.json["password"])
        listed = admin.get("/v1/moderators").json["moderators"]
        assert [one["name"] for one in listed] == ["admin", "mia"]
        assert "password" not in str(listed)

    def test_a_given_password_is_not_told(self, admin: FlaskClient, record: Record):
        body = {"name": "mia", "password": "correct horse battery"}

        answer = admin.post("/v1/moderators", json=body)

        assert "password" not in answer.json
        assert record.moderators.with_password("mia", "correct horse battery")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": "a b"}, "name"),
            ({"name": "ü"}, "name"),
            ({"name": "mia\n"}, "name"),
            ({"name": "x" * 65}, "name"),
            ({}, "name"),
            ({"name": "mia", "role": "owner"}, "role"),
            ({"name": "mia", "password": "short"}, "password"),
            ({"name": "mia", "site": "other"}, "site"),
        ],
    )
    def test_what_cannot_be_is_refused_by_field(
        self, admin: FlaskClient, body: dict[str, Any], field: str
    ):
        assert field in problem(admin.post("/v1/moderators", json=body), 422)["errors"]

    def test_a_name_is_taken_once(self, admin: FlaskClient):
        assert admin.post("/v1/moderators", json={"name": "mia"}).status_code == 201

        problem(admin.post("/v1/moderators", json={"name": "MIA"}), 409, "moderator-exists")
        problem(admin.post("/v1/moderators", json={"name": "mia"}), 403, "forbidden")

    def test_role_and_disabling_are_changed(self, admin: FlaskClient, record: Record):
        mia = token_of(record, "mia", demo=Role.VIEWER)

        answer = admin.patch("/v1/moderators/mia", json={"role": "moderator"})
        assert answer.json["role"] == "moderator"
        answer = admin.patch("/v1/moderators/mia", json={"disabled": True})
        assert answer.json["disabled"] is True
        problem(admin.get("/v1/me", headers=bearer(mia)), 401)
        answer = admin.patch("/v1/moderators/mia", json={"disabled": False, "role": None})
        assert answer.json["role"] is None

    def test_nobody_shuts_themselves_out(self, admin: FlaskClient):
        for body in ({"role": "viewer"}, {"role": None}, {"disabled": True}):
            problem(admin.patch("/v1/moderators/admin", json=body), 403, "forbidden")

    def test_who_is_not_of_this_site_is_not_there(
        self, admin: FlaskClient, record: Record, other_site: str
    ):
        token_of(record, "olga", other=Role.MODERATOR)

        for name in ("olga", "nobody"):
            answer = admin.patch(f"/v1/moderators/{name}", json={"disabled": True})
            problem(answer, 404, "unknown-moderator")
        assert not record.moderators.get("olga").disabled

    def test_an_admin_of_one_site_does_not_reach_into_another(
        self, admin: FlaskClient, record: Record, other_site: str
    ):
        token_of(record, "olga", other=Role.ADMIN)
        made = admin.post("/v1/moderators", json={"name": "olga", "role": "viewer"})
        assert made.status_code == 201
        assert "password" not in made.json

        problem(admin.patch("/v1/moderators/olga", json={"disabled": True}), 403)
        assert admin.patch("/v1/moderators/olga", json={"role": None}).status_code == 200
        assert record.moderators.get("olga").roles == {"other": Role.ADMIN}

    def test_preferences_are_read_and_replaced(self, admin: FlaskClient):
        read = admin.get("/v1/preferences").json
        assert read["blur"] == "severe"

        wanted = read | {"theme": "dark", "remapped": {"approve": "y"}}
        assert admin.put("/v1/preferences", json=wanted).json == wanted
        assert admin.get("/v1/preferences").json == wanted

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"blur": "some"}, "blur"),
            ({"theme": None}, "theme"),
            ({"remapped": {"approve": "r"}}, "remapped.approve"),
            ({"remapped": {"aprove": "y"}}, "remapped.aprove"),
            ({"sound": True}, "sound"),
        ],
    )
    def test_preferences_that_cannot_be_are_refused(
        self, admin: FlaskClient, change: dict[str, Any], field: str
    ):
        wanted = admin.get("/v1/preferences").json | change

        assert field in problem(admin.put("/v1/preferences", json=wanted), 422)["errors"]

    def test_what_is_done_is_in_the_audit_log_without_secrets(
        self, admin: FlaskClient, record: Record
    ):
        made = admin.post("/v1/moderators", json={"name": "mia"}).json
        admin.patch("/v1/moderators/mia", json={"disabled": True})

        entries = record.audit.page("demo").entries
        told = [(one.who, one.what, one.subject, one.details["did"]) for one in entries[:2]]
        assert told == [
            ("admin", "people", "mia", "disabled"),
            ("admin", "people", "mia", "created"),
        ]
        assert made["password"] not in str(entries)
