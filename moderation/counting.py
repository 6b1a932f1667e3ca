"""Figures counted in this process and added to the record now and then.

prometheus-client's multi-process mode would leave a file for each process that ever was.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict

from moderation.errors import RedisAwayError
from moderation.record.operations import Operations, counter_name

#: Upper bounds of the histograms of times, in seconds.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Counting:
    """Counters and histograms of one process; any thread may count."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._lock = threading.Lock()
        self._counts: defaultdict[str, float] = defaultdict(float)

    def add(self, metric: str, **labels: str) -> None:
        """Counts one more."""
        with self._lock:
            self._counts[counter_name(metric, **labels)] += 1

    def observe(self, metric: str, seconds: float, **labels: str) -> None:
        """Counts a time in a histogram."""
        at = bisect_left(BUCKETS_S, seconds)
        bound = str(BUCKETS_S[at]) if at < len(BUCKETS_S) else "+Inf"
        with self._lock:
            self._counts[counter_name(f"{metric}_bucket", le=bound, **labels)] += 1
            self._counts[counter_name(f"{metric}_sum", **labels)] += seconds

    def flush(self) -> None:
        """Adds what was counted to the record; keeps it for later if Redis is away."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(float)
        if not counts:
            return
        try:
            self._operations.count(counts)
        except RedisAwayError:
            with self._lock:
                for counter, amount in counts.items():
                    self._counts[counter] += amount
