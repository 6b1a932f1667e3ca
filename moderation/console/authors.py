"""An author: their record on the site, all of their comments, and whether they are held."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.api.base import services
from moderation.console.base import console_blueprint, me, needs, page
from moderation.console.cards import NAME_CHARACTERS, PAGE_CARDS, Cards, author_url, marks_url
from moderation.desk.cases import Cases
from moderation.desk.holds import Holds
from moderation.domain import Role
from moderation.hostile import one_line

blueprint = console_blueprint("authors", __name__)


@blueprint.get("/authors/<opaque:author_id>")
def author(author_id: str) -> Response:
    """The comments of an author, the newest first."""
    record, actor = services().record, me().actor
    written = request.args.get("page", "")
    number = int(written) if written.isdecimal() and len(written) < 8 else 1
    comments = record.comments.by_author(
        actor.site, author_id, limit=PAGE_CARDS + 1, skipped=(max(number, 1) - 1) * PAGE_CARDS
    )
    cards = Cards(record, actor.site, actor.name).of(
        Cases(record).many(actor.site, [comment.id for comment in comments[:PAGE_CARDS]])
    )
    url = author_url(author_id)
    return page(
        "console/author.html",
        active="queue",
        url=url,
        name=cards[0].author_name if cards else one_line(author_id, NAME_CHARACTERS),
        author_id=one_line(author_id, NAME_CHARACTERS),
        history=cards[0].case.history if cards else None,
        cases=cards,
        marks_url=marks_url(cards),
        is_held=Holds(record).holds_author(actor.site, author_id),
        next_url=f"{url}?page={number + 1}" if len(comments) > PAGE_CARDS else None,
    )


@blueprint.post("/authors/<opaque:author_id>/rules")
@needs(Role.MODERATOR)
def rules(author_id: str) -> BaseResponse:
    """Holds every new comment of an author, or lets them go."""
    is_on = request.form.get("rule") == "hold"
    Holds(services().record).hold_author(me().actor, author_id, on=is_on)
    return redirect(author_url(author_id), HTTPStatus.SEE_OTHER)
