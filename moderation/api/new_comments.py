"""New comments: read from what a site posts, and refused in words that it understands.

Knows no route and stores nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from marshmallow import ValidationError

from moderation.api.base import services
from moderation.api.problems import Problem, invalid, invalid_by, too_large
from moderation.api.schemas import TEXT_CHARACTERS, BatchCommentSchema, check_identifier
from moderation.domain import NewComment, new_comment_id, rfc3339
from moderation.record.comments import AcceptKind, Outcome

#: 96 bits: two bodies under one id never share them by accident.
DIGEST_CHARACTERS = 24
_BATCH_COMMENT = BatchCommentSchema()


def read_comment(
    article_id: str, body: dict[str, Any], *, idempotency_key: str | None = None
) -> NewComment:
    """A validated body as a comment to accept.

    Raises:
        Problem: 413 for a text that is too long, 422 for an id that cannot be one.
    """
    try:
        check_identifier(article_id, "article_id")
    except ValidationError as error:
        raise invalid_by(error) from None
    if len(body["text"]) > TEXT_CHARACTERS:
        raise too_large(
            f"the text has {len(body['text'])} characters, {TEXT_CHARACTERS} are the limit"
        )
    content = _without_nulls(body)
    comment_id = content.pop("id", None)
    created_at = content.pop("created_at", None)
    # First, so that the digest tells nothing about an address that is not kept.
    content = services().record.addresses.in_content(content)
    digest = _digest(article_id, content, comment_id, created_at)
    created_at = created_at or datetime.now(UTC)
    return NewComment(
        id=comment_id or new_comment_id(),
        article_id=article_id,
        content=content | {"created_at": rfc3339(created_at)},
        digest=digest,
        created_ms=int(created_at.timestamp() * 1000),
        idempotency_key=idempotency_key,
    )


def read_batch_comment(raw: Any) -> NewComment:
    """What came as one comment of a batch, as a comment to accept.

    Raises:
        Problem: 422 for what is none, and as `read_comment`.
    """
    try:
        body = _BATCH_COMMENT.load(raw)
    except ValidationError as error:
        raise invalid_by(error) from None
    return read_comment(body.pop("article_id"), body)


def refusal(outcome: Outcome) -> Problem:
    """Why a comment was not taken, as its sender is told."""
    if outcome.kind is AcceptKind.UNKNOWN_PARENT:
        return invalid({"parent_id": ["This article has no such comment."]})
    if outcome.kind is AcceptKind.CLOSED:
        return Problem(
            HTTPStatus.FORBIDDEN,
            "this article takes no comments any more",
            kind="article-closed",
        )
    if outcome.kind is AcceptKind.RETIRED:
        return Problem(
            HTTPStatus.CONFLICT,
            "a comment with this id was here and left by the site's retention; an id is never "
            "used twice",
            kind="retired",
        )
    if outcome.kind is AcceptKind.ERASED:
        return Problem(
            HTTPStatus.CONFLICT,
            "a comment with this id was erased; an id is never used twice",
            kind="erased",
        )
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "the same id or Idempotency-Key was used before with another body",
        kind="key-reused",
    )


def _digest(article_id: str, *parts: Any) -> str:
    written = json.dumps([article_id, *parts], sort_keys=True, default=str)
    return sha256(written.encode()).hexdigest()[:DIGEST_CHARACTERS]


def _without_nulls(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in body.items()
        if value is not None
    }
