"""Puts the site together: pages, webhook, and headers under which a page runs no script."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from examples.article_site.articles import Article
from examples.article_site.pages import pages
from examples.article_site.store import Note, Store
from examples.article_site.webhook import receiver

#: No script at all, so that no comment can bring one; nothing from elsewhere, in no frame.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
BODY_BYTES = 256 * 1024


def create_app(store: Store, *, article: Article, wake_courier: Callable[[], None]) -> Flask:
    """The site as a WSGI application.

    Args:
        store: its database.
        article: its article; whether cookies need TLS is read from its address.
        wake_courier: called when there is something to tell the moderation service.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=_session_key(store),
        MAX_CONTENT_LENGTH=BODY_BYTES,
        SESSION_COOKIE_NAME="article_site",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=article.url.startswith("https:"),
    )
    app.extensions.update(store=store, article=article, wake_courier=wake_courier)
    app.register_blueprint(pages)
    app.register_blueprint(receiver)
    app.register_error_handler(HTTPException, _show_error)
    app.after_request(_add_headers)
    return app


def _session_key(store: Store) -> str:
    """What cookies are signed with: made once, so that authors are known after a restart."""
    key = store.recall(Note.SESSION_KEY)
    if key is None:
        key = secrets.token_urlsafe()
        store.remember({Note.SESSION_KEY: key})
    return key


def _show_error(error: HTTPException) -> tuple[str, int]:
    return render_template("error.html", error=error), error.code or 500


def _add_headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    # Each reader sees another page: their own comments are on it.
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response
