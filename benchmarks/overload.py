"""What a reader who waits for a decision sees of a large load that a site posts beside it.

The service as a newcomer starts it; readers arrive at random and wait for their decisions.
Rounds without and with a backlog in the bulk lane take turns, at the same moments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice

from benchmarks import http_requests
from benchmarks.backlog import new_comments
from benchmarks.latency import percentile, random_arrivals
from benchmarks.load import waits_ms
from benchmarks.measuring import Bound, Row, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import StandError
from benchmarks.whole import API_KEY, Whole, running
from moderation.bootstrap import DEMO_SITE
from moderation.domain import Lane, NewComment

#: Comments that wait in the bulk lane when a round begins.
BACKLOG = 20_000
AT_ONCE = 1_000
DECIDED = 201
WAIT_HEADER = b"Prefer: wait=10\r\n"
#: How long a backlog may take to be decided between two rounds.
DRAIN_S = 300.0
POLL_S = 0.2
CALM, PRESSED = "nothing else waits", f"{BACKLOG:,} wait in the bulk lane"


def measure(plan: Plan) -> list[Row]:
    """The 95th percentile of both, which has a target, and the median."""
    arrivals = random_arrivals(plan.sizes.latency_s)
    comments = new_comments(plan.sizes.rounds * (2 * len(arrivals) + BACKLOG) + len(arrivals))
    with running(plan) as whole:
        _read_round(whole, comments, arrivals)  # the first ones wait for caches to fill
        figures = take_turns(
            {
                CALM: lambda _: _read_round(whole, comments, arrivals),
                PRESSED: _pressed(whole, comments, arrivals),
            },
            rounds=plan.sizes.rounds,
            told=lambda number, name, waits: plan.say(
                f"overload, round {number + 1}: {name}, p95 {percentile(waits, 95):.1f} ms"
            ),
        )
    return [_row(figures, 50, None), _row(figures, 95, Target(Bound.AT_MOST, 2.0))]


def _pressed(
    whole: Whole, comments: Iterator[NewComment], arrivals: list[float]
) -> Callable[[int], list[float]]:
    def waits(_: int) -> list[float]:
        for _ in range(BACKLOG // AT_ONCE):
            batch = list(islice(comments, AT_ONCE))
            whole.record.comments.accept_batch(DEMO_SITE, batch, lane=Lane.BULK)
        found = _read_round(whole, comments, arrivals)
        if not whole.record.queue.lengths()[Lane.BULK]:
            raise StandError("the backlog was gone before the readers were")
        _wait_until_drained(whole)
        return found

    return waits


def _read_round(
    whole: Whole, comments: Iterator[NewComment], arrivals: list[float]
) -> list[float]:
    texts = [one.content["text"] for one in islice(comments, len(arrivals))]
    requests = [
        one.replace(b"Host:", WAIT_HEADER + b"Host:", 1)
        for one in http_requests.accepts(texts, api_key=API_KEY)
    ]
    return waits_ms(whole.address, requests, arrivals, expected=DECIDED)


def _wait_until_drained(whole: Whole) -> None:
    deadline = time.monotonic() + DRAIN_S
    while any(whole.record.queue.lengths().values()):
        if time.monotonic() > deadline:
            raise StandError(f"the backlog was not decided within {DRAIN_S:.0f} s")
        time.sleep(POLL_S)


def _row(figures: dict[str, list[list[float]]], rank: int, target: Target | None) -> Row:
    pressed, calm = (
        [percentile(waits, rank) for waits in figures[name]] for name in (PRESSED, CALM)
    )
    return compare(
        f"wait for a decision with a backlog, p{rank}",
        pressed,
        calm,
        unit="ms",
        against=CALM,
        target=target,
    )
