"""Figures of the requests: counted in this process, added to the record now and then.

prometheus-client's multi-process mode would leave a file for each process that ever was.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from http import HTTPMethod

from flask import Flask, Response, g, request

from moderation.errors import RedisAwayError
from moderation.record.operations import Operations, counter_name

FLUSH_EVERY_S = 1.0
#: Upper bounds of the histogram of times to an answer.
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestFigures:
    """How many requests, with what status, how long they took."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._flushed_at = 0.0

    def register(self, app: Flask) -> None:
        """Counts every request of an application."""
        app.before_request(self._begin)
        app.after_request(self._end)

    def flush(self) -> None:
        """Adds what was counted to the record; kept for later if Redis is away."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._flushed_at = time.monotonic()
        if not counts:
            return
        try:
            self._operations.count(counts)
        except RedisAwayError:
            with self._lock:
                self._counts.update(counts)

    def _begin(self) -> None:
        g.started_at = time.perf_counter()

    def _end(self, response: Response) -> Response:
        seconds = time.perf_counter() - g.get("started_at", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "unknown"
        at = bisect_left(BUCKETS_S, seconds)
        bound = str(BUCKETS_S[at]) if at < len(BUCKETS_S) else "+Inf"
        # A client may call its method anything; each name would be a counter for ever.
        method = request.method if request.method in HTTPMethod.__members__ else "other"
        labels = {"method": method, "route": route}
        with self._lock:
            self._counts[
                counter_name("requests", status=str(response.status_code), **labels)
            ] += 1
            self._counts[counter_name("request_seconds_bucket", le=bound, **labels)] += 1
            self._counts[counter_name("request_seconds_sum", **labels)] += seconds
        if time.monotonic() - self._flushed_at > FLUSH_EVERY_S:
            self.flush()
        return response
