"""The page API keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from moderation.domain import Role
from moderation.record import Record
from tests.conftest import API_KEY, DEMO_SITE
from tests.console.visits import Visit, admin, person

URL = "/console/keys"
USUAL = ("post", "read")
SECRET = re.compile(r'<output class="secret">([^<]+)</output>')


@pytest.fixture
def ada(app: Flask) -> Visit:
    """The admin."""
    return admin(app)


def make(visit: Visit, name: str = "the pages", *scopes: str, days: str = "") -> str:
    """A key made on the page, as it is shown this once."""
    fields: dict[str, Any] = {"name": name, "days": days, "scopes": list(scopes or USUAL)}
    answer = visit.post(URL, **fields)
    assert answer.status_code == 200, answer.text
    found = SECRET.search(answer.text)
    assert found
    assert found[1] not in visit.get(URL).text
    return found[1]


def id_of(record: Record, name: str) -> str:
    return next(one.id for one in record.sites.keys.of(DEMO_SITE) if one.name == name)


def test_a_key_is_made_with_its_scopes_and_shown_once(ada: Visit, record: Record):
    key = make(ada, "the pages", "post", days="30")

    found = record.sites.authorise(key)
    assert found is not None
    assert found.scopes == {"post"}
    page = ada.get(URL).text
    assert ">the pages</b>" in page
    assert "last used" in page
    assert "ends <time" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "scopes": "post", "days": ""}, "a line of 1 to 80"),
        ({"name": "x", "days": ""}, "at least one scope"),
        ({"name": "x", "scopes": "post", "days": "31"}, "how long"),
        ({"name": "<b>x", "days": ""}, "&lt;b&gt;x"),
    ],
)
def test_what_cannot_be_is_said_and_not_done(
    ada: Visit, record: Record, fields: dict[str, str], said: str
):
    answer = ada.post(URL, **fields)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert said in answer.text
    assert len(record.sites.keys.of(DEMO_SITE)) == 1


def test_a_name_cannot_turn_the_page_around(ada: Visit):
    make(ada, "evil\u202egnp")

    assert "\u202e" not in ada.get(URL).text


def test_a_key_is_revoked_at_once(ada: Visit, record: Record):
    key = make(ada)

    answer = ada.post(f"{URL}/revoke", id=id_of(record, "the pages"))

    assert answer.status_code == 303
    assert record.sites.authorise(key) is None
    assert "the pages" not in ada.get(URL).text


def test_a_key_is_replaced_and_the_old_one_ends_when_it_was_chosen(ada: Visit, record: Record):
    old = make(ada)

    answer = ada.post(f"{URL}/rotate", id=id_of(record, "the pages"), overlap="3600")

    new = SECRET.search(answer.text)
    assert new
    assert record.sites.authorise(new[1])
    assert record.sites.authorise(old)
    assert "ends <time" in answer.text


def test_an_overlap_that_is_not_offered_is_refused(ada: Visit, record: Record):
    key = make(ada)

    for overlap in ("", "x", "999999999"):
        answer = ada.post(f"{URL}/rotate", id=id_of(record, "the pages"), overlap=overlap)
        assert answer.status_code == 422
    assert record.sites.authorise(key)


def test_a_site_without_a_key_is_told_so(ada: Visit, record: Record):
    only = record.sites.keys.of(DEMO_SITE)[0]

    ada.post(f"{URL}/revoke", id=only.id)

    assert record.sites.authorise(API_KEY) is None
    assert "no API key" in ada.get(URL).text


def test_only_admins_find_the_page(app: Flask, record: Record, ada: Visit):
    mia = person(app, record, "mia", demo=Role.MODERATOR)

    assert f'href="{URL}"' in ada.get("/console/queue").text
    assert f'href="{URL}"' not in mia.get("/console/queue").text
    assert mia.get(URL).status_code == 403
