"""What in a text raised its scores: asked of the workers, for pages that can do without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.errors import NoAnswerError, RedisAwayError
from moderation.record.queue import Queue

#: How long a page waits for the evidence; without it the bare text is shown.
ANSWER_S = 1.5

Spans = list[Mapping[str, Any]]


def spans_of(queue: Queue, site: str, texts: Sequence[str]) -> list[Spans]:
    """The spans of each text, all asked at once; none where no worker answers in time."""
    if not texts:
        return []
    try:
        answer = queue.ask(site, {"texts": list(texts)}, wait_s=ANSWER_S)
    except (NoAnswerError, RedisAwayError):
        answer = {}
    results = answer.get("results")
    return [result["spans"] for result in results] if results else [[] for _ in texts]


def telling(decision: Mapping[str, Any] | None, spans: Spans) -> Spans:
    """The spans of the first category that held a comment and has any.

    The words behind every score would be half of the text.
    """
    for reason in (decision or {}).get("reasons", ()):
        found = [span for span in spans if span["category"] == reason.get("category")]
        if found:
            return found
    return []
