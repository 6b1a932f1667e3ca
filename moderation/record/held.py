"""The held queue of each site, as moderators sort, filter and count it.

Every dimension of `triage.py` is a sorted set; a filter is a range of one of them. Walking
goes in bounded steps: Redis answers others in between, however long the queue is.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.domain import QueueOrder, Status
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts
from moderation.triage import AGE, ORDERS, SINCE

#: Comments that one step finds or looks at, at most.
FOUND_AT_ONCE = 1_000
LOOKED_AT_AT_ONCE = 3_000
#: Steps that counting a range takes at most.
STEPS_COUNTED = 3
#: What a filter can be about.
HELD, ARTICLE, AUTHOR = "held", "article", "author"


@dataclass(frozen=True, slots=True)
class Filter:
    """Comments of one dimension, article or author, within a range (both ends in it)."""

    kind: str
    name: str
    least: float | None = None
    most: float | None = None

    @classmethod
    def held(
        cls, dimension: str, least: float | None = None, most: float | None = None
    ) -> Filter:
        """Comments that have this dimension."""
        return cls(HELD, dimension, least, most)

    @classmethod
    def article(cls, article_id: str) -> Filter:
        """Comments of an article."""
        return cls(ARTICLE, article_id)

    @classmethod
    def author(cls, author_id: str) -> Filter:
        """Comments of an author."""
        return cls(AUTHOR, author_id)

    @property
    def has_range(self) -> bool:
        """Whether it asks for more than having the dimension."""
        return self.least is not None or self.most is not None

    def arguments(self) -> list[Argument]:
        """As queue.lua takes it."""
        return [
            self.kind,
            self.name,
            "" if self.least is None else self.least,
            "" if self.most is None else self.most,
        ]


@dataclass(frozen=True, slots=True)
class Found:
    """A held comment, its place in the order asked for, and the value asked for."""

    comment_id: str
    position: int
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one step found, the position up to which it looked, and whether that is the end."""

    found: list[Found]
    position: int | None
    is_last: bool


class HeldQueue:
    """The held queues of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def total(self, site: str) -> int:
        """How many comments are held."""
        return self.size(site, AGE)

    def size(self, site: str, dimension: str) -> int:
        """How many held comments have a dimension."""
        with redis_away():
            return int(self._connection.zcard(self._keys("held", site, dimension)))

    def sizes(self, site: str, dimensions: Sequence[str]) -> list[int]:
        """Like `size` for several, in one round trip."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for dimension in dimensions:
                pipe.zcard(self._keys("held", site, dimension))
            return [int(size) for size in pipe.execute()]

    def count(self, site: str, filters: Sequence[Filter], *, most: int) -> int:
        """How many comments pass all filters, counted up to `most` and one more.

        Ranges are counted in steps, and where very many comments are in each of them but few
        in all, only the first of these few.
        """
        asked = [Filter.held(AGE), *filters]  # an author's comments are not all held
        if any(one.has_range for one in filters):
            return self._count_in_steps(site, asked, most + 1)
        keys = [self._key(site, one) for one in asked]
        with redis_away():
            return int(self._connection.zintercard(len(keys), keys, limit=most + 1))

    def _count_in_steps(self, site: str, filters: Sequence[Filter], wanted: int) -> int:
        counted = seen = 0
        flat = [part for one in filters for part in one.arguments()]
        for _ in range(STEPS_COUNTED):
            found, looked_at = self._scripts.run_all(
                "count", [site, wanted - counted, LOOKED_AT_AT_ONCE, seen, *flat]
            )
            counted, seen = counted + found, seen + looked_at
            if counted == wanted or looked_at < LOOKED_AT_AT_ONCE:
                break
        return counted

    def _key(self, site: str, one: Filter) -> str:
        if one.kind == ARTICLE:
            return self._keys("article", site, Status.HELD.value, one.name)
        if one.kind == AUTHOR:
            return self._keys("author", site, one.name)
        return self._keys("held", site, one.name)

    def counts(
        self, site: str, dimension: str, ranges: Sequence[tuple[float, float]]
    ) -> list[int]:
        """How many held comments have a value in each range, all counted at one moment.

        Args:
            site: whose queue.
            dimension: whose values.
            ranges: each from its first end up to what is below its second; one that ends
                before it begins is empty.
        """
        key = self._keys("held", site, dimension)
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            for least, below in ranges:
                pipe.zcount(key, least, f"({below!r}")
            return [int(count) for count in pipe.execute()]

    def draw(
        self, site: str, dimension: str, least: float, most: float, *, count: int
    ) -> list[str]:
        """Held comments drawn at random, in random order, whose value is in a range.

        Both ends belong to it. There are fewer than `count` where no more are in it, or some
        left it meanwhile.
        """
        key = self._keys("held", site, dimension)
        first, size = self.counts(
            site, dimension, [(-math.inf, least), (least, math.nextafter(most, math.inf))]
        )
        ranks = random.sample(range(first, first + size), min(count, size))
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for rank in ranks:
                pipe.zrange(key, rank, rank, withscores=True)
            at_ranks: Any = pipe.execute()
        # Ranks move when a comment is decided: two of them may then be the same comment's.
        drawn = {one: value for found in at_ranks for one, value in found}
        return [one for one, value in drawn.items() if least <= value <= most]

    def newest(self, site: str) -> int:
        """The age of the comment that was accepted last of those held, 0 if none is."""
        with redis_away():
            found: Any = self._connection.zrange(
                self._keys("held", site, AGE), 0, 0, desc=True, withscores=True
            )
        return int(found[0][1]) if found else 0

    def since_ms(self, site: str, share: float) -> int | None:
        """When the comment was held that stands so far into the queue by time waiting.

        Args:
            site: whose queue.
            share: 0 for the comment that waits longest, 0.5 for the median; below 1.
        """
        rank = int(share * self.size(site, SINCE))
        with redis_away():
            found: Any = self._connection.zrange(
                self._keys("held", site, SINCE), rank, rank, withscores=True
            )
        return int(found[0][1]) if found else None

    def facets(self, site: str, kinds: Sequence[str]) -> dict[str, dict[str, int]]:
        """What there is to filter by: kind → name → how many held comments have it.

        Args:
            site: whose queue.
            kinds: what a dimension begins with, `category`, `reason`, `language`, `source`.
        """
        with redis_away():
            ever: Any = self._connection.smembers(self._keys("held_dimensions", site))
        names = sorted(name for name in ever if name.partition(":")[0] in kinds)
        found: dict[str, dict[str, int]] = {kind: {} for kind in kinds}
        for dimension, size in zip(names, self.sizes(site, names), strict=True):
            kind, _, name = dimension.partition(":")
            if size:
                found[kind][name] = size
        return found

    def walk(
        self,
        site: str,
        *,
        order: QueueOrder,
        filters: Sequence[Filter] = (),
        after: int | None = None,
        at_once: int = FOUND_AT_ONCE,
        value_of: str = "",
    ) -> Iterator[Step]:
        """The queue in order, step by step; a step may find nothing and not be the last.

        Args:
            site: whose queue.
            order: what comes first.
            filters: all of them must be passed.
            after: the position to go on after.
            at_once: how many comments a step finds at most.
            value_of: the dimension whose value each comment is to bring along.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        dimension, highest_first = ORDERS[order]
        flat = [part for one in filters for part in one.arguments()]
        while True:
            is_last, position, *found = self._scripts.run_all(
                "queue",
                [
                    site,
                    dimension,
                    "1" if highest_first else "0",
                    "" if after is None else after,
                    at_once,
                    LOOKED_AT_AT_ONCE,
                    value_of,
                    *flat,
                ],
            )
            after = int(position) if position else after
            yield Step(_found(found), after, is_last == "1")
            if is_last == "1":
                return


def _found(flat: Sequence[str]) -> list[Found]:
    return [
        Found(comment_id, int(position), float(value) if value else None)
        for comment_id, position, value in zip(*[iter(flat)] * 3, strict=True)
    ]
