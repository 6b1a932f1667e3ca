"""The whole service, `moderation run`, as a newcomer starts it, for a benchmark to look at."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.plan import Plan
from benchmarks.stand import START_S, StandError, end, service_command, spawn, tail
from moderation.embedded import embedded_url
from moderation.record import Record

API_KEY = "bench-key"
#: The supervisor ends its parts in order; that may take a while.
STOP_S = 40.0
#: How long the worker may take for what is left.
SETTLE_S = 60.0
POLL_S = 0.1


@dataclass(frozen=True)
class Whole:
    """A running service that is ready."""

    process: subprocess.Popen[str]
    address: tuple[str, int]
    ready_after_s: float
    record: Record

    def wait_until_decided(self) -> None:
        """Returns when nothing waits for a decision.

        Raises:
            StandError: that took too long.
        """
        deadline = time.monotonic() + SETTLE_S
        while any(self.record.queue.lengths().values()):
            if time.monotonic() > deadline:
                raise StandError(f"the worker was not done after {SETTLE_S:.0f} s")
            time.sleep(POLL_S)


@contextmanager
def running(plan: Plan) -> Iterator[Whole]:
    """The service on an empty folder, ended when this is left."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        log = Path(name) / "run.log"
        settings = replace(plan.settings, data_dir=Path(name) / "var", port=0, api_key=API_KEY)
        started = time.perf_counter()
        process = spawn(service_command("run"), log, settings=settings, stdout=subprocess.PIPE)
        try:
            line = _first_line(process)
            seconds = time.perf_counter() - started
            if not line.startswith("ready "):
                raise StandError(f"`moderation run` did not get ready:\n{tail(log)}")
            parts = urlsplit(line.split()[1])
            record = Record(settings.with_redis(embedded_url(settings.data_dir)))
            yield Whole(process, (str(parts.hostname), int(parts.port or 0)), seconds, record)
        finally:
            end([process], wait_s=STOP_S)
            if process.stdout:
                process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    watchdog = threading.Timer(START_S, process.kill)
    watchdog.start()
    try:
        return process.stdout.readline() if process.stdout else ""
    finally:
        watchdog.cancel()
