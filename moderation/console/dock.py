"""What every page shows beside its own: what waits, what has changed, what can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from moderation.console.cards import author_name, what_decided
from moderation.desk.deciding import Desk
from moderation.desk.drift import DriftWatch
from moderation.domain import Actor
from moderation.drift import Level
from moderation.errors import RedisAwayError, UnknownCommentError
from moderation.record import Record


@dataclass(frozen=True, slots=True)
class Last:
    """The viewer's last act that can still be undone."""

    label: str
    url: str = "/console/undo"


class Dock:
    """Read only where a template shows it: most fragments show neither."""

    def __init__(self, record: Record, actor: Actor, drift: DriftWatch) -> None:
        self._record = record
        self._actor = actor
        self._drift = drift

    @cached_property
    def held_count(self) -> int | str:
        """How many comments of the site are held; "" where Redis is away."""
        try:
            return self._record.held.total(self._actor.site)
        except RedisAwayError:
            return ""

    @cached_property
    def review_count(self) -> int:
        """How many approved comments wait for review; 0 where Redis is away."""
        try:
            return self._record.review.size(self._actor.site)
        except RedisAwayError:
            return 0

    @cached_property
    def drift_alerts(self) -> int:
        """How many measures of the site stand at an alert; 0 where Redis is away."""
        try:
            return len(self._drift.of(self._actor.site).at(Level.ALERT))
        except RedisAwayError:
            return 0

    @cached_property
    def last(self) -> Last | None:
        """What the viewer can undo; `None` for nothing, or where Redis is away."""
        try:
            return _last(self._record, self._actor)
        except RedisAwayError:
            return None


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
