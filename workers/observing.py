"""What a worker sees besides what it decides: statistics, written now and then.

Judging only notes; the ticker writes. What a killed worker had noted in its last moments is
lost: none of it is a decision.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, defaultdict, deque

from models.release import Scored
from moderation.observations import Observation, note
from moderation.record import Record
from moderation.releases import Shadowed

#: Comments that are remembered while Redis is away; older ones are not counted then.
MOST_REMEMBERED = 20_000
#: How often the figures of the day are written: they are dozens a site.
FIGURES_EVERY_S = 5.0


class Observer:
    """Notes what is seen, from any thread.

    Args:
        every_s: how often the figures of the day are written.
    """

    def __init__(self, *, every_s: float = FIGURES_EVERY_S) -> None:
        self._lock = threading.Lock()
        self._shadowed: deque[Shadowed] = deque(maxlen=MOST_REMEMBERED)
        self._seen: deque[tuple[str, Observation]] = deque(maxlen=MOST_REMEMBERED)
        self._every_s = every_s
        self._written_at = -math.inf

    def saw(self, site: str, release: str, scored: Scored) -> None:
        """Notes a comment that a release has scored and that is decided."""
        # Not its text: what waits here must not fill the memory.
        seen = Observation(
            release, scored.scores, scored.language, scored.words, scored.unknown_words
        )
        self._seen.append((site, seen))

    def shadowed(self, one: Shadowed) -> None:
        """Notes a comment that a shadow has judged as well."""
        with self._lock:
            self._shadowed.append(one)

    def flush(self, record: Record) -> None:
        """Writes what was noted.

        Raises:
            RedisAwayError: Redis does not answer; what was taken out is not counted.
        """
        with self._lock:
            shadowed = list(self._shadowed)
            self._shadowed.clear()
        if shadowed:
            record.shadows.write(shadowed)
        if time.monotonic() - self._written_at >= self._every_s:
            self._written_at = time.monotonic()
            self._write_figures(record)

    def _write_figures(self, record: Record) -> None:
        tallies: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for _ in range(len(self._seen)):
            site, seen = self._seen.popleft()
            note(tallies[site], seen)
        record.daily.add(tallies)
