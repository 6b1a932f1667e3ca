"""The record's time, kept by a stopwatch.

What is due is compared with the time of Redis, so it has to be reckoned by that too: the clock
of this machine may be wrong by seconds, or be set while a message is on its way.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


class RecordClock:
    """Goes on from a time that the record told.

    Args:
        now_ms: the record's time just now.
    """

    def __init__(self, now_ms: int) -> None:
        self._started_ms = now_ms - time.monotonic() * 1000

    def now_ms(self) -> int:
        """The record's time in milliseconds since 1970."""
        return round(self._started_ms + time.monotonic() * 1000)

    def now(self) -> datetime:
        """The same as a moment in UTC."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)
