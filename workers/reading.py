"""Entries of the queue as jobs: the texts to score, and what is asked about them."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import Any

from moderation.record.queue import Entry, PendingComment, Question

log = logging.getLogger(__name__)

#: An entry handed out so often has killed its workers and is no longer tried.
MOST_DELIVERIES = 4


@dataclass(frozen=True)
class Job:
    """An entry with its texts, and for a comment what the site posted."""

    entry: PendingComment | Question
    texts: list[str]
    content: dict[str, Any] = field(default_factory=dict)
    words: list[str] | None = None
    """Entries of a word list to look for; `None` for a question that asks for none."""
    explain: bool = True
    """Whether a question wants to know what in each text raised its score."""
    understood: bool = False
    """Whether it wants to know if each text is in a language that is not to be held."""
    language: object = None
    """What the texts of a question are written in, as its site says; `None` for not said."""


def read(entry: Entry) -> Job | None:
    """What to score; `None` for what is gone, decided, unreadable, or deadly to workers."""
    if entry.deliveries >= MOST_DELIVERIES:
        log.error("an entry killed %d workers and is no longer tried", entry.deliveries - 1)
        return None
    try:
        if isinstance(entry, Question):
            return _asked(entry)
        if isinstance(entry, PendingComment) and entry.facts is not None:
            content = json.loads(entry.content)
            if isinstance(content["text"], str) and content["author"]["id"]:
                return Job(entry, [content["text"]], content)
    except (ValueError, KeyError, TypeError, RecursionError):
        log.warning("a poisoned entry of the site %s", entry.site)
    return None


def _asked(question: Question) -> Job:
    body = json.loads(question.body)
    words = body.get("words")
    return Job(
        question,
        [str(text) for text in body["texts"]],
        words=None if words is None else [str(word) for word in words],
        explain=bool(body.get("explain", True)),
        understood=bool(body.get("understood")),
        language=body.get("language"),
    )
