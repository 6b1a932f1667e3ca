"""What happens to the comments, as server-sent events that one visitor may see."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from moderation.api.decisions import HEARTBEAT_S, RECONNECT_MS
from moderation.bootstrap import DEMO_SITE
from moderation.demo.cards import Card, anchor
from moderation.demo.section import ARTICLE_ID, Section
from moderation.errors import CursorExpiredError, RedisAwayError, UnknownCommentError
from moderation.feed import Hub, SiteFeed
from moderation.record import Record
from moderation.record.decisions import FeedEntry

#: Tells the page to fetch the comments anew: it was away too long to be told one by one.
STALE = "event: stale\ndata:\n\n"
_POSITION = re.compile(r"\d{1,15}-\d{1,15}", re.ASCII)

Describe = Callable[[Card], dict[str, Any]]


class CommentStream:
    """Comments as they are decided; what becomes of others' unapproved ones stays unsaid."""

    def __init__(self, record: Record, hub: Hub, section: Section, describe: Describe) -> None:
        self._record = record
        self._hub = hub
        self._section = section
        self._describe = describe

    def events(self, position: str) -> Iterator[str]:
        """Events after a position of the feed, from now on if it is none."""
        yield f"retry: {RECONNECT_MS}\n\n"
        try:
            with self._hub.follow(DEMO_SITE) as feed:
                is_position = _POSITION.fullmatch(position)
                yield from self._follow(feed, position if is_position else feed.last)
        except CursorExpiredError:
            yield STALE
        except RedisAwayError:
            return  # the browser connects again, with the last id it saw

    def _follow(self, feed: SiteFeed, position: str) -> Iterator[str]:
        yield f"id: {position}\nevent: following\ndata:\n\n"
        while not self._hub.closing:
            entries = feed.after(position, wait_s=HEARTBEAT_S)
            if not entries:
                feed.refresh()
                yield ": heartbeat\n\n"
            for entry in entries:
                position = entry.position
                told = self._told(entry)
                if told is not None:
                    yield f"id: {position}\nevent: comment\ndata: {json.dumps(told)}\n\n"

    def _told(self, entry: FeedEntry) -> dict[str, Any] | None:
        """What this visitor is told of a decision, `None` for nothing."""
        decision = entry.parsed()
        if decision["article_id"] != ARTICLE_ID:
            return None
        try:
            comment = self._record.comments.get(DEMO_SITE, decision["comment_id"])
        except UnknownCommentError:
            return None
        card = self._section.card(comment)
        if card is not None:
            return self._describe(card)
        if decision["revision"] > 1:  # it may have been public: take it away again
            return {"id": anchor(comment.id), "revision": decision["revision"], "html": ""}
        return None
