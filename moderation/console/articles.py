"""An article: all of its comments with their decisions, and whether new ones are held."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from moderation.api.base import Cursors, services
from moderation.console.base import console_blueprint, me, needs, page
from moderation.console.cards import PAGE_CARDS, TITLE_CHARACTERS, Cards, article_url, marks_url
from moderation.desk.cases import Cases
from moderation.desk.holds import Holds
from moderation.domain import Role, Status
from moderation.hostile import one_line

blueprint = console_blueprint("articles", __name__)


@blueprint.get("/articles/<opaque:article_id>")
def article(article_id: str) -> Response:
    """The comments of an article, the newest first."""
    record, actor = services().record, me().actor
    status = request.args.get("status", "")
    statuses = [Status(status)] if status in set(Status) else list(Status)
    cursors = Cursors("console-article", actor.site, article_id, status)
    cursor = request.args.get("cursor", "")
    found = record.comments.page(
        actor.site,
        article_id,
        statuses=statuses,
        after=cursors.read(cursor) if cursor else 0,
        limit=PAGE_CARDS,
        newest_first=True,
    )
    cards = Cards(record, actor.site, actor.name).of(
        Cases(record).many(actor.site, [comment.id for comment in found.comments])
    )
    standing = record.comments.standing(actor.site, article_id)
    url = article_url(article_id)
    more = found.next_sequence
    return page(
        "console/article.html",
        active="queue",
        url=url,
        title=cards[0].article_title if cards else one_line(article_id, TITLE_CHARACTERS),
        article_id=one_line(article_id, TITLE_CHARACTERS),
        outside=cards[0].article_url if cards else "",
        cases=cards,
        marks_url=marks_url(cards),
        tabs=[
            ("All", url, sum(standing.values()), not status),
            *(
                (one.value.capitalize(), f"{url}?status={one.value}", count, status == one)
                for one, count in standing.items()
            ),
        ],
        rules=Holds(record).of_article(actor.site, article_id),
        next_url=None
        if more is None
        else f"{url}?status={status}&cursor={cursors.write(more)}",
    )


@blueprint.post("/articles/<opaque:article_id>/rules")
@needs(Role.MODERATOR)
def rules(article_id: str) -> BaseResponse:
    """Holds every new comment of an article, closes it, or lets both go."""
    holds, actor = Holds(services().record), me().actor
    match request.form.get("rule"):
        case "hold" | "release" as rule:
            holds.hold_article(actor, article_id, on=rule == "hold")
        case "close" | "reopen" as rule:
            holds.close_article(actor, article_id, on=rule == "close")
    return redirect(article_url(article_id), HTTPStatus.SEE_OTHER)
