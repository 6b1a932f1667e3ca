"""The words that raised a text's scores: the text cut into pieces, some of them marked.

Cut here and not in the browser: spans count Unicode code points, as Python does, while
JavaScript counts UTF-16 units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from moderation.bootstrap import DEMO_SITE
from moderation.demo.wording import category_label
from moderation.domain import Comment
from moderation.errors import NoAnswerError, RedisAwayError
from moderation.record.queue import Queue

#: How long a page waits for the marks; without them it shows the bare text.
ANSWER_S = 1.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `category` and `score` where it is marked."""

    text: str
    category: str | None = None
    score: float = 0.0

    @property
    def label(self) -> str:
        """What the mark means, "insult 0.93"; "" for a piece without one."""
        return f"{category_label(self.category)} {self.score:.2f}" if self.category else ""


def marked(queue: Queue, comments: Sequence[Comment]) -> list[list[Piece]]:
    """Each comment's text in pieces, all asked of the workers at once.

    Marked is what raised the category that holds the comment most firmly: the words behind
    every score would be half of the text.
    """
    if not comments:
        return []
    texts = [comment.content["text"] for comment in comments]
    try:
        answer = queue.ask(DEMO_SITE, {"texts": texts}, wait_s=ANSWER_S)
    except (NoAnswerError, RedisAwayError):
        answer = {}
    results = answer.get("results") or [{"spans": []} for _ in texts]
    return [
        pieces(comment.content["text"], _telling(comment, result["spans"]))
        for comment, result in zip(comments, results, strict=True)
    ]


def pieces(text: str, spans: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """A text cut at its spans; where two overlap the higher score wins.

    Args:
        text: the text as it was posted.
        spans: `{begin, end, category, score}` each, offsets in code points.
    """
    spans = sorted(spans, key=lambda span: -span["score"])
    edges = {edge for span in spans for edge in (span["begin"], span["end"])}
    cuts = sorted({0, len(text), *(edge for edge in edges if 0 < edge < len(text))})
    covered = [
        (next((s for s in spans if s["begin"] <= begin and end <= s["end"]), None), begin, end)
        for begin, end in pairwise(cuts)
    ]
    return [_piece(text, list(run)) for _, run in groupby(covered, key=lambda one: id(one[0]))]


def _telling(comment: Comment, spans: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The spans of the first category that held the comment and has any."""
    for reason in (comment.decision or {}).get("reasons", ()):
        found = [span for span in spans if span["category"] == reason.get("category")]
        if found:
            return found
    return []


def _piece(text: str, run: list[tuple[Mapping[str, Any] | None, int, int]]) -> Piece:
    span, begin, _ = run[0]
    words = text[begin : run[-1][2]]
    return Piece(words, span["category"], span["score"]) if span else Piece(words)
