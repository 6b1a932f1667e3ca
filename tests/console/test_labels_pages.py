"""The pages Labels and Second look."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask

from moderation.console.labels import DOUBTS_SHOWN
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.labels import Labels
from moderation.domain import Action, Actor, Role, Status, Violation
from moderation.labels import Label, LabelOrigin, label_id
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.opinions import Opinion, Said
from tests.conftest import DEMO_SITE
from tests.console.visits import Visit, person
from tests.held import hold
from tests.moderation.desk.test_opinions import IN_SAMPLE

ANNA = Actor("anna", DEMO_SITE, Role.MODERATOR)
APPROVE, REJECT = Verdict(Action.APPROVE), Verdict(Action.REJECT, Violation.ABUSIVE)
HOSTILE = "<script>alert(1)</script> \u202eturned\u200b"
SECOND_LOOK = "/console/labels/second-look"


@pytest.fixture
def mia(app: Flask, record: Record) -> Visit:
    """A moderator."""
    return person(app, record, "mia", demo=Role.MODERATOR)


@pytest.fixture
def vera(app: Flask, record: Record) -> Visit:
    """A viewer."""
    return person(app, record, "vera", demo=Role.VIEWER)


def decide(record: Record, comment_id: str, text: str, verdict: Verdict = APPROVE) -> str:
    """A comment that anna decided."""
    Desk(record).decide(ANNA, hold(record, comment_id, text=text), verdict)
    return comment_id


def store(record: Record, text: str, **said: int) -> str:
    """An imported label; its id."""
    label = Label(label_id(text), text, said, LabelOrigin.IMPORT, "anna", "2026-11-24")
    record.labels.put(DEMO_SITE, [label])
    return label.id


def values(record: Record) -> dict[str, dict[str, int]]:
    return {one.text: dict(one.labels) for one in Labels(record).every(DEMO_SITE)}


class TestLabels:
    def test_of_nothing_it_says_what_to_do(self, mia: Visit) -> None:
        page = mia.get("/console/labels").text
        assert "There are no labels yet." in page
        assert "15 harmless and 15 harmful more" in page
        assert "moderation labels import labelled.csv --site demo" in page
        assert 'href="/console/labels" aria-current="page"' in page

    def test_labels_are_counted_by_origin_and_category(
        self, mia: Visit, record: Record
    ) -> None:
        decide(record, "c1", "One")
        for number in range(20):
            store(record, f"Bad {number}", label=1)
        page = mia.get("/console/labels").text
        tiles = dict(re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", page))
        assert tiles["texts with a label"] == "21"
        assert tiles["moderators&#39; verdicts"] == "1"
        assert tiles["imported"] == "20"
        row = r'should be held</th><td class="number">(\d+)</td><td class="number">(\d+)</td>'
        assert re.findall(row, page) == [("1", "20")]
        assert "Too few to train." in page
        assert "toxicity: 14 harmless more" in page

    def test_with_enough_it_says_that_training_makes_sense(
        self, mia: Visit, record: Record
    ) -> None:
        for number in range(30):
            store(record, f"Text {number}", label=number % 2)
        assert "There are enough to train." in mia.get("/console/labels").text

    def test_agreement_is_told_from_enough_pairs_on(self, mia: Visit, record: Record) -> None:
        first, second = Said("anna", "approve", {"label": 0}), Said("mia", "reject", None)
        rejecting = Said("anna", "reject", {"label": 1, "toxicity": 1})
        for number in range(29):
            hold(record, f"c{number}")
            verdict = first if number % 2 else rejecting
            record.opinions.put(DEMO_SITE, Opinion(f"c{number}", 2, verdict, second, "2026"))
        assert "it takes 1 more to tell how far they agree" in mia.get("/console/labels").text
        hold(record, "c29")
        record.opinions.put(DEMO_SITE, Opinion("c29", 2, first, second, "2026"))
        page = mia.get("/console/labels").text
        assert "two moderators agree on <b>50 % (15 of 30), likely" in page
        assert "Cohen's kappa is <b>0.00" in page
        assert "anna and mia" in page

    def test_the_export_is_what_the_import_takes(self, vera: Visit, record: Record) -> None:
        decide(record, "c1", HOSTILE, REJECT)
        answer = vera.get("/console/labels.jsonl")
        assert answer.mimetype == "application/jsonl"
        assert "attachment" in answer.headers["Content-Disposition"]
        assert json.loads(answer.text) == {"text": HOSTILE, "label": 1, "toxicity": 1}

    def test_another_site_s_labels_are_not_there(
        self, app: Flask, record: Record, other_site: str
    ) -> None:
        decide(record, "c1", "One")
        olga = person(app, record, "olga", other=Role.ADMIN)
        assert "There are no labels yet." in olga.get("/console/labels").text
        assert olga.get("/console/labels.jsonl").text == ""


class TestDoubts:
    @pytest.fixture
    def of_import(self, record: Record) -> str:
        """The reference of a doubt about an imported label."""
        id_ = store(record, HOSTILE, label=1)
        record.labels.put_doubts(DEMO_SITE, [(id_, "", "toxicity", 1, 0.02)])
        return f"l:{id_}"

    @pytest.fixture
    def of_comment(self, record: Record) -> str:
        """The reference of a doubt about a comment's label."""
        decide(record, "c1", "A remark")
        doubt = (label_id("A remark"), "c1", "toxicity", 0, 0.97)
        record.labels.put_doubts(DEMO_SITE, [doubt])
        return "c:c1"

    def test_a_label_and_what_speaks_against_it_are_shown_safely(
        self, mia: Visit, of_import: str
    ) -> None:
        page = mia.get(SECOND_LOOK).text
        assert "Labelled: toxicity" in page
        assert "speak for: no toxicity (probability 0.98)" in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page
        assert "\u202e" not in page

    @pytest.mark.parametrize(
        ("did", "left"),
        [
            ("keep", {HOSTILE: {"label": 1}}),
            ("flip", {HOSTILE: {"label": 0}}),
            ("drop", {}),
        ],
    )
    def test_an_imported_label_is_kept_turned_or_removed(
        self, mia: Visit, record: Record, of_import: str, did: str, left: object
    ) -> None:
        answer = mia.post("/console/labels/doubts", id=of_import, do=did)
        assert answer.status_code == 303
        page = mia.get(answer.location).text
        assert 'role="status"' in page
        assert "No label is in doubt." in page
        assert values(record) == left

    def test_a_comment_is_decided_anew_from_the_page(
        self, mia: Visit, record: Record, of_comment: str
    ) -> None:
        page = mia.get(SECOND_LOOK).text
        assert 'action="/console/comments/c1/decision"' in page
        [revision] = re.findall(r'name="expected_revision" value="(\d+)"', page)
        mia.post(
            "/console/comments/c1/decision",
            action="reject",
            reason="ABUSIVE",
            expected_revision=revision,
        )
        assert record.comments.get(DEMO_SITE, "c1").status is Status.REJECTED
        assert values(record) == {"A remark": {"label": 1, "toxicity": 1}}
        assert "No label is in doubt." in mia.get(SECOND_LOOK).text

    def test_what_is_settled_or_gone_already_is_said(
        self, mia: Visit, record: Record, of_comment: str
    ) -> None:
        for reference, did in ((of_comment, "flip"), ("l:none", "keep"), ("", "drop")):
            answer = mia.post("/console/labels/doubts", id=reference, do=did)
            assert "Nothing was done." in mia.get(answer.location).text
        assert mia.post("/console/labels/doubts", id=of_comment, do="x").status_code == 422
        assert values(record) == {"A remark": {"label": 0, "spam": 0}}

    def test_a_page_of_them_is_shown(self, mia: Visit, record: Record) -> None:
        doubts = [
            (store(record, f"T {number}", label=1), "", "toxicity", 1, 0.1)
            for number in range(DOUBTS_SHOWN + 5)
        ]
        record.labels.put_doubts(DEMO_SITE, doubts)
        page = mia.get(SECOND_LOOK).text
        assert page.count("Labelled: toxicity") == DOUBTS_SHOWN
        assert "25<span" in mia.get("/console/labels").text

    def test_a_viewer_looks_and_does_nothing(
        self, vera: Visit, record: Record, of_import: str
    ) -> None:
        page = vera.get(SECOND_LOOK).text
        assert "Labelled: toxicity" in page
        assert "/console/labels/doubts" not in page
        answer = vera.post("/console/labels/doubts", id=of_import, do="drop")
        assert answer.status_code == 403
        assert values(record)


class TestOpinions:
    def test_the_verdict_and_the_scores_are_hidden(self, mia: Visit, record: Record) -> None:
        record.policies.put(DEMO_SITE, Policy(banned_words=("turned",)))
        decide(record, IN_SAMPLE[0], HOSTILE, REJECT)
        page = mia.get(SECOND_LOOK).text
        assert "I would approve it" in page
        assert "&lt;script&gt;" in page
        main = page[page.index("<main") : page.index("</main>")]
        for told in (
            "/console/articles/",
            "/console/comments/",
            "by-list",
            "anna<",
            "rejected",
            "0.5",
            'class="scores"',
        ):
            assert told not in main

    def test_an_opinion_is_stored_and_a_dispute_listed(
        self, mia: Visit, record: Record
    ) -> None:
        decide(record, IN_SAMPLE[0], HOSTILE, APPROVE)
        answer = mia.post(
            "/console/labels/opinion", comment=IN_SAMPLE[0], action="reject", reason="SPAM"
        )
        page = mia.get(answer.location).text
        assert "Your opinion was saved." in page
        assert "anna approved it, mia would have rejected it" in page
        assert "<script>alert" not in page
        [opinion] = record.opinions.all(DEMO_SITE)
        assert opinion.opinion == Said("mia", "reject", {"label": 1, "spam": 1})
        assert record.comments.get(DEMO_SITE, IN_SAMPLE[0]).status is Status.APPROVED

    @pytest.mark.parametrize(
        "fields", [{}, {"action": "hold"}, {"action": "reject", "reason": "BORING"}]
    )
    def test_what_cannot_be_meant_is_said(
        self, mia: Visit, record: Record, fields: dict[str, str]
    ) -> None:
        decide(record, IN_SAMPLE[0], "One")
        answer = mia.post("/console/labels/opinion", comment=IN_SAMPLE[0], **fields)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert record.opinions.all(DEMO_SITE) == []

    def test_one_s_own_verdict_is_nobody_s_second_opinion(
        self, app: Flask, record: Record
    ) -> None:
        decide(record, IN_SAMPLE[0], "One")
        anna = person(app, record, "anna", demo=Role.MODERATOR)
        assert "I would approve it" not in anna.get(SECOND_LOOK).text
        answer = anna.post("/console/labels/opinion", comment=IN_SAMPLE[0], action="reject")
        assert answer.status_code == 422
        assert "your own verdict" in answer.text

    def test_a_comment_that_is_gone_is_not_there(self, mia: Visit) -> None:
        answer = mia.post("/console/labels/opinion", comment="none", action="reject")
        assert answer.status_code == 404
