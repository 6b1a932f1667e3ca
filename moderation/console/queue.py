"""The queue: held comments in order, filtered and searched, decided at one key each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from moderation.api.base import Cursors, services
from moderation.console.base import console_blueprint, me, page
from moderation.console.cards import PAGE_CARDS, Cards, marks_url
from moderation.desk.cases import Cases
from moderation.desk.queue import COUNTED, STATES, Band, HeldList, QueueQuery
from moderation.domain import QueueOrder
from moderation.triage import KEPT, NEW
from moderation.wording import category_label

blueprint = console_blueprint("queue", __name__)

STATE_NEW, STATE_ALL = "new", "all"
ORDERS = {
    QueueOrder.PROBABILITY: "most likely abuse first",
    QueueOrder.SEVERITY: "gravest first",
    QueueOrder.REPORTS: "most reported first",
    QueueOrder.UNCERTAINTY: "least certain first",
    QueueOrder.DIVERSITY: "teaches most first",
    QueueOrder.OLDEST: "oldest first",
    QueueOrder.NEWEST: "newest first",
}
WAITING = {"3600": "an hour or more", "86400": "a day or more", "604800": "a week or more"}
SOURCES = {"classifier": "the classifier", "policy": "a rule", "report": "readers' reports"}
#: Ranges of a category's score to choose from, as tenths.
BANDS = tuple((tenth / 10, (tenth + 1) / 10) for tenth in reversed(range(10)))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a queue page asks for."""

    query: QueueQuery
    state: str
    band: str

    @classmethod
    def from_address(cls, default_order: QueueOrder) -> Asked:
        """Read from the address of this request; what means nothing is left out."""
        given = request.args
        category, band = given.get("category", ""), given.get("band", "")
        state = given.get("state", STATE_NEW)
        waiting = given.get("waiting", "")
        order = given.get("sort", "")
        return cls(
            QueueQuery(
                order=QueueOrder(order) if order in set(QueueOrder) else default_order,
                state=state if state in STATES else "",
                article_id=given.get("article", ""),
                author_id=given.get("author", ""),
                category=category,
                reason=given.get("reason", ""),
                language=given.get("language", ""),
                source=given.get("source", ""),
                waiting_s=int(waiting) if waiting in WAITING else 0,
                band=_band(category, band),
                text=given.get("q", "").strip(),
            ),
            state if state in STATES else STATE_ALL,
            band,
        )

    @property
    def filters(self) -> dict[str, str]:
        """The filters as the form shows them."""
        query = self.query
        return {
            "state": self.state,
            "article": query.article_id,
            "author": query.author_id,
            "category": query.category,
            "reason": query.reason,
            "language": query.language,
            "source": query.source,
            "waiting": str(query.waiting_s or ""),
            "band": self.band if query.band else "",
        }

    def address(self, path: str = "/console/queue", **more: Any) -> str:
        """An address that asks for the same, with some of it replaced."""
        parts = {**self.filters, "sort": self.query.order.value, "q": self.query.text, **more}
        return f"{path}?{urlencode({name: part for name, part in parts.items() if part})}"


@blueprint.get("/queue")
def queue() -> Response:
    """A page of the held queue."""
    record, actor = services().record, me().actor
    asked = Asked.from_address(record.policies.current(actor.site).policy.queue_order)
    held = HeldList(record)
    cursors = Cursors("console-queue", actor.site, asked.query.order.value)
    cursor = request.args.get("cursor", "")
    since = record.held.newest(actor.site)  # before the page: what comes later is news
    found = held.page(
        actor.site,
        asked.query,
        after=cursors.read(cursor) if cursor else None,
        limit=PAGE_CARDS,
    )
    cards = Cards(record, actor.site, actor.name).of(found.cases)
    more = found.next_position
    return page(
        "console/queue.html",
        active="queue",
        cases=cards,
        filters=asked.filters,
        options=_options(asked.query.category),
        tabs=_tabs(asked),
        sort=asked.query.order.value,
        q=asked.query.text,
        total=_counted(held.count(actor.site, asked.query)),
        next_url=None if more is None else asked.address(cursor=cursors.write(more)),
        news_url=asked.address("/console/queue/news", since=since),
        marks_url=marks_url(cards),
        searched=_searched(found.searched),
    )


@blueprint.get("/queue/news")
def news() -> Response:
    """How many have come since the page was loaded, and how many there are."""
    record, actor = services().record, me().actor
    asked = Asked.from_address(QueueOrder.NEWEST)
    since = request.args.get("since", "")
    count = (
        HeldList(record).news(actor.site, replace(asked.query, text=""), since=int(since))
        if since.isdecimal()
        else 0
    )
    return page(
        "console/news.html",
        count=count,
        url=asked.address(sort=request.args.get("sort", "")),
    )


@blueprint.get("/queue/marks")
def marks() -> Response:
    """The texts of some comments again, with what raised their scores marked."""
    record, actor = services().record, me().actor
    ids = request.args.getlist("id")[:PAGE_CARDS]
    cards = Cards(record, actor.site, actor.name).of(
        Cases(record).many(actor.site, ids), with_evidence=True
    )
    return page("console/text.html", cards=cards)


def _tabs(asked: Asked) -> list[tuple[str, str, int, bool]]:
    new, kept = services().record.held.sizes(me().actor.site, [NEW, KEPT])
    return [
        (label, asked.address(state=state), count, asked.state == state)
        for label, state, count in (
            ("New", STATE_NEW, new),
            ("Kept held", "kept", kept),
            ("All", STATE_ALL, new + kept),
        )
    ]


def _options(category: str) -> dict[str, list[tuple[str, str]]]:
    facets = services().record.held.facets(
        me().actor.site, ["category", "reason", "language", "source"]
    )

    def listed(kind: str, labels: dict[str, str] | None = None) -> list[tuple[str, str]]:
        return [
            (name, f"{(labels or {}).get(name) or category_label(name)} ({size:,})")
            for name, size in facets[kind].items()
        ]

    return {
        "categories": listed("category"),
        "reasons": listed("reason"),
        "languages": listed("language", {"und": "not known"}),
        "sources": listed("source", SOURCES),
        "orders": [(order.value, label) for order, label in ORDERS.items()],
        "waiting": list(WAITING.items()),
        "bands": [(f"{low:g}-{high:g}", f"{low:g} to {high:g}") for low, high in BANDS]
        if category
        else [],
    }


def _band(category: str, written: str) -> Band | None:
    low, _, high = written.partition("-")
    try:
        return Band(category, float(low), float(high)) if category and written else None
    except ValueError:
        return None


def _counted(count: int | None) -> str:
    if count is None:
        return ""
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def _searched(count: int | None) -> str:
    return f"Searched {count:,} comments so far; “More comments” goes on." if count else ""
