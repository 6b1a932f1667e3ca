"""The policy page: draft, effect, publish, collide, go back; without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.desk.effect import Effects, Row, Sample, Samples
from moderation.domain import Action, QueueOrder, Role
from moderation.policy import DuplicateRule, FloodRule, Policy
from moderation.record import Record
from tests.api.checks import post
from tests.conftest import DEMO_SITE
from tests.console.visits import Visit, admin, person
from tests.fakes import RUDE, SPAM, THRESHOLDS

URL = "/console/policy"
HTMX = {"HX-Request": "true"}
#: The default as the form sends it.
AS_IT_IS = {
    "expected_version": "0",
    "threshold.toxicity": "0.7",
    "threshold.spam": "0.8",
    "flood.comments": "10",
    "flood.window_s": "60",
    "duplicates.by_author": "1",
    "duplicates.by_anyone": "3",
    "unsupported_language": "hold",
    "queue_order": "probability",
}
_CONTROL = re.compile(r'<(input|textarea)[^>]*\bname="([^"]+)"[^>]*>([^<]*)')
_VALUE = re.compile(r'\bvalue="([^"]*)"')


@pytest.fixture(autouse=True)
def worker_with_a_release(record: Record, release: Any) -> None:
    state = {"release": "fake-1", "categories": list(THRESHOLDS), "thresholds": THRESHOLDS}
    record.queue.tick("w1", state)


@pytest.fixture
def ada(app: Flask) -> Visit:
    """The admin."""
    return admin(app)


@pytest.fixture
def posted(client: FlaskClient, decide_all: Callable[[], None]) -> None:
    """Two comments of four are held."""
    for text in (f"A {RUDE}", f"A {SPAM}", "Tea", "Cake"):
        post(client, text=text, author={"id": text})
    decide_all()


def policy(record: Record) -> Policy:
    return record.policies.current(DEMO_SITE).policy


def text_of(answer: TestResponse) -> str:
    """What somebody reads, on one line."""
    bare = re.sub(r"<[^>]+>", " ", answer.text)
    return " ".join(html.unescape(bare).split())


def fields_of(answer: TestResponse) -> dict[str, str]:
    """The texts and numbers of the page's form as they are filled in."""
    form = re.search(r'<form class="policy".*?</form>', answer.text, re.DOTALL)
    assert form
    found = {}
    for control in _CONTROL.finditer(form[0]):
        tag, name, within = control.groups()
        value = _VALUE.search(control[0])
        if 'type="checkbox"' in control[0] and " checked" not in control[0]:
            continue
        found[name] = html.unescape(
            within[1:] if tag == "textarea" else (value and value[1]) or ""
        )
    return found


def test_it_shows_what_holds_and_sending_it_back_changes_nothing(ada: Visit, record: Record):
    rules = Policy(
        thresholds={"toxicity": 0.25, "spam": None},
        banned_words=("plonker", 'a "quoted" <b>'),
        suspect_words=("crypto",),
        hold_suspect_words=True,
        link_limit=0,
        hold_first_time_authors=True,
        flood=FloodRule(3, 90),
        duplicates=DuplicateRule(2, 5),
        held_articles=("https://news.example/a?b=c",),
        held_authors=("anna",),
        closed_articles=("old",),
        reports_to_hold=2,
    )
    record.policies.put(DEMO_SITE, rules)

    sent = fields_of(ada.get(URL)) | {
        "unsupported_language": "hold",
        "queue_order": "probability",
    }
    answer = ada.client.post(URL, data=sent)

    assert answer.status_code == 303
    assert policy(record) == rules


def test_what_is_published_holds_and_is_said_to(ada: Visit, record: Record):
    draft = AS_IT_IS | {
        "threshold.toxicity": "0,55",
        "never.spam": "on",
        "banned_words": " plonker \r\n\r\ntwo words\r\nplonker",
        "hold_suspect_words": "on",
        "link_limit": "2",
        "flood.comments": "",
        "flood.window_s": "",
        "unsupported_language": "approve",
        "queue_order": "severity",
    }

    answer = ada.post(URL, **draft)

    assert answer.status_code == 303
    assert policy(record) == Policy(
        thresholds={"toxicity": 0.55, "spam": None},
        banned_words=("plonker", "two words"),
        hold_suspect_words=True,
        link_limit=2,
        flood=None,
        unsupported_language=Action.APPROVE,
        queue_order=QueueOrder.SEVERITY,
    )
    page = text_of(ada.get(answer.headers["Location"]))
    assert "Version 1 holds from the next comment on." in page
    assert "threshold of spam: the release's → never" in page
    assert "banned words: + “plonker” “two words”" in page


def test_a_threshold_left_at_the_releases_follows_it(ada: Visit, record: Record):
    ada.post(URL, **AS_IT_IS)

    assert policy(record).thresholds == {}


@pytest.mark.usefixtures("posted")
class TestEffect:
    def test_the_page_says_what_holds_now(self, ada: Visit):
        assert "The policy holds 50 % of comments (now 50 %;" in text_of(ada.get(URL))

    def test_a_draft_is_answered_with_the_sentence_and_a_line_a_category(self, ada: Visit):
        draft = AS_IT_IS | {"never.spam": "on"}

        answer = ada.post(f"{URL}/effect", headers=HTMX, **draft)

        assert "The draft holds 25 % of comments (now 50 %;" in text_of(answer)
        assert "<html" not in answer.text
        assert re.search(r'id="category-1-reach" hx-swap-oob="true">0 % reach it', answer.text)

    def test_without_a_script_the_page_comes_back_with_the_draft(
        self, ada: Visit, record: Record
    ):
        draft = AS_IT_IS | {"threshold.toxicity": "0.95", "banned_words": "plonker"}

        answer = ada.post(f"{URL}/effect", **draft)

        assert answer.status_code == 200
        assert "The draft holds 25 % of comments (now 50 %;" in text_of(answer)
        fields = fields_of(answer)
        assert fields["threshold.toxicity"] == "0.95"
        assert fields["banned_words"] == "plonker"
        assert record.policies.current(DEMO_SITE).version == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("threshold.toxicity", "high"),
        ("threshold.toxicity", "1.5"),
        ("threshold.toxicity", "nan"),
        ("threshold.toxicity", ""),
        ("link_limit", "-1"),
        ("link_limit", "9" * 30),
        ("flood.comments", "none"),
        ("duplicates.by_anyone", "11"),
        ("banned_words", "x" * 201),
        ("held_authors", "x" * 2_000),
        ("queue_order", "random"),
    ],
)
def test_a_draft_that_cannot_be_used_is_marked_and_kept(
    ada: Visit, record: Record, field: str, value: str
):
    draft = AS_IT_IS | {field: value, "suspect_words": "kept"}

    answer = ada.post(URL, **draft)

    assert answer.status_code == 422
    assert fields_of(answer)["suspect_words"] == "kept"
    if field != "queue_order":
        assert f'id="hint-{field}"' in answer.text
        assert fields_of(answer)[field] == value
    assert record.policies.current(DEMO_SITE).version == 0
    fragment = ada.post(f"{URL}/effect", headers=HTMX, **draft)
    assert fragment.status_code == 422
    assert "cannot be published yet" in text_of(fragment)


class TestCollision:
    def test_the_later_one_sees_the_others_change_and_keeps_the_draft(
        self, ada: Visit, record: Record
    ):
        # Given: both opened version 0
        record.policies.put(DEMO_SITE, Policy(link_limit=3), who="zoe")

        # When
        answer = ada.post(URL, **AS_IT_IS | {"threshold.spam": "0.5"})

        # Then
        assert answer.status_code == 409
        page = text_of(answer)
        assert "Version 1, by zoe" in page
        assert "link limit: off → 3" in page
        assert policy(record).link_limit == 3
        fields = fields_of(answer)
        assert (fields["threshold.spam"], fields["expected_version"]) == ("0.5", "1")

        # And: whoever publishes again knows what they replace
        assert ada.client.post(URL, data={**AS_IT_IS, **fields}).status_code == 303
        assert policy(record) == Policy(thresholds={"spam": 0.5})

    @pytest.mark.parametrize("expected", ["", "x", "-1", "9" * 40])
    def test_a_form_without_a_version_replaces_nothing(
        self, ada: Visit, record: Record, expected: str
    ):
        answer = ada.post(URL, **AS_IT_IS | {"expected_version": expected, "link_limit": "1"})

        assert answer.status_code == 409
        assert record.policies.current(DEMO_SITE).version == 0


class TestGoingBack:
    def test_it_is_one_button_and_a_version_of_its_own(self, ada: Visit, record: Record):
        for limit in (1, 2):
            record.policies.put(DEMO_SITE, Policy(link_limit=limit))
        assert ada.get(URL).text.count(">Go back to this one<") == 2

        answer = ada.post(f"{URL}/revert", version="1", expected_version="2")

        assert answer.status_code == 303
        assert record.policies.current(DEMO_SITE).version == 3
        assert policy(record).link_limit == 1
        assert "back to version 1" in text_of(ada.get(URL))

    def test_it_collides_as_well(self, ada: Visit, record: Record):
        for limit in (1, 2):
            record.policies.put(DEMO_SITE, Policy(link_limit=limit), who="zoe")

        answer = ada.post(f"{URL}/revert", version="0", expected_version="1")

        assert answer.status_code == 409
        assert "Version 2, by zoe" in text_of(answer)
        assert "Your draft" not in text_of(answer)
        assert policy(record).link_limit == 2

    @pytest.mark.parametrize("version", ["7", "", "x"])
    def test_a_version_that_never_was_is_not_found(self, ada: Visit, version: str):
        answer = ada.post(f"{URL}/revert", version=version, expected_version="0")

        assert answer.status_code == 404


@pytest.mark.usefixtures("background_worker")
class TestWords:
    def test_the_draft_of_the_lists_is_tried_through_evasion(self, ada: Visit):
        lists = {"banned_words": "plonker\nabsent", "suspect_words": "two words"}
        draft = AS_IT_IS | lists | {"tried": "p.l.o.n.k.e.r, TWO words"}

        fragment = ada.post(f"{URL}/words", headers=HTMX, **draft)
        page = ada.post(f"{URL}/words", **draft)

        assert text_of(fragment) == "Banned: plonker Suspect: two words"
        assert "Banned: plonker Suspect: two words" in text_of(page)
        assert fields_of(page)["banned_words"] == "plonker\nabsent"
        assert fields_of(page)["tried"] == "p.l.o.n.k.e.r, TWO words"

    def test_what_hits_nothing_is_said(self, ada: Visit):
        draft = AS_IT_IS | {"banned_words": "plonker", "tried": "a plonkerish thing"}

        assert text_of(ada.post(f"{URL}/words", headers=HTMX, **draft)) == "It hits no entry."

    def test_a_text_is_needed(self, ada: Visit):
        answer = ada.post(f"{URL}/words", headers=HTMX, **AS_IT_IS | {"tried": " "})

        assert text_of(answer) == "Type a text first."


def test_without_a_worker_the_tester_says_so(ada: Visit, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("moderation.desk.words.ANSWER_S", 0.1)

    answer = ada.post(f"{URL}/words", headers=HTMX, **AS_IT_IS | {"tried": "plonker"})

    assert text_of(answer) == "No worker answered in time. Try again."


def test_without_a_release_the_page_still_shows_the_rest(ada: Visit, record: Record):
    record.operations.forget_worker("w1")
    record.policies.put(DEMO_SITE, Policy(thresholds={"spam": 0.5}))

    answer = ada.get(URL)

    assert fields_of(answer)["threshold.spam"] == "0.5"
    draft = {"expected_version": "1", "threshold.spam": "0.6", "link_limit": "1"}
    assert ada.post(URL, **AS_IT_IS | draft).status_code == 303
    assert policy(record).thresholds == {"spam": 0.6}


class TestWhoMay:
    @pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
    def test_others_than_admins_read_and_change_nothing(
        self, app: Flask, record: Record, role: Role
    ):
        mia = person(app, record, "mia", demo=role)

        page = mia.get(URL)

        assert page.status_code == 200
        assert ">Publish<" not in page.text
        assert "Go back to this one" not in page.text
        assert 'type="range"' not in page.text
        controls = re.findall(
            r"<(?:input|textarea|select)[^>]*>", page.text.partition('policy"')[2]
        )
        changing = [one for one in controls if "hidden" not in one and "field-tried" not in one]
        assert changing
        assert all("readonly" in one or "disabled" in one for one in changing)
        assert mia.post(URL, **AS_IT_IS | {"link_limit": "1"}).status_code == 403
        answer = mia.post(f"{URL}/revert", version="0", expected_version="0")
        assert answer.status_code == 403
        assert record.policies.current(DEMO_SITE).version == 0

    @pytest.mark.usefixtures("background_worker")
    def test_viewers_try_words_as_well(self, app: Flask, record: Record):
        mia = person(app, record, "mia", demo=Role.VIEWER)
        draft = AS_IT_IS | {"banned_words": "plonker", "tried": "plonker"}

        answer = mia.post(f"{URL}/words", headers=HTMX, **draft)

        assert text_of(answer) == "Banned: plonker"

    def test_a_forged_form_is_refused(self, ada: Visit, record: Record):
        answer = ada.client.post(URL, data=AS_IT_IS | {"link_limit": "1"})

        assert answer.status_code == 403
        assert record.policies.current(DEMO_SITE).version == 0


def test_what_stands_in_a_list_never_becomes_markup(ada: Visit, record: Record):
    hostile = '</textarea><script>alert(1)</script>"><img src=x onerror=alert(1)>'
    record.policies.put(
        DEMO_SITE,
        Policy(banned_words=(hostile,), held_articles=(f"a\u202e{hostile}",)),
        who="zoe",
    )

    page = ada.get(URL)

    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    # In the history, where other words stand around it, nothing may turn them around.
    assert "\u202e" not in page.text.partition("History")[2]
    assert fields_of(page)["banned_words"] == hostile


def test_with_seven_full_charts_the_page_is_no_heavier_than_200_kb(
    ada: Visit, record: Record, monkeypatch: pytest.MonkeyPatch
):
    categories = {f"category_{number}": 0.5 for number in range(7)}
    state = {"release": "r", "categories": list(categories), "thresholds": categories}
    record.queue.tick("w1", state)
    rows = [
        Row(dict.fromkeys(categories, number / 5_000), frozenset()) for number in range(5_000)
    ]
    full = Samples(Sample(rows), Sample(rows[::3]), Sample(rows[::2]))
    monkeypatch.setattr(Effects, "samples", lambda *_: full)

    page = ada.get(URL)

    assert "5,000 recent" in text_of(page)
    assert len(page.data) < 200_000
