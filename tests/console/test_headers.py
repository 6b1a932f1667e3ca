"""The headers and cookies of every page, by table: no page lets foreign code in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.app import create_app
from moderation.settings import Settings
from tests.conftest import ADMIN_PASSWORD, close

#: One page of each kind, signed in or not.
PAGES = (
    "/docs",
    "/docs/static/docs.css",
    "/demo",
    "/demo/comments",
    "/console/sign-in",
    "/console/queue",
    "/console/policy",
    "/console/keys",
    "/console/audit.csv",
    "/console/comments/none",
    "/console/no-such-page",
    "/console/static/console.css",
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
BY_HTTPS = {"base_url": "https://localhost"}


@pytest.fixture
def signed_in(app: Flask) -> FlaskClient:
    """A browser in which `admin` is signed in, by https."""
    browser = app.test_client()
    sent = {"name": "admin", "password": ADMIN_PASSWORD}
    browser.post(
        "/console/sign-in", data=sent, headers={"Origin": "https://localhost"}, **BY_HTTPS
    )
    return browser


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["signed in", "nobody"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_foreign_code_and_frames_out(
    app: Flask, signed_in: FlaskClient, path: str, is_signed_in: bool
) -> None:
    browser = signed_in if is_signed_in else app.test_client()
    with browser.get(path, **BY_HTTPS) as answer:
        headers = answer.headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert headers["Strict-Transport-Security"].startswith("max-age=")


@pytest.mark.parametrize("path", PAGES)
def test_without_https_no_page_asks_for_it(app: Flask, path: str) -> None:
    with app.test_client().get(path) as answer:
        assert "Strict-Transport-Security" not in answer.headers


def test_a_session_is_for_this_host_over_https_and_for_no_script(
    signed_in: FlaskClient,
) -> None:
    cookies = signed_in._cookies or {}

    assert cookies
    for cookie in cookies.values():
        assert cookie.http_only
        assert cookie.secure
        assert cookie.same_site == "Lax"
        assert cookie.origin_only


@pytest.mark.parametrize(("proxies", "is_told"), [(1, True), (0, False)])
def test_a_proxy_is_believed_only_if_there_is_one(
    settings: Settings, proxies: int, is_told: bool
) -> None:
    app = create_app(replace(settings, trusted_proxies=proxies))
    answer = app.test_client().get("/docs", headers={"X-Forwarded-Proto": "https"})
    close(app)

    assert ("Strict-Transport-Security" in answer.headers) is is_told
