"""Megabytes that each process of `moderation run` holds after it has worked.

Resident memory (RSS) counts what processes share once for each, and has the targets; the
proportional share (PSS) adds up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import http_requests
from benchmarks.load import seconds_to_answer
from benchmarks.measuring import Bound, Row, Spread, Target
from benchmarks.plan import Plan
from benchmarks.stand import StandError
from benchmarks.whole import API_KEY, Whole, running

CONNECTIONS = 16
ACCEPTED = 202
MEGABYTE = 1_000_000
KIBIBYTE = 1_024
PROC = Path("/proc")
TARGETS = {
    "API process": Target(Bound.BELOW, 80, "MB"),
    "worker": Target(Bound.BELOW, 250, "MB"),
}


@dataclass(frozen=True)
class Process:
    """One process of the service."""

    pid: int
    role: str
    depth: int

    def megabytes(self, field: str) -> float:
        """Its `Rss` or `Pss` now."""
        for line in (PROC / str(self.pid) / "smaps_rollup").read_text().splitlines():
            name, _, amount = line.partition(":")
            if name == field:
                return int(amount.split()[0]) * KIBIBYTE / MEGABYTE
        raise StandError(f"no {field} of process {self.pid}")


def measure(plan: Plan) -> list[Row]:
    """A row for each kind of process, the largest of its kind."""
    if not PROC.joinpath("self/smaps_rollup").exists():
        plan.say("memory: needs Linux's /proc, left out")
        return []
    with running(plan) as whole:
        _work(plan, whole)
        found = list(processes(whole.process.pid))
        rows = [
            _row(role, [one for one in found if one.role == role])
            for role in dict.fromkeys(one.role for one in found)
        ]
        total = sum(one.megabytes("Pss") for one in found)
    rows.append(Row("memory, all of it (PSS)", Spread.of([total]), "MB"))
    for row in rows:
        plan.say(f"{row.name}: {row.value.median:.0f} MB")
    return rows


def processes(pid: int, depth: int = 0) -> Iterator[Process]:
    """A process of the service and those that it started, by what they do."""
    command = (PROC / str(pid) / "cmdline").read_bytes().decode().split("\0")
    yield Process(pid, _role(command, depth), depth)
    children = (PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    for child in children:
        yield from processes(int(child), depth + 1)


def _role(command: list[str], depth: int) -> str:
    if depth == 0:
        return "supervisor"
    for role in ("worker", "trainer", "deliverer"):
        if role in command:
            return role
    if "api" in command:
        return "API process" if depth > 1 else "API's own supervisor"
    return "embedded server"


def _row(role: str, found: list[Process]) -> Row:
    resident = Spread.of([max(one.megabytes("Rss") for one in found)])
    shared = max(one.megabytes("Pss") for one in found)
    name = f"memory, {role} (PSS {shared:.0f} MB)"
    return Row(name, resident, "MB", target=TARGETS.get(role))


def _work(plan: Plan, whole: Whole) -> None:
    """Lets the service accept and decide as much as in a round of the other benchmarks."""
    sizes = plan.sizes
    singles = list(http_requests.accepts(plan.texts[: sizes.accepts], api_key=API_KEY))
    batched = plan.texts[sizes.accepts :][: sizes.batches * http_requests.BATCH]
    many = list(http_requests.batches(batched, api_key=API_KEY))
    for requests in (singles, many):
        seconds_to_answer(whole.address, requests, connections=CONNECTIONS, expected=ACCEPTED)
    whole.wait_until_decided()
