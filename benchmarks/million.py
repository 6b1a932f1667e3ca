"""The record when very much is decided: what Redis holds of it, and how fast it is read.

Two services stand side by side, one with a thousand decided comments and one with a million.
The comments have people's words, cut to one length, and go through the record's own scripts and
the workers' own code. Only the scores are random: how they come about takes no memory.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import cast
from urllib.parse import urlencode

from benchmarks.accepts import listen, serve, wait_until_served
from benchmarks.backlog import CATEGORIES
from benchmarks.latency import percentile
from benchmarks.measuring import Bound, Row, Spread, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import START_S, Stand, service_command, stand
from benchmarks.visitor import Answer, Visitor
from models.explanation import Span
from models.release import Release, Scored
from moderation.api.base import Cursors
from moderation.app import create_app
from moderation.bootstrap import DEMO_SITE, bootstrap
from moderation.domain import Lane, NewComment, new_comment_id, now_rfc3339
from moderation.encoding import compact_json
from moderation.policy import Policy
from moderation.record import ONLY_SHARD, Record
from moderation.record.keys import Keys
from moderation.settings import Settings
from workers.judging import Judge
from workers.lineup import Lineup, OnDuty
from workers.observing import Observer
from workers.scoring import Drain, Station

FEW = 1_000
SEED = 20_261_128
CHARACTERS = 300
COMMENTS_AN_ARTICLE, COMMENTS_AN_AUTHOR = 100, 5
#: The share that waits for a moderator.
HELD = 0.05
THRESHOLD = 0.5
#: Each filling of the queue ends with a worker that lingers for a second.
AT_ONCE = 20_000
GIGABYTE = 1_000_000_000
MILLION = 1_000_000
#: Keys whose size is asked for, of each kind; the rest is as large on average.
SAMPLED = 2_000
MEMORY = Target(Bound.AT_MOST, 1.2, "GB")
AS_FAST = Target(Bound.AT_MOST, 1.5)
#: Decisions on a page of the feed.
FEED = 100
TOLD_EVERY = 100_000
KINDS_TOLD = 8


class SeldomRelease:
    """Scores at random; a few comments in a hundred reach a threshold."""

    version = "2026.11-0"
    categories = CATEGORIES
    thresholds = dict.fromkeys(CATEGORIES, THRESHOLD)
    languages = ("en",)

    def __init__(self) -> None:
        self._dice = random.Random(SEED)

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """As a release does."""
        return [Scored(self._scores(), text, "en") for text in texts]

    def explain(self, texts: Sequence[str]) -> list[list[Span]]:
        """Nothing raised them."""
        return [[] for _ in texts]

    def kinds(self, scored: Sequence[Scored]) -> list[str]:
        """As a release does: what resembles each other is of one kind."""
        return [f"{self._dice.randrange(4096):03x}" for _ in scored]

    def _scores(self) -> dict[str, float]:
        scores = {one: round(self._dice.random() * 0.1, 4) for one in CATEGORIES}
        if self._dice.random() < HELD:
            scores["toxicity"] = round(self._dice.uniform(THRESHOLD, 1), 4)
        return scores


class Decided:
    """A service on a record with so many decided comments, until it is closed.

    Attributes:
        count: how many there are.
        used_bytes: what they take in Redis.
        record: the record.
    """

    def __init__(self, plan: Plan, count: int) -> None:
        self.count = count
        self._open = ExitStack()
        where = self._open.enter_context(stand())
        settings = replace(plan.settings, redis_url=where.url)
        self.record = Record(settings)
        self._open.callback(self.record.connection.close)
        self._open.callback(self.record.rq_connection.close)
        bootstrap(self.record, settings)
        before = where.used_bytes()
        plan.say(f"million: making {count:,} decided comments")
        _fill(self.record, cut(plan.texts), count, plan)
        self.used_bytes = where.used_bytes() - before
        self._serve(where, settings)

    def _serve(self, where: Stand, settings: Settings) -> None:
        listener = self._open.enter_context(closing(listen()))
        where.start(service_command("worker"), settings=settings)
        where.wait_for(
            lambda: bool(self.record.operations.workers()), "a worker", wait_s=START_S
        )
        serve(where, listener, service_command("api", "--listen-fd"), settings)
        wait_until_served(where, listener.getsockname(), "/healthz")
        visitor = Visitor(listener.getsockname(), self.record)
        self._visitor = self._open.enter_context(closing(visitor))
        self._key = self.record.sites.issue_key(DEMO_SITE)
        self._late = _late_cursor(self.record, settings)

    def close(self) -> None:
        """Ends the service and throws its data away."""
        self._open.close()

    def visits(self) -> dict[str, Callable[[], Answer]]:
        """Name → what is asked once."""
        page, feed = self._visitor.page, partial(self._visitor.read, api_key=self._key)
        return {
            "queue page": partial(page, "/console/queue"),
            "queue page by age": partial(page, "/console/queue?sort=age"),
            "feed from the oldest": partial(feed, f"/v1/decisions?limit={FEED}"),
            "feed of the newest": partial(
                feed, f"/v1/decisions?{urlencode({'after': self._late, 'limit': FEED})}"
            ),
        }


def measure(plan: Plan) -> list[Row]:
    """Memory, by kind of key, and pages beside those of a service with few comments."""
    with closing(Decided(plan, plan.sizes.decided)) as many, closing(Decided(plan, FEW)) as few:
        rows = [_memory_row(many)]
        timed = {
            (one.count, name): _round(plan, visit)
            for one in (many, few)
            for name, visit in one.visits().items()
        }
        figures = take_turns(
            timed,
            rounds=plan.sizes.rounds,
            told=lambda number, name, times: plan.say(
                f"million, round {number + 1}: {name[1]} with {name[0]:,} comments, "
                f"p95 {percentile(times, 95):.1f} ms"
            ),
        )
        return rows + [_time_row(name, many, few, figures) for name in many.visits()]


def cut(texts: Sequence[str]) -> Iterator[str]:
    """People's words without end, in pieces of one length, none of which comes twice."""
    dice = random.Random(SEED)
    while True:
        piece = ""
        while len(piece) < CHARACTERS:
            piece += dice.choice(texts) + " "
        begin = dice.randrange(len(piece) - CHARACTERS + 1)
        yield piece[begin : begin + CHARACTERS]


def _fill(record: Record, texts: Iterator[str], count: int, plan: Plan) -> None:
    record.policies.put(DEMO_SITE, replace(Policy(), flood=None, duplicates=None))
    lineup = Lineup(OnDuty(cast(Release, SeldomRelease())))
    judge = Judge(record.policies, lambda: lineup, Observer())
    station = Station("filler", record.queue, judge, threading.Event())
    dice = random.Random(SEED)
    for first in range(0, count, AT_ONCE):
        batch = [
            _comment(number, next(texts), dice, count)
            for number in range(first, min(first + AT_ONCE, count))
        ]
        # The live lane: workers take larger batches from it.
        record.comments.accept_batch(DEMO_SITE, batch, lane=Lane.LIVE)
        while any(record.queue.lengths().values()):
            Drain(station).run()
        if (first + AT_ONCE) % TOLD_EVERY == 0:
            plan.say(f"million: {first + AT_ONCE:,} are decided")


def _comment(number: int, text: str, dice: random.Random, count: int) -> NewComment:
    content = {
        "text": text,
        "author": {
            "id": f"author-{dice.randrange(max(count // COMMENTS_AN_AUTHOR, 1))}",
            "name": "Anna B.",
        },
        "created_at": now_rfc3339(),
    }
    return NewComment(
        id=new_comment_id(),
        article_id=f"article-{number // COMMENTS_AN_ARTICLE}",
        content=content,
        digest=sha256(compact_json(content).encode()).hexdigest()[:32],
        created_ms=time.time_ns() // 1_000_000,
    )


def _memory_row(many: Decided) -> Row:
    gigabytes = many.used_bytes / many.count * MILLION / GIGABYTE
    kinds = {
        f"{kind} (bytes each)": used / many.count
        for kind, used in _by_kind(many.record).items()
    }
    return Row(
        f"Redis memory of a million decided comments ({many.count:,} measured)",
        Spread.of([gigabytes]),
        "GB",
        target=MEMORY,
        also=kinds,
    )


def _by_kind(record: Record) -> dict[str, float]:
    """Bytes of each kind of key, from a sample of each; the largest first."""
    prefix = Keys(ONLY_SHARD).prefix
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for key in record.connection.scan_iter(match=f"{prefix}*", count=1_000):
        keys[key[len(prefix) :].partition(":")[0]].append(key)
    found = {}
    for kind, names in keys.items():
        sample = random.Random(SEED).sample(names, min(len(names), SAMPLED))
        with record.connection.pipeline(transaction=False) as pipe:
            for name in sample:
                pipe.memory_usage(name, samples=100)
            sizes = [size or 0 for size in pipe.execute()]
        found[kind] = sum(sizes) / len(sample) * len(names)
    largest = sorted(found.items(), key=lambda one: one[1], reverse=True)
    return dict(largest[:KINDS_TOLD])


def _late_cursor(record: Record, settings: Settings) -> str:
    """The cursor behind which the newest decisions stand."""
    newest = record.connection.xrevrange(
        Keys(ONLY_SHARD)("decisions", DEMO_SITE), count=FEED + 1
    )
    app = create_app(settings)
    with app.app_context():
        return Cursors("decisions", DEMO_SITE).write(newest[-1][0])


def _round(plan: Plan, visit: Callable[[], Answer]) -> Callable[[int], list[float]]:
    return lambda _: [visit().ms for _ in range(plan.sizes.visits)]


def _time_row(
    name: str,
    many: Decided,
    few: Decided,
    figures: Mapping[tuple[int, str], list[list[float]]],
) -> Row:
    ours, theirs = (
        [percentile(times, 95) for times in figures[one.count, name]] for one in (many, few)
    )
    return compare(
        f"{name}, p95, with {many.count:,} decided comments",
        ours,
        theirs,
        unit="ms",
        against=f"with {few.count:,}",
        target=AS_FAST,
    )
