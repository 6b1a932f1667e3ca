"""POST /v1/comments/{id}/reports"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.domain import Action, Decision, QueueOrder, Source, now_rfc3339
from moderation.record import Record
from moderation.record.decisions import Decisions
from tests.api.checks import (
    DECISION_FIELDS,
    TOLD_LANGUAGE,
    client_with_key,
    errors,
    post,
    problem,
    read,
    set_policy,
)
from tests.fakes import RUDE


def report(client: FlaskClient, reporter: str | None = None, **more: Any) -> int:
    body = {"reason": "rude", **more} | ({"reporter_id": reporter} if reporter else {})
    response = client.post("/v1/comments/c1/reports", json=body)
    assert response.status_code == 202, response.text
    assert set(response.json) == {"comment_id", "reports"}
    assert response.json["comment_id"] == "c1"
    count: int = response.json["reports"]
    return count


@pytest.fixture
def approved(client: FlaskClient, decide_all: Callable[[], None]) -> None:
    """The comment c1, approved, of a site where two reports hold."""
    set_policy(client, reports_to_hold=2)
    post(client, id="c1")
    decide_all()
    assert read(client, "c1")["status"] == "approved"


@pytest.mark.usefixtures("approved")
def test_enough_reports_hold_an_approved_comment(client: FlaskClient):
    # When
    assert report(client, "r1") == 1
    assert read(client, "c1")["status"] == "approved"
    assert report(client, "r2") == 2

    # Then
    comment = read(client, "c1")
    assert (comment["status"], comment["revision"]) == ("held", 2)
    decision = comment["decision"]
    assert set(decision) == DECISION_FIELDS | TOLD_LANGUAGE
    assert decision["action"] == "hold"
    assert decision["source"] == "report"
    assert [reason["code"] for reason in decision["reasons"]] == ["reported"]
    assert decision["scores"] == {"toxicity": 0.1, "spam": 0.1}
    assert client.get("/v1/decisions").json["decisions"][-1] == decision


@pytest.mark.usefixtures("approved")
@pytest.mark.parametrize("order", QueueOrder)
def test_every_order_of_the_queue_finds_a_comment_that_reports_hold(
    client: FlaskClient, record: Record, order: QueueOrder
):
    report(client, "r1")
    report(client, "r2")

    found = [
        one.comment_id for step in record.held.walk("demo", order=order) for one in step.found
    ]
    assert found == ["c1"]


@pytest.mark.usefixtures("approved")
def test_further_reports_of_a_held_comment_change_nothing(client: FlaskClient):
    for reporter in ("r1", "r2", "r3", "r4"):
        report(client, reporter)

    assert read(client, "c1")["revision"] == 2


@pytest.mark.usefixtures("approved")
def test_the_same_reporter_counts_once(client: FlaskClient):
    assert [report(client, "r1", reason=f"again {n}") for n in range(3)] == [1, 1, 1]
    assert read(client, "c1")["status"] == "approved"


@pytest.mark.usefixtures("approved")
def test_reports_without_a_name_count_each(client: FlaskClient):
    assert [report(client), report(client, reporter_id=None)] == [1, 2]
    assert read(client, "c1")["status"] == "held"


@pytest.mark.usefixtures("approved")
def test_a_moderators_approval_is_not_overridden(client: FlaskClient, record: Record):
    # Given
    record.decisions.write(
        "demo",
        Decision(
            "c1", "a1", 2, Action.APPROVE, Source.MODERATOR, (), now_rfc3339(), moderator="mo"
        ),
    )

    # When
    assert [report(client, f"r{n}") for n in range(4)] == [1, 2, 3, 4]

    # Then
    comment = read(client, "c1")
    assert (comment["status"], comment["revision"]) == ("approved", 2)


def test_by_default_reports_hold_nothing(client: FlaskClient, decide_all: Callable[[], None]):
    post(client, id="c1")
    decide_all()

    for n in range(5):
        report(client, f"r{n}")

    assert read(client, "c1")["status"] == "approved"


def test_a_pending_comment_is_not_decided_by_reports(
    client: FlaskClient, decide_all: Callable[[], None]
):
    # Given
    set_policy(client, reports_to_hold=1)
    post(client, id="c1")

    # When
    report(client, "r1")

    # Then
    assert read(client, "c1")["status"] == "pending"


def test_a_held_comment_stays_as_it_is(client: FlaskClient, decide_all: Callable[[], None]):
    set_policy(client, reports_to_hold=1)
    post(client, id="c1", text=f"you {RUDE}")
    decide_all()

    report(client, "r1")

    assert read(client, "c1")["revision"] == 1


@pytest.mark.usefixtures("approved")
def test_a_decision_that_comes_in_between_stands(
    client: FlaskClient, record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given: a moderator is quicker than the second report
    write = Decisions.write

    def after_a_moderator(self: Decisions, site: str, decision: Decision, **more: Any) -> None:
        monkeypatch.setattr(Decisions, "write", write)
        rejection = Decision(
            "c1", "a1", 2, Action.REJECT, Source.MODERATOR, (), now_rfc3339(), moderator="mo"
        )
        write(self, site, rejection)
        write(self, site, decision, **more)

    monkeypatch.setattr(Decisions, "write", after_a_moderator)

    # When
    report(client, "r1")
    report(client, "r2")

    # Then
    comment = read(client, "c1")
    assert (comment["status"], comment["revision"]) == ("rejected", 2)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": None}, "reason"),
        ({"reason": 5}, "reason"),
        ({"reason": "x" * 2_001}, "reason"),
        ({"reason": "\0"}, "reason"),
        ({"reason": "\ud800"}, "reason"),
        ({"reason": "r", "reporter_id": ""}, "reporter_id"),
        ({"reason": "r", "reporter_id": 7}, "reporter_id"),
        ({"reason": "r", "who": "me"}, "who"),
    ],
)
def test_a_field_that_is_wrong_is_named(client: FlaskClient, body: Any, path: str):
    post(client, id="c1")

    assert set(errors(client.post("/v1/comments/c1/reports", json=body))) == {path}


def test_an_unknown_erased_or_foreign_comment(client: FlaskClient, other_site: str):
    post(client, id="erased")
    client.delete("/v1/comments/erased")
    post(client_with_key(client, other_site), id="theirs")

    for comment in ("none", "erased", "theirs"):
        response = client.post(f"/v1/comments/{comment}/reports", json={"reason": "r"})
        problem(response, 404, "unknown-comment")
