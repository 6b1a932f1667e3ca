"""The pages Figures and Audit."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.console import audit as audit_page
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from tests.conftest import DEMO_SITE, new_comment
from tests.console.visits import Visit, person
from tests.fakes import RUDE

HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def mia(app: Flask, record: Record) -> Visit:
    """Somebody who may only look."""
    return person(app, record, "mia", demo=Role.VIEWER)


@pytest.fixture
def decided(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
) -> Callable[[str], str]:
    """Posts a comment that is held, and has somebody reject it; gives its id."""

    def reject(who: str) -> str:
        answer = client.post("/v1/articles/a1/comments", json=new_comment(f"You {RUDE}"))
        decide_all()
        comment = str(answer.json["id"])
        actor = Actor(who, DEMO_SITE, Role.MODERATOR)
        Desk(record).decide(actor, comment, Verdict(Action.REJECT))
        return comment

    return reject


def text_of(visit: Visit, path: str) -> str:
    answer = visit.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def write(record: Record, who: str = "anna", subject: str = "c1", **details: object) -> None:
    record.audit.write(DEMO_SITE, AuditEntry(who, AuditKind.PEOPLE, subject, details))


def rows(visit: Visit, query: str = "") -> list[list[str]]:
    answer = visit.get(f"/console/audit.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.text, newline=""), strict=True))


class TestFigures:
    def test_a_new_site_is_told_what_will_be_here(self, mia: Visit):
        text = text_of(mia, "/console/figures")

        assert "No decisions in these days." in text
        assert "Nothing to compare yet." in text
        assert '<div class="chart">' not in text

    def test_every_chart_has_its_table(self, mia: Visit, decided: Callable[[str], str]):
        decided("anna")

        text = text_of(mia, "/console/figures?days=7")

        assert text.count('<div class="chart">') == text.count("The same as a table") == 2
        assert "100 % (1 of 1), likely 21 % to 100 %" in text
        assert ">anna</th>" in text

    def test_no_chart_has_a_style_that_the_pages_policy_forbids(
        self, mia: Visit, decided: Callable[[str], str]
    ):
        decided("anna")

        assert " style=" not in text_of(mia, "/console/figures")

    @pytest.mark.parametrize("days", ["7", "90", "5", "nonsense", "-1"])
    def test_an_unknown_period_is_the_usual_one(self, mia: Visit, days: str):
        shown = days if days in {"7", "90"} else "30"

        assert f'days={shown}" aria-current="page"' in text_of(
            mia, f"/console/figures?days={days}"
        )

    def test_a_category_with_markup_stays_text(self, mia: Visit, record: Record):
        (day, _), *_ = record.daily.read(DEMO_SITE, 1)
        key = record.daily._keys("daily", DEMO_SITE, str((day - audit_page.EPOCH).days))
        record.connection.hset(key, f"agreement|{HOSTILE}|hold|reject", 1)

        text = text_of(mia, "/console/figures")

        assert HOSTILE not in text
        assert HOSTILE in unescape(text)


class TestAudit:
    def test_a_decision_is_listed_and_leads_to_its_comment(
        self, mia: Visit, decided: Callable[[str], str]
    ):
        comment = decided("anna")

        text = text_of(mia, "/console/audit?what=decision")

        assert f'href="/console/comments/{comment}"' in text
        assert "action: reject" in text
        assert mia.get(f"/console/comments/{comment}").status_code == 200

    def test_an_empty_log_says_so(self, mia: Visit):
        assert "Nothing like this was done." in text_of(mia, "/console/audit?who=nobody")

    def test_filters_are_kept_in_the_form_and_in_the_file(self, mia: Visit, record: Record):
        write(record, "anna", "c1")
        write(record, "lena", "c2")

        text = text_of(mia, "/console/audit?who=anna&subject=c1")

        assert "<bdi>c1</bdi>" in text
        assert "<bdi>c2</bdi>" not in text
        assert 'value="anna"' in text
        assert 'href="/console/audit.csv?who=anna&amp;subject=c1"' in text
        assert [row[3] for row in rows(mia, "?who=anna&subject=c1")] == ["subject", "c1"]

    def test_both_days_are_in_the_range(self, mia: Visit, record: Record):
        key = record.audit._keys("audit", DEMO_SITE)
        stamps = {"before": -1, "first": 0, "last": 2 * audit_page.DAY_MS - 1}
        stamps["after"] = stamps["last"] + 1
        start = 1_000 * audit_page.DAY_MS
        record.connection.delete(key)
        for subject, ms in stamps.items():
            entry = AuditEntry("anna", AuditKind.PEOPLE, subject).to_json()
            record.connection.xadd(key, {"entry": entry}, id=f"{start + ms}-1")

        found = rows(mia, "?from=1972-09-27&to=1972-09-28")

        assert [row[3] for row in found[1:]] == ["last", "first"]

    @pytest.mark.parametrize("query", ["from=yesterday", "to=2026-13-01"])
    def test_what_is_no_day_is_refused(self, mia: Visit, query: str):
        for page in ("audit", "audit.csv"):
            answer = mia.get(f"/console/{page}?{query}")
            assert answer.status_code == 422
            assert "Write a day like" in answer.text

    @pytest.mark.parametrize("query", ["from=0001-01-01", "to=9999-12-31", "before=(-"])
    def test_the_ends_of_time_and_a_broken_position_do_no_harm(self, mia: Visit, query: str):
        assert "sign in" in text_of(mia, f"/console/audit?{query}")

    def test_pages_lead_to_older_ones_and_back(
        self, mia: Visit, record: Record, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(audit_page, "PAGE_ENTRIES", 2)
        for number in range(3):
            write(record, "anna", f"c{number}")
        first = text_of(mia, "/console/audit?who=anna")
        assert "<bdi>c2</bdi>" in first
        assert "<bdi>c0</bdi>" not in first
        (older,) = (part for part in first.split('"') if "before=" in part)

        second = text_of(mia, unescape(older))

        assert "<bdi>c0</bdi>" in second
        assert "<bdi>c2</bdi>" not in second
        assert 'href="/console/audit?who=anna"' in second

    def test_hostile_words_stay_words(self, mia: Visit, record: Record):
        write(record, HOSTILE, f"{HOSTILE}\u202e", note=HOSTILE)

        text = text_of(mia, "/console/audit")

        assert HOSTILE not in text
        assert unescape(text).count(HOSTILE) == 3
        assert "\u202e" not in text


class TestFile:
    def test_it_is_what_the_log_holds(self, mia: Visit, record: Record):
        subject = 'quotes ", commas and\r\nlines'
        write(record, "anna", subject, action="reject")

        header, first, *_ = rows(mia)

        assert header == ["at", "who", "what", "subject", "details"]
        assert first[1:] == ["anna", "people", subject, '{"action":"reject"}']

    @pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
    def test_no_cell_is_a_formula(self, mia: Visit, record: Record, sign: str):
        write(record, f"{sign}1+1", f"{sign}cmd|' /C calc'!A0")

        _, first, *_ = rows(mia)

        assert first[1:4] == [f"'{sign}1+1", "people", f"'{sign}cmd|' /C calc'!A0"]

    def test_a_long_log_comes_whole_and_in_pieces(
        self, mia: Visit, record: Record, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(audit_page, "LINES_AT_ONCE", 10)
        for number in range(35):
            write(record, "anna", f"c{number}")

        answer = mia.get("/console/audit.csv?who=anna", buffered=False)
        pieces = list(answer.response)

        assert len(pieces) == 4
        assert b"".join(pieces).count(b"\r\n") == 36

    def test_only_who_is_signed_in_gets_it(self, app: Flask):
        assert Visit(app).get("/console/audit.csv").status_code == 303
