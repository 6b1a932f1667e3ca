"""What one batch came to: decisions, answers and figures, as the next turn writes them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field, replace

from moderation.domain import Action, ReasonCode, Source, now_rfc3339
from moderation.policy import Verdict
from moderation.record.operations import counter_name
from moderation.record.queue import Answer, PendingComment, Settled
from workers.placing import Held, places

#: Upper bounds of the histogram of times from accept to decision.
LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DECISIONS = {
    (action, source): counter_name("decisions", action=action.value, source=source.value)
    for action in Action
    for source in Source
}
_UNSCORED = counter_name("unscored")
_SECONDS_SUM = counter_name("decision_seconds_sum")
_SECONDS_BUCKETS = [
    counter_name("decision_seconds_bucket", le=str(bound))
    for bound in (*LATENCY_BUCKETS_S, "+Inf")
]


@dataclass
class Results:
    """What one batch came to, as the next turn writes it."""

    decided_at: str = field(default_factory=now_rfc3339)
    settled: list[Settled] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    metrics: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    held: list[tuple[int, Held]] = field(default_factory=list)
    """What has no place yet, with its number among the settled."""

    def add(self, more: Results) -> None:
        """Takes in what another batch came to."""
        self.settled += more.settled
        self.answers += more.answers
        for counter, amount in more.metrics.items():
            self.metrics[counter] += amount

    def place_held(self) -> None:
        """Tells where the comments that are held stand in the moderators' queue."""
        written = places([one for _, one in self.held])
        for (number, _), where in zip(self.held, written, strict=True):
            self.settled[number] = replace(self.settled[number], place=where)
        self.held.clear()

    def count(self, entry: PendingComment, verdict: Verdict) -> None:
        """Counts a decision, and how long its comment waited for it."""
        self.metrics[_DECISIONS[verdict.action, verdict.source]] += 1
        if any(reason.code is ReasonCode.UNSCORED for reason in verdict.reasons):
            self.metrics[_UNSCORED] += 1
        seconds = max(time.time() - entry.accepted_ms / 1000, 0.0)
        self.metrics[_SECONDS_SUM] += seconds
        self.metrics[_SECONDS_BUCKETS[bisect_left(LATENCY_BUCKETS_S, seconds)]] += 1
