"""A line for each request, and the id that all lines of one request share.

Owns the header `X-Request-Id`: what a proxy in front called the request, or a name of our own.
Notes routes as patterns, never paths: a path may hold anything.
"""

from __future__ import annotations

import re
import secrets
import time
from http import HTTPStatus

from flask import Flask, Response, g, request

from moderation import logs
from moderation.api.requests import known_method

HEADER = "X-Request-Id"
#: Of a name of our own: two of a day's requests hardly ever have the same.
NAME_BYTES = 8
#: Answers given without a look at the comment, or that say that there is none.
UNSEEN = frozenset(range(400, 500)) - {HTTPStatus.CONFLICT}
#: What a request may be called by those in front: nothing that could pass for more than a name.
_SANE = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def register(app: Flask) -> None:
    """Names and notes every request of an application; to be registered before all others."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _SANE.fullmatch(given) else secrets.token_hex(NAME_BYTES)
    g.request_began = time.perf_counter()
    logs.begin(request_id=g.request_id)


def _end(response: Response) -> Response:
    if "request_id" not in g:  # refused before it was looked at
        return response
    response.headers.add(HEADER, g.request_id)
    if logs.are_steps_noted():
        logs.step(
            "answered",
            method=known_method(request.method),
            route=request.url_rule.rule if request.url_rule else "unknown",
            status=response.status_code,
            ms=round((time.perf_counter() - g.request_began) * 1000, 1),
            **_subject(response.status_code),
        )
    return response


def _subject(status: int) -> dict[str, str]:
    """The site and the comment that a request is about, as far as they are known.

    What stands in the path in place of an id is anybody's words, unless somebody asked who may
    and the answer does not say that there is no such comment.
    """
    site, comment_id = g.get("site"), (request.view_args or {}).get("comment_id")
    is_asked = any(g.get(who) for who in ("site", "actor", "signed_in"))
    if not is_asked or status in UNSEEN or request.method == "OPTIONS":
        comment_id = None
    named = {"site": site, "comment_id": comment_id}
    return {name: str(value) for name, value in named.items() if value}
