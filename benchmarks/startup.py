"""Seconds from typing `moderation run` to its `ready` line, on an empty folder.

Everything is installed and in the file cache: the second start of a newcomer, not the
first after the machine was switched on.
"""

from __future__ import annotations

from benchmarks.measuring import Bound, Row, Spread, Target
from benchmarks.plan import Plan
from benchmarks.whole import running


def measure(plan: Plan) -> list[Row]:
    """The median of some starts."""
    seconds = []
    for number in range(plan.sizes.starts):
        with running(plan) as whole:
            seconds.append(whole.ready_after_s)
        plan.say(f"startup, start {number + 1}: ready after {seconds[-1]:.2f} s")
    target = Target(Bound.BELOW, 5, "s")
    return [Row("`moderation run` to ready", Spread.of(seconds), "s", target=target)]
