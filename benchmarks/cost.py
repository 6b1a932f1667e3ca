"""What a comment costs: processor time of each part, and bytes that Redis moves and keeps.

Processor time, not the clock's: it says how many cores a load needs, and others on the
machine change it little. Every round posts new comments to one running service and waits
until they are decided.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any

from benchmarks import http_requests
from benchmarks.load import seconds_to_answer
from benchmarks.measuring import Row, Spread
from benchmarks.memory import ACCEPTED, CONNECTIONS, PROC, processes
from benchmarks.plan import Plan
from benchmarks.whole import API_KEY, Whole, running

MILLION = 1_000_000
#: Role of a process -> the part that it belongs to; the supervisor only waits.
PARTS = {
    "API process": "API",
    "API's own supervisor": "API",
    "worker": "worker",
    "embedded server": "Redis",
}
#: Figures of the server's `INFO` -> what they are called here.
BYTES = {
    "total_net_input_bytes": "sent to Redis",
    "total_net_output_bytes": "sent by Redis",
    "aof_current_size": "append-only file",
    "used_memory_dataset": "memory of Redis",
}

#: What was used so far: of a part in seconds, of the others in bytes.
Used = dict[str, float]


@dataclass(frozen=True)
class Way:
    """One way to post comments."""

    name: str
    comments: int
    requests: Callable[..., Iterator[bytes]]


def measure(plan: Plan) -> list[Row]:
    """A row for each part and kind of bytes, for comments posted alone and in batches."""
    if not PROC.exists():
        plan.say("cost: needs Linux's /proc, left out")
        return []
    sizes = plan.sizes
    ways = [
        Way("one a request", sizes.accepts, http_requests.accepts),
        Way("100 a request", sizes.batches * http_requests.BATCH, http_requests.batches),
    ]
    alone = replace(plan.settings, trainer=False, deliverer=False)
    with running(replace(plan, settings=alone)) as whole:
        # A rewrite of the file would hit one round at random.
        whole.record.connection.config_set("auto-aof-rewrite-percentage", 0)
        texts = cycle(plan.texts)
        rounds = []
        for number in range(sizes.rounds + 1):
            plan.say(f"cost: round {number + 1} of {sizes.rounds + 1}")
            rounds.append(
                {way: _cost(whole, way, list(islice(texts, way.comments))) for way in ways}
            )
    # The first is left out: everything is loaded, compiled and connected in it.
    return [row for way in ways for row in rows_of(plan, way, [one[way] for one in rounds[1:]])]


def _cost(whole: Whole, way: Way, texts: Sequence[str]) -> Used:
    """What one comment used, in the mean of some."""
    before = _used(whole)
    requests = list(way.requests(texts, api_key=API_KEY))
    seconds_to_answer(whole.address, requests, connections=CONNECTIONS, expected=ACCEPTED)
    whole.wait_until_decided()
    after = _used(whole)
    return {what: (after[what] - before[what]) / len(texts) for what in after}


def _used(whole: Whole) -> Used:
    used: Used = dict.fromkeys(PARTS.values(), 0.0)
    for process in processes(whole.process.pid):
        if part := PARTS.get(process.role):
            used[part] += processor_s(process.pid)
    info: Any = whole.record.connection.info()
    return used | {what: float(info[figure]) for figure, what in BYTES.items()}


def processor_s(pid: int) -> float:
    """Processor time that a process has used."""
    # Fields 14 and 15, times in user and kernel mode; a name in brackets stands before them.
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rows_of(plan: Plan, way: Way, rounds: Sequence[Used]) -> Iterator[Row]:
    """What comments cost that were posted in one way, from what each used in some rounds."""
    for what in rounds[0]:
        is_bytes = what in BYTES.values()
        figures = Spread.of([one[what] * (1 if is_bytes else MILLION) for one in rounds])
        unit = "bytes a comment" if is_bytes else "s of processor a million"
        row = Row(f"cost, {what}, {way.name}", figures, unit)
        plan.say(f"{row.name}: {figures.median:,.0f} {unit}")
        yield row
