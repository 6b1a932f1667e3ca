"""The held queue as moderators ask for it: sorted, filtered, searched, a page at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from moderation.desk.cases import Case, Cases
from moderation.domain import QueueOrder
from moderation.record import Record
from moderation.record.held import Filter, Found, Step
from moderation.triage import KEPT, NEW, SINCE, score_of

#: How long one page searches; a search through a long queue goes on from there.
SEARCH_S = 0.05
#: Texts that a search reads at once.
SEARCHED_AT_ONCE = 200
#: Counted no further; nobody needs to know.
COUNTED = 1_000
#: New ones are counted so far; the page says "99+".
NEWS_COUNTED = 100
STATES = {"new": NEW, "kept": KEPT}


@dataclass(frozen=True, slots=True)
class Band:
    """A range of the probabilities of one category; both ends belong to it."""

    category: str
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """Which held comments, and in what order. What is empty does not filter.

    Attributes:
        order: what comes first.
        state: `new` (nobody has looked) or `kept` (somebody has, and keeps it held).
        article_id: of this article.
        author_id: of this author.
        category: this category's score held it.
        reason: this rule fired, a `ReasonCode`.
        language: in this language; `und` where it cannot be told.
        source: held by `classifier`, `policy` or `report`.
        waiting_s: waiting for at least so long.
        band: with a probability in this range.
        text: with these words in the text, however they are capitalised.
    """

    order: QueueOrder = QueueOrder.PROBABILITY
    state: str = ""
    article_id: str = ""
    author_id: str = ""
    category: str = ""
    reason: str = ""
    language: str = ""
    source: str = ""
    waiting_s: int = 0
    band: Band | None = None
    text: str = ""

    def filters(self) -> list[Filter]:
        """All but the words, as the record filters."""
        named = [
            Filter.held(dimension)
            for value, dimension in (
                (self.state, STATES.get(self.state, "")),
                (self.category, f"category:{self.category}"),
                (self.reason, f"reason:{self.reason}"),
                (self.language, f"language:{self.language}"),
                (self.source, f"source:{self.source}"),
            )
            if value
        ]
        if self.article_id:
            named.append(Filter.article(self.article_id))
        if self.author_id:
            named.append(Filter.author(self.author_id))
        if self.waiting_s:
            held_before_ms = (time.time() - self.waiting_s) * 1000
            named.append(Filter.held(SINCE, most=held_before_ms))
        if self.band:
            dimension = score_of(self.band.category)
            named.append(Filter.held(dimension, self.band.least, self.band.most))
        return named


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some cases in order.

    Attributes:
        cases: the cases.
        next_position: to go on after, `None` at the end.
        searched: how many comments a search has looked at, if it has not seen all of them.
    """

    cases: list[Case]
    next_position: int | None
    searched: int | None = None


class HeldList:
    """The held queue of each site."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._cases = Cases(record)

    def page(
        self, site: str, query: QueueQuery, *, after: int | None = None, limit: int = 20
    ) -> QueuePage:
        """A page of the queue. A search gives what it found in a moment, and goes on later."""
        found: list[Found] = []
        searched, ends_at = 0, time.monotonic() + SEARCH_S
        for step in self._walk(site, query, after, limit):
            searched += len(step.found)
            found += self._with_text(site, step.found, query.text)
            if len(found) > limit or time.monotonic() > ends_at:
                break
        shown = found[:limit]
        cases = self._cases.many(site, [one.comment_id for one in shown])
        if step.is_last and len(found) <= limit:
            return QueuePage(cases, None)
        if len(found) >= limit:
            return QueuePage(cases, shown[-1].position)
        return QueuePage(cases, step.position, searched)

    def count(self, site: str, query: QueueQuery) -> int | None:
        """How many there are, `COUNTED` + 1 for more; `None` where only a search can tell."""
        if query.text:
            return None
        filters = query.filters()
        if not filters:
            return self._record.held.total(site)
        return self._record.held.count(site, filters, most=COUNTED)

    def news(self, site: str, query: QueueQuery, *, since: int) -> int:
        """How many that pass were accepted after the comment of age `since`; 99 are many."""
        count = 0
        newest_first = self._record.held.walk(
            site, order=QueueOrder.NEWEST, filters=query.filters(), at_once=NEWS_COUNTED
        )
        for step in newest_first:
            count += sum(found.position > since for found in step.found)
            if count >= NEWS_COUNTED or (step.position or 0) <= since:
                break
        return min(count, NEWS_COUNTED)

    def matches(self, site: str, query: QueueQuery, *, value_of: str) -> Iterator[Found]:
        """Every comment that passes, with its value in a dimension; for whole queues."""
        walk = self._record.held.walk(
            site, order=QueueOrder.OLDEST, filters=query.filters(), value_of=value_of
        )
        for step in walk:
            yield from self._with_text(site, step.found, query.text)

    def _walk(
        self, site: str, query: QueueQuery, after: int | None, limit: int
    ) -> Iterator[Step]:
        return self._record.held.walk(
            site,
            order=query.order,
            filters=query.filters(),
            after=after,
            at_once=SEARCHED_AT_ONCE if query.text else limit + 1,
        )

    def _with_text(self, site: str, found: list[Found], text: str) -> list[Found]:
        if not text or not found:
            return found
        wanted = text.casefold()
        contents = self._record.comments.contents(site, [one.comment_id for one in found])
        return [
            one
            for one, content in zip(found, contents, strict=True)
            if content and wanted in content["text"].casefold()
        ]
