"""Many decisions at once over HTTP, with a moderator's token."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role, Violation
from moderation.record import Record
from tests.api.checks import problem
from tests.api.conftest import SignUp
from tests.conftest import DEMO_SITE
from tests.held import hold, hold_many

WAIT_S = 10.0
MIA = Actor("mia", DEMO_SITE, Role.MODERATOR)


def begin(client: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/batches", json=body)
    assert answer.status_code == 202, answer.text
    begun: dict[str, Any] = answer.json
    assert answer.headers["Location"] == f"/v1/batches/{begun['id']}"
    return begun


def ended(client: FlaskClient, batch_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S
    while True:
        batch: dict[str, Any] = client.get(f"/v1/batches/{batch_id}").json
        if batch["state"] in {"done", "undone"}:
            return batch
        assert time.monotonic() < deadline, f"it still is {batch['state']}"
        time.sleep(0.02)


def test_the_comments_named_are_decided_and_taken_back(
    anna: FlaskClient, record: Record
) -> None:
    ids = hold_many(record, 3)
    begun = begin(anna, action="reject", reason="SPAM", ids=ids[:2])
    assert begun["label"] == "Reject 2 selected comments as Spam"
    assert (begun["moderator"], begun["action"], begun["reason"]) == ("anna", "reject", "SPAM")
    assert begun["run"]["total"] == 2
    assert begun["undo"] is None
    done = ended(anna, begun["id"])
    assert done["run"] == {"total": 2, "handled": 2, "left": 0}
    assert record.held.total(DEMO_SITE) == 1
    undoing = anna.post(f"/v1/batches/{begun['id']}/undo")
    assert undoing.status_code == 202
    undone = ended(anna, begun["id"])
    assert (undone["state"], undone["undone_by"]) == ("undone", "anna")
    assert undone["undo"] == {"total": 2, "handled": 2, "left": 0}
    assert record.held.total(DEMO_SITE) == 3


def test_a_range_of_scores_is_counted_and_then_decided(
    anna: FlaskClient, record: Record
) -> None:
    for score in (0.0, 0.1, 0.12, 0.5, 1.0):
        hold(record, str(score), score)
    where = {"score_category": "toxicity", "score_min": 0.0, "score_max": 0.12}
    seen = anna.get("/v1/queue/histogram", query_string=where).json
    assert (seen["category"], seen["count"]) == ("toxicity", 3)
    assert sorted(one["id"] for one in seen["sample"]) == ["0.0", "0.1", "0.12"]
    bins = {(one["least"], one["count"], one["picked"]) for one in seen["bins"] if one["count"]}
    assert bins == {(0.0, 1, 1), (0.1, 1, 1), (0.12, 1, 1), (0.5, 1, 0), (0.98, 1, 0)}
    assert seen["bins"][-1]["most"] == 1.0
    hold(record, "late", 0.05)
    begun = begin(anna, action="approve", where=where, as_of=seen["as_of"])
    assert begun["label"] == "Approve 3 comments with toxicity from 0 to 0.12"
    ended(anna, begun["id"])
    left = anna.get("/v1/queue").json["comments"]
    assert sorted(one["id"] for one in left) == ["0.5", "1.0", "late"]


def test_a_histogram_without_a_range_picks_all(anna: FlaskClient, record: Record) -> None:
    hold_many(record, 2)
    seen = anna.get("/v1/queue/histogram?score_category=toxicity").json
    assert seen["count"] == 2


def test_only_what_passes_the_filters_is_decided(anna: FlaskClient, record: Record) -> None:
    hold(record, "here", article="a1")
    hold(record, "there", article="a2")
    begun = begin(anna, action="approve", where={"article_id": "a2"})
    assert begun["label"] == "Approve 1 comment on the article a2"
    ended(anna, begun["id"])
    assert record.comments.get(DEMO_SITE, "here").status == "held"
    assert record.comments.get(DEMO_SITE, "there").status == "approved"


def test_what_is_left_is_named(anna: FlaskClient, record: Record) -> None:
    ids = hold_many(record, 2)
    Desk(record).decide(MIA, ids[0], Verdict(Action.REJECT, Violation.SPAM))
    batch = ended(anna, begin(anna, action="approve", ids=[*ids, "never-was"])["id"])
    assert batch["run"]["left"] == 2
    named = {one["comment_id"]: one for one in batch["run_left"]}
    assert named == {
        "c0": {
            "comment_id": "c0",
            "because": "decided",
            "moderator": "mia",
            "action": "reject",
        },
        "never-was": {"comment_id": "never-was", "because": "erased"},
    }
    assert batch["undo_left"] == []


def test_batches_are_listed_newest_first_page_by_page(
    anna: FlaskClient, record: Record
) -> None:
    begun = []
    for comment_id in hold_many(record, 3):
        begun.append(begin(anna, action="approve", ids=[comment_id])["id"])
        time.sleep(0.002)
    first = anna.get("/v1/batches?limit=2").json
    assert [one["id"] for one in first["batches"]] == begun[:0:-1]
    rest = anna.get("/v1/batches", query_string={"limit": 2, "after": first["next"]}).json
    assert [one["id"] for one in rest["batches"]] == begun[:1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "approve"}, "ids"),
        ({"action": "approve", "ids": ["c0"], "where": {}}, "ids"),
        ({"action": "approve", "ids": []}, "ids"),
        ({"action": "approve", "ids": [""]}, "ids.0"),
        ({"ids": ["c0"]}, "action"),
        ({"action": "delete", "ids": ["c0"]}, "action"),
        ({"action": "reject", "reason": "RUDE", "ids": ["c0"]}, "reason"),
        ({"action": "approve", "ids": ["c0"], "expected_revision": 1}, "expected_revision"),
        ({"action": "approve", "where": {"score_min": 0.1}}, "score_category"),
        (
            {"action": "approve", "where": {"score_category": "toxicity", "score_max": 1.1}},
            "where.score_max",
        ),
        ({"action": "approve", "where": {"colour": "red"}}, "where.colour"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    anna: FlaskClient, record: Record, body: dict[str, Any], field: str
) -> None:
    hold_many(record, 1)
    answer = anna.post("/v1/batches", json=body)
    assert field in problem(answer, 422)["errors"]
    assert record.batches.open() == []


def test_a_histogram_needs_a_category(anna: FlaskClient) -> None:
    assert "score_category" in problem(anna.get("/v1/queue/histogram"), 422)["errors"]


def test_a_batch_of_nothing_is_refused(anna: FlaskClient) -> None:
    answer = anna.post("/v1/batches", json={"action": "approve", "where": {"q": "nowhere"}})
    assert "no comment" in problem(answer, 422)["detail"]


def test_a_batch_is_undone_once(anna: FlaskClient, record: Record) -> None:
    begun = begin(anna, action="approve", ids=hold_many(record, 1))
    anna.post(f"/v1/batches/{begun['id']}/undo")
    problem(anna.post(f"/v1/batches/{begun['id']}/undo"), 409)


def test_a_viewer_looks_and_does_nothing(
    anna: FlaskClient, somebody: SignUp, record: Record
) -> None:
    begun = begin(anna, action="approve", ids=hold_many(record, 1))
    vera = somebody("vera", Role.VIEWER)
    assert vera.get(f"/v1/batches/{begun['id']}").status_code == 200
    problem(vera.post(f"/v1/batches/{begun['id']}/undo"), 403)
    problem(vera.post("/v1/batches", json={"action": "approve", "ids": ["c0"]}), 403)


def test_the_batches_of_another_site_are_not_there(
    anna: FlaskClient, somebody: SignUp, record: Record
) -> None:
    record.sites.create("other", "Other")
    begun = begin(anna, action="approve", ids=hold_many(record, 1))
    olaf = somebody("olaf", site="other")
    problem(olaf.get(f"/v1/batches/{begun['id']}"), 404)
    problem(olaf.post(f"/v1/batches/{begun['id']}/undo"), 404)
    assert olaf.get("/v1/batches").json["batches"] == []
