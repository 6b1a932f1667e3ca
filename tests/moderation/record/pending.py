"""Comments that wait for a decision, as tests of the record put them there and read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moderation.domain import Action, Decision, Lane, NewComment, Source, now_rfc3339
from moderation.record import Record
from moderation.record.comments import AcceptKind


def new(comment_id: str, text: str = "a remark", author: str = "anna") -> NewComment:
    content = {"text": text, "author": {"id": author}, "created_at": now_rfc3339()}
    created_ms = int(datetime.now(UTC).timestamp() * 1000)
    return NewComment(comment_id, "a1", content, f"digest of {text}", created_ms)


def accept(record: Record, *ids: str, lane: Lane = Lane.LIVE, text: str = "a remark") -> None:
    outcomes = record.comments.accept_batch("demo", [new(i, text) for i in ids], lane=lane)
    assert {one.kind for one in outcomes} == {AcceptKind.ACCEPTED}


def take(record: Record, worker: str = "w1", **kwargs: Any) -> list[Any]:
    return record.queue.turn(worker, batch=256, **({"claim": False} | kwargs)).entries


def status(record: Record, comment_id: str) -> tuple[str, int, list[str]]:
    comment = record.comments.get("demo", comment_id)
    reasons = (comment.decision or {}).get("reasons", [])
    return comment.status.value, comment.revision, [one["code"] for one in reasons]


def decision(comment_id: str, revision: int, action: Action = Action.APPROVE) -> Decision:
    return Decision(comment_id, "a1", revision, action, Source.MODERATOR, (), now_rfc3339())


def key(record: Record, pattern: str) -> str:
    [found] = record.connection.scan_iter(f"*{pattern}")
    return str(found)
