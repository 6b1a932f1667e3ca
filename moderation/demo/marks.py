"""The words that raised the scores of the comments that the page shows."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.bootstrap import DEMO_SITE
from moderation.domain import Comment
from moderation.evidence import spans_of, telling
from moderation.marks import Piece, cut, score_marks
from moderation.record.queue import Queue


def marked(queue: Queue, comments: Sequence[Comment]) -> list[list[Piece]]:
    """Each comment's text in pieces, all asked of the workers at once."""
    texts = [comment.content["text"] for comment in comments]
    found = spans_of(queue, DEMO_SITE, texts)
    return [
        cut(text, score_marks(telling(comment.decision, spans)))
        for text, comment, spans in zip(texts, comments, found, strict=True)
    ]
