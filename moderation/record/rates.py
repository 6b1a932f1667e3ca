"""How many requests keys may make in a rate window, where that is not everybody's bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import redis

from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests that a key may make in a window; `limit` 0: any number."""

    limit: int
    window_s: int


@dataclass(frozen=True, slots=True)
class RateWindow:
    """How a key stands in its present window; `allowed` 0: it may make any number."""

    left: int = 0
    ends_in_s: int = 0
    allowed: int = 0

    @property
    def is_over(self) -> bool:
        """Whether this request was one too many."""
        return self.left < 0


#: Of a request that takes nothing off a window.
UNCOUNTED = RateWindow()


@dataclass(frozen=True, slots=True)
class RateSubject:
    """Who has a bound of its own: a site for each of its keys, or one key by its id."""

    site: str
    key_id: str = ""

    @property
    def field(self) -> str:
        """What it is called in the record; library.lua writes the same."""
        return f"key:{self.key_id}" if self.key_id else f"site:{self.site}"


class Rates:
    """The bounds of the sites and keys of one shard."""

    def __init__(
        self, connection: redis.Redis, keys: Keys, scripts: Scripts, *, rate: Rate
    ) -> None:
        self._connection = connection
        self._table = keys("rate_limits")
        self._scripts = scripts
        self._rate = rate

    def set(self, subject: RateSubject, limit: int) -> None:
        """From now on this bound counts; 0: any number of requests."""
        with redis_away():
            self._connection.hset(self._table, subject.field, limit)

    def clear(self, subject: RateSubject) -> None:
        """From now on the bound of its site counts again, or everybody's."""
        with redis_away():
            self._connection.hdel(self._table, subject.field)

    def own(self) -> Mapping[str, int]:
        """Every bound that is not everybody's, by `RateSubject.field`."""
        with redis_away():
            stored: Any = self._connection.hgetall(self._table)
        return {field: int(limit) for field, limit in stored.items()}

    def spend(self, site: str, what: str) -> RateWindow:
        """Takes one request off the window of what has no key, such as a site's Coral."""
        subject = sha256(f"{what}:{site}".encode()).hexdigest()
        return RateWindow(
            *self._scripts.run("spend", subject, site, self._rate.limit, self._rate.window_s)
        )
