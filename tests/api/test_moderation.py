"""The held queue and decisions of people over HTTP, with a moderator's token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from moderation.domain import Role
from moderation.record import Record
from tests.api.checks import problem
from tests.api.conftest import SignUp
from tests.conftest import new_comment
from tests.fakes import FRENCH, RUDE, SPAM


@pytest.fixture
def mia(somebody: SignUp) -> FlaskClient:
    return somebody("mia")


@pytest.fixture
def hold(client: FlaskClient, decide_all: Callable[[], None]) -> Callable[..., str]:
    """Posts a comment that the machine holds, and gives its id."""

    def post(text: str = f"You {RUDE}", on: str = "a1", **more: Any) -> str:
        answer = client.post(f"/v1/articles/{on}/comments", json=new_comment(text, **more))
        decide_all()
        return str(answer.json["id"])

    return post


def test_the_queue_shows_a_comment_with_all_that_deciding_it_takes(
    anna: FlaskClient, client: FlaskClient, hold: Callable[..., str]
) -> None:
    first = hold("Quite kind")
    comment = hold(
        f"\U0001f642 You {RUDE}",
        parent_id=first,
        article={"title": "Birds", "url": "https://x.org"},
    )
    client.post(f"/v1/comments/{comment}/reports", json={"reason": "rude", "reporter_id": "r"})
    answer = anna.get("/v1/queue")
    assert answer.status_code == 200
    (case,) = answer.json["comments"]
    assert answer.json["total"] == 1
    assert answer.json["next"] is None
    assert case["id"] == comment
    assert case["status"] == "held"
    assert case["revision"] == 1
    assert case["why"] == "Held because toxicity 0.90 reaches 0.70."
    assert case["article"] == {"title": "Birds", "url": "https://x.org"}
    assert case["parent"]["text"] == "Quite kind"
    assert case["reports"] == ["rude"]
    assert case["author_history"] | {"first_seen": ""} == {
        "approved": 1,
        "held": 1,
        "rejected": 0,
        "first_seen": "",
    }
    assert case["suggested_reason"] == "ABUSIVE"
    assert case["claim"] is None
    assert case["waiting_s"] in {0, 1, 2}
    assert [one["action"] for one in case["decisions"]] == ["hold"]


def test_the_queue_is_filtered_sorted_and_paged(
    anna: FlaskClient, hold: Callable[..., str]
) -> None:
    rude = [hold(f"You {RUDE} {number}") for number in range(3)]
    spam = hold(f"Free {SPAM}", on="a2")
    french = hold(f"{FRENCH} {RUDE}", author={"id": "zoe"})

    def ids(**query: Any) -> list[str]:
        answer = anna.get("/v1/queue", query_string=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json["comments"]]

    assert ids(sort="oldest") == [*rude, spam, french]
    assert ids(category="spam") == [spam]
    assert ids(article_id="a2") == [spam]
    assert ids(author_id="zoe") == [french]
    assert ids(reason="unsupported_language") == [french]
    assert ids(language="fr") == [french]
    assert ids(q="free") == [spam]
    assert ids(source="policy") == []
    assert ids(score_category="spam", score_min=0.5) == [spam]
    assert ids(state="kept") == []
    page = anna.get("/v1/queue?sort=oldest&limit=2").json
    rest = anna.get("/v1/queue", query_string={"sort": "oldest", "after": page["next"]}).json
    assert [one["id"] for one in (*page["comments"], *rest["comments"])] == ids(sort="oldest")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=best", "sort"),
        ("state=old", "state"),
        ("reason=ugly", "reason"),
        ("limit=0", "limit"),
        ("score_min=2&score_category=spam", "score_min"),
        ("score_min=0.5", "score_category"),
        ("waiting_s=-1", "waiting_s"),
        ("after=forged", "after"),
    ],
)
def test_a_query_that_means_nothing_is_named(anna: FlaskClient, query: str, field: str) -> None:
    assert field in problem(anna.get(f"/v1/queue?{query}"), 422)["errors"]


def test_a_decision_reaches_the_site(
    anna: FlaskClient, client: FlaskClient, hold: Callable[..., str]
) -> None:
    comment = hold()
    answer = anna.post(
        f"/v1/comments/{comment}/decision",
        json={
            "action": "reject",
            "reason": "HATE_SPEECH",
            "categories": ["toxicity"],
            "note": "for us only",
            "expected_revision": 1,
        },
    )
    assert answer.status_code == 200
    decision = answer.json
    assert decision["action"] == "reject"
    assert decision["moderator"] == "anna"
    assert decision["reasons"] == [{"code": "HATE_SPEECH", "category": "toxicity"}]
    seen = client.get(f"/v1/comments/{comment}").json
    assert (seen["status"], seen["revision"]) == ("rejected", 2)
    assert seen["decision"] == decision
    assert client.get("/v1/decisions").json["decisions"][-1] == decision
    assert "for us only" not in client.get("/v1/decisions").text
    assert anna.get("/v1/queue").json["total"] == 0
    assert anna.get(f"/v1/comments/{comment}/case").json["notes"] == {"2": "for us only"}


def test_without_a_reason_the_categories_speak_before_what_held_the_comment(
    anna: FlaskClient, hold: Callable[..., str]
) -> None:
    decision = anna.post(
        f"/v1/comments/{hold(SPAM)}/decision",
        json={"action": "reject", "categories": ["identity_attack"]},
    ).json

    assert decision["reasons"] == [{"code": "HATE_SPEECH", "category": "identity_attack"}]
    assert "advertising" not in decision["statement"]


@pytest.mark.parametrize("expected", [{}, {"expected_revision": 1}])
def test_who_is_second_gets_409_with_the_others_decision(
    anna: FlaskClient, mia: FlaskClient, hold: Callable[..., str], expected: dict[str, int]
) -> None:
    comment = hold()
    first = anna.post(f"/v1/comments/{comment}/decision", json={"action": "approve"}).json
    answer = mia.post(f"/v1/comments/{comment}/decision", json={"action": "reject"} | expected)
    refused = problem(answer, 409)
    assert refused["decision"] == first
    assert "anna was first" in refused["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "delete"},
        {"action": "reject", "reason": "RUDE"},
        {"action": "approve", "expected_revision": "1"},
        {"action": "approve", "expected_revision": -1},
        {"action": "approve", "note": "x" * 2_001},
        {"action": "approve", "note": "a\0b"},
        {"action": "approve", "categories": "toxicity"},
        {"action": "approve", "more": 1},
    ],
)
def test_a_verdict_that_cannot_be_meant_is_refused(
    anna: FlaskClient, hold: Callable[..., str], body: dict[str, Any]
) -> None:
    comment = hold()
    problem(anna.post(f"/v1/comments/{comment}/decision", json=body), 422)
    assert anna.get("/v1/queue").json["total"] == 1


def test_categories_that_no_release_in_use_has_are_refused(
    anna: FlaskClient, record: Record, hold: Callable[..., str]
) -> None:
    record.queue.tick("w", {"release": "r", "categories": ["toxicity"], "thresholds": {}})
    answer = anna.post(
        f"/v1/comments/{hold()}/decision", json={"action": "reject", "categories": ["rude"]}
    )
    assert "rude" in str(problem(answer, 422)["errors"]["categories"])


def test_undoing_takes_a_decision_back(
    anna: FlaskClient, client: FlaskClient, hold: Callable[..., str]
) -> None:
    comment = hold()
    anna.post(f"/v1/comments/{comment}/decision", json={"action": "reject"})
    answer = anna.post(f"/v1/comments/{comment}/undo", json={"revision": 2})
    assert answer.status_code == 200
    assert (answer.json["action"], answer.json["revision"]) == ("hold", 3)
    problem(anna.post(f"/v1/comments/{comment}/undo", json={"revision": 1}), 409)
    assert client.get(f"/v1/comments/{comment}").json["status"] == "held"


def test_a_claim_is_seen_by_the_others(
    anna: FlaskClient, mia: FlaskClient, hold: Callable[..., str]
) -> None:
    comment = hold()
    assert anna.post(f"/v1/comments/{comment}/claim").json["moderator"] == "anna"
    assert mia.post(f"/v1/comments/{comment}/claim").json["moderator"] == "anna"
    (case,) = mia.get("/v1/queue").json["comments"]
    assert case["claim"]["moderator"] == "anna"
    assert anna.delete(f"/v1/comments/{comment}/claim").status_code == 204
    assert mia.post(f"/v1/comments/{comment}/claim").json["moderator"] == "mia"


def test_who_may_do_what(
    anna: FlaskClient,
    client: FlaskClient,
    app: Flask,
    somebody: SignUp,
    record: Record,
    hold: Callable[..., str],
) -> None:
    comment = hold()
    viewer = somebody("vera", Role.VIEWER)
    assert viewer.get("/v1/queue").status_code == 200
    decision = f"/v1/comments/{comment}/decision"
    problem(viewer.post(decision, json={"action": "approve"}), 403)
    problem(client.get("/v1/queue"), 403)
    problem(client.post(decision, json={"action": "approve"}), 403)
    problem(app.test_client().get("/v1/queue"), 401)
    record.sites.create("other", "Other")
    stranger = somebody("sam", Role.ADMIN, "other")
    assert stranger.get("/v1/queue").json["comments"] == []
    problem(stranger.post(decision, json={"action": "approve"}), 404)
    problem(stranger.get("/v1/queue?site=demo"), 403)


def test_unknown_and_erased_comments_are_404(
    anna: FlaskClient, client: FlaskClient, hold: Callable[..., str]
) -> None:
    comment = hold()
    client.delete(f"/v1/comments/{comment}")
    for gone in (comment, "never-there"):
        problem(anna.post(f"/v1/comments/{gone}/decision", json={"action": "approve"}), 404)
        problem(anna.post(f"/v1/comments/{gone}/undo", json={"revision": 1}), 404)
        problem(anna.post(f"/v1/comments/{gone}/claim"), 404)
        problem(anna.get(f"/v1/comments/{gone}/case"), 404)


def test_the_document_is_valid_and_names_the_moderators_doors(client: FlaskClient) -> None:
    spec = client.get("/openapi.json").json
    validate(spec)
    assert spec["paths"]["/v1/queue"]["get"]["security"] == [{"MODERATOR_TOKEN": []}]
