"""What belongs to another site is not there: not to be read, changed, or told from nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.api_keys import EVERY_SCOPE
from moderation.desk.batches import Batches
from moderation.desk.deciding import Verdict
from moderation.desk.trainings import Trainings
from moderation.domain import Action, Actor, Role
from moderation.record import Record
from tests.api.access_table import DOORS
from tests.api.checks import client_with_key, post
from tests.api.visitors import Visitor, with_browser, with_key, with_token
from tests.conftest import API_KEY, DEMO_SITE
from tests.deliveries import new_endpoint
from tests.fakes import RUDE
from tests.made_releases import store

OTHER = "other"
OLGA = Actor("olga", OTHER, Role.ADMIN)
RULE = {"rule": "hold", "held": True}
#: Ends of rules → what has to be sent there, so that the request gets as far as looking.
BODIES: dict[str, dict[str, Any]] = {
    "/decision": {"action": "approve"},
    "/opinion": {"action": "approve"},
    "/reports": {"reason": "rude"},
    "<webhook_id>": {"enabled": False},
    "/replay": {"parked": True},
    "/moderators/<name>": {"disabled": True},
    "/promote": {"force": True, "reason": "because"},
    "/rules": {"held": True},
}
#: Pages whose forms name what they are about: rule → field → the kind of thing.
FORMS = {
    "/console/keys/revoke": ("id", "key_id", {}),
    "/console/keys/rotate": ("id", "key_id", {"overlap": "0"}),
    "/console/people/role": ("name", "name", {"role": "viewer"}),
    "/console/people/disable": ("name", "name", {}),
    "/console/people/enable": ("name", "name", {}),
    "/console/people/password": ("name", "name", {}),
    "/console/people/token": ("name", "name", {}),
    "/console/people/revoke": ("name", "name", {}),
    "/console/review/skip": ("id", "comment_id", {}),
    "/console/labels/opinion": ("comment", "comment_id", {"action": "approve"}),
    "/console/batch/selection": ("ids", "comment_id", {"action": "approve"}),
    "/console/preferences/end-session": ("session", "session_id", {}),
    "/console/site": ("site", "site", {}),
}
#: What an answer may differ in besides the id that was asked for.
CHANGING = re.compile(
    r'csrf_token"? value="[^"]+"|X-CSRF-Token&#34;: &#34;[^&]+|"X-CSRF-Token": "[^"]+"'
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d[:.\dZ]*"
)
ADDRESSED = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture
def things(
    client: FlaskClient, record: Record, other_site: str, decide_all: Callable[[], None]
) -> dict[str, str]:
    """Something of every kind that the other site has: the kind → its id."""
    record.moderators.create("olga", {OTHER: Role.ADMIN}, "a long password")
    theirs = client_with_key(client, other_site)
    author = {"id": "their-author"}
    post(theirs, "their-article", id="their-comment", text=f"You {RUDE}", author=author)
    decide_all()
    batch = Batches(record).freeze(
        OLGA, ["their-comment"], Verdict(Action.HOLD), label="Hold 1 selected comment"
    )
    session = record.sessions.open(record.sessions.start("olga"))
    assert session
    endpoint = new_endpoint(record, site=OTHER).id
    return {
        "comment_id": "their-comment",
        "article_id": "their-article",
        "author_id": "their-author",
        "webhook_id": endpoint,
        "endpoint_id": endpoint,
        "key_id": record.sites.keys.of(OTHER)[0].id,
        "version": store(record, "2030.1-1", site=OTHER).version,
        "training_id": Trainings(record).start(OLGA, queued=False).id,
        "batch_id": batch.id,
        "name": "olga",
        "session_id": session.id,
        "site": OTHER,
    }


def about_things() -> list[tuple[str, str, str]]:
    """Method, rule and door of all that is about one thing, named in its path or its form."""
    return [
        (method, rule, door)
        for (method, rule), door in DOORS.items()
        if door.startswith(("key", "token", "page"))
        if "<" in rule or rule in FORMS
    ]


def ask(
    client: FlaskClient, visitor: Visitor, method: str, rule: str, things: dict[str, str]
) -> tuple[int, str]:
    """What somebody is told about these things: the status and the answer, ids left out."""
    path = ADDRESSED.sub(lambda found: things[found[1]], rule)
    headers = dict(visitor.headers)
    if rule.startswith("/console"):
        field, kind, fields = FORMS.get(rule, ("", "", {}))
        data = {**RULE, **fields, **({field: things[kind]} if field else {})}
        form = {"data": data | {"action": "approve"}} if method == "POST" else {}
        answer = client.open(path, method=method, headers=headers, **form)
    else:
        body = next((body for end, body in BODIES.items() if rule.endswith(end)), {})
        answer = client.open(path, method=method, headers=headers, json=body)
    told = CHANGING.sub("…", answer.text)
    for thing in sorted(things.values(), key=len, reverse=True):
        told = told.replace(thing, "X")
    return answer.status_code, told


def strongest(record: Record, door: str, name: str, key: str) -> Visitor:
    """Somebody who may do everything on one site, as this door wants to see them."""
    if door.startswith("key"):
        return with_key("a key", key, EVERY_SCOPE)
    come = with_token if door.startswith("token") else with_browser
    return come(record, name, Role.ADMIN)


def nothing_like(things: dict[str, str]) -> dict[str, str]:
    """Ids of the same shape that nobody has."""
    return {kind: re.sub(r"[a-z]", "q", thing) for kind, thing in things.items()}


def state(record: Record, things: dict[str, str]) -> list[object]:
    """All that could have been changed."""
    return [
        record.comments.get(OTHER, things["comment_id"]).to_json(),
        record.webhooks.one(OTHER, things["webhook_id"]),
        [one.to_stored() for one in record.sites.keys.of(OTHER)],
        record.releases.assignment(OTHER),
        record.trainings.one(OTHER, things["training_id"]).state,
        record.moderators.get("olga"),
        [one.id for one in record.sessions.of("olga")],
        record.policies.current(OTHER).version,
        record.claims.of(OTHER, [things["comment_id"]]),
    ]


def test_it_is_told_just_like_what_is_not_there_and_nothing_of_it_changes(
    client: FlaskClient, record: Record, things: dict[str, str]
):
    record.moderators.create("ada", {DEMO_SITE: Role.ADMIN}, "a long password")
    before = state(record, things)
    wrong = []

    for method, rule, door in about_things():
        ada = strongest(record, door, "ada", API_KEY)
        theirs = ask(client, ada, method, rule, things)
        nothing = ask(client, ada, method, rule, nothing_like(things))
        if theirs != nothing:
            wrong.append(f"{method} {rule}: {theirs} but {nothing}")

    assert not wrong, "\n".join(wrong)
    assert state(record, things) == before


def test_its_own_people_and_keys_do_find_it(
    client: FlaskClient, record: Record, other_site: str, things: dict[str, str]
):
    for method, rule, door in about_things():
        if method == "GET":
            olga = strongest(record, door, "olga", other_site)
            assert ask(client, olga, method, rule, things)[0] in {200, 303}, rule
