"""A comment's card and the answers to a decision, as they stand where no script runs."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role
from moderation.record import Record
from tests.conftest import DEMO_SITE, new_comment
from tests.console.visits import Visit, person
from tests.held import hold

ID = re.compile(r' id="([^"]+)"')


@pytest.fixture
def anna(app: Flask, record: Record) -> Visit:
    return person(app, record, "anna")


def test_who_comes_second_gets_a_page_that_says_everything_once(
    anna: Visit, record: Record
) -> None:
    hold(record, "c1")
    hold(record, "c2")
    ben = Actor("ben", DEMO_SITE, Role.MODERATOR)
    Desk(record).decide(ben, "c1", Verdict(Action.APPROVE))
    decision = {"action": "hold", "expected_revision": "1"}
    assert anna.post("/console/comments/c2/decision", **decision).status_code == 303

    answer = anna.post("/console/comments/c1/decision", **decision)

    assert answer.status_code == 409
    assert "ben was first" in answer.text
    ids = ID.findall(answer.text)
    assert sorted(ids) == sorted(set(ids))
    assert answer.text.count('id="undo"') == 1


def test_only_what_held_a_comment_stands_out(
    anna: Visit, record: Record, client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    hold(record, "held")
    client.post("/v1/articles/a1/comments", json=new_comment("A kind word", id="fine"))
    decide_all()

    assert '<p class="why">' in anna.get("/console/comments/held").text
    assert '<p class="why is-approval">' in anna.get("/console/comments/fine").text
