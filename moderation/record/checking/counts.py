"""What the record counts besides: an author's comments by status, and kinds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from redis.exceptions import WatchError

from moderation.chunks import in_chunks
from moderation.domain import Status
from moderation.record.checking.comments import Standing
from moderation.record.checking.feed import entries_after, last_position
from moderation.record.checking.findings import Check
from moderation.record.checking.scope import INDEX_AT_ONCE, Scope
from moderation.record.connection import redis_away

#: How often something is counted that changes meanwhile.
TRIES = 10
#: Comments of one kind that a script counts; of more nothing is said.
KIND_AT_ONCE = 2_000
COUNTED = (Status.APPROVED, Status.HELD, Status.REJECTED)
RIGHT, WRONG, NOT_SETTLED, UNREADABLE, LATER = 0, 1, -1, -2, -3


class AuthorCheck:
    """Counts how the comments of authors stand."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def check(self, site: str, authors: Sequence[str]) -> None:
        """Checks the counts of some authors of a site."""
        self._scope.report.saw(Check.AUTHOR_COUNTS, len(authors))
        left: Sequence[str] = authors
        while left:
            found = self._scope.scripts.run_all(
                "check_authors", [self._scope.mend, site, INDEX_AT_ONCE, *left]
            )
            states = list(zip(left, found, strict=True))
            left = [author for author, state in states if state == LATER]
            for author, state in states:
                self._note(
                    site,
                    author,
                    self._count_large(site, author) if state == NOT_SETTLED else state,
                )

    def _note(self, site: str, author: str, state: int) -> None:
        if state == NOT_SETTLED:
            self._scope.report.unsettled[Check.AUTHOR_COUNTS] += 1
        elif state == WRONG:
            what = "has counts that are not those of the comments"
            self._scope.fault(Check.AUTHOR_COUNTS, site, author, what, mended=self._scope.mends)
        elif state == UNREADABLE:
            what = "has comments or counts that cannot be read"
            self._scope.fault(Check.AUTHOR_COUNTS, site, author, what, mended=False)

    def _count_large(self, site: str, author: str) -> int:
        """Counts in steps, anew if an author's comments were posted or decided meanwhile."""
        index = self._scope.keys("author", site, author)
        counts_key = self._scope.keys("author_counts", site, author)
        for _ in range(TRIES):
            connection: Any = self._scope.connection
            with redis_away(), connection.pipeline() as pipe:
                try:
                    pipe.watch(index, counts_key)
                    kept = pipe.hgetall(counts_key)
                    counts = self._count(site, index)
                    right = {status.value: counts[status.value] for status in COUNTED}
                    is_right = all(int(kept.get(one, 0)) == right[one] for one in right)
                    pipe.multi()
                    if self._scope.mends and not is_right:
                        pipe.hset(counts_key, mapping=right)
                    else:
                        pipe.exists(counts_key)  # an empty transaction would not be tried
                    pipe.execute()
                except WatchError:
                    continue
                return RIGHT if is_right else WRONG
        return NOT_SETTLED

    def _count(self, site: str, index: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        connection: Any = self._scope.connection
        members = connection.zscan_iter(index, count=INDEX_AT_ONCE)
        for chunk in in_chunks({comment_id for comment_id, _ in members}, INDEX_AT_ONCE):
            with connection.pipeline(transaction=False) as pipe:
                for comment_id in chunk:
                    pipe.hget(self._scope.keys("comment", site, comment_id), "status")
                counts.update(one for one in pipe.execute() if one)
        return counts


class KindCheck:
    """Counts the comments of each kind that are held or labelled.

    It is begun before the comments are read, and told of each of them. What was decided since
    then stands in the feed, so that none is forgotten: only a decision holds or labels.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._position = {site: last_position(scope, site) for site in scope.sites}
        self._members: dict[str, defaultdict[str, set[str]]] = {
            site: defaultdict(set) for site in scope.sites
        }

    def saw(self, site: str, standing: Standing, *, has_verdict: bool) -> None:
        """Remembers a comment that counts."""
        is_held = standing.comment.status is Status.HELD
        if standing.kind and (is_held or has_verdict):
            self._members[site][standing.kind].add(standing.comment.id)

    def finish(self) -> None:
        """Compares what was counted with what the record counts."""
        for site, members in self._members.items():
            connection: Any = self._scope.connection
            with redis_away():
                kept = dict(connection.hscan_iter(self._scope.keys("kinds", site)))
            kinds = kept.keys() | members.keys()
            self._scope.report.saw(Check.KINDS, len(kinds))
            for kind in kinds:
                if int(kept.get(kind, 0)) != len(members.get(kind, ())):
                    self._check(site, kind)

    def _check(self, site: str, kind: str) -> None:
        state, members = NOT_SETTLED, self._members[site][kind]
        for _ in range(TRIES):
            self._catch_up(site)
            if len(members) > KIND_AT_ONCE:
                break
            state = self._scope.scripts.run_all(
                "check_kind",
                [
                    self._scope.mend,
                    site,
                    kind,
                    self._position[site],
                    INDEX_AT_ONCE,
                    *members,
                ],
            )
            if state != NOT_SETTLED:
                break
        if state == NOT_SETTLED:
            self._scope.report.unsettled[Check.KINDS] += 1
        elif state == WRONG:
            self._scope.fault(
                Check.KINDS, site, kind, "is miscounted", mended=self._scope.mends
            )

    def _catch_up(self, site: str) -> None:
        """Remembers the comments that were decided since the last position, by kind."""
        while entries := entries_after(self._scope, site, self._position[site]):
            self._position[site] = entries[-1].position
            ids = list({entry.comment_id for entry in entries})
            with redis_away(), self._scope.connection.pipeline(transaction=False) as pipe:
                for comment_id in ids:
                    pipe.hget(self._scope.keys("comment", site, comment_id), "kind")
                kinds = pipe.execute()
            for comment_id, kind in zip(ids, kinds, strict=True):
                if kind:
                    self._members[site][kind].add(comment_id)
