"""Many at once at the console: a sample first, nothing chosen by itself, one undo."""

from __future__ import annotations

import re
import time

import pytest
from flask import Flask
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role
from moderation.record import Record
from tests.conftest import DEMO_SITE, Service
from tests.console.accessibility import violations
from tests.console.conftest import DESK, PHONE, OpenBrowser
from tests.console.console_browser import (
    focus_is_lost,
    new_person,
    plain_comments,
    post_held,
    sideways,
    sign_in,
    status,
    wait_for,
)
from tests.console.visits import Visit, person
from tests.held import hold, hold_many

WAIT_S = 10.0
BATCH = re.compile(r"/console/batch/[0-9a-f]{32}$")
NEWEST = re.compile(r'name="newest" value="(\d+)"')
LOW = "/console/batch?category=toxicity&from=0&to=0.12"


@pytest.fixture
def anna(app: Flask, record: Record) -> Visit:
    return person(app, record, "anna")


def begin(visit: Visit, path: str, **fields: str) -> str:
    """Sends the form of a batch; the batch's page."""
    answer = visit.post(path, **fields)
    assert answer.status_code == 303, answer.text
    assert BATCH.fullmatch(answer.headers["Location"])
    return answer.headers["Location"]


def ended(visit: Visit, page: str) -> str:
    deadline = time.monotonic() + WAIT_S
    while 'hx-trigger="every 1s"' in (text := visit.get(page).text):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return text


def newest(visit: Visit, path: str = LOW) -> str:
    found = NEWEST.search(visit.get(path).text)
    assert found, "nothing can be decided here"
    return found[1]


def test_nothing_is_chosen_by_itself(anna: Visit, record: Record) -> None:
    hold_many(record, 3)
    text = anna.get("/console/batch").text
    assert "Choose a range of the scores." in text
    assert 'name="action"' not in text
    assert anna.post("/console/batch", action="approve").status_code == 422
    assert record.batches.open() == []


def test_a_range_is_counted_sampled_and_decided_with_both_its_ends(
    anna: Visit, record: Record
) -> None:
    for score in (0.0, 0.1, 0.12, 0.13, 1.0):
        hold(record, f"c-{score}", score)
    text = anna.get(LOW).text
    assert "3 comments in the range" in text
    assert "Approve these 3" in text
    assert text.count('class="card compact') == 3
    done = ended(anna, begin(anna, LOW, action="approve", newest=newest(anna)))
    assert "Approve 3 comments with toxicity from 0 to 0.12" in done
    assert "3 approved" in done
    assert record.held.total(DEMO_SITE) == 2


def test_a_score_of_one_can_be_reached(anna: Visit, record: Record) -> None:
    hold(record, "c1", 1.0)
    assert "1 comment in the range" in anna.get("/console/batch?from=0.99&to=1").text


def test_what_came_since_the_page_is_not_decided(anna: Visit, record: Record) -> None:
    hold(record, "seen", 0.1)
    seen = newest(anna)
    hold(record, "late", 0.1)
    ended(anna, begin(anna, LOW, action="approve", newest=seen))
    assert record.comments.get(DEMO_SITE, "late").status == "held"


def test_a_sample_is_shown_of_many(anna: Visit, record: Record) -> None:
    hold_many(record, 25)
    text = anna.get("/console/batch?from=0&to=1").text
    assert text.count('class="card compact') == 20
    assert "these 20 were drawn at random" in text


def test_the_selection_of_the_queue_is_rejected_and_taken_back(
    anna: Visit, record: Record
) -> None:
    ids = hold_many(record, 3)
    form = {"csrf_token": anna.csrf_token, "action": "reject", "reason": "SPAM", "ids": ids[:2]}
    page = anna.client.post("/console/batch/selection", data=form).headers["Location"]
    assert "Reject 2 selected comments as Spam" in ended(anna, page)
    assert record.comments.get(DEMO_SITE, "c0").status == "rejected"
    assert anna.post(f"{page}/undo").headers["Location"] == page
    assert "undone by anna" in ended(anna, page)
    assert record.held.total(DEMO_SITE) == 3
    assert anna.post(f"{page}/undo").headers["Location"] == page  # once is enough


def test_what_was_left_is_named_and_says_by_whom(anna: Visit, record: Record) -> None:
    hold_many(record, 2)
    mia = Actor("mia", DEMO_SITE, Role.MODERATOR)
    Desk(record).decide(mia, "c1", Verdict(Action.APPROVE))
    form = {"csrf_token": anna.csrf_token, "action": "approve", "ids": ["c0", "c1", "gone"]}
    page = anna.client.post("/console/batch/selection", data=form).headers["Location"]
    text = ended(anna, page)
    assert "2 left as they were" in text
    assert "approved by mia meanwhile" in text
    assert "the site erased it" in text


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "reject"},
        {"action": "reject", "reason": "RUDE"},
        {"action": "delete"},
        {},
    ],
)
def test_a_form_that_cannot_be_meant_does_nothing(
    anna: Visit, record: Record, fields: dict[str, str]
) -> None:
    hold_many(record, 1)
    assert anna.post("/console/batch/selection", ids="c0", **fields).status_code == 422
    assert record.batches.open() == []


def test_an_empty_selection_is_told(anna: Visit) -> None:
    answer = anna.post("/console/batch/selection", action="approve")
    assert answer.status_code == 422
    assert "there is no comment to decide" in answer.text


@pytest.mark.parametrize("ends", ["from=nan&to=1", "from=x&to=inf", "from=1&to=0", "to=1e999"])
def test_odd_numbers_make_a_range_or_none(anna: Visit, record: Record, ends: str) -> None:
    hold_many(record, 1)
    assert anna.get(f"/console/batch?{ends}").status_code == 200


def test_batches_are_listed_and_hostile_labels_made_safe(anna: Visit, record: Record) -> None:
    hold(record, "c1", 0.1, article="<b>\u202egnip")
    path = f"{LOW}&article=%3Cb%3E%E2%80%AEgnip"
    page = begin(anna, path, action="approve", newest=newest(anna, path))
    for text in (ended(anna, page), anna.get("/console/batches").text):
        assert "&lt;b&gt;" in text
        assert "\u202e" not in text


def test_a_batch_that_never_was_is_not_there(anna: Visit) -> None:
    assert anna.get("/console/batch/nothing").status_code == 404
    assert anna.post("/console/batch/nothing/undo").status_code == 404


def test_a_viewer_decides_nothing(app: Flask, record: Record) -> None:
    hold_many(record, 1)
    vera = person(app, record, "vera", demo=Role.VIEWER)
    assert vera.get("/console/batch").status_code == 403
    assert vera.post("/console/batch/selection", ids="c0", action="approve").status_code == 403


@pytest.mark.browser
@pytest.mark.service
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_a_range_is_pulled_decided_and_undone_with_the_keyboard(
    service: Service, open_browser: OpenBrowser, size: tuple[int, int], scheme: str
) -> None:
    article = f"batch-{size[0]}"
    post_held(service, plain_comments(6, article))
    page = open_browser(size, scheme)
    sign_in(page, new_person(service), f"/console/batch?article={article}")

    # Given the handle of the upper end, pulled as far as it goes
    lower, upper = page.find_elements(By.CSS_SELECTOR, "#handles input")
    assert not page.find_elements(By.CSS_SELECTOR, "#picked form")
    lower.send_keys(Keys.ARROW_RIGHT, Keys.HOME)
    upper.send_keys(Keys.ARROW_LEFT, Keys.END)
    wait_for(lambda: "6 comments in the range" in page.find_element(By.ID, "picked").text)
    assert not focus_is_lost(page)
    assert page.find_element(By.ID, "field-to").get_property("value") == "1"
    assert "6 comments from 0 to 1." in status(page)
    assert violations(page) == []
    assert sideways(page) == 0

    # When all of it is approved
    page.find_element(By.CSS_SELECTOR, "#picked .approve").send_keys(Keys.ENTER)
    wait_for(lambda: "6 approved" in page.find_element(By.ID, "batch").text)
    wait_for(lambda: "6 approved" in status(page))
    assert violations(page) == []
    assert sideways(page) == 0

    # Then one key takes all of it back
    page.find_element(By.CSS_SELECTOR, "#batch form button").send_keys(Keys.ENTER)
    wait_for(lambda: "undone by" in page.find_element(By.ID, "batch").text)
    page.get(f"{service.url}/console/batch?article={article}&from=0&to=1")
    assert "6 comments in the range" in page.find_element(By.ID, "picked").text
