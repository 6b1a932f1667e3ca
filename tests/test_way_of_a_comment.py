"""The way of one comment, end to end in this process: posted, decided, told."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.conftest import new_comment
from tests.fakes import RUDE

COMMENTS = "/v1/articles/a1/comments"


def test_a_posted_comment_is_pending_then_decided_then_told(
    client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    # Given a comment that was accepted
    posted = client.post(COMMENTS, json=new_comment(f"you {RUDE}", id="c1"))
    assert posted.status_code == 202
    assert posted.headers["Location"] == "/v1/comments/c1"
    assert posted.get_json()["status"] == "pending"
    # When a worker has been
    decide_all()
    # Then it is held, with what that was decided from, and the feed tells the same
    comment = client.get("/v1/comments/c1").get_json()
    assert (comment["status"], comment["revision"]) == ("held", 1)
    assert comment["decision"]["model"] == "fake-1"
    assert comment["decision"]["reasons"] == [
        {"code": "score", "category": "toxicity", "score": 0.9, "threshold": 0.7}
    ]
    assert client.get("/v1/decisions").get_json()["decisions"] == [comment["decision"]]


def test_who_prefers_to_wait_gets_the_decision_at_once(
    client: FlaskClient, background_worker: None
) -> None:
    answer = client.post(COMMENTS, json=new_comment(), headers={"Prefer": "wait=10"})
    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "wait=10"
    assert answer.get_json()["status"] == "approved"


def test_texts_are_scored_without_being_stored(
    client: FlaskClient, background_worker: None
) -> None:
    answer = client.post("/v1/score", json={"texts": ["hello there", f"you {RUDE}"]})
    assert answer.status_code == 200
    kind, rude = answer.get_json()["results"]
    assert (kind["action"], rude["action"]) == ("approve", "hold")
    assert rude["spans"] == [{"begin": 4, "end": 13, "category": "toxicity", "score": 0.8}]
