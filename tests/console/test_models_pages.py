"""The pages about releases: models, one release, its shadow; and training from them."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from moderation.domain import Role
from moderation.labels import Label, LabelOrigin, label_id
from moderation.record import Record
from moderation.releases import Shadowed
from moderation.trainings import TrainingState
from tests.conftest import DEMO_SITE
from tests.console.visits import Visit, person
from tests.held import hold
from tests.made_releases import CARD, SHIPPED, no_worse, store, tell_shipped, worse

CANDIDATE = "2026.11.24-0a1b2c3d"
PAGE = f"/console/models/{CANDIDATE}"
HOSTILE = '<img src=x onerror="alert(1)">\u202e'


@pytest.fixture
def mia(app: Flask, record: Record) -> Visit:
    """Somebody who may only look."""
    return person(app, record, "mia", demo=Role.VIEWER)


@pytest.fixture
def lena(app: Flask, record: Record) -> Visit:
    """An admin."""
    return person(app, record, "lena", demo=Role.ADMIN)


@pytest.fixture(autouse=True)
def worker(record: Record) -> None:
    """A living worker with the shipped release, heard of when nothing slow is left to do."""
    no_worse(), worse()
    tell_shipped(record)


def text_of(visit: Visit, path: str) -> str:
    answer = visit.get(path)
    assert answer.status_code == 200, answer.text
    text = answer.text
    return text[text.index("<main") : text.index("</main>")]


def told(visit: Visit, path: str) -> str:
    """The words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text_of(visit, path))).split())


def follow(visit: Visit, answer: TestResponse) -> str:
    """The words of the page that a form leads to."""
    assert answer.status_code == 303, answer.text
    return told(visit, answer.headers["Location"])


def label(record: Record, zeros: int, ones: int) -> None:
    """Imports so many labels of either kind."""
    texts = [f"Remark number {number} on the library" for number in range(zeros + ones)]
    record.labels.put(
        DEMO_SITE,
        [
            Label(label_id(text), text, {"label": int(number < ones)}, LabelOrigin.IMPORT)
            for number, text in enumerate(texts)
        ],
    )


def promote(visit: Visit, **fields: str) -> TestResponse:
    return visit.post(f"{PAGE}/promote", expected_active=SHIPPED, **fields)


class TestModels:
    def test_without_a_worker_that_is_said(self, mia: Visit, record: Record):
        record.operations.forget_worker("w1")

        assert "no worker just now: comments wait" in told(mia, "/console/models")

    def test_the_shipped_release_is_shown_with_all_that_is_known(
        self, mia: Visit, record: Record
    ):
        metrics = {"measured_on": "kept back", "category": "label", "rows": 4_239}
        facts = {
            "trained_on_comments": 304_991,
            "languages": ["en", "de"],
            "metrics": [{**metrics, "positives": 774, "roc_auc": 0.9802}],
        }
        tell_shipped(record, facts=facts, thresholds={"toxicity": 0.7})

        text = told(mia, "/console/models")

        for words in (f"Release {SHIPPED} active", "1 of 1 worker", "304,991", "0.980"):
            assert words in text
        assert "since this site began: it came with the service" in text
        assert "spam never" in text

    def test_a_worker_that_has_not_changed_over_is_counted(self, mia: Visit, record: Record):
        store(record, CANDIDATE, no_worse())
        record.connection.hset(
            record.releases._keys("assignments"),
            DEMO_SITE,
            f'{{"active":"{CANDIDATE}","shadow":"","before":[""]}}',
        )
        tell_shipped(record, "w2", releases={DEMO_SITE: CANDIDATE})

        assert "1 of 2 workers; the others change over" in told(mia, "/console/models")

    def test_trouble_is_an_alert_before_all_else(self, mia: Visit, record: Record):
        trouble = {"site": DEMO_SITE, "version": "v1", "why": HOSTILE, "instead": SHIPPED}
        for name in ("w1", "w2"):
            tell_shipped(record, name, troubles=[trouble])

        text = text_of(mia, "/console/models")

        assert f"2 workers cannot use v1 and keep {SHIPPED}" in text
        assert text.index('role="alert"') < text.index("active-title")
        assert "<img" not in text
        assert "\u202e" not in text

    def test_candidates_are_listed_the_newest_first_with_their_verdict(
        self, mia: Visit, record: Record
    ):
        store(record, "first", worse())
        store(record, "second", no_worse(), compared_with="older")
        store(record, "third")

        text = told(mia, "/console/models")

        verdicts = (
            "third candidate not compared yet",
            "second candidate no worse than older, which no longer decides",
            f"first candidate worse than {SHIPPED}",
        )
        places = [text.index(words) for words in verdicts]
        assert places == sorted(places)
        assert "from 500 labels" in text

    def test_who_may_only_look_has_no_buttons(self, mia: Visit, record: Record):
        store(record, CANDIDATE, no_worse())
        label(record, 40, 40)

        for path in ("/console/models", PAGE, f"{PAGE}/shadow"):
            assert "<button" not in text_of(mia, path)
        assert "An admin can start one." in told(mia, "/console/models")


class TestRelease:
    def test_every_figure_stands_beside_the_active_ones(self, mia: Visit, record: Record):
        store(record, CANDIDATE, worse())

        text = told(mia, PAGE)

        assert f"It is worse than {SHIPPED}" in text
        assert "hold or approve: 529 comments, 225 of them to be held" in text
        for words in ("ROC AUC", "Average precision", "Calibration error", "False holds"):
            assert words in text
        assert "Harmless, but held" in text
        for sentence in worse()["sentences"]:
            assert " ".join(sentence.split()) in text

    def test_what_failed_is_said_and_counted(self, mia: Visit, record: Record):
        store(record, CANDIDATE, worse())
        guards = worse()["guards"]
        failed = sum(one["failed"] for one in guards)
        assert failed

        text = told(mia, PAGE)

        assert f"{failed} of {len(guards)} fell further than they may." in text

    def test_a_figure_is_called_worse_only_beyond_doubt(self, mia: Visit, record: Record):
        store(record, CANDIDATE, no_worse())

        text = text_of(mia, PAGE)

        assert 'class="mood"' not in text
        assert "All " in text
        assert "fell further" not in text

    def test_thresholds_are_proposed_and_can_be_tried_once_it_decides(
        self, lena: Visit, record: Record
    ):
        store(record, CANDIDATE, no_worse())
        before = text_of(lena, PAGE)
        assert "catch at least 90 %" in before
        assert "<polyline" in before
        assert "/console/policy?" not in before

        promote(lena)

        links = re.findall(
            r'href="(/console/policy[?]threshold[.]toxicity=[^"]+)"', text_of(lena, PAGE)
        )
        threshold = links[0].partition("=")[2]
        policy = lena.get(unescape(links[0])).text
        assert f'name="threshold.toxicity" value="{float(threshold)}"' in policy
        assert "The draft" in policy
        assert record.policies.current(DEMO_SITE).policy.thresholds == {}

    @pytest.mark.parametrize("written", ["2", "-1", "much", "nan", ""])
    def test_a_threshold_in_an_address_that_is_none_is_passed_over(
        self, lena: Visit, written: str
    ):
        policy = lena.get(f"/console/policy?threshold.toxicity={written}").text

        assert 'name="threshold.toxicity" value="0.8"' in policy
        assert "The draft" not in policy

    def test_its_lineage_and_its_card_are_text(self, mia: Visit, record: Record):
        store(record, CANDIDATE)

        text = text_of(mia, PAGE)

        assert "<script>" not in text
        assert CARD.strip() in unescape(text)
        for words in ("2026.11-2", "3" * 64, "4" * 64, "350 comments", "moderation train"):
            assert words in text

    def test_the_shipped_one_is_on_the_page_of_all(self, mia: Visit):
        for name in (SHIPPED, "shipped"):
            answer = mia.get(f"/console/models/{name}")
            assert (answer.status_code, answer.headers["Location"]) == (302, "/console/models")

    @pytest.mark.parametrize("below", ["", "/shadow"])
    def test_one_that_is_not_there(self, mia: Visit, below: str):
        answer = mia.get(f"/console/models/nothing{below}")

        assert answer.status_code == 404
        assert "This is not here" in answer.text


class TestPromoting:
    def test_a_good_one_is_promoted_at_one_click_and_rolled_back(
        self, lena: Visit, record: Record
    ):
        store(record, CANDIDATE, no_worse())
        assert "Promote: let it decide" in told(lena, PAGE)

        assert "It decides from now on" in follow(lena, promote(lena))

        assert record.releases.assignment(DEMO_SITE).active == CANDIDATE
        models = told(lena, "/console/models")
        assert f"lena promoted it instead of {SHIPPED} (shipped)" in models
        assert f"Roll back to {SHIPPED} (shipped)" in models
        back = lena.post("/console/models/rollback", expected_active=CANDIDATE)
        assert "The release before decides again" in follow(lena, back)
        assert record.releases.assignment(DEMO_SITE).active == ""

    def test_a_worse_one_takes_a_reason(self, lena: Visit, record: Record):
        store(record, CANDIDATE, worse())
        text = text_of(lena, PAGE)
        assert 'disabled aria-describedby="why-not"' in text
        assert "it is worse than the active release" in text

        assert promote(lena).status_code == 409
        assert promote(lena, force="on", reason=" ").status_code == 422
        follow(lena, promote(lena, force="on", reason="we want it so"))

        assert "by force" in told(lena, "/console/models")
        assert "because “ we want it so ”" in told(lena, "/console/models")

    def test_one_compared_with_another_is_to_be_compared_again(
        self, lena: Visit, record: Record
    ):
        store(record, CANDIDATE, no_worse(), compared_with="older")
        assert f"once it is compared with {SHIPPED}" in told(lena, PAGE)
        assert promote(lena).status_code == 409

        text = follow(lena, lena.post(f"{PAGE}/compare"))

        assert f"Comparing {CANDIDATE} anew , started by lena" in text

    def test_nothing_is_promoted_over_what_somebody_else_promoted(
        self, lena: Visit, record: Record
    ):
        store(record, CANDIDATE, no_worse())

        answer = lena.post(f"{PAGE}/promote", expected_active="older")

        assert answer.status_code == 409
        assert f"{SHIPPED} is active, not older." in unescape(answer.text)

    def test_the_shipped_release_can_be_gone_back_to(self, lena: Visit, record: Record):
        store(record, CANDIDATE, no_worse())
        promote(lena)

        follow(lena, lena.post("/console/models/shipped/promote", expected_active=CANDIDATE))

        assert record.releases.assignment(DEMO_SITE).active == ""

    @pytest.mark.parametrize(
        "path",
        [
            f"{PAGE}/promote",
            f"{PAGE}/shadow",
            f"{PAGE}/compare",
            "/console/models/rollback",
            "/console/trainings",
            "/console/trainings/1/cancel",
            "/console/trainings/schedule",
        ],
    )
    def test_only_an_admin_may(self, app: Flask, record: Record, path: str):
        anna = person(app, record, "anna", demo=Role.MODERATOR)

        assert anna.post(path).status_code == 403


class TestShadow:
    def differ(self, record: Record, ids: list[str], same: int = 0) -> None:
        seen = [(one, "approve", "hold") for one in ids]
        seen += [(f"same-{number}", "hold", "hold") for number in range(same)]
        record.shadows.write(
            Shadowed(
                DEMO_SITE,
                one,
                CANDIDATE,
                active,
                shadow,
                {"toxicity": 0.31},
                {"toxicity": 0.87},
            )
            for one, active, shadow in seen
        )

    def test_it_is_switched_on_and_off(self, lena: Visit, record: Record):
        store(record, CANDIDATE)

        assert "without deciding anything" in follow(
            lena, lena.post(f"{PAGE}/shadow", shadow="on")
        )
        assert record.releases.assignment(DEMO_SITE).shadow == CANDIDATE
        assert "No comment has come since." in told(lena, "/console/models")
        follow(lena, lena.post(f"{PAGE}/shadow", shadow="off"))

        assert record.releases.assignment(DEMO_SITE).shadow == ""

    def test_how_often_it_differs_is_said_with_an_interval(self, mia: Visit, record: Record):
        store(record, CANDIDATE)
        self.differ(record, ["c1"], same=399)

        text = told(mia, f"{PAGE}/shadow")

        assert (
            "It would have decided otherwise: 0.2 % (1 of 400), likely 0.0 % to 1.4 %" in text
        )
        assert "Approved, it would hold 0.2 % (1 of 400)" in text
        assert "Held, it would let through 0 % (0 of 400)" in text

    def test_its_comments_are_shown_safely_and_lead_to_their_pages(
        self, mia: Visit, record: Record
    ):
        store(record, CANDIDATE)
        hold(record, "c/1", text=HOSTILE)
        self.differ(record, ["c/1"])

        text = text_of(mia, f"{PAGE}/shadow")

        assert 'href="/console/comments/c%2F1"' in text
        assert "<img" not in text
        assert "\u202e" not in text
        assert "0.31" in text
        assert "0.87" in text

    def test_an_erased_one_says_so(self, mia: Visit, record: Record):
        store(record, CANDIDATE)
        self.differ(record, [hold(record, "c1"), "erased"])

        text = told(mia, f"{PAGE}/shadow")

        assert text.count("would hold it") == 2
        assert text.count("The site has erased this comment.") == 1

    def test_they_come_in_pages_the_newest_first(
        self, mia: Visit, record: Record, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("moderation.console.shadow.PAGE_DIFFERENCES", 2)
        store(record, CANDIDATE)
        self.differ(record, ["oldest", "middle", "newest"])

        first = text_of(mia, f"{PAGE}/shadow")
        (older,) = re.findall(r'href="([^"]+before=[^"]+)"', first)
        second = text_of(mia, unescape(older))

        assert (">newest<" in first, ">oldest<" in first) == (True, False)
        assert (">oldest<" in second, ">newest<" in second) == (True, False)

    def test_a_position_that_is_none_is_the_first_page(self, mia: Visit, record: Record):
        store(record, CANDIDATE)
        self.differ(record, ["c1"])

        assert "c1" in text_of(mia, f"{PAGE}/shadow?before=(-")


class TestTraining:
    def test_without_labels_it_says_what_is_missing(self, lena: Visit, record: Record):
        assert "There is nothing to learn from yet" in told(lena, "/console/models")
        label(record, 3, 40)

        text = told(lena, "/console/models")

        assert "12 more without toxicity" in text
        assert "more with toxicity" not in text
        assert "Train now" not in text

    def test_it_is_started_watched_and_cancelled(self, lena: Visit, record: Record):
        label(record, 40, 40)
        assert "80 labels of people here" in told(lena, "/console/models")

        started = follow(lena, lena.post("/console/trainings"))

        assert "Training , started by lena" in started
        assert "No trainer is there, so this waits until one is" in started
        training = record.trainings.open(DEMO_SITE)
        assert training
        record.trainings.begin(DEMO_SITE, training.id)
        record.trainings.beat(DEMO_SITE, training.id, stage="Fitting", done=3, total=8)
        page = text_of(lena, "/console/models")
        assert 'hx-trigger="every 1s"' in page
        assert '<progress max="8" value="3"' in page
        assert "Fitting: 3 of 8" in page
        assert "stops within seconds" in follow(
            lena, lena.post(f"/console/trainings/{training.id}/cancel")
        )
        assert record.trainings.one(DEMO_SITE, training.id).cancelled_by == "lena"

    def test_two_cannot_run_at_once(self, lena: Visit, record: Record):
        label(record, 40, 40)
        lena.post("/console/trainings")

        answer = lena.post("/console/trainings")

        assert answer.status_code == 409
        assert "A training of this site is queued" in answer.text

    def test_one_that_failed_says_why_as_text(self, lena: Visit, record: Record):
        label(record, 40, 40)
        lena.post("/console/trainings")
        training = record.trainings.open(DEMO_SITE)
        assert training
        record.trainings.end(DEMO_SITE, training.id, TrainingState.FAILED, error=HOSTILE)

        text = text_of(lena, "/console/models")

        assert "every 1s" not in text
        assert "failed" in text
        assert "<img" not in text
        assert "\u202e" not in text

    def test_one_that_is_done_leads_to_its_candidate(self, lena: Visit, record: Record):
        label(record, 40, 40)
        lena.post("/console/trainings")
        training = record.trainings.open(DEMO_SITE)
        assert training
        record.trainings.begin(DEMO_SITE, training.id)
        record.trainings.note(DEMO_SITE, training.id, candidate=CANDIDATE, labels=80)
        record.trainings.end(DEMO_SITE, training.id, TrainingState.DONE)

        text = text_of(lena, "/console/models")

        assert f'made <a href="{PAGE}">' in text
        assert f"Training is done: see {CANDIDATE}." in lena.get("/console/models").text

    @pytest.mark.parametrize(
        ("fields", "cron", "words"),
        [
            ({"preset": "30 3 * * *"}, "30 3 * * *", "By itself: every night at 3:30, next"),
            ({"preset": "own", "cron": "5 4 * * 2"}, "5 4 * * 2", "By itself: 5 4 * * 2, next"),
            ({"preset": "", "cron": "5 4 * * 2"}, "", "By itself: never"),
        ],
    )
    def test_it_can_go_by_itself(
        self, lena: Visit, record: Record, fields: dict[str, str], cron: str, words: str
    ):
        text = follow(lena, lena.post("/console/trainings/schedule", **fields))

        assert words in text
        assert record.schedules.of(DEMO_SITE).cron == cron

    def test_what_is_no_schedule_is_refused_with_an_example(self, lena: Visit, record: Record):
        answer = lena.post("/console/trainings/schedule", preset="own", cron="at night")

        assert answer.status_code == 422
        assert "30 3 * * *" in answer.text
        assert record.schedules.of(DEMO_SITE).cron == ""

    def test_one_that_is_not_there_cannot_be_cancelled(self, lena: Visit):
        assert lena.post("/console/trainings/none/cancel").status_code == 404
