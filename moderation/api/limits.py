"""What keeps one client from taking the service from others: requests in a rate window.

Every answer to a request that counts says what is left, in the form that the IETF works on,
https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/, and in the three headers
of its earlier versions that most clients read.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, g

from moderation.api.base import services
from moderation.api.problems import Problem
from moderation.record.rates import RateWindow


def note(window: RateWindow) -> None:
    """Remembers how whoever asks stands, for `show`."""
    g.rate_window = window


def too_many_requests(window: RateWindow) -> Problem:
    """The answer to a request past the rate: 429."""
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"more than {window.allowed} requests in {services().settings.rate_window_s} s; "
        "send comments in batches, or ask the operator for a higher limit",
        kind="rate-limited",
        headers={"Retry-After": str(max(window.ends_in_s, 1))},
    )


def show(response: Response) -> Response:
    """Adds to an answer what is left of the rate window."""
    window: RateWindow | None = g.get("rate_window")
    if window is None or not window.allowed:
        return response
    left, window_s = max(window.left, 0), services().settings.rate_window_s
    response.headers.extend(
        {
            "RateLimit-Policy": f'"key";q={window.allowed};w={window_s}',
            "RateLimit": f'"key";r={left};t={window.ends_in_s}',
            "RateLimit-Limit": str(window.allowed),
            "RateLimit-Remaining": str(left),
            "RateLimit-Reset": str(window.ends_in_s),
        }
    )
    return response
