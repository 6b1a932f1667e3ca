"""The moderators' console over a very long queue: what each page and decision takes.

Over real HTTP, the API as in production, with the session of one moderator who is signed in.
"""

from __future__ import annotations

import socket
import statistics
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, cycle
from typing import Any
from urllib.parse import urlencode

from benchmarks.accepts import listen, serve, wait_until_served
from benchmarks.backlog import (
    ARTICLES,
    NEVER,
    OFTEN,
    RARE_LANGUAGE,
    RARELY,
    fill,
)
from benchmarks.latency import percentile
from benchmarks.measuring import Bound, Row, Spread, Target, take_turns
from benchmarks.memory import processes
from benchmarks.plan import Plan
from benchmarks.stand import START_S, Stand, service_command, stand
from benchmarks.visitor import Answer, Visitor
from moderation.api.base import Cursors
from moderation.app import create_app
from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.domain import QueueOrder
from moderation.record import Record
from moderation.settings import Settings

QUEUE = "/console/queue"
HEALTH = "/healthz"
PAGE = Target(Bound.BELOW, 100, "ms")
DECISION = Target(Bound.BELOW, 30, "ms")
WEIGHT = Target(Bound.BELOW, 200, "kB")
ARTICLE, AUTHOR = f"loaded-article-{ARTICLES // 2}", "loaded-author-0"
#: Pages besides those of the queue.
OTHERS = ("batch", "policy", "models", "figures", "audit", "people", "preferences")
KILOBYTE = 1_000

Visit = Callable[[], Answer]


def measure(plan: Plan) -> list[Row]:
    """Times, weights, and what a held comment costs in memory."""
    with stand() as where, closing(listen()) as listener:
        settings = replace(plan.settings, redis_url=where.url)
        with _opened(Record(settings)) as record:
            bootstrap(record, settings)
            filling = _fill(plan, where, record)
            _serve(where, listener, record, settings)
            pages = _pages(_deep_cursor(settings, record))
            with closing(Visitor(listener.getsockname(), record)) as visitor:
                timed = _timed(plan, visitor, record, pages)
                weights = _weights(plan, visitor, pages)
        return [*timed, *weights, *filling, _api_memory(where)]


@contextmanager
def _opened(record: Record) -> Iterator[Record]:
    """A record whose connections are closed when this is left."""
    try:
        yield record
    finally:
        record.connection.close()
        record.rq_connection.close()


def _serve(where: Stand, listener: socket.socket, record: Record, settings: Settings) -> None:
    """Starts a worker, which pages ask for their marks, and the API."""
    where.start(service_command("worker"), settings=settings)
    where.wait_for(lambda: bool(record.operations.workers()), "a worker", wait_s=START_S)
    serve(where, listener, service_command("api", "--listen-fd"), settings)
    wait_until_served(where, listener.getsockname(), HEALTH)


def _fill(plan: Plan, where: Stand, record: Record) -> list[Row]:
    count = plan.sizes.held
    before = where.used_bytes()
    plan.say(f"console: making {count:,} held comments")
    filled = fill(record, count)
    held = record.held.total(DEMO_SITE)
    each = (where.used_bytes() - before) / held
    queue = _queue_bytes(where) / held
    plan.say(f"console: accepted in {filled.accept_s:.0f} s, held in {filled.decide_s:.0f} s")
    return [
        Row(
            f"console, making {held:,} held comments",
            Spread.of([filled.accept_s + filled.decide_s]),
            "s",
            also={"accepting": filled.accept_s, "deciding": filled.decide_s},
        ),
        Row(
            "console, memory of Redis a held comment",
            Spread.of([each / KILOBYTE]),
            "kB",
            also={"its places in the queue": queue / KILOBYTE},
        ),
    ]


def _queue_bytes(where: Stand) -> int:
    keys = where.connection.scan_iter(match=f"*:held:{DEMO_SITE}:*")
    return sum(where.connection.memory_usage(key, samples=1_000) or 0 for key in keys)


def _deep_cursor(settings: Settings, record: Record) -> str:
    """The cursor of a page in the middle of the queue."""
    steps = record.held.walk(DEMO_SITE, order=QueueOrder.PROBABILITY)
    half = record.held.total(DEMO_SITE) // 2
    positions = chain.from_iterable(step.found for step in steps)
    middle = next(found for number, found in enumerate(positions) if number == half)
    app = create_app(settings)
    with _opened(app.extensions["moderation"].record), app.app_context():
        cursors = Cursors("console-queue", DEMO_SITE, QueueOrder.PROBABILITY.value)
        return cursors.write(middle.position)


def _pages(deep: str) -> dict[str, str]:
    """Name → address of the pages of the queue."""
    asked = {
        "as it opens": {},
        **{f"by {order.value}": {"sort": order.value} for order in QueueOrder},
        "of a category": {"category": "insult"},
        "of a rare language": {"language": RARE_LANGUAGE},
        "of an article": {"article": ARTICLE},
        "of an author": {"author": AUTHOR},
        "of a reason": {"reason": "links"},
        "of a band": {"category": "toxicity", "band": "0.6-0.7"},
        "of a narrow mix": {"category": "threat", "reason": "links", "band": "0.9-1"},
        "search, found often": {"q": OFTEN},
        "search, found rarely": {"q": RARELY},
        "search, found never": {"q": NEVER},
        "in the middle": {"cursor": deep},
    }
    return {name: f"{QUEUE}?{urlencode(given)}" for name, given in asked.items()}


def _timed(plan: Plan, visitor: Visitor, record: Record, pages: dict[str, str]) -> list[Row]:
    visits = _visits(visitor, record, pages)
    figures = take_turns(
        {name: _round(visit, _count(plan, name)) for name, visit in visits.items()},
        rounds=plan.sizes.rounds,
        told=lambda number, name, times: plan.say(
            f"console, round {number + 1}: {name}, p50 {percentile(times, 50):.1f} ms, "
            f"p95 {percentile(times, 95):.1f} ms"
        ),
    )
    return [_time_row(name, rounds, figures[HEALTH]) for name, rounds in figures.items()]


def _count(plan: Plan, name: str) -> int:
    """How often in a round; pages that are opened once a day are not worth as much time."""
    return max(plan.sizes.visits // (10 if name.startswith("page ") else 1), 2)


def _round(visit: Visit, count: int) -> Callable[[int], list[float]]:
    return lambda _: [visit().ms for _ in range(count)]


def _visits(visitor: Visitor, record: Record, pages: dict[str, str]) -> dict[str, Visit]:
    """Name → what is done once."""
    ids, actions = _held_ids(record), cycle(("approve", "reject", "hold"))
    news = f"{QUEUE}/news?since={record.held.newest(DEMO_SITE) - 50}"

    def verdict() -> dict[str, Any]:
        return {"action": next(actions), "expected_revision": 1}

    return {
        HEALTH: lambda: visitor.page(HEALTH),
        **{f"queue, {name}": partial(visitor.page, path) for name, path in pages.items()},
        **{f"page {name}": partial(visitor.page, f"/console/{name}") for name in OTHERS},
        "what is new": lambda: visitor.page(news),
        "a comment's page": lambda: visitor.page(f"/console/comments/{next(ids)}"),
        "a decision": lambda: visitor.send(
            f"/console/comments/{next(ids)}/decision", **verdict()
        ),
        "a decision by JSON": lambda: visitor.call(
            f"/v1/comments/{next(ids)}/decision", **verdict()
        ),
    }


def _time_row(name: str, rounds: list[list[float]], bare: list[list[float]]) -> Row:
    halves = [percentile(times, 50) for times in rounds]
    ratios = [half / percentile(times, 50) for half, times in zip(halves, bare, strict=True)]
    target = PAGE if name.startswith("queue") else None
    return Row(
        f"console, {name}, p95",
        Spread.of([percentile(times, 95) for times in rounds]),
        "ms",
        target=DECISION if name.startswith("a decision") else target,
        also={"p50": statistics.median(halves), "times /healthz": statistics.median(ratios)},
    )


def _held_ids(record: Record) -> Iterator[str]:
    """Comments from all over the queue, none twice."""
    steps = record.held.walk(DEMO_SITE, order=QueueOrder.SEVERITY)
    for step in steps:
        yield from (found.comment_id for found in step.found[::20])


def _weights(plan: Plan, visitor: Visitor, pages: dict[str, str]) -> list[Row]:
    paths = [
        *pages.values(),
        *(f"/console/{name}" for name in OTHERS),
        f"/console/articles/{ARTICLE}",
        f"/console/authors/{AUTHOR}",
    ]
    weights = {path: visitor.weight_bytes(path) / KILOBYTE for path in paths}
    heaviest = max(weights, key=weights.__getitem__)
    plan.say(f"console: the heaviest page is {heaviest}")
    opened = weights[pages["as it opens"]]
    return [
        Row(
            "console, heaviest page with all that it loads",
            Spread.of([weights[heaviest]]),
            "kB",
            target=WEIGHT,
            also={"queue as it opens": opened},
        )
    ]


def _api_memory(where: Stand) -> Row:
    *_, api = where.processes
    resident = [one.megabytes("Rss") for one in processes(api.pid) if one.depth > 0]
    return Row("console, memory of an API process after it", Spread.of([max(resident)]), "MB")
