"""Comments in Redis: accept, read, list, report, erase. Each change is one atomic script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import uuid4

import redis

from moderation.chunks import in_chunks
from moderation.domain import Comment, Lane, NewComment, Status
from moderation.encoding import compact_json
from moderation.errors import UnknownCommentError
from moderation.labels import Label, label_id
from moderation.policy import FLOOD_WINDOW_S, text_fingerprint
from moderation.record.comment_hash import ask_for_hash, fields_of, read_hashes
from moderation.record.connection import redis_away
from moderation.record.doorbell import Doorbell
from moderation.record.keys import Keys
from moderation.record.rates import UNCOUNTED, Rate, RateWindow
from moderation.record.scripts import Argument, Scripts
from moderation.record.together import Together

#: Comments that one accept or erase script handles: Redis answers nobody else meanwhile.
CHUNK = 100


class AcceptKind(StrEnum):
    """What became of one posted comment."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    CONFLICT = "conflict"
    ERASED = "erased"
    RETIRED = "retired"
    CLOSED = "closed"
    UNKNOWN_PARENT = "unknown_parent"
    UNAUTHORISED = "unauthorised"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one posted comment, and the comment that it concerns.

    The rate window of the key is known only if the key was checked with it.
    """

    kind: AcceptKind
    comment_id: str
    window: RateWindow = UNCOUNTED


#: A comment as it travels to Redis: key to check or "", site, lane, comment.
Post = tuple[str, str, Lane, NewComment]
#: Site and comments → revision at which each stands, and the label to be kept of it, if any.
KeepLabels = Callable[[str, Sequence[str]], Mapping[str, tuple[int, Label | None]]]
RunScript = Callable[[str, Sequence[Argument]], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Some comments, and the sequence number to go on after, `None` at the end."""

    comments: list[Comment]
    next_sequence: int | None


class Comments:
    """The comments of every site of one shard."""

    def __init__(
        self,
        connection: redis.Redis,
        keys: Keys,
        scripts: Scripts,
        doorbell: Doorbell,
        *,
        idempotency_ttl_s: int,
        rate: Rate,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self._doorbell = doorbell
        usual_window_ms = FLOOD_WINDOW_S * 1000
        self._before = (idempotency_ttl_s, rate.limit, rate.window_s, usual_window_ms)
        # One line each: trips never overlap, but a batch must not hold up a live comment.
        self._together = Together(partial(self._accept, run=scripts.run_on_own_line))

    def accept(self, site: str, comment: NewComment, *, key_digest: str = "") -> Outcome:
        """Stores a comment and queues it for a decision, all or nothing.

        Args:
            site: whose comment it is.
            comment: the comment.
            key_digest: the key that posts it, to be checked in the same round trip; "" if
                that was done already.

        Raises:
            RedisAwayError: Redis does not answer; the comment may be stored or not, and a
                repeat with the same id or key tells.
        """
        return self._together.do((key_digest, site, Lane.LIVE, comment))

    def accept_batch(
        self, site: str, comments: Sequence[NewComment], *, lane: Lane = Lane.BULK
    ) -> list[Outcome]:
        """Like `accept` for many, in order, unless told otherwise through the bulk lane."""
        return [
            outcome
            for chunk in in_chunks(comments, CHUNK)
            for outcome in self._accept(
                [("", site, lane, comment) for comment in chunk], run=self._scripts.run_all
            )
        ]

    def get(self, site: str, comment_id: str) -> Comment:
        """One comment with its latest decision.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
        """
        with redis_away():
            raw = ask_for_hash(self._connection, self._keys("comment", site, comment_id))
        comment = comment_of(comment_id, fields_of(comment_id, raw))
        if comment is None:
            raise UnknownCommentError(comment_id)
        return comment

    def contents(self, site: str, comment_ids: Sequence[str]) -> list[dict[str, Any] | None]:
        """What the site posted with some comments, in order; `None` for those erased."""
        found = read_hashes(self._connection, self._keys, site, comment_ids)
        return [json.loads(one["content"]) if "content" in one else None for one in found]

    def page(
        self,
        site: str,
        article_id: str,
        *,
        statuses: Iterable[Status],
        after: int,
        limit: int,
        newest_first: bool = False,
    ) -> Page:
        """An article's comments that stand so, in the order in which they were accepted.

        Args:
            site: whose article.
            article_id: the article.
            statuses: where its comments stand.
            after: the sequence number to go on after; 0 begins, at either end.
            limit: how many at most.
            newest_first: the other way round.
        """
        wanted = set(statuses)
        # A transaction: a comment that moves from one status to another meanwhile must be
        # seen exactly once.
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            for status in wanted:
                pipe.zrange(
                    self._keys("article", site, status.value, article_id),
                    f"({after}" if after else "+inf" if newest_first else "-inf",
                    "-inf" if newest_first else "+inf",
                    desc=newest_first,
                    byscore=True,
                    offset=0,
                    num=limit + 1,
                    withscores=True,
                )
            found = pipe.execute()
            entries = sorted(
                (
                    (int(sequence), comment_id)
                    for listed in found
                    for comment_id, sequence in listed
                ),
                reverse=newest_first,
            )
        more, entries = len(entries) > limit, entries[:limit]
        read = self._read(site, [comment_id for _, comment_id in entries])
        # One may have been decided between the two reads.
        comments = [one for one in read if one.status in wanted]
        return Page(comments, entries[-1][0] if more else None)

    def newest(
        self, site: str, article_id: str, *, status: Status, limit: int
    ) -> list[Comment]:
        """The newest of an article's comments that stand so, newest first."""
        return self._read_newest(
            site, self._keys("article", site, status.value, article_id), limit
        )

    def by_author(
        self, site: str, author_id: str, *, limit: int, skipped: int = 0
    ) -> list[Comment]:
        """An author's newest comments, whatever their status, newest first."""
        index = self._keys("author", site, author_id)
        return self._read_newest(site, index, limit, skipped)

    def standing(self, site: str, article_id: str) -> dict[Status, int]:
        """How many of an article's comments stand how."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for status in Status:
                pipe.zcard(self._keys("article", site, status.value, article_id))
            return dict(zip(Status, pipe.execute(), strict=True))

    def report(self, site: str, comment_id: str, *, reason: str, reporter_id: str) -> int:
        """Remembers a reader's report; how many report the comment, each reporter once.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
        """
        reporters = self._scripts.run(
            "report", site, comment_id, reporter_id, reason, uuid4().hex
        )
        if not reporters:
            raise UnknownCommentError(comment_id)
        return int(reporters)

    def erase(self, site: str, comment_id: str, *, keep: KeepLabels | None = None) -> None:
        """Erases one comment; a second time changes nothing.

        Args:
            site: whose comment it is.
            comment_id: the comment.
            keep: tells the labels that are to be kept; without it none with its text is.

        Raises:
            UnknownCommentError: the site never had such a comment.
        """
        moved = True
        while moved:
            erased, moved = self._erase(site, [comment_id], keep)
            if not erased and not moved:
                raise UnknownCommentError(comment_id)

    def erase_author(self, site: str, author_id: str, *, keep: KeepLabels | None = None) -> int:
        """Erases every comment of an author, `keep` as for one; how many there were."""
        total, key = 0, self._keys("author", site, author_id)
        while True:
            with redis_away():
                ids: Any = self._connection.zrange(key, 0, CHUNK - 1)
            if not ids:
                return total
            erased, moved = self._erase(site, ids, keep)
            total += erased
            if not moved:
                with redis_away():
                    self._connection.zrem(key, *ids)  # also what has lost its record

    def _erase(
        self, site: str, comment_ids: Sequence[str], keep: KeepLabels | None
    ) -> tuple[int, bool]:
        """How many are erased, and whether some are not: they were decided anew meanwhile."""
        arguments: list[Argument] = [site, "erase"]
        if keep:
            kept = keep(site, comment_ids)
            for comment_id in comment_ids:
                revision, label = kept.get(comment_id, ("", None))
                stored = (label.id, label.stored()) if label else ("", "")
                arguments += comment_id, revision, *stored
        else:
            contents = self.contents(site, comment_ids)
            for comment_id, content in zip(comment_ids, contents, strict=True):
                arguments += comment_id, "", label_id(content["text"]) if content else "", ""
        erased, moved = self._scripts.run_all("erase", arguments)
        return erased, bool(moved)

    def _accept(self, posts: Sequence[Post], *, run: RunScript) -> list[Outcome]:
        arguments: list[Argument] = list(self._before)
        for key_digest, site, lane, comment in posts:
            arguments += key_digest, site, lane.value, *_accept_arguments(comment)
        must_ring, *flat = run("accept", arguments)
        if must_ring:
            self._doorbell.ring()
        return [
            Outcome(AcceptKind(kind), comment_id, RateWindow(*window))
            for kind, comment_id, *window in zip(*[iter(flat)] * 5, strict=True)
        ]

    def _read_newest(
        self, site: str, index: str, limit: int, skipped: int = 0
    ) -> list[Comment]:
        with redis_away():
            ids: Any = self._connection.zrevrange(index, skipped, skipped + limit - 1)
        return self._read(site, ids)

    def _read(self, site: str, ids: Sequence[str]) -> list[Comment]:
        """The comments with these ids; one that was erased meanwhile is left out."""
        hashes = read_hashes(self._connection, self._keys, site, ids)
        found = map(comment_of, ids, hashes)
        return [one for one in found if one is not None]


def _accept_arguments(comment: NewComment) -> list[Argument]:
    key = comment.idempotency_key
    return [
        comment.id,
        comment.digest,
        sha256(key.encode()).hexdigest() if key else "",
        comment.article_id,
        comment.author_id,
        comment.parent_id or "",
        comment.created_ms,
        text_fingerprint(comment.content["text"]),
        compact_json(comment.content),
    ]


def comment_of(comment_id: str, fields: Mapping[str, str]) -> Comment | None:
    """A comment from the fields of its hash, `None` if it is not there or was erased."""
    if not fields or "content" not in fields:
        return None
    revision = int(fields["revision"])
    decision = fields.get(f"decision:{revision}")
    return Comment(
        comment_id,
        fields["article"],
        json.loads(fields["content"]),
        Status(fields["status"]),
        revision,
        json.loads(decision) if decision else None,
    )
