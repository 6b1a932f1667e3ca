"""What readers of the example site may do and see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from examples.article_site.app import create_app
from examples.article_site.articles import Article, the_article
from examples.article_site.pages import NAME_CHARACTERS, TEXT_CHARACTERS
from examples.article_site.store import Comment, Errand, Store

TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def anna(site: Flask) -> FlaskClient:
    """A reader."""
    return site.test_client()


@pytest.fixture
def ben(site: Flask) -> FlaskClient:
    """Another reader."""
    return site.test_client()


def token(reader: FlaskClient) -> str:
    """What the forms that a reader is shown carry."""
    found = TOKEN.search(reader.get("/").text)
    assert found
    return found[1]


def post(reader: FlaskClient, text: str, **more: str) -> TestResponse:
    return reader.post("/comments", data={"csrf": token(reader), "text": text, **more})


def only(store: Store) -> Comment:
    """The one comment there is, which is still to be posted."""
    [comment] = store.to_do(Errand.POST)
    return comment


def test_a_comment_is_kept_and_shown_to_its_author_alone(
    anna: FlaskClient, ben: FlaskClient, store: Store
) -> None:
    answer = post(anna, " One\r\n\r\ntwo ", name="  Anna\n of  Gull Island ")
    comment = only(store)
    assert answer.status_code == 303
    assert answer.location == f"/#comment-{comment.id}"
    assert (comment.text, comment.author_name) == ("One\n\ntwo", "Anna of Gull Island")
    assert "Waits for moderation" in anna.get("/").text
    assert comment.id not in ben.get("/").text


@pytest.mark.parametrize("text", ["", " \r\n\t ", "x" * (TEXT_CHARACTERS + 1)])
def test_a_comment_of_no_good_length_is_refused_and_not_lost(
    anna: FlaskClient, store: Store, text: str
) -> None:
    answer = post(anna, text, name="Anna")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert " autofocus" in answer.text
    assert text.strip() in answer.text
    assert 'value="Anna"' in answer.text
    assert store.to_do(Errand.POST) == []


def test_the_longest_comment_is_one_that_a_browser_lets_through(
    anna: FlaskClient, store: Store
) -> None:
    text = "\r\n".join(["x"] * (TEXT_CHARACTERS // 2)) + "y"
    assert post(anna, text, name="n" * 1_000).status_code == 303
    assert len(only(store).text) == TEXT_CHARACTERS
    assert len(only(store).author_name) == NAME_CHARACTERS


@pytest.mark.parametrize("sent", [None, "", "guessed", "gueßed"])
def test_a_form_from_elsewhere_does_nothing(
    anna: FlaskClient, store: Store, sent: str | None
) -> None:
    token(anna)
    form = {"text": "Posted by somebody else's page"} | ({"csrf": sent} if sent else {})
    assert anna.post("/comments", data=form).status_code == 400
    assert store.to_do(Errand.POST) == []


def test_a_form_that_another_reader_was_shown_does_nothing(
    anna: FlaskClient, ben: FlaskClient, store: Store
) -> None:
    token(anna)
    form = {"text": "Anna never wrote this", "csrf": token(ben)}
    assert anna.post("/comments", data=form).status_code == 400
    assert store.to_do(Errand.POST) == []


def test_only_its_author_erases_a_comment(
    anna: FlaskClient, ben: FlaskClient, store: Store
) -> None:
    post(anna, "Only Anna may take this back")
    post(ben, "Ben has written something, too")
    where = f"/comments/{store.to_do(Errand.POST)[0].id}/erase"
    assert ben.post(where, data={"csrf": token(ben)}).status_code == 404
    assert anna.post(where, data={"csrf": "guessed"}).status_code == 400
    assert "Only Anna may take this back" in anna.get("/").text
    assert anna.post(where, data={"csrf": token(anna)}).status_code == 303
    assert "Only Anna may take this back" not in anna.get("/").text


def test_who_never_wrote_anything_erases_nothing(
    anna: FlaskClient, ben: FlaskClient, store: Store
) -> None:
    post(anna, "Still here")
    where = f"/comments/{only(store).id}/erase"
    assert ben.post(where, data={"csrf": token(ben)}).status_code == 404
    assert only(store).text == "Still here"


def test_what_is_erased_is_gone_from_the_disk_and_stays_gone(
    anna: FlaskClient, ben: FlaskClient, store: Store, tmp_path: Path
) -> None:
    # Given a comment of which the service knows
    post(anna, "unmistakable-words " * 100, name="unmistakable-name")
    comment = only(store)
    store.posted(comment.id)
    # When its author erases it, and a decision on it comes in after all
    anna.post(f"/comments/{comment.id}/erase", data={"csrf": token(anna)})
    store.decide({"comment_id": comment.id, "action": "approve", "revision": 1})
    # Then nobody finds anything of it, and the service is still to be told
    assert comment.id not in anna.get("/").text + ben.get("/").text
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(b"unmistakable" in content for content in files)
    assert [one.id for one in store.to_do(Errand.ERASE)] == [comment.id]


def test_an_author_is_told_of_a_rejection_with_the_moderator_s_words(
    anna: FlaskClient, ben: FlaskClient, store: Store
) -> None:
    post(anna, "Something unfair")
    decided = {"comment_id": only(store).id, "action": "reject", "revision": 1}
    store.decide(decided | {"statement": "Please stay with the <ferry>."})
    assert "Please stay with the &lt;ferry&gt;." in anna.get("/").text
    assert "Please stay" not in ben.get("/").text


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_no_page_may_run_a_script_or_be_framed(anna: FlaskClient, path: str) -> None:
    answer = anna.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in answer.text
    assert " style=" not in answer.text


def test_the_cookie_is_for_this_site_alone(anna: FlaskClient) -> None:
    cookie = anna.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_needs_tls_where_the_site_has_it(store: Store) -> None:
    site = create_app(
        store, article=the_article("https://herald.example"), wake_courier=lambda: None
    )
    assert "Secure" in site.test_client().get("/").headers["Set-Cookie"]


def test_authors_are_known_after_a_restart(
    anna: FlaskClient, store: Store, article: Article
) -> None:
    post(anna, "Still mine tomorrow")
    cookie = anna.get_cookie("article_site")
    assert cookie
    again = create_app(store, article=article, wake_courier=lambda: None).test_client()
    again.set_cookie("article_site", cookie.value)
    assert "Still mine tomorrow" in again.get("/").text


def test_a_body_that_is_too_large_is_refused(anna: FlaskClient) -> None:
    assert post(anna, "x" * 300_000).status_code == 413
