"""/v1/labels and what is below it, POST /v1/comments/{id}/opinion"""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role, Violation
from moderation.labels import label_id
from moderation.record import Record
from tests.api.checks import client_with_key, errors, problem
from tests.api.conftest import SignUp
from tests.conftest import API_KEY, DEMO_SITE
from tests.held import hold
from tests.moderation.desk.test_opinions import IN_SAMPLE, NOT_IN_SAMPLE

MIA = Actor("mia", DEMO_SITE, Role.MODERATOR)
PATHS = ("/v1/labels", "/v1/labels/summary", "/v1/labels/doubts", "/v1/labels/agreement")


@pytest.fixture
def ada(somebody: SignUp) -> FlaskClient:
    """An admin of the site `demo`."""
    return somebody("ada", Role.ADMIN)


@pytest.fixture
def decided(record: Record) -> str:
    """A comment of the sample that mia rejected."""
    comment = hold(record, IN_SAMPLE[0], text="A decided remark")
    Desk(record).decide(MIA, comment, Verdict(Action.REJECT, Violation.SPAM))
    return comment


def lines(client: FlaskClient) -> list[dict[str, object]]:
    answer = client.get("/v1/labels")
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.split("\n")[:-1]]


@pytest.mark.parametrize("path", PATHS)
def test_they_are_read_by_viewers_and_by_nobody_without_a_token(
    somebody: SignUp, client: FlaskClient, path: str
) -> None:
    assert somebody("vera", Role.VIEWER).get(path).status_code == 200
    problem(client_with_key(client, API_KEY).get(path), 403, "forbidden")
    problem(client.application.test_client().get(path), 401)


def test_a_label_says_what_it_was_made_of(anna: FlaskClient, decided: str) -> None:
    [line] = lines(anna)
    assert line.pop("at")
    assert line == {
        "text": "A decided remark",
        "labels": {"label": 1, "spam": 1},
        "weight": 1.0,
        "origin": "decision",
        "who": "mia",
        "scores": {"toxicity": 0.5},
        "comment_id": decided,
    }


def test_of_nothing_there_is_nothing(anna: FlaskClient) -> None:
    assert lines(anna) == []


def test_the_summary_counts_them(anna: FlaskClient, decided: str) -> None:
    assert anna.get("/v1/labels/summary").json == {
        "site": "demo",
        "total": 1,
        "by_origin": {"decision": 1},
        "by_category": {"label": {"0": 0, "1": 1}, "spam": {"0": 0, "1": 1}},
        "taught": {"spam": {"0": 0, "1": 1}},
        "missing": {"toxicity": {"0": 15, "1": 15}, "spam": {"0": 15, "1": 14}},
        "contradictions": 0,
        "can_train": False,
    }


class TestImport:
    def test_labels_are_stored_folded_and_told_apart(self, ada: FlaskClient) -> None:
        body = [
            {"text": "One", "label": 1},
            {"text": "Two", "label": 0, "weight": 20.0},
            {"text": "one!", "label": 1, "insult": 1},
            {"text": "Three", "label": 1},
            {"text": "THREE", "label": 0},
        ]
        answer = ada.post("/v1/labels", json={"labels": body})
        assert answer.json == {
            "imported": 2,
            "known": 0,
            "duplicates": 1,
            "contradictions": [[3, 4]],
            "contradicting": [],
        }
        assert [(one["text"], one["labels"], one["weight"]) for one in lines(ada)] in (
            [("One", {"label": 1, "insult": 1}, 1.0), ("Two", {"label": 0}, 20.0)],
            [("Two", {"label": 0}, 20.0), ("One", {"label": 1, "insult": 1}, 1.0)],
        )

    def test_a_repeat_changes_nothing_and_a_contradiction_is_left_out(
        self, ada: FlaskClient
    ) -> None:
        ada.post("/v1/labels", json={"labels": [{"text": "One", "label": 1}]})
        body = [{"text": "One", "label": 1}, {"text": "Two", "label": 1}]
        assert ada.post("/v1/labels", json={"labels": body}).json["known"] == 1
        answer = ada.post("/v1/labels", json={"labels": [{"text": "one", "label": 0}]})
        assert (answer.json["imported"], answer.json["contradicting"]) == (0, [0])

    @pytest.mark.parametrize(
        ("label", "path"),
        [
            ({"text": "One"}, "label"),
            ({"label": 1}, "text"),
            ({"text": " ", "label": 1}, "text"),
            ({"text": "x" * 20_001, "label": 1}, "text"),
            ({"text": "One", "label": 2}, "label"),
            ({"text": "One", "label": "1"}, "label"),
            ({"text": "One", "label": 1, "sarcasm": 1}, "sarcasm"),
            ({"text": "One", "label": 1, "weight": 0}, "weight"),
            ({"text": "One", "label": 1, "weight": 1_000_001}, "weight"),
        ],
    )
    def test_one_that_is_wrong_is_named_and_none_is_stored(
        self, ada: FlaskClient, label: dict[str, object], path: str
    ) -> None:
        body = {"labels": [{"text": "Good", "label": 0}, label]}
        assert set(errors(ada.post("/v1/labels", json=body))) == {f"labels.1.{path}"}
        assert lines(ada) == []

    def test_there_is_a_most(self, ada: FlaskClient) -> None:
        many = [{"text": f"Text {n}", "label": n % 2} for n in range(1_001)]
        assert set(errors(ada.post("/v1/labels", json={"labels": many}))) == {"labels"}
        assert set(errors(ada.post("/v1/labels", json={"labels": []}))) == {"labels"}
        assert ada.post("/v1/labels", json={"labels": many[:1_000]}).json["imported"] == 1_000

    def test_it_is_taken_back(self, ada: FlaskClient, decided: str) -> None:
        ada.post("/v1/labels", json={"labels": [{"text": "One", "label": 1}]})
        assert ada.delete("/v1/labels?origin=import").json == {"removed": 1}
        assert [one["origin"] for one in lines(ada)] == ["decision"]

    @pytest.mark.parametrize("query", ["", "?origin=decision", "?origin=all"])
    def test_a_decision_is_not_removed(self, ada: FlaskClient, query: str) -> None:
        assert set(errors(ada.delete(f"/v1/labels{query}"))) == {"origin"}

    def test_it_is_for_admins_alone(self, anna: FlaskClient) -> None:
        body = {"labels": [{"text": "One", "label": 1}]}
        problem(anna.post("/v1/labels", json=body), 403, "forbidden")
        problem(anna.delete("/v1/labels?origin=import"), 403, "forbidden")


def test_doubts_are_listed_the_strongest_first(
    anna: FlaskClient, record: Record, decided: str
) -> None:
    record.labels.put_doubts(
        DEMO_SITE,
        [
            (label_id("A decided remark"), decided, "spam", 1, 0.03),
            ("gone", "", "toxicity", 1, 0.01),
        ],
    )
    [doubt] = anna.get("/v1/labels/doubts").json["doubts"]
    assert doubt["comment_id"] == decided
    assert (doubt["category"], doubt["label"], doubt["probability"]) == ("spam", 1, 0.03)


class TestOpinion:
    def test_another_moderator_s_opinion_counts_and_decides_nothing(
        self, anna: FlaskClient, record: Record, decided: str
    ) -> None:
        before = anna.get("/v1/labels/agreement").json
        assert before["next_comment"] == decided
        assert before["verdict"]["missing"] == 30

        answer = anna.post(f"/v1/comments/{decided}/opinion", json={"action": "approve"})

        assert answer.status_code == 201
        assert (answer.json["comment_id"], answer.json["action"]) == (decided, "approve")
        assert record.comments.get(DEMO_SITE, decided).revision == 2
        after = anna.get("/v1/labels/agreement").json
        assert after["next_comment"] is None
        assert (after["verdict"]["agreed"]["part"], after["verdict"]["agreed"]["whole"]) == (
            0,
            1,
        )
        assert [one["names"] for one in after["moderators"]] == [["anna", "mia"]]
        assert set(after["categories"]) == {"label", "spam"}

    def test_what_would_be_no_opinion_is_refused(
        self, anna: FlaskClient, somebody: SignUp, record: Record, decided: str
    ) -> None:
        mia = somebody("mia")
        path = f"/v1/comments/{decided}/opinion"
        problem(mia.post(path, json={"action": "approve"}), 409, "opinion-refused")
        problem(anna.post(path, json={"action": "hold"}), 409, "opinion-refused")
        hold(record, NOT_IN_SAMPLE)
        other = f"/v1/comments/{NOT_IN_SAMPLE}/opinion"
        problem(anna.post(other, json={"action": "approve"}), 409, "opinion-refused")
        unknown = anna.post("/v1/comments/none/opinion", json={"action": "approve"})
        problem(unknown, 404, "unknown-comment")
        assert "note" in errors(anna.post(path, json={"action": "approve", "note": "x"}))
        vera = somebody("vera", Role.VIEWER)
        problem(vera.post(path, json={"action": "approve"}), 403, "forbidden")
        assert vera.get("/v1/labels/agreement").json["next_comment"] is None
