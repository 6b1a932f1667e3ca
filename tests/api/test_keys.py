"""API keys and rate limits, on every route under /v1."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.record import Record
from moderation.settings import Settings
from tests.api.checks import post, problem
from tests.whole_redis import everything


def protected(app: Flask) -> Iterator[tuple[str, str]]:
    """Method and path of all that is ours under /v1: a new route cannot be forgotten here."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1/") and not rule.endpoint.startswith("openai."):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield method, re.sub(r"<(?:\w+:)?(\w+)>", r"\1", rule.rule)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic dGVzdC1rZXk=",
        "test-key",
        "Bearer test-key x",
        "Bearer Test-Key",
        "Bearer é",
    ],
)
def test_every_route_refuses_who_has_no_good_key(app: Flask, header: str | None):
    client = app.test_client()
    routes = list(protected(app))
    assert len(routes) >= 12

    for method, path in routes:
        headers = {} if header is None else {"Authorization": header}
        response = client.open(path, method=method, headers=headers)

        problem(response, 401, "unauthorised")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_is_refused_and_the_new_one_is_good(client: FlaskClient, record: Record):
    # Given
    post(client, id="c1")

    # When
    new = record.sites.rotate_key("demo")

    # Then
    problem(client.get("/v1/comments/c1"), 401, "unauthorised")
    response = client.get("/v1/comments/c1", headers={"Authorization": f"bearer {new}"})
    assert response.status_code == 200


def test_keys_are_kept_as_digests_only(client: FlaskClient, record: Record):
    key = record.sites.issue_key("demo")

    assert not [one for one in everything(record.connection) if key in one or "test-key" in one]


class TestRateLimit:
    def test_what_is_left_is_shown(self, limited: FlaskClient):
        left = [limited.get("/v1/decisions").headers for _ in range(2)]

        assert [one["RateLimit-Remaining"] for one in left] == ["2", "1"]
        assert {one["RateLimit-Limit"] for one in left} == {"3"}
        assert {one["RateLimit-Policy"] for one in left} == {'"key";q=3;w=30'}
        assert left[0]["RateLimit"].startswith('"key";r=2;t=')
        assert 0 < int(left[0]["RateLimit-Reset"]) <= 30

    def test_past_it_is_429_and_says_when_to_come_back(self, limited: FlaskClient):
        for _ in range(3):
            assert limited.get("/v1/decisions").status_code == 200

        response = limited.get("/v1/decisions")

        problem(response, 429, "rate-limited")
        assert 0 < int(response.headers["Retry-After"]) <= 30
        assert response.headers["RateLimit-Remaining"] == "0"

    def test_each_key_has_its_own(self, limited: FlaskClient, other_site: str):
        for _ in range(4):
            limited.get("/v1/decisions")

        headers = {"Authorization": f"Bearer {other_site}"}
        assert limited.get("/v1/decisions", headers=headers).status_code == 200

    def test_by_default_it_is_above_a_thousand_a_second(self):
        assert Settings().rate_limit / Settings().rate_window_s > 1_000
