"""The comments section of the article, as one visitor sees it.

Everybody sees approved comments; a visitor also sees their own, whatever their status.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from moderation.bootstrap import DEMO_SITE
from moderation.demo.cards import Card
from moderation.demo.drafts import Draft, DraftError
from moderation.demo.marks import marked
from moderation.demo.visitors import Visitor
from moderation.desk.thresholds import deciding
from moderation.domain import Comment, NewComment, Status, new_comment_id, rfc3339
from moderation.marks import Piece
from moderation.policy import effective_thresholds
from moderation.record import Record
from moderation.record.comments import AcceptKind

ARTICLE_ID = "night-library"
ARTICLE_TITLE = "The library that forgot to close"
#: How many comments the page shows: the newest of everybody, and of one's own.
SHOWN = 50
SHOWN_OWN = 20


class Section:
    """The section for one visitor. Its methods raise `RedisAwayError`."""

    def __init__(self, record: Record, visitor: Visitor) -> None:
        self._record = record
        self._visitor = visitor

    def post(self, draft: Draft) -> Card:
        """Stores a comment and queues it; it is pending then.

        Raises:
            DraftError: it cannot be posted; the message says why.
        """
        already_posted = frozenset(one.content["text"] for one in self._own())
        new = _new_comment(draft.checked(already_posted), self._visitor)
        if self._record.comments.accept(DEMO_SITE, new).kind is AcceptKind.CLOSED:
            raise DraftError("The comments on this article are closed.")
        return self._as_cards([Comment.accepted(new)], opened=new.id)[0]

    def cards(self) -> list[Card]:
        """What the visitor may see, newest first."""
        approved = self._record.comments.newest(
            DEMO_SITE, ARTICLE_ID, status=Status.APPROVED, limit=SHOWN
        )
        visible = {one.id: one for one in (*approved, *self._own())}
        newest_first = sorted(visible.values(), key=_created_at, reverse=True)
        latest_own = next((one.id for one in newest_first if self.is_own(one)), "")
        return self._as_cards(newest_first, opened=latest_own)

    def card(self, comment: Comment) -> Card | None:
        """One comment, `None` if it is not for this visitor's eyes."""
        if comment.article_id != ARTICLE_ID:
            return None
        if not self.is_own(comment) and comment.status is not Status.APPROVED:
            return None
        return self._as_cards([comment], opened=comment.id)[0]

    def is_own(self, comment: Comment) -> bool:
        """Whether this visitor wrote it."""
        return bool(comment.content["author"]["id"] == self._visitor.author_id)

    def _own(self) -> list[Comment]:
        found = self._record.comments.by_author(
            DEMO_SITE, self._visitor.author_id, limit=SHOWN_OWN
        )
        return [one for one in found if one.article_id == ARTICLE_ID]

    def _as_cards(self, comments: Sequence[Comment], *, opened: str) -> list[Card]:
        held = [one for one in comments if one.status is Status.HELD]
        marks = marked(self._record.queue, held)
        pieces = {one.id: found for one, found in zip(held, marks, strict=True)}
        thresholds = self._thresholds() if any(map(self.is_own, comments)) else None
        return [
            Card(
                comment=one,
                pieces=tuple(pieces.get(one.id, [Piece(one.content["text"])])),
                is_own=self.is_own(one),
                is_open=one.id == opened,
                thresholds=thresholds,
            )
            for one in comments
        ]

    def _thresholds(self) -> dict[str, float]:
        """What holds a comment now: the site's own thresholds over the release's."""
        release = deciding(self._record, DEMO_SITE)
        released = release.thresholds if release else {}
        return effective_thresholds(self._record.policies.current(DEMO_SITE).policy, released)


def _new_comment(draft: Draft, visitor: Visitor) -> NewComment:
    author = {"id": visitor.author_id}
    if draft.name:
        author["name"] = draft.name
    created_at = datetime.now(UTC)
    content = {
        "text": draft.text,
        "author": author,
        "article": {"title": ARTICLE_TITLE},
        "created_at": rfc3339(created_at),
    }
    return NewComment(
        id=new_comment_id(),
        article_id=ARTICLE_ID,
        content=content,
        digest=sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32],
        created_ms=int(created_at.timestamp() * 1000),
    )


def _created_at(comment: Comment) -> str:
    return str(comment.content["created_at"])
