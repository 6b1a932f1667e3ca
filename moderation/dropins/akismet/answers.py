"""Writes what Akismet's clients understand: one word, or a failure that says why.

To a client all is a failure that is neither `true` nor `false`. `X-akismet-debug-help` stands
on failures only, because some clients take any answer with it for one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from flask import Response
from werkzeug.exceptions import HTTPException

from moderation.api.problems import RETRY_AFTER_S
from moderation.dropins.akismet.forms import UnreadableFormError
from moderation.dropins.base import (
    MissingScopeError,
    RateLimitedError,
    TextTooLongError,
    UnknownKeyError,
)
from moderation.errors import ModerationError, NoAnswerError, RedisAwayError

log = logging.getLogger(__name__)

#: What Akismet answers where a key or the blog is wrong.
INVALID = "invalid"


class UnusableCallError(ModerationError):
    """Raised when a call cannot be answered: what to answer instead, and the reason."""

    def __init__(self, answer: str, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer


def word(answer: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of one word or sentence."""
    return Response(answer, headers=dict(headers or {}), mimetype="text/plain")


def guid() -> dict[str, str]:
    """The header with the id of a check.

    WordPress's plugin obeys the answer to a check, failures included, only if it has one.
    """
    return {"X-akismet-guid": uuid4().hex}


def _failure(
    status: HTTPStatus, answer: str, reason: str, headers: Mapping[str, str] | None = None
) -> Response:
    told = {"X-akismet-debug-help": reason, **guid(), **(headers or {})}
    return Response(answer, status, told, mimetype="text/plain")


def _unusable(error: UnusableCallError) -> Response:
    return _failure(HTTPStatus.OK, error.answer, str(error))


def _unreadable(error: UnreadableFormError) -> Response:
    return _failure(HTTPStatus.BAD_REQUEST, INVALID, str(error))


def _unknown_key(_: UnknownKeyError) -> Response:
    reason = "no valid API key; send it as api_key in a form-encoded body"
    return _failure(HTTPStatus.OK, INVALID, reason)


def _missing_scope(error: MissingScopeError) -> Response:
    """Like a key that is not valid: Akismet's have no scopes, its clients know that alone."""
    return _failure(HTTPStatus.OK, INVALID, str(error))


def _rate_limited(error: RateLimitedError) -> Response:
    headers = {"Retry-After": str(error.retry_after_s)}
    return _failure(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", str(error), headers)


def _too_long(error: TextTooLongError) -> Response:
    return _failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long", str(error))


def _unavailable(error: NoAnswerError | RedisAwayError) -> Response:
    log.warning("a comment could not be checked: %s", error)
    reason = "nothing could be judged just now; try again"
    headers = {"Retry-After": str(RETRY_AFTER_S)}
    return _failure(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", reason, headers)


def _refused_by_http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return _failure(status, status.phrase.lower(), str(error.description))


def unexpected(_: Exception) -> Response:
    """The answer to an error that nobody thought of, which is logged."""
    reason = "something went wrong here; the operator's log says what"
    return _failure(HTTPStatus.INTERNAL_SERVER_ERROR, "error", reason)


#: Error → how it is answered.
REFUSED: Mapping[type[Exception], Callable[[Any], Response]] = {
    UnusableCallError: _unusable,
    UnreadableFormError: _unreadable,
    UnknownKeyError: _unknown_key,
    MissingScopeError: _missing_scope,
    RateLimitedError: _rate_limited,
    TextTooLongError: _too_long,
    NoAnswerError: _unavailable,
    RedisAwayError: _unavailable,
    HTTPException: _refused_by_http,
}
