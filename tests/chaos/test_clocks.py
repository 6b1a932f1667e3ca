"""Clocks that are set wrong: only those of the role, also while its processes run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.chaos.clocks import Clocks

HOUR_S = 3_600.0
#: Starting a process takes less than that.
ABOUT_S = 120.0
#: Tells the time whenever it is asked, in two ways, and whether C code's moments are moments.
TELLER = """
import sys, time
from datetime import UTC, datetime, timedelta
for _ in sys.stdin:
    now = datetime.now(UTC)
    assert isinstance(now + timedelta(1), datetime) and isinstance(now, datetime)
    print(time.time(), now.timestamp(), flush=True)
"""


@pytest.fixture
def clocks(tmp_path: Path) -> Clocks:
    return Clocks(tmp_path / "clocks")


def teller(clocks: Clocks, role: str) -> Generator[tuple[float, float], None, None]:
    """By how much a process of a role is off, by `time.time` and by `datetime.now`."""
    with subprocess.Popen(
        [sys.executable, "-P", "-c", TELLER, role],
        env=os.environ | clocks.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while True:
            process.stdin.write("\n")
            process.stdin.flush()
            told = [float(part) for part in process.stdout.readline().split()]
            now = time.time()
            try:
                yield told[0] - now, told[1] - now
            except GeneratorExit:
                process.stdin.close()
                return


def test_a_clock_is_wrong_from_the_start_and_jumps_while_the_process_runs(
    clocks: Clocks,
) -> None:
    clocks.set("worker", -HOUR_S)
    off = teller(clocks, "worker")
    assert next(off) == pytest.approx((-HOUR_S, -HOUR_S), abs=ABOUT_S)
    clocks.set("worker", 48 * HOUR_S)
    assert next(off) == pytest.approx((48 * HOUR_S, 48 * HOUR_S), abs=ABOUT_S)
    off.close()


def test_the_clocks_of_other_roles_are_right(clocks: Clocks) -> None:
    clocks.set("worker", 48 * HOUR_S)
    off = teller(clocks, "api")
    assert next(off) == pytest.approx((0, 0), abs=ABOUT_S)
    off.close()
