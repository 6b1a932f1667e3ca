"""What nobody, other sites, keys by scope and people by role get from every route there is."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.api_keys import EVERY_SCOPE, Scope
from moderation.domain import Role
from moderation.record import Record
from moderation.record.api_keys import Wanted
from tests.api.access_table import DOORS
from tests.api.checks import problem
from tests.api.visitors import Visitor, with_browser, with_key, with_token
from tests.conftest import DEMO_SITE

#: The drop-ins that take our keys, and how a request carries one there.
PROTOCOLS = {"perspective", "openai", "akismet"}
LET_IN, NO_KEY, NO_SCOPE, FORBIDDEN, SIGN_IN, NOTHING = (
    "let in",
    "no good key",
    "no scope",
    "forbidden",
    "to the sign-in page",
    "nothing there",
)
#: Doors at which all are alike.
ALIKE = {"anybody": LET_IN, "nothing": NOTHING, "coral": NO_KEY, "proof": NO_KEY}


@pytest.fixture
def visitors(record: Record, other_site: str) -> list[Visitor]:
    """Everybody there is to come along."""
    keys = record.sites.keys
    revoked = keys.issue(DEMO_SITE, Wanted())
    keys.revoke(DEMO_SITE, revoked.key.id)
    found = [
        Visitor("nobody"),
        with_key("a revoked key", revoked.secret, EVERY_SCOPE, carries=""),
        with_key("another site's key", other_site, EVERY_SCOPE),
    ]
    for scope in Scope:
        issued = keys.issue(DEMO_SITE, Wanted(scope.value, frozenset({scope})))
        found.append(with_key(f"a key for {scope}", issued.secret, frozenset({scope})))
    people = {"vera": Role.VIEWER, "mia": Role.MODERATOR, "ada": Role.ADMIN}
    for name, role in people.items():
        record.moderators.create(name, {DEMO_SITE: role}, "a long password")
        found.append(with_token(record, name, role))
    record.moderators.create("olga", {"other": Role.ADMIN}, "a long password")
    found.append(with_token(record, "olga", Role.ADMIN))
    return [*found, with_browser(record, "ada", None)]


def who_comes(door: str, visitors: list[Visitor], record: Record) -> list[Visitor]:
    """Whom it takes to prove a door; where all are alike, one with nothing and one with all.

    Browsers come anew to each door: behind some of them their session ends.
    """
    people = {"ada": Role.ADMIN}
    if door.startswith("page"):
        people |= {"vera": Role.VIEWER, "mia": Role.MODERATOR, "olga": Role.ADMIN}
    for name in people:
        record.sessions.end_all(name)
    browsers = [with_browser(record, name, role) for name, role in people.items()]
    return [*(visitors[:1] if door in ALIKE else visitors), *browsers]


def expected(door: str, visitor: Visitor) -> str:
    """What a visitor is to get at a door."""
    protocol, _, needed = door.partition(" ")
    if door in ALIKE:
        return ALIKE[door]
    if protocol in PROTOCOLS:
        if visitor.carries != "key":
            return NO_KEY
        return LET_IN if needed in visitor.scopes else NO_SCOPE
    if protocol == "page":
        if visitor.carries != "page":
            return SIGN_IN
        return _by_role(visitor, needed)
    opened_by = dict(one.split() for one in door.split(", "))
    if visitor.carries == "key":
        if "key" not in opened_by:
            return FORBIDDEN
        return LET_IN if opened_by["key"] in visitor.scopes else NO_SCOPE
    if visitor.carries == "token" and "token" in opened_by:
        return _by_role(visitor, opened_by["token"])
    return NO_KEY


def _by_role(visitor: Visitor, needed: str) -> str:
    assert visitor.role
    return LET_IN if visitor.role.allows(Role(needed)) else FORBIDDEN


def knock(
    client: FlaskClient, visitor: Visitor, method: str, path: str, door: str
) -> TestResponse:
    """A request as the visitor makes it: with nothing in it but what lets them in."""
    if door.startswith("akismet"):
        form = {"api_key": visitor.secret} if visitor.secret else {}
        where = {"query_string": form} if method == "GET" else {"data": form}
        return client.open(path, method=method, **where)
    body = {"data": {"site": visitor.site}} if path.startswith("/console") else {"json": {}}
    return client.open(path, method=method, headers=dict(visitor.headers), **body)


def outcome(door: str, answer: TestResponse) -> str:
    """What an answer tells whoever came."""
    protocol, _, needed = door.partition(" ")
    status = answer.status_code
    if protocol == "perspective" and "API key not valid" in answer.text:
        return NO_KEY
    if protocol == "perspective" and "unregistered callers" in answer.text:
        return NO_KEY
    if protocol == "akismet" and answer.text == "invalid":
        said = answer.headers["X-akismet-debug-help"]
        if "no valid API key" in said:
            return NO_KEY
        return NO_SCOPE if said.endswith(f"the scope {needed}") else LET_IN
    if status == 401 or (door == "proof" and status == 429):
        return NO_KEY
    if status == 403:
        return _kind_of_403(door, answer)
    if answer.headers.get("Location", "").startswith("/console/sign-in?next="):
        return SIGN_IN
    return NOTHING if door == "nothing" and status in {404, 405} else LET_IN


def _kind_of_403(door: str, answer: TestResponse) -> str:
    protocol, _, needed = door.partition(" ")
    if protocol == "openai":
        return NO_SCOPE if f"Missing scopes: {needed}." in answer.text else FORBIDDEN
    if protocol == "perspective":
        told = "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in answer.text
        return NO_SCOPE if told and f"the scope {needed}" in answer.text else FORBIDDEN
    if "missing-scope" not in answer.text:
        return FORBIDDEN
    scope = dict(one.split() for one in door.split(", "))["key"]
    assert problem(answer, 403, "missing-scope")["detail"].endswith(f"the scope {scope}")
    assert f'scope="{scope}"' in answer.headers["WWW-Authenticate"]
    return NO_SCOPE


def routes(app: Flask) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def filled_in(rule: str, value: str = "nothing-here") -> str:
    return re.sub(r"<[^>]+>", value, rule)


def test_every_route_stands_in_the_table_and_the_table_has_no_other(app: Flask):
    assert routes(app) == set(DOORS)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that carries nothing by itself."""
    return app.test_client(use_cookies=False)


def test_everybody_gets_from_every_route_what_the_table_says(
    client: FlaskClient, record: Record, visitors: list[Visitor]
):
    wrong = []
    for (method, rule), door in DOORS.items():
        for visitor in who_comes(door, visitors, record):
            answer = knock(client, visitor, method, filled_in(rule), door)
            got, wanted = outcome(door, answer), expected(door, visitor)
            broken = answer.status_code >= 500 and rule != "/readyz"
            if got != wanted or broken:
                wrong.append(f"{method} {rule}: {visitor.name}: {answer.status}, not {wanted}")
            answer.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("header", ["X-CSRF-Token", "Sec-Fetch-Site"])
def test_no_form_of_the_console_is_taken_from_another_page(
    client: FlaskClient, record: Record, header: str
):
    record.moderators.create("ada", {DEMO_SITE: Role.ADMIN}, "a long password")
    ada = with_browser(record, "ada", Role.ADMIN)
    forged = {**ada.headers, header: "cross-site"}

    for (method, rule), door in DOORS.items():
        if method != "GET" and door.startswith("page"):
            answer = client.open(filled_in(rule), method=method, headers=forged)
            assert answer.status_code == 403, rule
            assert "not from here" in answer.text
