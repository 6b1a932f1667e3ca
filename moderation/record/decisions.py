"""Decisions: the chain of each comment, and the site's feed that everything is told from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
from redis.client import PubSub

from moderation.domain import Decision
from moderation.encoding import compact_json
from moderation.errors import CursorExpiredError, RevisionConflictError, UnknownCommentError
from moderation.record.acts import ACTS_KEPT, Act
from moderation.record.audit import AUDIT_KEPT, AuditEntry
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts
from moderation.triage import Place

#: The cursor before the oldest decision that is kept.
START = "0-0"
#: Before every decision, for who has seen that there is none yet: unlike after `START`,
#: nothing may be missing after it.
BEFORE_ALL = "0-1"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A decision in the feed; `position` is its place, comparable by `order`."""

    position: str
    decision: str
    """The decision as JSON, as it was written."""

    @property
    def order(self) -> tuple[int, int]:
        """The position as numbers that compare as the feed is ordered."""
        return order(self.position)

    def parsed(self) -> dict[str, Any]:
        """The decision as the contract writes it."""
        parsed: dict[str, Any] = json.loads(self.decision)
        return parsed


@dataclass(frozen=True, slots=True)
class ByPerson:
    """What the record remembers with a person's decision, in the same step.

    Attributes:
        moderator: who made it.
        note: a remark for other moderators; never leaves the service.
        is_label: whether it says what the comment truly is.
        act: what the moderator may undo later.
        undone: the act, and whose, that this decision takes back.
        entry: the line of the audit log.
        figures: figure of the day → whole number to add.
    """

    moderator: str
    note: str = ""
    is_label: bool = False
    act: Act | None = None
    undone: tuple[str, Act] | None = None
    entry: AuditEntry | None = None
    figures: Mapping[str, int] = field(default_factory=dict)

    def arguments(self) -> list[Argument]:
        """As decide.lua takes it."""
        whose, act = self.undone or ("", None)
        return [
            self.moderator,
            self.note,
            "1" if self.is_label else "0",
            self.act.to_json() if self.act else "",
            whose,
            act.to_json() if act else "",
            self.entry.to_json() if self.entry else "",
            ACTS_KEPT,
            AUDIT_KEPT,
            *(part for figure in self.figures.items() for part in figure),
        ]


NOBODY = ByPerson("")


def order(position: str) -> tuple[int, int]:
    """A feed position `MILLISECONDS-COUNT` as numbers."""
    milliseconds, _, count = position.partition("-")
    return int(milliseconds), int(count)


class Decisions:
    """Every decision of the sites of one shard, in order."""

    def __init__(
        self, connection: redis.Redis, keys: Keys, scripts: Scripts, *, kept: int
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self.kept = kept

    def write(
        self,
        site: str,
        decision: Decision,
        *,
        place: Place | None = None,
        by: ByPerson | None = None,
    ) -> None:
        """Writes a person's or the reports' decision as the next link of its chain.

        Args:
            site: whose comment it is.
            decision: the decision.
            place: where the comment stands in the queue if it is held now.
            by: what is remembered of the person who made it.

        Raises:
            UnknownCommentError: the comment is not there (any more).
            RevisionConflictError: another decision was first.
        """
        outcome, current = self._scripts.run_all(
            "decide",
            [
                site,
                decision.comment_id,
                decision.revision,
                decision.action.status.value,
                compact_json(decision.to_json()),
                self.kept,
                compact_json(place.to_json()) if place else "",
                *(by or NOBODY).arguments(),
            ],
        )
        if outcome == "gone":
            raise UnknownCommentError(decision.comment_id)
        if outcome == "conflict":
            raise RevisionConflictError(current)

    def after(self, site: str, position: str, *, limit: int) -> list[FeedEntry]:
        """The decisions of a site after a position, oldest first.

        Raises:
            CursorExpiredError: some decisions after the position are no longer kept.
        """
        key = self._keys("decisions", site)
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.xrange(key, "-", "+", count=1)
            pipe.xrange(key, f"({position}", "+", count=limit)
            oldest, entries = pipe.execute()
        if position != START and oldest and order(oldest[0][0]) > order(position):
            self._refuse_if_trimmed(key)
        return [FeedEntry(where, fields["decision"]) for where, fields in entries]

    def last_position(self, site: str) -> str:
        """The position of the site's newest decision, `START` if there is none."""
        with redis_away():
            newest = self._connection.xrevrange(self._keys("decisions", site), count=1)
        return str(newest[0][0]) if newest else START

    @property
    def channel(self) -> str:
        """The channel on which a site's name is published when it has new decisions."""
        return self._keys("decided")

    def subscribe(self) -> PubSub:
        """A subscription to `channel`; a wake-up only, the feed itself is the truth."""
        with redis_away():
            subscription: PubSub = self._connection.pubsub()  # type: ignore[no-untyped-call]
            subscription.subscribe(self.channel)
        return subscription

    def _refuse_if_trimmed(self, key: str) -> None:
        with redis_away():
            info = self._connection.xinfo_stream(key)
        if info["entries-added"] > info["length"]:
            raise CursorExpiredError(
                "decisions after this cursor are no longer kept; read the comments instead, "
                "then start without a cursor"
            )
