"""Review: approved comments drawn by lot, to find what the machine let through."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.api.base import Cursors, services
from moderation.console.base import console_blueprint, is_htmx, me, needs, page
from moderation.console.cards import PAGE_CARDS, Cards, anchor, marks_url
from moderation.desk.reviews import COUNTED_DAYS, Reviews
from moderation.domain import Role

blueprint = console_blueprint("review", __name__)


@blueprint.get("/review")
def show() -> Response:
    """A page of what nobody has looked at yet, and what the others came to."""
    record, actor = services().record, me().actor
    cursors = Cursors("console-review", actor.site)
    cursor = request.args.get("cursor", "")
    reviews = Reviews(record)
    found = reviews.page(
        actor.site, after=cursors.read(cursor) if cursor else None, limit=PAGE_CARDS
    )
    cards = Cards(record, actor.site, actor.name).of(found.cases)
    more = found.next_position
    return page(
        "console/review.html",
        active="review",
        cases=cards,
        share=record.policies.current(actor.site).policy.review_share,
        let_through=reviews.let_through(actor.site),
        days=COUNTED_DAYS,
        next_url=None if more is None else f"/console/review?cursor={cursors.write(more)}",
        marks_url=marks_url(cards),
    )


@blueprint.post("/review/skip")
@needs(Role.MODERATOR)
def skip() -> BaseResponse:
    """Leaves a comment to somebody else: it comes last now."""
    comment_id = request.form.get("id", "")
    services().record.review.postpone(me().actor.site, comment_id)
    if not is_htmx():
        return redirect("/console/review", HTTPStatus.SEE_OTHER)
    return page("console/skipped.html", anchor=anchor(comment_id), status="Skipped.")
