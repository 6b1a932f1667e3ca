"""Whether there is room for more, before the queue or the memory is full, and for whose.

A site may have as many comments waiting as there are places left for all. So one site alone
gets half of the places, two a third each, and a site that has nothing waiting always gets in:
the dynamic thresholds of Choudhury and Hahne, https://doi.org/10.1109/90.664262.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, inf
from typing import Self

from moderation.domain import Lane
from moderation.record import Record
from moderation.record.pressure import Load
from moderation.settings import Settings

#: How old what is known of the record may be. Meanwhile a process counts what it accepts.
SAMPLE_EVERY_S = 0.25
#: The pace is that of the last so many seconds.
PACE_OVER_S = 30.0
#: The share of all places that batches may take: the rest is for readers who wait.
PLACES = {Lane.LIVE: 1.0, Lane.BULK: 0.75}
#: The share of the memory from which on a lane is refused. What is left is for decisions,
#: moderators and erasures.
MEMORY = {Lane.LIVE: 0.9, Lane.BULK: 0.8}
SHORTEST_WAIT_S, LONGEST_WAIT_S = 1, 60
BYTES_A_MEGABYTE = 1024 * 1024
NEVER = -inf


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much there is room for; `max_memory_bytes` 0: what Redis itself says."""

    max_pending: int
    max_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a site's comments are not taken now, and when to try again.

    `is_own`: the site itself has too many waiting; else there is no room for anybody.
    """

    why: str
    is_own: bool
    retry_after_s: int


class Gate:
    """Tells whether comments, and what else stays, may come in. One for each process."""

    def __init__(self, look_up: Callable[[], Load], bounds: Bounds) -> None:
        self._look_up = look_up
        self._bounds = bounds
        self._looking_up = threading.Lock()
        self._known = Load(0, {}, 0, 0, 0)
        self._known_at = NEVER
        self._let_in: Counter[str] = Counter()
        self._pace = Pace()

    @classmethod
    def of(cls, record: Record, settings: Settings) -> Self:
        """The gate to a record, with the bounds of the settings."""
        bounds = Bounds(settings.max_pending, settings.max_memory_mb * BYTES_A_MEGABYTE)
        return cls(record.pressure.load, bounds)

    def refusal(self, site: str, count: int, *, lane: Lane) -> Refusal | None:
        """Why so many comments of a site are not taken now; `None` lets them in.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        load = self._load()
        refused = self._full_memory(load, lane) or self._full_queue(load, site, count, lane)
        if refused is None:
            self._let_in[site] += count
        return refused

    def memory_refusal(self, *, lane: Lane) -> Refusal | None:
        """Why nothing is taken now that stays and waits for no decision; `None` lets it in.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        return self._full_memory(self._load(), lane)

    def _load(self) -> Load:
        """What is known; one caller at a time looks it up anew, the others do not wait."""
        if time.monotonic() - self._known_at < SAMPLE_EVERY_S:
            return self._known
        if self._looking_up.acquire(blocking=self._known_at == NEVER):
            try:
                self._known = self._look_up()
                self._known_at = time.monotonic()
                self._let_in.clear()
                self._pace.note(self._known_at, self._known.left)
            finally:
                self._looking_up.release()
        return self._known

    def _full_memory(self, load: Load, lane: Lane) -> Refusal | None:
        bounds = (self._bounds.max_memory_bytes, load.max_memory_bytes)
        allowed = min((bound for bound in bounds if bound), default=0)
        if not allowed or load.memory_bytes < allowed * MEMORY[lane]:
            return None
        return Refusal("the memory of the service is nearly full", False, LONGEST_WAIT_S)

    def _full_queue(self, load: Load, site: str, count: int, lane: Lane) -> Refusal | None:
        waiting = load.waiting + self._let_in.total()
        own = load.by_site.get(site, 0) + self._let_in[site]
        places = int(self._bounds.max_pending * PLACES[lane]) - waiting
        if count > places:
            return Refusal(
                "too many comments wait for a decision", False, self._wait_s(count - places)
            )
        if own + count > places - count:
            return Refusal(
                f"{own} comments of this site wait for a decision",
                True,
                self._wait_s(own + count - (places - count)),
            )
        return None

    def _wait_s(self, too_many: int) -> int:
        """How long until so many have left the queue, as it goes now."""
        pace = self._pace.per_s()
        wait_s = ceil(too_many / pace) if pace > 0 else LONGEST_WAIT_S
        return min(max(wait_s, SHORTEST_WAIT_S), LONGEST_WAIT_S)


class Pace:
    """How many entries leave the queue in a second."""

    def __init__(self) -> None:
        self._noted: deque[tuple[float, int]] = deque()

    def note(self, at: float, left: int) -> None:
        """Notes how many ever left it, at a moment (s)."""
        self._noted.append((at, left))
        while len(self._noted) > 2 and at - self._noted[1][0] > PACE_OVER_S:
            self._noted.popleft()

    def per_s(self) -> float:
        """The pace between the first and the last moment that are kept; 0.0 if unknown."""
        (began, left_before), (ended, left) = self._noted[0], self._noted[-1]
        return (left - left_before) / (ended - began) if ended > began else 0.0
