"""Posting to an article that the policy closes."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from moderation.demo.section import ARTICLE_ID
from tests.api.checks import client_with_key, post, problem, read, set_policy
from tests.conftest import new_comment

URL = "/v1/articles/a1/comments"


@pytest.fixture
def closed(client: FlaskClient) -> None:
    """The article a1 has one comment and takes no more."""
    post(client, id="before")
    set_policy(client, closed_articles=["a1", "https://news.example/a?b=c"])


@pytest.mark.usefixtures("closed")
def test_a_comment_is_refused_and_not_stored(client: FlaskClient):
    problem(client.post(URL, json=new_comment(id="late")), 403, "article-closed")

    problem(client.get("/v1/comments/late"), 404, "unknown-comment")
    assert len(client.get(URL).json["comments"]) == 1


@pytest.mark.usefixtures("closed")
def test_whoever_waits_for_the_decision_is_refused_as_well(client: FlaskClient):
    response = client.post(URL, json=new_comment(), headers={"Prefer": "wait=1"})

    problem(response, 403, "article-closed")


@pytest.mark.usefixtures("closed")
def test_an_id_that_is_an_address_is_closed_as_well(client: FlaskClient):
    url = "/v1/articles/https:%2F%2Fnews.example%2Fa%3Fb=c/comments"

    problem(client.post(url, json=new_comment()), 403, "article-closed")


@pytest.mark.usefixtures("closed")
def test_in_a_batch_only_its_own_comments_are_refused(client: FlaskClient):
    comments = [new_comment(id=f"c-{article}", article_id=article) for article in ("a1", "a2")]

    refused, taken = client.post("/v1/comments/batch", json={"comments": comments}).json[
        "results"
    ]

    assert refused["error"]["type"] == "urn:comment-moderation:article-closed"
    assert refused["error"]["status"] == 403
    assert taken == {"id": "c-a2", "status": "pending"}


@pytest.mark.usefixtures("closed")
def test_a_repeat_of_what_was_taken_gets_its_first_answer(client: FlaskClient):
    assert post(client, id="before")["id"] == "before"


@pytest.mark.usefixtures("closed")
def test_what_stands_there_can_still_be_read_and_reported(client: FlaskClient):
    assert read(client, "before")["article_id"] == "a1"
    report = client.post("/v1/comments/before/reports", json={"reason": "rude"})
    assert report.status_code == 202


@pytest.mark.usefixtures("closed")
def test_it_opens_again(client: FlaskClient):
    set_policy(client, closed_articles=["another"])

    assert post(client, id="late")["status"] == "pending"


@pytest.mark.usefixtures("closed")
def test_another_sites_article_of_that_name_is_open(client: FlaskClient, other_site: str):
    assert post(client_with_key(client, other_site), id="theirs")["status"] == "pending"


def test_the_demo_says_so_to_its_visitors(client: FlaskClient):
    set_policy(client, closed_articles=[ARTICLE_ID])
    visitor = client.application.test_client()

    answer = visitor.post("/demo/comments", json={"text": "May I?"})

    assert answer.status_code == 422
    assert answer.json == {"detail": "The comments on this article are closed."}
