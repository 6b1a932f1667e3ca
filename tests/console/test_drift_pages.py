"""The pages Drift and Review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.console.bands import BandPoint, band_chart
from moderation.domain import Role
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.daily import EPOCH
from tests.conftest import new_comment
from tests.console.visits import Visit, admin, person

HOSTILE = '<img src=x onerror="alert(1)">'
COUNT = '<span class="count" id="review-count">{}</span>'


@pytest.fixture
def mia(app: Flask, record: Record) -> Visit:
    """Somebody who may only look."""
    return person(app, record, "mia", demo=Role.VIEWER)


@pytest.fixture
def anna(app: Flask, record: Record) -> Visit:
    """A moderator."""
    return person(app, record, "anna", demo=Role.MODERATOR)


@pytest.fixture
def drawn(
    client: FlaskClient,
    record: Record,
    decide_all: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """Two approved comments that are to be reviewed; their ids."""
    record.policies.put("demo", replace(Policy(), review_share=0.05))
    monkeypatch.setattr("workers.placing.is_drawn", lambda *_, share: share > 0)
    for name in ("c1", "c2"):
        body = new_comment(f"Remark {name} {HOSTILE}", id=name)
        assert client.post("/v1/articles/a1/comments", json=body).status_code == 202
    decide_all()
    return ["c1", "c2"]


def text_of(visit: Visit, path: str) -> str:
    answer = visit.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


class TestReview:
    def test_a_site_that_draws_nothing_is_told_how(self, mia: Visit):
        text = text_of(mia, "/console/review")
        assert "No comments are drawn for review on this site." in text
        assert "Nobody has reviewed anything" in text
        assert "drawn by lot, 0 %" not in text

    def test_the_cards_can_be_approved_rejected_and_skipped(
        self, anna: Visit, record: Record, drawn: list[str]
    ):
        text = text_of(anna, "/console/review")
        assert text.count('<article class="card') == 2
        assert text.count(">Skip</button>") == 2
        assert "Keep held</button>" not in text
        assert HOSTILE not in text

        skipped = anna.post("/console/review/skip", {"HX-Request": "true"}, id="c1")
        assert "it comes last now" in skipped.text
        assert record.review.page("demo").comment_ids == ["c2", "c1"]

        answer = anna.post(
            "/console/comments/c2/decision", action="reject", expected_revision="1"
        )
        assert answer.status_code == 303
        text = text_of(anna, "/console/review")
        assert text.count('<article class="card') == 1
        assert "people would have rejected <b>100 % (1 of 1), likely" in text

    def test_the_navigation_counts_them(self, mia: Visit, drawn: list[str]):
        assert '<a href="/console/review">Review' in text_of(mia, "/console/queue")
        assert COUNT.format(2) in text_of(mia, "/console/queue")

    def test_the_count_follows_what_is_decided_on_the_page(self, anna: Visit, drawn: list[str]):
        came_from = {"HX-Request": "true", "HX-Current-URL": "http://localhost/console/review"}
        decision = {"action": "approve", "expected_revision": "1"}
        for comment_id, left in (("c1", "1"), ("c2", "")):
            path = f"/console/comments/{comment_id}/decision"
            told = anna.post(path, came_from, **decision).text
            assert COUNT.replace(">", ' hx-swap-oob="true">', 1).format(left) in told

    def test_elsewhere_there_is_no_count_to_follow(self, anna: Visit, drawn: list[str]):
        came_from = {"HX-Request": "true", "HX-Current-URL": "http://localhost/console/queue"}
        decision = {"action": "approve", "expected_revision": "1"}
        told = anna.post("/console/comments/c1/decision", came_from, **decision)
        assert "review-count" not in told.text

    def test_and_shows_nothing_where_nothing_waits(self, mia: Visit):
        assert 'href="/console/review"' not in text_of(mia, "/console/queue")

    def test_who_may_only_look_cannot_skip(self, mia: Visit, drawn: list[str]):
        assert ">Skip</button>" not in text_of(mia, "/console/review")
        assert mia.post("/console/review/skip", id="c1").status_code == 403

    def test_a_moderator_without_a_script_comes_back(self, anna: Visit, drawn: list[str]):
        answer = anna.post("/console/review/skip", id="c1")
        assert (answer.status_code, answer.location) == (303, "/console/review")


class TestDrift:
    def test_a_new_site_has_too_few_to_tell(self, mia: Visit):
        text = text_of(mia, "/console/drift")
        assert text.count("Too few to tell") == 1
        assert '<a href="/console/drift" aria-current="page">Drift</a>' in text
        assert "<svg role" not in text

    def test_an_alert_stands_at_the_top_and_every_chart_has_its_table(
        self, mia: Visit, record: Record
    ):
        today = (datetime.now(UTC).date() - EPOCH).days
        for ago in range(1, 60):
            held = 50 if ago <= 7 else 5
            figures = {
                "seen|v1": 100,
                "decided|classifier|held": held,
                "decided|classifier|approved": 100 - held,
                f"language|{HOSTILE}": 100,
                f"score|{HOSTILE}|3": 100,
            }
            record.connection.hset(
                f"moderation:{{0}}:daily:demo:{today - ago}", mapping=figures
            )
        text = text_of(mia, "/console/drift")
        assert "Something has changed" in text
        # The navigation of every page says so, too.
        assert "Drift <span" in text_of(mia, "/console/queue")
        assert "<b>Comments held by the machine</b>: 50 % in the last week" in text
        assert text.count("<svg role") == text.count("The same as a table") > 0
        assert HOSTILE not in text
        assert "style=" not in text

    def test_the_figures_lead_there(self, mia: Visit):
        assert 'href="/console/drift"' in text_of(mia, "/console/figures")


def test_a_band_chart_skips_days_that_nothing_is_known_of():
    points = [
        BandPoint("1 Jun", 0.1, 0.05, 0.2, "usual", "10 %"),
        BandPoint("2 Jun", None, 0, 0, "unknown", ""),
        BandPoint("3 Jun", 0.3, 0.05, 0.2, "alert", "30 %"),
        BandPoint("4 Jun", 0.3, 0.05, 0.2, "alert", "30 %"),
    ]
    drawn = band_chart(points, title="<b>", highest="30 %", desc="so")
    assert drawn.count("<circle") == 3
    assert drawn.count("<line") == 1
    assert drawn.count('class="level-alert"') == 2
    assert "&lt;b&gt;" in drawn
    assert "No" not in band_chart([], title="t", highest="", desc="")


class TestPolicyField:
    def fields(self, visit: Visit) -> dict[str, str]:
        return {"expected_version": "0", "queue_order": "diversity"}

    def test_per_cent_become_a_share(self, app: Flask, record: Record):
        answer = admin(app).post(
            "/console/policy", **self.fields(admin(app)), review_share="2,5"
        )
        assert answer.status_code == 303, answer.text
        policy = record.policies.current("demo").policy
        assert policy.review_share == 0.025
        assert policy.queue_order == "diversity"
        assert 'name="review_share" value="2.5"' in text_of(admin(app), "/console/policy")

    @pytest.mark.parametrize("written", ["21", "-1", "some"])
    def test_what_is_no_share_is_refused(self, app: Flask, record: Record, written: str):
        answer = admin(app).post(
            "/console/policy", **self.fields(admin(app)), review_share=written
        )
        assert answer.status_code == 422
        assert f'value="{written}"' in answer.text
        assert record.policies.current("demo").version == 0
