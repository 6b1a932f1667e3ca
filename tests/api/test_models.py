"""GET /v1/models and what is below it: releases read, promoted, rolled back, shadowed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from moderation.domain import Role
from moderation.record import Record
from moderation.releases import Shadowed
from tests.api.checks import PROBLEM_FIELDS, errors, problem
from tests.api.conftest import SignUp
from tests.conftest import DEMO_SITE
from tests.made_releases import CARD, SHIPPED, no_worse, store, tell_shipped, worse

CANDIDATE = "2026.11.24-0a1b2c3d"


@pytest.fixture
def admin(somebody: SignUp) -> FlaskClient:
    """An admin of the site `demo`."""
    return somebody("lena", Role.ADMIN)


@pytest.fixture
def viewer(somebody: SignUp) -> FlaskClient:
    """Somebody who may only look."""
    return somebody("vera", Role.VIEWER)


@pytest.fixture(autouse=True)
def worker(record: Record) -> None:
    """A living worker with the shipped release, heard of when nothing slow is left to do."""
    no_worse(), worse()
    tell_shipped(record)


def promote(admin: FlaskClient, version: str = CANDIDATE, **body: object) -> TestResponse:
    return admin.post(f"/v1/models/{version}/promote", json=body)


def differ(record: Record, count: int, same: int = 0) -> None:
    """Has a shadow differ on so many comments, and agree on some others."""
    seen = [("approve", "hold")] * count + [("hold", "hold")] * same
    record.shadows.write(
        Shadowed(DEMO_SITE, f"c{at}", CANDIDATE, *pair, {"toxicity": 0.2}, {"toxicity": 0.9})
        for at, pair in enumerate(seen)
    )


class TestList:
    def test_a_site_without_releases_of_its_own_has_the_shipped_one(self, viewer: FlaskClient):
        told = viewer.get("/v1/models").json

        assert told["active"] == SHIPPED
        assert told["assignment"] == {"active": None, "shadow": None, "before": []}
        assert told["changed_over"] == {"workers": 1, "of": 1}
        assert (told["stored"], told["activations"], told["troubles"]) == ([], [], [])
        (shipped,) = told["releases"]
        assert shipped["version"] == SHIPPED
        assert shipped["hosts"] == ["alpha"]

    def test_the_one_with_the_most_workers_comes_first(
        self, viewer: FlaskClient, record: Record
    ):
        tell_shipped(record, "w2", release="older")
        tell_shipped(record, "w3")

        told = viewer.get("/v1/models").json["releases"]

        assert [(one["version"], one["workers"]) for one in told] == [
            (SHIPPED, 2),
            ("older", 1),
        ]

    def test_a_candidate_is_listed_with_its_verdict(self, viewer: FlaskClient, record: Record):
        store(record, CANDIDATE, worse())

        (told,) = viewer.get("/v1/models").json["stored"]

        assert (told["version"], told["state"]) == (CANDIDATE, "candidate")
        assert (told["verdict"], told["compared_with"]) == ("worse", SHIPPED)
        assert told["is_stale"] is False
        assert told["parent"] == SHIPPED
        assert told["sentences"]

    def test_what_a_worker_could_not_load_is_told_to_its_site_alone(
        self, viewer: FlaskClient, record: Record
    ):
        troubles = [
            {"site": site, "version": "v1", "why": "its digest is wrong", "instead": SHIPPED}
            for site in (DEMO_SITE, "other")
        ]
        tell_shipped(record, troubles=troubles)

        assert viewer.get("/v1/models").json["troubles"] == [
            {"version": "v1", "why": "its digest is wrong", "instead": SHIPPED}
        ]

    def test_another_sites_releases_are_not_there(self, viewer: FlaskClient, record: Record):
        record.sites.create("other", "Other")
        store(record, CANDIDATE, site="other")

        assert viewer.get("/v1/models").json["stored"] == []
        problem(viewer.get(f"/v1/models/{CANDIDATE}"), 404, "unknown-release")

    def test_a_sites_key_does_not_open_it(self, client: FlaskClient):
        problem(client.get("/v1/models"), 403, "forbidden")


class TestOne:
    def test_it_has_its_figures_and_its_lineage(self, viewer: FlaskClient, record: Record):
        store(record, CANDIDATE, no_worse())

        told = viewer.get(f"/v1/models/{CANDIDATE}").json

        assert told["evaluation"] == no_worse()
        assert told["manifest"]["data_sha256"] == "3" * 64

    def test_it_may_not_have_been_compared(self, viewer: FlaskClient, record: Record):
        store(record, CANDIDATE)

        told = viewer.get(f"/v1/models/{CANDIDATE}").json

        assert (told["evaluation"], told["verdict"], told["is_stale"]) == (None, None, True)

    def test_its_card_is_markdown(self, viewer: FlaskClient, record: Record):
        store(record, CANDIDATE)

        answer = viewer.get(f"/v1/models/{CANDIDATE}/card")

        assert answer.mimetype == "text/markdown"
        assert answer.text == CARD

    @pytest.mark.parametrize("below", ["", "/card", "/shadow"])
    def test_one_that_is_not_there(self, viewer: FlaskClient, below: str):
        problem(viewer.get(f"/v1/models/nothing{below}"), 404, "unknown-release")


class TestPromote:
    def test_it_decides_and_is_in_the_history(self, admin: FlaskClient, record: Record):
        store(record, CANDIDATE, no_worse())

        told = promote(admin, reason="better on irony", expected_active=SHIPPED).json

        assert (told["version"], told["kind"], told["who"]) == (CANDIDATE, "promote", "lena")
        assert (told["instead_of"], told["forced"]) == (None, False)
        assert record.releases.assignment(DEMO_SITE).active == CANDIDATE
        listed = admin.get("/v1/models").json
        assert listed["activations"] == [told]
        assert listed["changed_over"] == {"workers": 0, "of": 1}
        assert listed["stored"][0]["state"] == "active"

    def test_a_worse_one_is_refused_in_words(self, admin: FlaskClient, record: Record):
        store(record, CANDIDATE, worse())

        body = promote(admin).json

        assert (body["status"], set(body)) == (409, PROBLEM_FIELDS | {"sentences"})
        assert body["type"] == "urn:comment-moderation:worse-release"
        assert body["sentences"] == worse()["sentences"]
        assert record.releases.assignment(DEMO_SITE).active == ""

    def test_force_takes_a_reason(self, admin: FlaskClient, record: Record):
        store(record, CANDIDATE, worse())

        assert "reason" in errors(promote(admin, force=True, reason=" "))
        told = promote(admin, force=True, reason="we want it so").json

        assert (told["forced"], told["reason"]) == (True, "we want it so")

    def test_one_that_was_compared_with_another_is_refused(
        self, admin: FlaskClient, record: Record
    ):
        store(record, CANDIDATE, no_worse(), compared_with="older")

        problem(promote(admin), 409, "stale-comparison")

    def test_it_is_refused_if_another_is_active_than_was_seen(
        self, admin: FlaskClient, record: Record
    ):
        store(record, CANDIDATE, no_worse())

        problem(promote(admin, expected_active="older"), 409, "releases-changed")

    def test_shipped_is_the_one_that_the_service_came_with(
        self, admin: FlaskClient, record: Record
    ):
        store(record, CANDIDATE, no_worse())
        promote(admin)

        assert promote(admin, "shipped").json["version"] is None
        assert record.releases.assignment(DEMO_SITE).active == ""

    def test_one_that_is_not_there(self, admin: FlaskClient):
        problem(promote(admin, "nothing"), 404, "unknown-release")

    @pytest.mark.parametrize(
        "body", [{"force": "perhaps"}, {"reason": "x" * 501}, {"versoin": "1"}]
    )
    def test_what_cannot_be_meant(self, admin: FlaskClient, record: Record, body: object):
        store(record, CANDIDATE, no_worse())

        assert errors(admin.post(f"/v1/models/{CANDIDATE}/promote", json=body))


class TestRollBack:
    def test_the_one_before_decides_again(self, admin: FlaskClient, record: Record):
        store(record, CANDIDATE, no_worse())
        promote(admin)

        told = admin.post("/v1/models/rollback", json={"reason": "too strict"}).json

        assert (told["version"], told["kind"]) == (None, "rollback")
        assert (told["instead_of"], told["reason"]) == (CANDIDATE, "too strict")
        assert admin.get("/v1/models").json["stored"][0]["state"] == "retired"

    def test_there_may_be_none_before(self, admin: FlaskClient):
        problem(admin.post("/v1/models/rollback", json={}), 409, "nothing-to-roll-back")

    def test_two_who_roll_back_at_once_go_back_once(self, admin: FlaskClient, record: Record):
        for version in (CANDIDATE, "second"):
            store(record, version, no_worse())
            promote(admin, version, force=True, reason="for the test")
        body = {"expected_active": "second"}

        assert admin.post("/v1/models/rollback", json=body).json["version"] == CANDIDATE

        problem(admin.post("/v1/models/rollback", json=body), 409, "releases-changed")
        assert record.releases.assignment(DEMO_SITE).active == CANDIDATE


class TestShadow:
    def test_it_is_put_on_duty_and_taken_off(self, admin: FlaskClient, record: Record):
        store(record, CANDIDATE)

        on = admin.put("/v1/models/shadow", json={"version": CANDIDATE}).json
        off = admin.put("/v1/models/shadow", json={"version": None}).json

        assert (on["shadow"], off["shadow"]) == (CANDIDATE, None)

    def test_the_active_one_cannot_be_its_own_shadow(self, admin: FlaskClient, record: Record):
        store(record, CANDIDATE, no_worse())
        promote(admin)

        answer = admin.put("/v1/models/shadow", json={"version": CANDIDATE})

        problem(answer, 409, "releases-changed")

    @pytest.mark.parametrize("body", [{}, {"version": ""}, {"version": "a:b"}, {"version": 1}])
    def test_what_cannot_be_meant(self, admin: FlaskClient, body: object):
        assert "version" in errors(admin.put("/v1/models/shadow", json=body))

    def test_how_often_it_differs_is_told_with_an_interval(
        self, viewer: FlaskClient, record: Record
    ):
        store(record, CANDIDATE)
        differ(record, 3, same=7)

        told = viewer.get(f"/v1/models/{CANDIDATE}/shadow").json

        assert (told["compared"], told["next"]) == (10, None)
        assert (told["differing"]["part"], told["differing"]["share"]) == (3, 0.3)
        assert 0.1 < told["differing"]["low"] < 0.3 < told["differing"]["high"] < 0.61
        assert (told["would_hold"]["part"], told["would_approve"]["part"]) == (3, 0)
        assert [one["comment_id"] for one in told["comments"]] == ["c2", "c1", "c0"]
        assert told["comments"][0]["shadow_scores"] == {"toxicity": 0.9}

    def test_its_comments_come_in_pages(self, viewer: FlaskClient, record: Record):
        store(record, CANDIDATE)
        differ(record, 5)
        path = f"/v1/models/{CANDIDATE}/shadow?limit=2"
        seen: list[str] = []

        page = viewer.get(path).json
        while page["next"]:
            seen += [one["comment_id"] for one in page["comments"]]
            page = viewer.get(f"{path}&after={page['next']}").json
        seen += [one["comment_id"] for one in page["comments"]]

        assert seen == ["c4", "c3", "c2", "c1", "c0"]

    def test_a_cursor_of_another_list_is_refused(self, viewer: FlaskClient, record: Record):
        store(record, CANDIDATE)

        assert "after" in errors(viewer.get(f"/v1/models/{CANDIDATE}/shadow?after=made-up"))


class TestWhoMayAct:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", f"/v1/models/{CANDIDATE}/promote"),
            ("POST", "/v1/models/rollback"),
            ("PUT", "/v1/models/shadow"),
        ],
    )
    def test_only_an_admin_may(self, anna: FlaskClient, record: Record, method: str, path: str):
        store(record, CANDIDATE, no_worse())

        problem(anna.open(path, method=method, json={"version": None}), 403, "forbidden")
