"""Errors as Google's APIs write them: `{"error": {code, message, status, details}}`.

Owns their shape and the words that clients match on. The shape is AIP-193's,
https://google.aip.dev/193; the words are those that Perspective API documented,
https://github.com/conversationai/perspectiveapi/blob/master/2-api/limits.md, and was seen to
answer with.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from moderation.api.base import json_response
from moderation.api.problems import RETRY_AFTER_S
from moderation.dropins import base
from moderation.errors import ModerationError, NoAnswerError, RedisAwayError

log = logging.getLogger(__name__)

#: What clients find in an error about their key or their quota.
DOMAIN, SERVICE = "googleapis.com", "commentanalyzer.googleapis.com"

#: The type of the errors that are this API's own.
ERROR = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"

#: HTTP status → the name of `google.rpc.Code` that goes with it (google/rpc/code.proto).
_CODES = {
    HTTPStatus.BAD_REQUEST: "INVALID_ARGUMENT",
    HTTPStatus.FORBIDDEN: "PERMISSION_DENIED",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.METHOD_NOT_ALLOWED: "UNIMPLEMENTED",
    HTTPStatus.TOO_MANY_REQUESTS: "RESOURCE_EXHAUSTED",
    HTTPStatus.INTERNAL_SERVER_ERROR: "INTERNAL",
    HTTPStatus.SERVICE_UNAVAILABLE: "UNAVAILABLE",
}


class ErrorType(StrEnum):
    """What Perspective API calls the errors that a client may want to tell apart."""

    COMMENT_EMPTY = "COMMENT_EMPTY"
    COMMENT_TOO_LONG = "COMMENT_TOO_LONG"
    NO_REQUESTED_ATTRIBUTES = "NO_REQUESTED_ATTRIBUTES"
    INVALID_REQUEST = "INVALID_REQUEST"
    LANGUAGE_NOT_SUPPORTED = "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"


class Refusal(ModerationError):  # noqa: N818 - it is an answer
    """Raised to answer a request with an error of Google's shape."""

    def __init__(
        self,
        message: str,
        *,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.details = details
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The error as an answer."""
        error: dict[str, Any] = {
            "code": self.status.value,
            "message": str(self),
            "status": _CODES.get(self.status, "UNKNOWN"),
        }
        if self.details:
            error["details"] = self.details
        return json_response({"error": error}, self.status, self.headers)


def refused(message: str, kind: ErrorType = ErrorType.INVALID_REQUEST) -> Refusal:
    """A request that Perspective API would refuse as well."""
    return Refusal(message, details=[{"@type": ERROR, "errorType": kind.value}])


def not_understood(attribute: str, language: str) -> Refusal:
    """A text in a language that the release does not know: its score would say nothing."""
    return Refusal(
        f"Attribute {attribute} does not support request languages: {language}",
        details=[
            {
                "@type": ERROR,
                "errorType": ErrorType.LANGUAGE_NOT_SUPPORTED.value,
                "languageNotSupportedByAttributeError": {
                    "detectedLanguages": [language],
                    "attribute": attribute,
                },
            }
        ],
    )


def malformed(violations: Sequence[tuple[str, str]]) -> Refusal:
    """A body that is not the message of the method.

    Args:
        violations: the path of a field, "" for the whole body, and what is wrong with it.
    """
    fields = [
        {"field": path, "description": wrong} if path else {"description": wrong}
        for path, wrong in violations
    ]
    return Refusal(
        "\n".join(wrong for _, wrong in violations),
        details=[
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": fields}
        ],
    )


def no_key() -> Refusal:
    """A request without any key."""
    return Refusal(
        "Method doesn't allow unregistered callers (callers without established identity). "
        "Please use API Key or other form of API consumer identity to call this API.",
        status=HTTPStatus.FORBIDDEN,
    )


def _unknown_key(_: base.UnknownKeyError) -> Response:
    return Refusal(
        "API key not valid. Please pass a valid API key.",
        details=[_error_info("API_KEY_INVALID")],
    ).response()


def _missing_scope(error: base.MissingScopeError) -> Response:
    return Refusal(
        f"Request had insufficient authentication scopes: {error}.",
        status=HTTPStatus.FORBIDDEN,
        details=[_error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")],
    ).response()


def _rate_limited(error: base.RateLimitedError) -> Response:
    return Refusal(
        f"Quota exceeded: this key made more requests than it may. "
        f"Try again in {error.retry_after_s} s.",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        details=[_error_info("RATE_LIMIT_EXCEEDED")],
        headers={"Retry-After": str(error.retry_after_s)},
    ).response()


def _too_long(error: base.TextTooLongError) -> Response:
    return refused(f"Comment text too long: {error}.", ErrorType.COMMENT_TOO_LONG).response()


def _no_answer(_: NoAnswerError) -> Response:
    return _unavailable("No worker could score the comment in time; try again.")


def _redis_away(error: RedisAwayError) -> Response:
    log.warning("Redis is away: %s", error)
    return _unavailable("The record does not answer just now; try again.")


def _unavailable(message: str) -> Response:
    return Refusal(
        message,
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    ).response()


def _from_http(error: HTTPException) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        limit = request.max_content_length
        return Refusal(f"Request payload size exceeds the limit: {limit} bytes.").response()
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    headers = {"Allow": ", ".join(allowed)} if allowed else None
    message = error.description or status.phrase
    return Refusal(message, status=status, headers=headers).response()


def unexpected(_: Exception) -> Response:
    """Whatever else goes wrong; it is in the log."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Refusal("Internal error encountered.", status=status).response()


def _error_info(reason: str) -> Mapping[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": DOMAIN,
        "metadata": {"service": SERVICE},
    }


#: Error → the answer to it.
ANSWERS: Mapping[type[Exception], Callable[[Any], Any]] = {
    Refusal: Refusal.response,
    base.UnknownKeyError: _unknown_key,
    base.MissingScopeError: _missing_scope,
    base.RateLimitedError: _rate_limited,
    base.TextTooLongError: _too_long,
    NoAnswerError: _no_answer,
    RedisAwayError: _redis_away,
    HTTPException: _from_http,
}
