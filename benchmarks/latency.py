"""Milliseconds from handing a comment in to seeing its decision, at a modest rate.

Comments arrive at random (a Poisson process), at the same moments for both subjects. The
clock starts before the call that accepts a comment and stops when a reader who waits on the
decisions stream has the decision: what the service does to accept is in it.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.measuring import Bound, Row, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import StandError
from benchmarks.subjects import Consumer, Service, Subject, comment_id, let_go, stands, started
from moderation.record.connection import connect

RATE_PER_S = 50
ARRIVALS_SEED = 7
#: Arrivals at the beginning of a round that are not counted.
WARM_UP = 20
#: How long the last decisions of a round may take.
TAIL_S = 10.0
SERVICE, BARE = "1 worker", "bare consumer"


def measure(plan: Plan) -> list[Row]:
    """The median, which has a target, and the 99th percentile, which has none."""
    arrivals = random_arrivals(plan.sizes.latency_s)
    texts = plan.texts[: len(arrivals)]
    with stands(2) as (first, second):
        subjects: list[Subject] = [
            Service(SERVICE, first, plan.settings, workers=1),
            Consumer(BARE, second, plan.settings),
        ]
        with started(subjects):
            figures = take_turns(
                {one.name: _round(one, texts, arrivals) for one in subjects},
                rounds=plan.sizes.rounds,
                told=lambda number, name, waits: plan.say(
                    f"latency, round {number + 1}: {name}, "
                    f"p50 {percentile(waits, 50):.2f} ms, p99 {percentile(waits, 99):.2f} ms"
                ),
            )
    return [_row(figures, 50, Target(Bound.AT_MOST, 1.3)), _row(figures, 99, None)]


def random_arrivals(seconds: float) -> list[float]:
    """Moments of arrival, in seconds from the beginning."""
    source, moment, moments = random.Random(ARRIVALS_SEED), 0.0, []
    while (moment := moment + source.expovariate(RATE_PER_S)) < seconds:
        moments.append(moment)
    return moments


def waits_ms(
    subject: Subject, site: str, texts: Sequence[str], arrivals: Sequence[float]
) -> list[float]:
    """What each comment waited for its decision."""
    reader = Reader(subject, site, len(texts))
    sent: list[float] = []
    with let_go(subject):
        reader.start()
        begin = time.perf_counter() + 0.05
        for number, (text, moment) in enumerate(zip(texts, arrivals, strict=True)):
            time.sleep(max(begin + moment - time.perf_counter(), 0))
            sent.append(time.perf_counter())
            subject.give(site, [text], first=number)
        reader.join(TAIL_S)
    if len(reader.seen) != len(texts):
        raise StandError(f"{subject.name} decided {len(reader.seen)} of {len(texts)} comments")
    return [
        (reader.seen[comment_id(number)] - moment) * 1000 for number, moment in enumerate(sent)
    ]


class Reader(threading.Thread):
    """Waits on a site's decisions stream and notes when each comment is on it."""

    def __init__(self, subject: Subject, site: str, count: int) -> None:
        super().__init__(name="reader", daemon=True)
        self._connection = connect(subject.stand.url)
        self._feed = subject.feed(site)
        self._count = count
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        """Reads until all are there, or nothing comes any more."""
        position = "0-0"
        while len(self.seen) < self._count:
            reply: Any = self._connection.xread({self._feed: position}, block=int(TAIL_S * 900))
            now = time.perf_counter()
            if not reply:
                break
            for entry, fields in reply[0][1]:
                position = entry
                self.seen[json.loads(fields["decision"])["comment_id"]] = now
        self._connection.close()


def percentile(figures: Sequence[float], rank: float) -> float:
    """The figure that `rank` per cent are not above, straight lines between neighbours."""
    ordered = sorted(figures)
    place = (len(ordered) - 1) * rank / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _round(
    subject: Subject, texts: Sequence[str], arrivals: Sequence[float]
) -> Callable[[int], list[float]]:
    return lambda number: waits_ms(subject, f"round-{number}", texts, arrivals)[WARM_UP:]


def _row(figures: dict[str, list[list[float]]], rank: int, target: Target | None) -> Row:
    ours, theirs = (
        [percentile(waits, rank) for waits in figures[name]] for name in (SERVICE, BARE)
    )
    return compare(
        f"latency at {RATE_PER_S} comments/s, p{rank}",
        ours,
        theirs,
        unit="ms",
        against=BARE,
        target=target,
    )
