"""What readers see and do: the article, its comments, a form. Works without any script."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from flask import (
    Blueprint,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from examples.article_site.store import Comment, Store

TEXT_CHARACTERS = 2_000
NAME_CHARACTERS = 60

pages = Blueprint("pages", __name__)


@pages.get("/")
def show_article() -> str:
    """The article with the comments that this reader may see."""
    return _article_page()


@pages.post("/comments")
def post_comment() -> Response | tuple[str, int]:
    """Keeps a comment; it is public once the moderation service has approved it."""
    # Browsers send a line's end as two characters, and count it as one.
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    name = " ".join(request.form.get("name", "").split())[:NAME_CHARACTERS]
    if not 0 < len(text) <= TEXT_CHARACTERS:
        error = f"Please write between 1 and {TEXT_CHARACTERS:,} characters."
        return _article_page(error, text=text, name=name), HTTPStatus.UNPROCESSABLE_ENTITY
    session.permanent = True
    comment = Comment.new(
        current_app.extensions["article"].id,
        author_id=session.setdefault("reader", uuid4().hex),
        author_name=name or "A reader",
        text=text,
    )
    _store().add(comment)
    current_app.extensions["wake_courier"]()
    return _see_other(f"comment-{comment.id}")


@pages.post("/comments/<comment_id>/erase")
def erase_comment(comment_id: str) -> Response:
    """Erases a comment of the reader's own, here at once and at the service soon."""
    if not _store().erase(comment_id, author_id=session.get("reader")):
        abort(HTTPStatus.NOT_FOUND)
    current_app.extensions["wake_courier"]()
    return _see_other("comments")


@pages.before_request
def check_form() -> None:
    """Takes a form only if it is one that this site has shown to this reader (CSRF)."""
    shown = session.setdefault("csrf", secrets.token_urlsafe())
    sent = request.form.get("csrf", "")
    if request.method == "POST" and not hmac.compare_digest(sent.encode(), shown.encode()):
        abort(HTTPStatus.BAD_REQUEST, "This form is out of date, or cookies are switched off.")


@pages.app_template_filter()
def moment(rfc3339: str) -> str:
    """A moment as people write it."""
    at = datetime.fromisoformat(rfc3339).astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _article_page(error: str = "", *, text: str = "", name: str = "") -> str:
    article, reader = current_app.extensions["article"], session.get("reader")
    return render_template(
        "article.html",
        article=article,
        comments=_store().visible(article.id, reader=reader),
        reader=reader,
        draft={"text": text, "name": name},
        error=error,
        text_characters=TEXT_CHARACTERS,
        name_characters=NAME_CHARACTERS,
    )


def _see_other(anchor: str) -> Response:
    where = url_for("pages.show_article", _anchor=anchor)
    return redirect(where, HTTPStatus.SEE_OTHER)


def _store() -> Store:
    store: Store = current_app.extensions["store"]
    return store
