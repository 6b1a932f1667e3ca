"""What a run found, as a table for people and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from tests.chaos.plan import Fault
from tests.chaos.run import Outcome

#: Findings that are shown one by one.
SHOWN = 20


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Every figure; times in seconds."""
    ledger, faults, findings = outcome.ledger, outcome.faults, outcome.findings
    return {
        "comments": len(ledger.comments),
        "decisions": sum(map(len, ledger.feeds.values())),
        "verdicts": sum(map(len, ledger.verdicts.values())),
        "reported": len(ledger.reporters),
        "erased": len(ledger.erased),
        "kills": sum(n for fault, n in faults.struck.items() if fault.is_kill),
        "faults": {fault.value: n for fault, n in sorted(faults.struck.items())},
        "repeated_requests": dict(ledger.unanswered),
        "wrong_answers": dict(ledger.wrong),
        "lost": len(findings.lost),
        "twice": len(findings.twice),
        "disagreements": len(findings.disagreements),
        "undelivered": len(findings.undelivered),
        "appendfsync": outcome.appendfsync,
        "decided_s": outcome.decided_s,
        "recovery_s": {
            "redis": _spread(faults.recovery_s[Fault.KILL_REDIS]),
            "of that redis itself": _spread(faults.redis_back_s),
            "supervisor": _spread(faults.recovery_s[Fault.KILL_SUPERVISOR]),
            "everything": _spread(faults.recovery_s[Fault.KILL_EVERYTHING]),
        },
        "seconds": outcome.seconds,
    }


def as_text(outcome: Outcome) -> str:
    """The table."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    figures = as_json(outcome)
    for name in ("comments", "decisions", "verdicts", "reported", "erased", "kills"):
        yield _row(name, figures[name])
    for fault, times in figures["faults"].items():
        yield _row(f"  {fault}", times)
    yield _row("requests repeated", sum(figures["repeated_requests"].values()))
    for name in ("lost", "twice", "disagreements", "undelivered"):
        yield _row(name, figures[name])
    yield _row("wrong answers", sum(figures["wrong_answers"].values()))
    for what, times in figures["wrong_answers"].items():
        yield _row(f"  {what}", times)
    decided_s = figures["decided_s"]
    yield _row(
        "all decided after the last kill",
        "never" if decided_s is None else f"{decided_s:.2f} s",
    )
    for name, spread in figures["recovery_s"].items():
        if spread:
            times = ", ".join(f"{key} {value:.2f} s" for key, value in spread.items())
            yield _row(f"first comment after: {name}", times)
    yield _row("appendfsync", figures["appendfsync"])
    yield _row("the whole run", f"{figures['seconds']:.0f} s")
    found = outcome.findings
    for name in (*found.lost, *found.twice, *found.disagreements, *found.undelivered)[:SHOWN]:
        yield f"  {name}"
    if not outcome.is_clean:
        yield f"What the service said is in {outcome.log}"


def _row(name: str, value: object) -> str:
    return f"{name:44} {value}"


def _spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and longest of some times."""
    if not seconds:
        return {}
    p95 = (
        statistics.quantiles(seconds, n=20, method="inclusive")[-1]
        if seconds[1:]
        else seconds[0]
    )
    return {"p50": statistics.median(seconds), "p95": p95, "longest": max(seconds)}
