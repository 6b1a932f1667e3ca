"""Articles and authors for moderators: their comments, and holding or closing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.api.checks import post, problem
from tests.fakes import RUDE


def ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["comments"]]


@pytest.fixture
def three(client: FlaskClient, decide_all: Callable[[], None]) -> list[str]:
    """Two approved comments and a held one of an author on an article; the newest first."""
    texts = ("First remark", f"You {RUDE}", "Third remark")
    made = [post(client, in_article="a/1", text=text)["id"] for text in texts]
    decide_all()
    return made[::-1]


def test_an_article_lists_its_comments_and_how_they_stand(
    anna: FlaskClient, three: list[str]
) -> None:
    page = anna.get("/v1/articles/a%2F1/cases").json
    assert ids(page) == three
    assert page["standing"] == {"pending": 0, "approved": 2, "held": 1, "rejected": 0}
    assert page["rules"] == {"held": False, "closed": False}
    assert ids(anna.get("/v1/articles/a%2F1/cases?status=held").json) == [three[1]]
    first = anna.get("/v1/articles/a%2F1/cases?limit=2").json
    rest = anna.get("/v1/articles/a%2F1/cases", query_string={"after": first["next"]}).json
    assert ids(first) + ids(rest) == three
    assert rest["next"] is None


def test_an_author_lists_theirs(anna: FlaskClient, three: list[str]) -> None:
    page = anna.get("/v1/authors/anna/cases").json
    assert sorted(ids(page)) == sorted(three)
    assert page["history"]["approved"] == 2
    assert page["history"]["held"] == 1
    first = anna.get("/v1/authors/anna/cases?limit=2").json
    rest = anna.get("/v1/authors/anna/cases", query_string={"after": first["next"]}).json
    assert ids(first) + ids(rest) == ids(page)
    nobody = anna.get("/v1/authors/nobody/cases").json
    assert nobody == {"comments": [], "next": None, "history": None, "rules": {"held": False}}


def test_an_article_can_be_held_and_closed(
    anna: FlaskClient, client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    rules = "/v1/articles/a1/rules"
    assert anna.put(rules, json={"held": True}).json == {"held": True, "closed": False}
    comment = post(client, text="Quite kind")["id"]
    decide_all()
    assert client.get(f"/v1/comments/{comment}").json["status"] == "held"
    assert anna.put(rules, json={"closed": True}).json == {"held": True, "closed": True}
    body = {"text": "More", "author": {"id": "anna"}}
    problem(client.post("/v1/articles/a1/comments", json=body), 403, "article-closed")
    anna.put(rules, json={"held": False, "closed": False})
    assert anna.get("/v1/articles/a1/cases").json["rules"] == {"held": False, "closed": False}


def test_an_author_can_be_held(
    anna: FlaskClient, client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    assert anna.put("/v1/authors/anna/rules", json={"held": True}).json == {"held": True}
    comment = post(client, text="Quite kind")["id"]
    decide_all()
    assert client.get(f"/v1/comments/{comment}").json["status"] == "held"
    problem(anna.put("/v1/authors/anna/rules", json={}), 422)
    problem(client.put("/v1/authors/anna/rules", json={"held": False}), 403)
