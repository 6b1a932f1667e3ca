"""All that the record knows about comments, for the people who decide on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.domain import Comment, Status
from moderation.errors import UnknownCommentError
from moderation.record.claims import Claim, Claims
from moderation.record.comment_hash import ask_for_hash, decisions_of, fields_of
from moderation.record.comments import comment_of
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

NOTE = "note:"


@dataclass(frozen=True, slots=True)
class Dossier:
    """A comment and everything around it.

    Attributes:
        comment: the comment with its latest decision.
        decisions: all of its decisions as the contract writes them, the oldest first.
        notes: revision → what the moderator remarked for others.
        held_ms: when it was held first, `None` if it never was.
        reports: the reasons of readers' reports.
        standing: status → how many of the author's comments stand so.
        first_seen_ms: when the author's first comment was created.
        parent: the comment that it answers, if it is there still.
        claim: the moderator who looks at it.
        sampled: the share of the approved comments by which it was drawn for review, as it
            was written; "" if it was not.
    """

    comment: Comment
    decisions: tuple[dict[str, Any], ...]
    notes: Mapping[int, str]
    held_ms: int | None
    reports: tuple[str, ...]
    standing: Mapping[Status, int]
    first_seen_ms: int | None
    parent: Comment | None
    claim: Claim | None
    sampled: str = ""


class Dossiers:
    """The dossiers of one shard, put together in two round trips however many."""

    def __init__(self, connection: redis.Redis, keys: Keys, claims: Claims) -> None:
        self._connection = connection
        self._keys = keys
        self._claims = claims

    def one(self, site: str, comment_id: str) -> Dossier:
        """The dossier of one comment.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
        """
        found = self.many(site, [comment_id])
        if not found:
            raise UnknownCommentError(comment_id)
        return found[0]

    def many(self, site: str, comment_ids: Sequence[str]) -> list[Dossier]:
        """The dossiers of some comments, in order; those that were erased are left out."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for comment_id in comment_ids:
                ask_for_hash(pipe, self._keys("comment", site, comment_id))
                pipe.hvals(self._keys("reports", site, comment_id))
            answers = iter(pipe.execute())
        read = [
            (comment_id, fields_of(comment_id, next(answers)), next(answers))
            for comment_id in comment_ids
        ]
        known = [
            (comment, fields, reports)
            for comment_id, fields, reports in read
            if (comment := comment_of(comment_id, fields))
        ]
        around = self._around(site, [comment for comment, _, _ in known])
        return [
            _dossier(comment, fields, reports, *more)
            for (comment, fields, reports), more in zip(known, around, strict=True)
        ]

    def _around(
        self, site: str, comments: Sequence[Comment]
    ) -> Iterator[tuple[dict[str, str], Any, Comment | None, Claim | None]]:
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for comment in comments:
                author = str(comment.content["author"]["id"])
                parent = str(comment.content.get("parent_id", ""))
                pipe.hgetall(self._keys("author_counts", site, author))
                pipe.zrange(self._keys("author", site, author), 0, 0, withscores=True)
                ask_for_hash(pipe, self._keys("comment", site, parent))
            answers = iter(pipe.execute())
        claims = self._claims.of(site, [comment.id for comment in comments])
        for comment, claim in zip(comments, claims, strict=True):
            counts, first, parent_fields = next(answers), next(answers), next(answers)
            parent_id = comment.content.get("parent_id")
            parent_comment = (
                comment_of(parent_id, fields_of(parent_id, parent_fields))
                if parent_id
                else None
            )
            yield counts, first, parent_comment, claim


def _dossier(
    comment: Comment,
    fields: Mapping[str, str],
    reports: Sequence[str],
    counts: Mapping[str, str],
    first: Any,
    parent: Comment | None,
    claim: Claim | None,
) -> Dossier:
    return Dossier(
        comment=comment,
        decisions=tuple(decisions_of(fields, comment.revision)),
        notes={
            int(name[len(NOTE) :]): note
            for name, note in fields.items()
            if name.startswith(NOTE)
        },
        held_ms=int(fields["held_ms"]) if "held_ms" in fields else None,
        reports=tuple(reports),
        standing={Status(status): int(count) for status, count in counts.items()},
        first_seen_ms=int(first[0][1]) if first else None,
        parent=parent,
        claim=claim,
        sampled=fields.get("sampled", ""),
    )
