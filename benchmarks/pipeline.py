"""Comments a second from a filled queue to the last decision.

The processes are ready and held (SIGSTOP) while the queue is filled; the clock starts when
they are let go and stops at the server's own time of the last decision. Each round has a
site of its own, so that no comment is a copy of one of an earlier round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.measuring import Bound, Row, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import StandError
from benchmarks.subjects import Consumer, JobPool, Service, Subject, let_go, stands, started

ONE, TWO, BARE, POOL = "1 worker", "2 workers", "bare consumer", "2 job-per-comment workers"
UNIT = "comments/s"
#: Each subject decides so many before it is measured.
WARM_UP = 600
ROUND_S = 120.0


def measure(plan: Plan) -> list[Row]:
    """Three comparisons."""
    with stands(4) as (first, second, third, fourth):
        subjects: list[Subject] = [
            Service(ONE, first, plan.settings, workers=1),
            Consumer(BARE, second, plan.settings),
            Service(TWO, third, plan.settings, workers=2),
            JobPool(POOL, fourth, plan.settings),
        ]
        sizes = dict.fromkeys((ONE, TWO, BARE), plan.sizes.comments) | {POOL: plan.sizes.jobs}
        with started(subjects):
            for one in subjects:
                count = min(sizes[one.name], WARM_UP)
                per_second(one, "warm-up", plan.texts[-count:])
            figures = take_turns(
                {one.name: _round(one, plan.texts[: sizes[one.name]]) for one in subjects},
                rounds=plan.sizes.rounds,
                told=lambda number, name, figure: plan.say(
                    f"pipeline, round {number + 1}: {name}, {figure:,.0f} {UNIT}"
                ),
            )
    row = partial(compare, unit=UNIT)
    return [
        row(
            "pipeline, 2 workers against a job a comment",
            figures[TWO],
            figures[POOL],
            against=POOL,
            target=Target(Bound.AT_LEAST, 15),
        ),
        row(
            "pipeline, 1 worker against a bare stream consumer",
            figures[ONE],
            figures[BARE],
            against=BARE,
            target=Target(Bound.AT_LEAST, 0.85),
        ),
        row(
            "pipeline, 2 workers against 1",
            figures[TWO],
            figures[ONE],
            against=ONE,
            target=Target(Bound.AT_LEAST, 1.6),
        ),
    ]


def per_second(subject: Subject, site: str, texts: Sequence[str]) -> float:
    """How many comments a second a subject decides."""
    subject.give(site, texts)
    started_ms = subject.now_ms()
    with let_go(subject):
        subject.stand.wait_for(
            lambda: subject.decided(site) >= len(texts),
            f"{subject.name} to decide {len(texts)} comments",
            wait_s=ROUND_S,
        )
    if subject.decided(site) != len(texts):
        raise StandError(f"{subject.name} decided a comment twice")
    return len(texts) / max(subject.last_decided_ms(site) - started_ms, 1) * 1000


def _round(subject: Subject, texts: Sequence[str]) -> Callable[[int], float]:
    return lambda number: per_second(subject, f"round-{number}", texts)
