"""The example article without a browser's script: forms, redirects, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from moderation.app import create_app
from moderation.demo.section import ARTICLE_ID
from moderation.demo.visitors import POSTS_PER_WINDOW, WINDOW_S, Throttle
from moderation.domain import Status
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import API_KEY
from tests.fakes import RUDE


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody with a browser and no key."""
    return app.test_client()


def test_the_front_door_leads_to_the_article(visitor: FlaskClient) -> None:
    answer = visitor.get("/")
    assert answer.status_code == 302
    assert answer.location == "/demo"


@pytest.mark.usefixtures("background_worker")
@pytest.mark.parametrize(
    ("text", "title"), [("Kind words", "Approved"), (f"You {RUDE}", "Held for a moderator")]
)
def test_a_plain_form_shows_the_comment_with_its_status(
    visitor: FlaskClient, text: str, title: str
) -> None:
    visitor.get("/demo")
    answer = visitor.post("/demo/comments", data={"text": text, "name": "Anna"})
    assert answer.status_code == 303
    page = visitor.get(answer.location).text
    assert f'id="{answer.location.partition("#")[2]}"' in page
    assert title in page


@pytest.mark.usefixtures("background_worker")
def test_the_words_that_raised_the_score_are_marked(visitor: FlaskClient) -> None:
    visitor.get("/demo")
    visitor.post("/demo/comments", data={"text": f"\U0001f642 You {RUDE}!"})
    assert f">{RUDE}</mark>!" in visitor.get("/demo").text


def test_only_its_author_sees_a_comment_that_is_not_approved(
    app: Flask, visitor: FlaskClient, decide_all: Callable[[], None]
) -> None:
    visitor.get("/demo")
    visitor.post("/demo/comments", json={"text": f"My {RUDE} secret"})
    decide_all()
    assert "secret" in visitor.get("/demo/comments").json["html"]
    assert "secret" not in app.test_client().get("/demo/comments").json["html"]


def test_the_key_of_the_site_never_reaches_the_browser(visitor: FlaskClient) -> None:
    for path in ("/demo", "/demo/comments", "/demo/static/demo.js", "/docs"):
        with visitor.get(path) as answer:
            assert API_KEY not in answer.text


@pytest.mark.parametrize("path", ["/demo", "/demo/comments", "/demo/static/demo.js", "/docs"])
def test_every_answer_forbids_scripts_of_others(visitor: FlaskClient, path: str) -> None:
    with visitor.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("draft", "message"),
    [
        ({"text": " \n\t "}, "Your comment must not be empty."),
        ({"text": "a\0b"}, "Your comment must not contain NUL characters."),
        ({"text": "a\ud800b"}, "Your comment must not contain lone surrogates."),
        ({"text": "x" * 2_001}, "Your comment must have at most 2,000 characters."),
        ({"text": "fine", "name": "\0"}, "Your name must not contain NUL characters."),
        ({"text": "fine", "name": "n" * 61}, "Your name must have at most 60 characters."),
        ({"text": 7}, "Your comment must not be empty."),
        ([], "Your comment must not be empty."),
    ],
)
def test_what_cannot_be_posted_is_refused_in_plain_words(
    visitor: FlaskClient, draft: object, message: str
) -> None:
    answer = visitor.post("/demo/comments", json=draft)
    assert answer.status_code == 422
    assert answer.json == {"detail": message}


def test_a_refused_form_comes_back_with_what_was_written(visitor: FlaskClient) -> None:
    answer = visitor.post("/demo/comments", data={"text": "<b>" + "x" * 2_000})
    assert answer.status_code == 422
    assert "at most 2,000 characters" in answer.text
    assert "&lt;b&gt;xxx" in answer.text


def test_a_text_of_2000_characters_is_taken_however_the_form_writes_line_breaks(
    visitor: FlaskClient, record: Record
) -> None:
    answer = visitor.post("/demo/comments", json={"text": "x\r\n" * 1_000})
    assert answer.status_code == 202
    (stored,) = record.comments.page(
        "demo", ARTICLE_ID, statuses=[Status.PENDING], after=0, limit=9
    ).comments
    assert stored.content["text"] == "x\n" * 1_000


def test_somebody_who_posts_without_end_is_asked_to_wait(
    visitor: FlaskClient, app: Flask
) -> None:
    app.extensions["demo-throttle"] = throttle = Throttle()
    for _ in range(POSTS_PER_WINDOW):
        assert throttle.wait_s("127.0.0.1") == 0
    answer = visitor.post("/demo/comments", json={"text": "one more"})
    assert answer.status_code == 429
    assert "try again in" in answer.json["detail"]


def test_the_throttle_forgets_after_its_window() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    for _ in range(POSTS_PER_WINDOW):
        throttle.wait_s("a")
    assert throttle.wait_s("a") == WINDOW_S
    assert throttle.wait_s("b") == 0
    now[0] = WINDOW_S
    assert throttle.wait_s("a") == 0


def test_without_redis_the_page_still_opens_and_says_so() -> None:
    client = create_app(Settings(redis_url="redis://127.0.0.1:1")).test_client()
    page = client.get("/demo")
    assert page.status_code == 200
    assert "cannot be reached just now" in page.text
    assert "The library that forgot to close" in page.text
    for answer in (
        client.get("/demo/comments"),
        client.post("/demo/comments", json={"text": "Kind words"}),
    ):
        assert answer.status_code == 503
        assert "cannot be reached" in answer.json["detail"]
    kept = client.post("/demo/comments", data={"text": "Kind words"})
    assert kept.status_code == 503
    assert "Kind words</textarea>" in kept.text
