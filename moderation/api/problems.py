"""Errors as RFC 9457 `application/problem+json`: never HTML, never a trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, request
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import ClientDisconnected, HTTPException, RequestEntityTooLarge

from moderation.errors import (
    BatchSizeError,
    CursorExpiredError,
    DecidedByOtherError,
    NoAnswerError,
    NothingToUndoError,
    RedisAwayError,
    UnknownBatchError,
    UnknownCommentError,
)

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
#: When to try again after Redis was away or no worker answered.
RETRY_AFTER_S = 1
#: A hostile body has mistakes everywhere: so many are named, by so much of their paths.
MOST_ERRORS = 50
PATH_CHARACTERS = 200
#: What stands in a path as it is, https://www.rfc-editor.org/rfc/rfc3986#section-3.3.
IN_PATH = "/:@!$&'()*+,;="
#: The rest of a body that is too large is read up to here, so that the client, still
#: sending, gets to see the answer.
DRAIN_BYTES = 32 * 1024 * 1024


class ProblemSchema(Schema):
    """RFC 9457 problem details."""

    type = fields.String(required=True, metadata={"description": "What kind of problem."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(metadata={"description": "What happened and what to do."})
    instance = fields.String(
        metadata={
            "format": "uri-reference",
            "description": "The path that was asked for, percent-encoded.",
        }
    )
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "For a rejected body: path of a field → its messages."},
    )


class Problem(Exception):  # noqa: N818 - it is an answer, named as the RFC names it
    """Raised to answer a request with a problem."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        kind: str | None = None,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = f"urn:comment-moderation:{kind}" if kind else "about:blank"
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        #: Members beside those of the RFC, which allows them.
        self.more = dict(more or {})

    def to_json(self) -> dict[str, Any]:
        """The problem as RFC 9457 writes it."""
        written: dict[str, Any] = {
            "type": self.kind,
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "instance": quote(request.path, safe=IN_PATH),
            **self.more,
        }
        if self.errors:
            written["errors"] = self.errors
        return written

    def response(self) -> Response:
        """The problem as an answer."""
        body = json.dumps(self.to_json(), ensure_ascii=True)
        return Response(body, self.status, self.headers, content_type=CONTENT_TYPE)


def invalid(errors: Mapping[str, list[str]]) -> Problem:
    """A body or parameter that was understood but cannot be used: 422."""
    told = {
        path[:PATH_CHARACTERS]: messages
        for path, messages in islice(errors.items(), MOST_ERRORS)
    }
    named = ", ".join(told)
    more = f" and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"the request cannot be used as it is: see errors for {named}{more}",
        kind="invalid",
        errors=told,
    )


def invalid_by(error: ValidationError) -> Problem:
    """What a schema found wrong, as `invalid` tells it."""
    return invalid(dict(flatten(error.messages)))


def too_large(detail: str) -> Problem:
    """More than this service takes: 413."""
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, kind="too-large")


def flatten(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Marshmallow's nested messages as (path of the field, messages): `author.id`."""
    if isinstance(messages, Mapping):
        for name, below in messages.items():
            inner = path if name == "_schema" else f"{path}.{name}".lstrip(".")
            yield from flatten(below, inner)
    else:
        yield path or "body", [str(message) for message in messages]


def register(app: Flask) -> None:
    """Turns every error of the service into a problem."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(ClientDisconnected, _broken_body)
    app.register_error_handler(RedisAwayError, _redis_away)
    app.register_error_handler(NoAnswerError, _no_answer)
    app.register_error_handler(UnknownCommentError, _unknown_comment)
    app.register_error_handler(UnknownBatchError, _unknown_batch)
    app.register_error_handler(BatchSizeError, _batch_size)
    app.register_error_handler(DecidedByOtherError, _decided_by_other)
    app.register_error_handler(NothingToUndoError, _nothing_to_undo)
    app.register_error_handler(CursorExpiredError, _cursor_expired)
    app.register_error_handler(Exception, _unexpected)


def _from_http(error: HTTPException) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        _drain_body()
        return too_large("the body is larger than this call takes").response()
    messages = getattr(error, "data", {}).get("messages")
    if messages is not None:
        # webargs puts the place first: {"json": {…}}, {"query": {…}}.
        errors = {path: found for place in messages.values() for path, found in flatten(place)}
        return invalid(errors).response()
    headers = {
        name: value
        for name, value in error.get_headers()
        if name.lower() not in {"content-type", "content-length"}
    }
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    return Problem(status, error.description or status.phrase, headers=headers).response()


def _drain_body() -> None:
    stream, left = request.environ["wsgi.input"], DRAIN_BYTES
    with suppress(OSError):
        while left > 0 and (chunk := stream.read(min(left, 65_536))):
            left -= len(chunk)


def _broken_body(_: ClientDisconnected) -> Response:
    detail = "the body did not come as it was announced, or too slowly"
    return Problem(HTTPStatus.REQUEST_TIMEOUT, detail, kind="broken-body").response()


def _redis_away(error: RedisAwayError) -> Response:
    log.warning("Redis is away: %s", error)
    return _unavailable(
        "the record does not answer just now; try again "
        "(with the same id or Idempotency-Key nothing is stored twice)"
    )


def _no_answer(_: NoAnswerError) -> Response:
    return _unavailable("no worker answered in time; try again")


def _unavailable(detail: str) -> Response:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        detail,
        kind="unavailable",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    ).response()


def _unknown_comment(_: UnknownCommentError) -> Response:
    detail = "this site has no such comment, or has erased it"
    return Problem(HTTPStatus.NOT_FOUND, detail, kind="unknown-comment").response()


def _unknown_batch(_: UnknownBatchError) -> Response:
    detail = "this site has no such batch; it is kept for 90 days"
    return Problem(HTTPStatus.NOT_FOUND, detail, kind="unknown-batch").response()


def _batch_size(error: BatchSizeError) -> Response:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), kind="batch-size").response()


def _decided_by_other(error: DecidedByOtherError) -> Response:
    who = error.decision.get("moderator", "the classifier")
    return Problem(
        HTTPStatus.CONFLICT,
        f"{who} was first: this comment was decided otherwise meanwhile",
        kind="decided-by-other",
        more={"decision": error.decision or None},
    ).response()


def _nothing_to_undo(error: NothingToUndoError) -> Response:
    return Problem(HTTPStatus.CONFLICT, str(error), kind="nothing-to-undo").response()


def _cursor_expired(error: CursorExpiredError) -> Response:
    return Problem(HTTPStatus.GONE, str(error), kind="cursor-expired").response()


def _unexpected(_: Exception) -> Response:
    log.exception("an unexpected error on %s %s", request.method, request.url_rule)
    detail = "something went wrong here; the operator's log says what"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail).response()
