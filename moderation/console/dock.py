"""What every page shows beside its own: how many are held, and what can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moderation.console.cards import author_name, what_decided
from moderation.desk.deciding import Desk
from moderation.domain import Actor
from moderation.errors import RedisAwayError, UnknownCommentError
from moderation.record import Record


@dataclass(frozen=True, slots=True)
class Last:
    """The viewer's last act that can still be undone."""

    label: str
    url: str = "/console/undo"


def dock(record: Record, actor: Actor) -> dict[str, Any]:
    """`held_count` and `last` for a template; neither where Redis is away."""
    try:
        return {"held_count": record.held.total(actor.site), "last": _last(record, actor)}
    except RedisAwayError:
        return {"held_count": "", "last": None}


def _last(record: Record, actor: Actor) -> Last | None:
    desk = Desk(record)
    while act := desk.last_act(actor):
        if act.batch_id:
            return Last("You decided many at once.")
        try:
            comment = record.comments.get(actor.site, act.comment_id)
        except UnknownCommentError:
            comment = None
        if comment and comment.decision and comment.revision == act.revision:
            done = what_decided(comment.decision)
            return Last(f"You {done}: the comment by {author_name(comment)}")
        desk.forget_act(actor, act)  # erased, or decided anew since
    return None
