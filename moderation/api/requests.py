"""Figures of the requests: how many, with what status, how long they took."""

from __future__ import annotations

import time
from http import HTTPMethod

from flask import Flask, Response, g, request

from moderation.counting import Counting
from moderation.record.operations import Operations

FLUSH_EVERY_S = 1.0


class RequestFigures:
    """Counts requests in this process and adds them to the record, a second at a time."""

    def __init__(self, operations: Operations) -> None:
        self._counting = Counting(operations)
        self._flushed_at = 0.0

    def register(self, app: Flask) -> None:
        """Counts every request of an application."""
        app.before_request(self._begin)
        app.after_request(self._end)

    def flush(self) -> None:
        """Adds what was counted to the record; kept for later if Redis is away."""
        self._flushed_at = time.monotonic()
        self._counting.flush()

    def _begin(self) -> None:
        g.started_at = time.perf_counter()

    def _end(self, response: Response) -> Response:
        seconds = time.perf_counter() - g.get("started_at", time.perf_counter())
        route = request.url_rule.rule if request.url_rule else "unknown"
        method = known_method(request.method)
        status = str(response.status_code)
        self._counting.add("requests", method=method, route=route, status=status)
        self._counting.observe("request_seconds", seconds, method=method, route=route)
        if time.monotonic() - self._flushed_at > FLUSH_EVERY_S:
            # Once it is answered: a Redis that hangs takes its time.
            response.call_on_close(self.flush)
        return response


def known_method(method: str) -> str:
    """The method, or `other`: a client may call it anything, each name a counter for ever."""
    return method if method in HTTPMethod.__members__ else "other"
