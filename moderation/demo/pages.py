"""`/demo`: an article with comments, as a real site would show it; a script is optional."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from moderation import html
from moderation.api.base import json_response, services
from moderation.api.decisions import event_stream
from moderation.bootstrap import DEMO_SITE
from moderation.demo.cards import Card
from moderation.demo.drafts import NAME_CHARACTERS, TEXT_CHARACTERS, Draft, DraftError
from moderation.demo.examples import EXAMPLES
from moderation.demo.section import ARTICLE_ID, ARTICLE_TITLE, Section
from moderation.demo.stream import CommentStream
from moderation.demo.visitors import Throttle, Visitor
from moderation.domain import Lane, Status
from moderation.encoding import read_json
from moderation.errors import RedisAwayError

blueprint = Blueprint(
    "demo",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/demo/static",
)
html.protect(blueprint)

#: How long a browser without JavaScript waits for the decision before it sees "pending".
PLAIN_WAIT_S = 2.0
AWAY = (
    "The comments cannot be reached just now. Nothing is lost; they will be back in a moment."
)

FULL = "There are too many comments waiting just now. Please try again in a minute."


@blueprint.get("/")
def home() -> BaseResponse:
    """The front door."""
    return redirect(url_for("demo.article"))


@blueprint.get("/demo")
def article() -> Response:
    """The article with its comments."""
    return _page(Visitor.of(request))


@blueprint.get("/demo/comments")
def list_comments() -> Response:
    """The list of comments, for a page that was away from the stream for a while."""
    try:
        cards = Section(services().record, Visitor.of(request)).cards()
    except RedisAwayError:
        return _refusal(AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
    return _private(json_response({"html": render_template("demo_comments.html", cards=cards)}))


@blueprint.post("/demo/comments")
def post_comment() -> BaseResponse:
    """Posts a comment: JSON for the page's script, else a form and a redirect."""
    visitor = Visitor.of(request)
    draft = Draft.from_fields(_sent())
    try:
        return _post(visitor, draft)
    except DraftError as error:
        return _refused(visitor, draft, str(error), HTTPStatus.UNPROCESSABLE_ENTITY)
    except RedisAwayError:
        return _refused(visitor, draft, AWAY, HTTPStatus.SERVICE_UNAVAILABLE)


@blueprint.get("/demo/stream")
def stream() -> Response:
    """The decisions that this visitor may see, as server-sent events."""
    record, hub = services().record, services().hub
    section = Section(record, Visitor.of(request))
    position = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    events = CommentStream(record, hub, section, _described).events(position)
    return event_stream(stream_with_context(events))


def _post(visitor: Visitor, draft: Draft) -> BaseResponse:
    wait_s = _throttle().wait_s(request.remote_addr or "")
    if wait_s:
        message = f"That is a lot of comments. Please try again in {ceil(wait_s)} seconds."
        return _refused(visitor, draft, message, HTTPStatus.TOO_MANY_REQUESTS)
    if services().gate.refusal(DEMO_SITE, 1, lane=Lane.LIVE):
        return _refused(visitor, draft, FULL, HTTPStatus.SERVICE_UNAVAILABLE)
    card = Section(services().record, visitor).post(draft)
    answer: BaseResponse
    if _is_script():
        answer = json_response(_described(card), HTTPStatus.ACCEPTED)
    else:
        _wait_for_decision(card.comment.id)
        where = url_for("demo.article", _anchor=card.anchor)
        answer = redirect(where, HTTPStatus.SEE_OTHER)
    return visitor.remember(answer, secure=request.is_secure)


def _wait_for_decision(comment_id: str) -> None:
    """Waits a little: nothing will tell a page without a script when the decision comes."""
    comments = services().record.comments
    with services().hub.follow(DEMO_SITE) as feed, feed.awaiting(comment_id) as waiter:
        if comments.get(DEMO_SITE, comment_id).status is Status.PENDING:
            waiter.decision(wait_s=PLAIN_WAIT_S)


def _page(
    visitor: Visitor,
    *,
    draft: Draft | None = None,
    error: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    record = services().record
    cards: list[Card] | None = None
    position = ""
    try:
        position = record.decisions.last_position(DEMO_SITE)  # before the comments: no gap
        cards = Section(record, visitor).cards()
    except RedisAwayError:
        error = error or AWAY
    page = render_template(
        "demo.html",
        title=ARTICLE_TITLE,
        article_id=ARTICLE_ID,
        cards=cards,
        position=position,
        draft=draft or Draft(),
        error=error,
        examples=EXAMPLES,
        text_characters=TEXT_CHARACTERS,
        name_characters=NAME_CHARACTERS,
    )
    answer = make_response(page, status)
    return visitor.remember(_private(answer), secure=request.is_secure)


def _refused(visitor: Visitor, draft: Draft, message: str, status: HTTPStatus) -> Response:
    """The reason, and for a browser without a script the page with what was written."""
    if _is_script():
        return _refusal(message, status)
    return _page(visitor, draft=draft, error=message, status=status)


def _refusal(message: str, status: HTTPStatus) -> Response:
    return json_response({"detail": message}, status)


def _described(card: Card) -> dict[str, Any]:
    """A card as the page's script takes it."""
    announcement = f"{card.title}. {card.explanation}" if card.is_own else ""
    return {
        "id": card.anchor,
        "revision": card.comment.revision,
        "announcement": announcement,
        "html": render_template("demo_comment.html", card=card),
    }


def _sent() -> dict[str, Any]:
    if not _is_script():
        return request.form.to_dict()
    try:
        sent = read_json(request.get_data())
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def _is_script() -> bool:
    return request.is_json


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _throttle() -> Throttle:
    found: Throttle = current_app.extensions.setdefault("demo-throttle", Throttle())
    return found
