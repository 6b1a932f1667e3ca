"""OpenAI's `POST /v1/moderations`: any OpenAI client with a changed base URL.

What it takes and gives: https://platform.openai.com/docs/api-reference/moderations. The rest of
`/v1` is our own API; only this path answers, and fails, in OpenAI's shape.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from flask import Response, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from moderation.api.auth import bearer_token
from moderation.api.base import json_response
from moderation.api.problems import RETRY_AFTER_S
from moderation.api.schemas import SCORE_TEXTS, Text
from moderation.api.score import ANSWER_S
from moderation.api_keys import Scope
from moderation.domain import Action
from moderation.dropins import base
from moderation.dropins.base import (
    METHODS,
    MissingScopeError,
    RateLimitedError,
    ScoredText,
    TextTooLongError,
    UnknownKeyError,
    dropin,
    score,
    site_of,
)
from moderation.encoding import read_json
from moderation.errors import ModerationError, NoAnswerError, RedisAwayError

log = logging.getLogger(__name__)

#: OpenAI's category → ours that means the same, "" for none. Clients' types want every one of
#: them: those that we cannot judge are never flagged, score 0 and name no input type.
_MEANING: Mapping[str, str] = {
    "harassment": "toxicity",
    "harassment/threatening": "threat",
    "hate": "identity_attack",
    "hate/threatening": "",
    "illicit": "",
    "illicit/violent": "",
    "self-harm": "",
    "self-harm/instructions": "",
    "self-harm/intent": "",
    "sexual": "",
    "sexual/minors": "",
    "violence": "",
    "violence/graphic": "",
}
_TEXT = Text()


class UnusableInputError(ModerationError):
    """Raised when a request was understood but cannot be used; says which part, and why."""

    def __init__(self, message: str, *, param: str | None = None, code: str = "") -> None:
        super().__init__(message)
        self.param = param
        self.code = code or None


def _moderations() -> Response:
    if request.method != "POST":
        raise MethodNotAllowed(["POST"])
    site = site_of(bearer_token(), Scope.POST)
    texts = _texts(_body().get("input"))
    scores = score(site, texts, wait_s=ANSWER_S)
    thresholds = base.thresholds(site)
    return json_response(
        {
            "id": f"modr-{uuid4().hex}",
            "model": scores.release,
            "results": [_result(one, thresholds) for one in scores.texts],
        }
    )


def _body() -> dict[str, Any]:
    try:
        body = read_json(request.get_data())
    except ValueError:
        raise UnusableInputError("the body is not valid JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise UnusableInputError("the body must be a JSON object")
    return body


def _texts(given: object) -> list[str]:
    """The texts to judge, a result each: a list of parts is one message, so it is one text."""
    match given:
        case str():
            texts = [given]
        case [dict(), *_]:
            texts = ["\n".join(_part(part) for part in given)]
        case [_, *_] if all(isinstance(one, str) for one in given):
            texts = [str(one) for one in given]
        case _:
            message = "input must be a string, a list of strings, or a list of parts"
            raise UnusableInputError(message, param="input", code="invalid_type")
    if len(texts) > SCORE_TEXTS:
        message = f"input has {len(texts)} texts, {SCORE_TEXTS} are the limit"
        raise UnusableInputError(message, param="input", code="array_above_max_length")
    for text in texts:
        _check(text)
    return texts


def _part(part: object) -> str:
    match part:
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "image_url"}:
            message = "images cannot be judged here, only text"
            raise UnusableInputError(message, param="input", code="unsupported_image")
        case _:
            message = 'each part of input must be {"type": "text", "text": …}'
            raise UnusableInputError(message, param="input", code="invalid_type")


def _check(text: str) -> None:
    try:
        _TEXT.deserialize(text)
    except ValidationError as error:
        message = f"input: {error.messages[0]}"
        raise UnusableInputError(message, param="input", code="invalid_value") from None


def _result(scored: ScoredText, thresholds: Mapping[str, float]) -> dict[str, Any]:
    meaning = {**_MEANING, **{category: category for category in scored.scores}}
    over = base.over(scored, thresholds)
    return {
        "flagged": scored.action == Action.HOLD,
        "categories": {name: ours in over for name, ours in meaning.items()},
        "category_scores": {
            name: scored.scores.get(ours, 0.0) for name, ours in meaning.items()
        },
        "category_applied_input_types": {
            name: ["text"] if ours in scored.scores else [] for name, ours in meaning.items()
        },
    }


def _error(
    status: HTTPStatus,
    message: str,
    *,
    kind: str = "invalid_request_error",
    param: str | None = None,
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An error as OpenAI writes it: https://platform.openai.com/docs/guides/error-codes."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_response({"error": error}, status, headers)


def _unusable(error: UnusableInputError) -> Response:
    return _error(HTTPStatus.BAD_REQUEST, str(error), param=error.param, code=error.code)


def _too_long(error: TextTooLongError) -> Response:
    return _error(
        HTTPStatus.BAD_REQUEST, str(error), param="input", code="string_above_max_length"
    )


def _unknown_key(_: UnknownKeyError) -> Response:
    return _error(
        HTTPStatus.UNAUTHORIZED,
        "send the site's API key: Authorization: Bearer API_KEY",
        code="invalid_api_key",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _missing_scope(error: MissingScopeError) -> Response:
    return _error(
        HTTPStatus.FORBIDDEN,
        f"You have insufficient permissions for this operation. Missing scopes: {error.scope}.",
        code="insufficient_permissions",
    )


def _rate_limited(error: RateLimitedError) -> Response:
    return _error(
        HTTPStatus.TOO_MANY_REQUESTS,
        str(error),
        kind="requests",
        code="rate_limit_exceeded",
        headers={"Retry-After": str(error.retry_after_s)},
    )


def _unavailable(error: NoAnswerError | RedisAwayError) -> Response:
    log.warning("a moderation could not be answered: %s", error)
    return _error(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "nothing could be judged just now; try again",
        kind="server_error",
        code="service_unavailable",
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _refused_by_http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    headers = {"Allow": "POST"} if isinstance(error, MethodNotAllowed) else {}
    return _error(status, status.phrase, headers=headers)


def _unexpected(_: Exception) -> Response:
    message = "something went wrong here; the operator's log says what"
    return _error(HTTPStatus.INTERNAL_SERVER_ERROR, message, kind="server_error")


blueprint = dropin(
    "openai",
    __name__,
    refused={
        UnusableInputError: _unusable,
        TextTooLongError: _too_long,
        UnknownKeyError: _unknown_key,
        MissingScopeError: _missing_scope,
        RateLimitedError: _rate_limited,
        NoAnswerError: _unavailable,
        RedisAwayError: _unavailable,
        HTTPException: _refused_by_http,
    },
    unexpected=_unexpected,
)
blueprint.add_url_rule("/v1/moderations", "moderations", _moderations, methods=METHODS)
