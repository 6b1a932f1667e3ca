"""GET /v1/comments/{id}"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from moderation.domain import Action, Decision, Source, now_rfc3339
from moderation.record import Record
from tests.api.checks import COMMENT_FIELDS, client_with_key, post, problem, read
from tests.fakes import RUDE


def test_a_decided_comment_carries_its_latest_decision(
    client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given
    post(client, id="c1", text=f"you {RUDE}")
    decide_all()
    assert read(client, "c1")["decision"]["action"] == "hold"

    # When: a moderator rejects it
    record.decisions.write(
        "demo",
        Decision(
            "c1",
            "a1",
            2,
            Action.REJECT,
            Source.MODERATOR,
            (),
            now_rfc3339(),
            moderator="mo",
            statement="An insult.",
        ),
    )

    # Then
    comment = read(client, "c1")
    assert set(comment) == COMMENT_FIELDS
    assert (comment["status"], comment["revision"]) == ("rejected", 2)
    assert comment["decision"]["source"] == "moderator"
    assert comment["decision"]["moderator"] == "mo"
    assert comment["decision"]["statement"] == "An insult."


@pytest.mark.parametrize("unknown", ["none", "a/b/c", "%00", "%ED%A0%80", "c1%20", "C1"])
def test_an_unknown_comment(client: FlaskClient, unknown: str):
    post(client, id="c1")

    problem(client.get(f"/v1/comments/{unknown}"), 404, "unknown-comment")


def test_another_sites_comment_is_unknown(client: FlaskClient, other_site: str):
    post(client, id="c1")

    response = client_with_key(client, other_site).get("/v1/comments/c1")

    problem(response, 404, "unknown-comment")
    assert "thoughtful" not in response.text


def test_an_erased_comment_is_unknown(client: FlaskClient):
    post(client, id="c1")
    client.delete("/v1/comments/c1")

    problem(client.get("/v1/comments/c1"), 404, "unknown-comment")
