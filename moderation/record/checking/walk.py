"""The walk of a check over all keys of a shard, in bounded steps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from moderation.chunks import in_chunks
from moderation.domain import Status
from moderation.record.checking.comments import CommentCheck, Standing
from moderation.record.checking.counts import AuthorCheck, KindCheck
from moderation.record.checking.feed import FeedCheck
from moderation.record.checking.findings import Check, Report
from moderation.record.checking.indexes import OF_A_SITE, Index, IndexCheck
from moderation.record.checking.scope import AT_ONCE, Expected, Scope
from moderation.record.checking.under_way import (
    check_endpoints,
    check_lanes,
    check_open,
    check_pending,
    check_waiting,
)
from moderation.record.connection import redis_away
from moderation.record.keys import PATTERNS

#: Keys that Redis looks at in one step.
KEYS_AT_ONCE = 1_000
#: What stands for itself in a pattern only with a backslash before it.
_LITERAL = str.maketrans({char: f"\\{char}" for char in "*?[]\\"})
#: What a key is called → how many parts follow: the site first, last what may hold colons.
PARTS = {pattern.partition(":")[0]: pattern.count("{") for pattern, _ in PATTERNS.values()}

Parts = Sequence[str]


class Walk:
    """One check of a shard."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._feed = FeedCheck(scope)
        self._kinds = KindCheck(scope)
        self._comments = CommentCheck(scope, hand_on=self._saw)
        self._indexes = IndexCheck(scope)
        self._authors = AuthorCheck(scope)
        self._seen: Counter[str] = Counter()
        #: What a key is called → what is done with some of them, each given by its parts.
        self._of_keys: dict[str, Callable[[Sequence[Parts]], None]] = {
            "comment": self._check_comments,
            "article": self._check_articles,
            "author": self._check_authors,
            "author-counts": self._check_author_counts,
            "held": self._index_check(Check.HELD, "held"),
            "reports": self._index_check(Check.REPORTS, "reports"),
            "claim": self._index_check(Check.CLAIM, "claim"),
            "webhook-lane": self._check_lanes,
        }

    def run(self) -> Report:
        """Checks everything; returns once all is looked at."""
        self._feed.read()
        # Comments first: what is mended of them then stands for the counts.
        self._walk({"comment"})
        self._walk(self._of_keys.keys() - {"comment", "author", "author-counts"})
        self._walk({"author", "author-counts"})
        for site in self._scope.sites:
            self._indexes.check([Index(check, site, kind) for kind, check in OF_A_SITE.items()])
            check_endpoints(self._scope, site)
            check_open(self._scope, site)
        check_pending(self._scope)
        check_waiting(self._scope)
        self._kinds.finish()
        self._feed.finish()
        return self._scope.report

    def _walk(self, names: Iterable[str]) -> None:
        """Looks at all keys that are called so, many of a kind at once."""
        for name in sorted(names):
            check = self._of_keys[name]
            for keys in in_chunks(self._keys_called(name), AT_ONCE):
                check(keys)
                self._seen[name] += len(keys)
                self._scope.note(name, self._seen[name])

    def _keys_called(self, name: str) -> Iterator[Parts]:
        prefix = f"{self._scope.keys.prefix}{name}:"
        connection: Any = self._scope.connection
        pattern = f"{prefix.translate(_LITERAL)}*"
        with redis_away():
            for key in connection.scan_iter(pattern, count=KEYS_AT_ONCE):
                parts = key[len(prefix) :].split(":", PARTS[name] - 1)
                if len(parts) == PARTS[name] and parts[0] in self._scope.sites:
                    yield parts

    def _check_comments(self, keys: Sequence[Parts]) -> None:
        for site, ids in _by_site(keys).items():
            self._comments.check(site, ids)

    def _saw(self, site: str, standing: Standing, expected: Expected) -> None:
        self._feed.saw(site, standing)
        self._kinds.saw(site, standing, has_verdict=expected.has_verdict)

    def _check_articles(self, keys: Sequence[Parts]) -> None:
        self._indexes.check(
            [
                Index(Check.ARTICLE, site, "article", f"{status}:{article}")
                for site, status, article in keys
                if status in set(Status)
            ]
        )

    def _check_authors(self, keys: Sequence[Parts]) -> None:
        self._indexes.check([Index(Check.AUTHOR, site, "author", name) for site, name in keys])
        self._check_author_counts(keys)

    def _check_author_counts(self, keys: Sequence[Parts]) -> None:
        for site, authors in _by_site(keys).items():
            self._authors.check(site, authors)

    def _index_check(self, check: Check, kind: str) -> Callable[[Sequence[Parts]], None]:
        return lambda keys: self._indexes.check(
            [Index(check, site, kind, name) for site, name in keys]
        )

    def _check_lanes(self, keys: Sequence[Parts]) -> None:
        lanes = defaultdict(list)
        for site, endpoint, lane in keys:
            lanes[site, endpoint].append(lane)
        for (site, endpoint), named in lanes.items():
            check_lanes(self._scope, site, endpoint, named)


def _by_site(keys: Sequence[Parts]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for site, name in keys:
        found[site].append(name)
    return found
