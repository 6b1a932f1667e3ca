"""The page that says and sets how long data is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.record import Record
from moderation.retention import Retention
from tests.api.checks import post
from tests.conftest import DEMO_SITE
from tests.console.visits import Visit, admin

URL = "/console/retention"
EFFECT = f"{URL}/effect"
FOR_GOOD: dict[str, Any] = dict.fromkeys(Retention().to_json(), "")
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
CELLS = re.compile(
    r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td>'
    r'<td class="number">([^<]+)</td></tr>'
)


@pytest.fixture
def ada(app: Flask) -> Visit:
    """The admin."""
    return admin(app)


def rules(record: Record) -> Retention:
    return record.retentions.current(DEMO_SITE).rules


def hidden_fields(answer: TestResponse) -> dict[str, str]:
    """What the form of a draft sends on."""
    return {name: value for name, value in HIDDEN.findall(answer.text) if name != "csrf_token"}


def test_the_page_says_in_words_what_holds(ada: Visit, record: Record):
    record.retentions.put(DEMO_SITE, Retention(comments=1_000, labels=0, audit=1), who="x")

    text = ada.get(URL).text

    for told in ("1,000 days", "30 days", "until the next sweep", "for good", "1 day"):
        assert f"Kept {told} now." in text


def test_a_draft_is_shown_with_what_it_would_take_out_and_saves_nothing(
    ada: Visit, record: Record, client: FlaskClient, decide_all: Callable[[], None]
):
    for number in range(3):
        post(client, text=f"Hello {number}", author={"id": "zoe", "email": "z@example.org"})
    decide_all()

    answer = ada.post(EFFECT, **{**FOR_GOOD, "comments": "0", "personal": "7"})

    assert answer.status_code == 200
    assert "cannot be brought back" in answer.text
    first, second, *_ = CELLS.findall(answer.text)
    assert first[1:] == ("for good", "until the next sweep", "3")
    assert second[1:] == ("30 days", "7 days", "0")
    assert rules(record) == Retention()


def test_a_draft_is_saved_as_it_was_shown_and_told_in_the_audit_log(ada: Visit, record: Record):
    draft = ada.post(EFFECT, **{**FOR_GOOD, "comments": "365d", "personal": " 7 "})

    saved = ada.post(URL, **hidden_fields(draft))

    assert saved.status_code == 303
    assert "It holds from the next sweep on" in ada.get(saved.headers["Location"]).text
    assert rules(record) == Retention(comments=365, personal=7)
    entry = record.audit.page(DEMO_SITE).entries[0]
    assert (entry.who, entry.what) == ("admin", "retention")
    assert set(entry.details["changes"]) == {"comments", "personal"}
    assert 'href="/console/retention"' in ada.get("/console/audit").text


@pytest.mark.parametrize("path", [EFFECT, URL])
@pytest.mark.parametrize(
    ("sent", "said", "shown"),
    [
        ("one year", "write days as 365d", "one year"),
        ("36501", "from 0 to 36500", "36501"),
        ("-1", "write days as 365d", "-1"),
        ('"><b>x', "write days as 365d", "&#34;&gt;&lt;b&gt;x"),
        ("9" * 1_000, "write days as 365d", "9" * 20),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_not_done(
    ada: Visit, record: Record, path: str, sent: str, said: str, shown: str
):
    answer = ada.post(path, **{**FOR_GOOD, "labels": sent})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert said in answer.text
    assert f'value="{shown}"' in answer.text
    assert rules(record) == Retention()


def test_what_somebody_else_saved_meanwhile_is_not_written_over(ada: Visit, record: Record):
    draft = ada.post(EFFECT, **{**FOR_GOOD, "comments": "365"})
    record.retentions.put(DEMO_SITE, Retention(comments=30), who="zoe")

    answer = ada.post(URL, **hidden_fields(draft))

    assert answer.status_code == 409
    assert "Somebody else changed this" in answer.text
    assert "Kept 30 days now." in answer.text
    assert 'value="365"' in answer.text
    assert rules(record) == Retention(comments=30)


def test_it_tells_what_the_last_sweep_took_out(ada: Visit, record: Record):
    assert "never swept" in ada.get(URL).text

    record.upkeep.note_swept(DEMO_SITE, {"archived": 1_234, "erased": 0, "labels": 5})

    text = ada.get(URL).text
    assert "1,234 comments moved to the archive" in text
    assert "5 labels erased" in text
    assert "comments erased" not in text


def test_it_says_whether_anything_goes_by_itself(ada: Visit, record: Record):
    assert "No trainer runs just now" in ada.get(URL).text
    record.trainings.tick()
    assert "once a day" in ada.get(URL).text


def test_admins_find_it_on_the_policy_page(ada: Visit):
    assert f'href="{URL}"' in ada.get("/console/policy").text
