"""How long the drop-in endpoints take to answer at a steady rate, over HTTP.

The whole service answers: HTTP server, queue and one worker. Requests come at their moments,
whether others wait or not, and the clock starts at the moment, not when a connection is free.
The rival is the service's own `POST /v1/score` with the same texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

from benchmarks import http_requests
from benchmarks.accepts import listen, serve, wait_until_served
from benchmarks.latency import percentile
from benchmarks.load import waits_ms
from benchmarks.measuring import Bound, Row, Spread, Target, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import START_S, service_command, stand
from moderation.bootstrap import bootstrap
from moderation.record import Record

RATE_PER_S = 100
#: Requests at the beginning of a round that are not counted.
WARM_UP = 50
#: Turns are so much longer than those of `latency`: a 99th percentile needs many.
TURN_LENGTH = 4
ANALYZE, SPAM, SCORE = "analyze", "comment-check", "/v1/score"
OK = 200


@dataclass(frozen=True)
class Site:
    """A service that answers: its address, and a key."""

    address: tuple[str, int]
    api_key: str

    def waits(self, requests: Sequence[bytes]) -> list[float]:
        """What each request took, in ms, those of the warm-up left out."""
        moments = [number / RATE_PER_S for number in range(len(requests))]
        return waits_ms(self.address, requests, moments, expected=OK)[WARM_UP:]


def measure(plan: Plan) -> list[Row]:
    """The percentiles that clients notice, each with the target that it has."""
    count = int(plan.sizes.latency_s * TURN_LENGTH * RATE_PER_S) + WARM_UP
    with _site(plan) as site:

        def turn(make: Callable[..., Iterator[bytes]]) -> Callable[[int], list[float]]:
            def run(number: int) -> list[float]:
                first = number * count
                texts = [plan.texts[at % len(plan.texts)] for at in range(first, first + count)]
                return site.waits(list(make(texts, api_key=site.api_key)))

            return run

        figures = take_turns(
            {
                ANALYZE: turn(http_requests.analyses),
                SCORE: turn(http_requests.scores),
                SPAM: turn(http_requests.spam_checks),
            },
            rounds=plan.sizes.rounds,
            told=lambda number, name, waits: plan.say(
                f"drop-ins, round {number + 1}: {name}, "
                f"p50 {percentile(waits, 50):.1f} ms, p99 {percentile(waits, 99):.1f} ms"
            ),
        )
    return [
        _row(figures, ANALYZE, 50, Target(Bound.BELOW, 8, "ms")),
        _row(figures, ANALYZE, 99, Target(Bound.BELOW, 50, "ms")),
        _row(figures, SPAM, 99, Target(Bound.BELOW, 1_000, "ms")),
    ]


@contextmanager
def _site(plan: Plan) -> Iterator[Site]:
    with stand() as where, closing(listen()) as listener:
        settings = replace(plan.settings, redis_url=where.url)
        record = Record(settings)
        bootstrap(record, settings)
        serve(where, listener, service_command("api", "--listen-fd"), settings)
        where.start(service_command("worker"), settings=settings)
        wait_until_served(where, listener.getsockname(), "/healthz")
        where.wait_for(
            lambda: any(one.alive for one in record.operations.workers()),
            "the worker",
            wait_s=START_S,
        )
        record.sites.create("dropins", "dropins")
        yield Site(listener.getsockname(), record.sites.issue_key("dropins"))


def _row(figures: dict[str, list[list[float]]], name: str, rank: int, target: Target) -> Row:
    """Milliseconds, which the target is for; what the rival took stands beside them."""
    ours, theirs = (
        Spread.of([percentile(waits, rank) for waits in figures[one]]) for one in (name, SCORE)
    )
    return Row(
        f"{name} at {RATE_PER_S} requests/s, p{rank}",
        ours,
        "ms",
        target=target,
        also={f"{SCORE} in ms": theirs.median},
    )
