"""Makes comments of bare texts: articles, authors and moments that never were.

Everything hangs on the seed and on the texts' order, but for the moments, which end now; the
id of a comment hangs on its text and its place alone.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from moderation.domain import NewComment, rfc3339

#: How far back the comments reach.
SPREAD_S = 5 * 86_400
#: The share of comments that answer an earlier one, and how many of an article those can be.
ANSWERS = 0.25
ANSWERABLE = 20

_TOPICS = (
    "library",
    "tram line",
    "market hall",
    "swimming pool",
    "school garden",
    "river path",
)
_NEWS = (
    "The {} is to open again in spring",
    "What the new {} will cost",
    "Neighbours plan a party for the {}",
    "Ten questions about the {}",
    "How the {} came to our town",
    "A day at the {}",
    "The council votes on the {}",
)
_NAMES = ("Anna", "Ben", "Carla", "Dev", "Elif", "Finn", "Greta", "Hugo", "Ines", "Jonas")
_LETTERS = "ABCDEFGHIKLMNOPRSTVWZ"


@dataclass
class Crowd:
    """People who comment on some articles. The more often somebody has, the sooner again."""

    articles: int
    authors: int
    seed: int
    _written: dict[int, deque[NewComment]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=ANSWERABLE))
    )

    def __post_init__(self) -> None:
        """Throws the dice for the first time."""
        self._dice = random.Random(self.seed)  # noqa: S311 - nothing secret in it
        self._now_s = time.time()

    def comment(self, place: str, text: str) -> NewComment:
        """The next comment; `place` tells two with the same text apart."""
        number = self._dice.randrange(self.articles)
        author = int(self.authors * self._dice.random() ** 2)
        earlier, answers = self._written[number], self._dice.random() < ANSWERS
        parent = self._dice.choice(earlier) if earlier and answers else None
        created_s = self._moment_s(parent)
        content: dict[str, Any] = {
            "text": text,
            "author": {"id": f"loaded-author-{author}", "name": _name(author)},
            "article": {"title": _title(number)},
            "created_at": rfc3339(datetime.fromtimestamp(created_s, UTC)),
        }
        if parent:
            content["parent_id"] = parent.id
        digest = sha256(f"{place}\0{text}".encode()).hexdigest()[:32]
        new = NewComment(
            id=f"loaded-{digest[:20]}",
            article_id=f"loaded-article-{number}",
            content=content,
            digest=digest,  # the same text again is the same comment, whoever says it when
            created_ms=int(created_s * 1000),
        )
        earlier.append(new)
        return new

    def _moment_s(self, parent: NewComment | None) -> float:
        begin_s = parent.created_ms / 1000 if parent else self._now_s - SPREAD_S
        return self._dice.uniform(begin_s, self._now_s)


def _title(number: int) -> str:
    turn, topic = divmod(number, len(_TOPICS))
    return _NEWS[turn % len(_NEWS)].format(_TOPICS[topic])


def _name(number: int) -> str:
    turn, name = divmod(number, len(_NAMES))
    return f"{_NAMES[name]} {_LETTERS[turn % len(_LETTERS)]}."
