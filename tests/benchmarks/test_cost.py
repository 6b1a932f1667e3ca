"""What a comment costs is counted right."""

from __future__ import annotations

import os
import time

from benchmarks.cost import PARTS, Way, processor_s, rows_of
from benchmarks.http_requests import accepts
from benchmarks.plan import QUICK, Plan


def test_processor_time_is_what_a_process_used_not_what_passed() -> None:
    before, own_before = processor_s(os.getpid()), time.process_time()
    while time.process_time() - own_before < 0.2:
        pass
    time.sleep(0.2)
    used, own = processor_s(os.getpid()) - before, time.process_time() - own_before
    assert abs(used - own) < 0.05


def test_times_are_told_for_a_million_comments_and_bytes_for_one() -> None:
    told: list[str] = []
    plan = Plan([], QUICK, say=told.append)
    way = Way("one a request", 10, accepts)
    rounds = [
        {"API": 0.002, "append-only file": 900.0},
        {"API": 0.004, "append-only file": 700.0},
    ]
    api, file = rows_of(plan, way, rounds)
    assert (api.value.low, api.value.high) == (2_000, 4_000)
    assert (file.value.median, file.unit) == (800, "bytes a comment")
    assert set(PARTS.values()) == {"API", "worker", "Redis"}
