"""Held comments with the scores that a test wants, written past the classifier."""

from __future__ import annotations

import time

from moderation.domain import Action, Decision, NewComment, Source, now_rfc3339
from moderation.record import Record
from moderation.triage import place
from tests.conftest import DEMO_SITE, new_comment


def hold(
    record: Record,
    comment_id: str,
    score: float = 0.5,
    *,
    article: str = "a1",
    text: str = "A remark on the library",
) -> str:
    """Stores a comment that is held with this score of toxicity; its id."""
    content = new_comment(text, created_at=now_rfc3339())
    new = NewComment(comment_id, article, content, comment_id, int(time.time() * 1000))
    record.comments.accept(DEMO_SITE, new)
    decision = Decision(
        comment_id=comment_id,
        article_id=article,
        revision=1,
        action=Action.HOLD,
        source=Source.CLASSIFIER,
        reasons=(),
        decided_at=now_rfc3339(),
        scores={"toxicity": score},
        language="en",
    )
    record.decisions.write(DEMO_SITE, decision, place=place(decision))
    return comment_id


def hold_many(record: Record, count: int) -> list[str]:
    """Stores so many held comments; their ids, the oldest first."""
    return [hold(record, f"c{number}") for number in range(count)]
