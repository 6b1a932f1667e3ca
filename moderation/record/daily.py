"""Figures of each day: how much was decided, by whom, and how well the machine agreed.

Those of decisions are added up in the scripts that decide, so they cannot drift from what was
decided; what workers see besides is added a moment later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import redis

from moderation.record.connection import redis_away
from moderation.record.keys import Keys

EPOCH = date(1970, 1, 1)
#: How long the figures of a day are kept; library.lua has it too.
KEPT_S = 400 * 86_400


class Daily:
    """The daily figures of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def add(self, tallies: Mapping[str, Mapping[str, int]]) -> None:
        """Adds to the figures of this day: site → figure → amount."""
        today = str((datetime.now(UTC).date() - EPOCH).days)
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for site, figures in tallies.items():
                key = self._keys("daily", site, today)
                for figure, amount in figures.items():
                    pipe.hincrby(key, figure, amount)
                pipe.expire(key, KEPT_S)
            pipe.execute()

    def read(self, site: str, days: int) -> list[tuple[date, dict[str, int]]]:
        """The figures of the last so many days of UTC, today included, oldest first."""
        today = datetime.now(UTC).date()
        wanted = [today - timedelta(days=ago) for ago in reversed(range(days))]
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for day in wanted:
                pipe.hgetall(self._keys("daily", site, str((day - EPOCH).days)))
            stored: Any = pipe.execute()
        return [
            (day, {figure: int(amount) for figure, amount in figures.items()})
            for day, figures in zip(wanted, stored, strict=True)
        ]
