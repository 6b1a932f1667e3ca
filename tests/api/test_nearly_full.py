"""What every route that writes does while Redis' memory is nearly full; docs/overload.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.api_keys import EVERY_SCOPE
from moderation.domain import Role
from moderation.overload import Bounds, Gate
from moderation.record import Record
from moderation.record.pressure import Load
from tests.api.access_table import DOORS
from tests.api.checks import post, problem
from tests.api.test_routes_access import PROTOCOLS, filled_in, knock
from tests.api.visitors import Visitor, with_browser, with_key, with_token
from tests.conftest import API_KEY, AUTH, DEMO_SITE, new_comment

#: Route → what it takes while there is room. The first are refused from 90 % of the memory on,
#: the others from 80 %.
FROM_90: dict[str, dict[str, Any]] = {
    "POST /v1/articles/<opaque:article_id>/comments": new_comment(),
    "POST /v1/comments/<opaque:comment_id>/reports": {"reason": "rude"},
    "POST /v1/keys": {"name": "one more"},
    "POST /demo/comments": {"text": "A remark", "name": "Anna"},
}
FROM_80: dict[str, dict[str, Any]] = {
    "POST /v1/comments/batch": {"comments": [new_comment(article_id="a1")]},
    "POST /v1/labels": {"labels": [{"text": "A remark", "label": 0}]},
    "POST /v1alpha1/comments:suggestscore": {
        "comment": {"text": "A remark"},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
    },
    "POST /1.1/submit-spam": {"blog": "b", "comment_content": "A remark"},
    "POST /1.1/submit-ham": {"blog": "b", "comment_content": "A remark"},
}
#: Why others are let through → their routes.
LET_THROUGH = {
    "it erases or removes": """
        DELETE /v1/comments/<opaque:comment_id>
        DELETE /v1/authors/<opaque:author_id>
        DELETE /v1/webhooks/<webhook_id>
        DELETE /v1/keys/<key_id>
        DELETE /v1/labels
        DELETE /v1/comments/<opaque:comment_id>/claim
        PUT /v1/retention""",
    "moderators go on": """
        POST /v1/comments/<opaque:comment_id>/decision
        POST /v1/comments/<opaque:comment_id>/undo
        POST /v1/comments/<opaque:comment_id>/claim
        POST /v1/comments/<opaque:comment_id>/opinion
        PUT /v1/articles/<opaque:article_id>/rules
        PUT /v1/authors/<opaque:author_id>/rules
        POST /v1/batches
        POST /v1/batches/<batch_id>/undo
        PUT /v1/preferences""",
    "nothing is stored": """
        POST /v1/score
        POST /v1/policy/effect
        POST /v1/policy/words
        POST /v1alpha1/comments:analyze
        POST /v1/moderations
        POST /1.1/verify-key
        POST /1.1/comment-check
        POST /1.2/key-sites
        POST /1.2/usage-limit
        POST /coral/<site>""",
    "a site has so many and no more": """
        PUT /v1/policy
        POST /v1/policy/revert
        POST /v1/webhooks
        PATCH /v1/webhooks/<webhook_id>
        POST /v1/webhooks/<webhook_id>/ping
        POST /v1/webhooks/<webhook_id>/replay
        POST /v1/webhooks/<webhook_id>/rotate
        POST /v1/models/<version>/compare
        POST /v1/models/<version>/promote
        POST /v1/models/rollback
        PUT /v1/models/shadow
        POST /v1/trainings
        POST /v1/trainings/<training_id>/cancel
        PUT /v1/trainings/schedule""",
    "who leaked a key, or left, is shut out at once": """
        POST /v1/keys/<key_id>/rotate
        POST /v1/moderators
        PATCH /v1/moderators/<name>""",
}
#: People at a page write little, and are let through, too.
PAGES = "/console/"


def through() -> list[str]:
    listed = [route.strip() for routes in LET_THROUGH.values() for route in routes.split("\n")]
    return [*filter(None, listed)]


def writing() -> set[str]:
    return {
        f"{method} {rule}"
        for (method, rule), door in DOORS.items()
        if method != "GET" and door != "nothing" and not rule.startswith(PAGES)
    }


def test_every_route_that_writes_stands_in_one_list():
    listed = [*FROM_90, *FROM_80, *through()]

    assert len(listed) == len(set(listed))
    assert set(listed) == writing()


@pytest.fixture
def fill(app: Flask) -> Callable[[int], None]:
    """Sets how much of the memory is in use, in per cent."""

    def set_used(percent: int) -> None:
        gate = Gate(lambda: Load(0, {}, 0, percent, 100), Bounds(max_pending=1_000))
        app.extensions["moderation"] = replace(app.extensions["moderation"], gate=gate)

    return set_used


@pytest.fixture
def ada(record: Record) -> Visitor:
    record.moderators.create("ada", {DEMO_SITE: Role.ADMIN}, "a long password")
    return with_token(record, "ada", Role.ADMIN)


@pytest.fixture
def send(client: FlaskClient, ada: Visitor) -> Callable[[str, Any], TestResponse]:
    """Asks a route for something as somebody who may."""
    post(client, id="c1")

    def ask(route: str, body: Any) -> TestResponse:
        method, rule = route.split(" ")
        path, door = filled_in(rule, "c1"), DOORS[method, rule]
        if door.startswith("akismet"):
            return client.open(path, method=method, data={"api_key": API_KEY, **body})
        headers = dict(ada.headers) if door.startswith("token") else AUTH
        query = {"key": API_KEY} if door.startswith("perspective") else {}
        return client.open(path, method=method, json=body, headers=headers, query_string=query)

    return ask


@pytest.mark.parametrize("route", [*FROM_90, *FROM_80])
def test_what_stays_is_refused_before_the_memory_is_full(
    send: Callable[[str, Any], TestResponse],
    fill: Callable[[int], None],
    background_worker: None,
    route: str,
):
    body, refused_from = (FROM_90 | FROM_80)[route], 90 if route in FROM_90 else 80

    fill(refused_from)
    refused = send(route, body)

    assert refused.status_code == 503
    if route.startswith("POST /v1/"):
        assert int(problem(refused, 503, "overloaded") and refused.headers["Retry-After"]) > 0
    fill(refused_from - 1)
    assert send(route, body).status_code < 300


def test_all_else_goes_on_whatever_is_full(
    client: FlaskClient, record: Record, ada: Visitor, fill: Callable[[int], None]
):
    everything = with_key("a key", record.sites.issue_key(DEMO_SITE), EVERY_SCOPE)
    pages = {
        f"{method} {rule}"
        for (method, rule), door in DOORS.items()
        if method != "GET" and door.startswith("page")
    }
    fill(100)
    refused = []
    for route in (*through(), *sorted(pages)):
        method, rule = route.split(" ")
        door = DOORS[method, rule]
        visitor = everything if "key" in door or door.split()[0] in PROTOCOLS else ada
        if door.startswith("page"):
            visitor = with_browser(record, "ada", Role.ADMIN)
        answer = knock(client, visitor, method, filled_in(rule), door)
        if answer.status_code == 503:
            refused.append(route)
    assert not refused
