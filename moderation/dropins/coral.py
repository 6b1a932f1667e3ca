"""Coral's external moderation phase: what our policy holds is withheld, the rest is Coral's.

`POST /coral/SITE`, signed by Coral; nothing is stored. The protocol:
https://docs.coralproject.net/external-moderation-phases. What Coral makes of an answer:
https://github.com/coralproject/talk, `services/comments/pipeline/phases/external.ts`.

Coral publishes a comment for which it gets an error, or no answer in time. So whatever keeps
us from judging one is answered as a hold, and only a request that is not Coral's is an error.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Collection, Iterator
from http import HTTPStatus
from typing import Any

from flask import Response, request
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
)

from moderation.api.base import json_response, services
from moderation.api.schemas import TEXT_CHARACTERS
from moderation.domain import Action
from moderation.dropins import base
from moderation.dropins.plain_text import plain_text
from moderation.encoding import read_json
from moderation.errors import NoAnswerError, RedisAwayError
from moderation.labels import SPAM

log = logging.getLogger(__name__)

SIGNATURE_HEADER = "X-Coral-Signature"
#: HTML that is longer is not read: a few tags a word are usual, no more.
HTML_CHARACTERS = 10 * TEXT_CHARACTERS
#: What Coral's own form proposes as the time it waits, and what it lets be chosen.
TIMEOUT_MS = 200
LEAST_TIMEOUT_MS, MOST_TIMEOUT_MS = 100, 10_000
#: The share of that time that a worker has; the rest is for the way there and back.
WORKERS_SHARE = 0.75

#: A tag that Coral lets into the HTML of a comment (its `common/helpers/sanitize.ts`).
_CORALS_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|div|em|i|li|p|s|span|strong|ul)"
    r'(?: (?:href="(?:https?://|mailto:)[^"\s]*"|class="coral-[\w-]+"|rel="[a-z ]*"'
    r'|target="_blank"))*>'
)


def _not_coral(_: base.UnknownKeyError) -> Response:
    detail = f"{SIGNATURE_HEADER} is missing, or not made with a secret of this site"
    return json_response({"error": detail}, HTTPStatus.UNAUTHORIZED)


def _refuse(error: HTTPException) -> Response:
    headers = {"Allow": "POST"} if isinstance(error, MethodNotAllowed) else None
    return json_response(
        {"error": error.description}, HTTPStatus(error.code or HTTPStatus.BAD_REQUEST), headers
    )


def _hold_unscored(error: Exception) -> Response:
    log.warning("a comment of Coral is withheld unscored: %s", type(error).__name__)
    return _withhold()


def _unexpected(_: Exception) -> Response:
    return _withhold()


blueprint = base.dropin(
    "coral",
    __name__,
    url_prefix="/coral",
    refused={
        base.UnknownKeyError: _not_coral,
        base.MissingScopeError: _hold_unscored,
        base.RateLimitedError: _hold_unscored,
        base.TextTooLongError: _hold_unscored,
        NoAnswerError: _hold_unscored,
        RedisAwayError: _hold_unscored,
        RequestEntityTooLarge: _hold_unscored,
        HTTPException: _refuse,
    },
    unexpected=_unexpected,
)


@blueprint.route("/<site>", methods=base.METHODS)
def moderate(site: str) -> Response:
    """204 leaves a comment to Coral's other phases; a hold is withheld for a moderator.

    Never `APPROVED`: that would skip the pre-moderation that a site has set up in Coral. Never
    `REJECTED`: only a person rejects.
    """
    if request.method != "POST":
        raise MethodNotAllowed(["POST"])
    body = request.get_data()
    if not _is_signed(body, site):
        raise base.UnknownKeyError("no valid signature")
    base.keep_rate(services().record.rates.spend(site, "coral"))
    scored = base.score(site, [_text(body)], wait_s=_wait_s()).texts[0]
    if scored.action == Action.APPROVE:
        return Response(status=HTTPStatus.NO_CONTENT)
    return _withhold(*_flags(base.over(scored, base.thresholds(site))))


def _is_signed(body: bytes, site: str) -> bool:
    """Whether one of the signatures, several while secrets rotate, is made with one of ours.

    The scheme: https://docs.coralproject.net/webhooks#webhook-signing.
    """
    given = [
        one.strip().encode() for one in request.headers.get(SIGNATURE_HEADER, "").split(",")
    ]
    expected = [
        b"sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest().encode()
        for secret in services().record.coral.values(site)
    ]
    return any(hmac.compare_digest(ours, theirs) for ours in expected for theirs in given)


def _text(body: bytes) -> str:
    """What a reader sees of the comment.

    Coral sends its HTML or, where a site chose so, the text alone, and does not say which. In
    the text alone a reader may have typed anything that looks like a tag: that is kept.
    """
    try:
        content = read_json(body)["comment"]["body"]
    except (ValueError, KeyError, TypeError):
        content = None
    if not isinstance(content, str):
        raise BadRequest("this is no external moderation request: no comment.body")
    if len(content) > HTML_CHARACTERS:
        raise base.TextTooLongError(len(content))
    content = content.encode("utf-8", "replace").decode()
    is_html = "<" not in _CORALS_TAG.sub("", content)
    return plain_text(content) if is_html else content


def _wait_s() -> float:
    """How long a worker may take: Coral's timeout stands in the URL as well.

    What cannot be used there counts as Coral's default: a refusal would publish the comment.
    """
    timeout_ms = request.args.get("timeout", TIMEOUT_MS, type=int)
    if not LEAST_TIMEOUT_MS <= timeout_ms <= MOST_TIMEOUT_MS:
        timeout_ms = TIMEOUT_MS
    return timeout_ms * WORKERS_SHARE / 1000


def _flags(over: Collection[str]) -> Iterator[str]:
    """Coral's reasons for the categories that held a comment; none where another rule did."""
    if {*over} - {SPAM}:
        yield "COMMENT_DETECTED_TOXIC"
    if SPAM in over:
        yield "COMMENT_DETECTED_SPAM"


def _withhold(*reasons: str) -> Response:
    """Puts the comment into Coral's queue of pending comments, flagged with the reasons."""
    answer: dict[str, Any] = {"status": "SYSTEM_WITHHELD"}
    if reasons:
        answer["actions"] = [{"actionType": "FLAG", "reason": reason} for reason in reasons]
    return json_response(answer)
