"""A worker process: the release loaded once, RQ's worker in the same process, a ticker."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from rq import SimpleWorker

from moderation import __version__
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.settings import Settings
from workers.jobs import ScoringJob
from workers.judging import Judge
from workers.lineup import LineupKeeper
from workers.memory import rss_bytes
from workers.model import facts_of_default, load_default
from workers.observing import Observer
from workers.rq_loop import RETRY_S, StoppableWorker, work_until_stopped
from workers.scoring import Station, open_station
from workers.ticking import Ticker

log = logging.getLogger(__name__)

TICK_S = 0.5
#: Objects made before the garbage collector looks; a batch makes some ten thousand.
GC_THRESHOLD = 50_000
#: How long a thread may keep the interpreter from another one that wants it: what loads a
#: release is not to hold up what decides.
SWITCH_INTERVAL_S = 0.001


class PreloadedWorker(StoppableWorker, SimpleWorker):
    """RQ's in-process worker: a drain ends after its batch when it is to stop."""

    job_class = ScoringJob


class ScoringTicker(Ticker):
    """The heartbeat, statistics, and the bell for comments that a crash left without one."""

    def __init__(
        self,
        record: Record,
        name: str,
        keeper: LineupKeeper,
        observer: Observer,
        stop: threading.Event,
        *,
        facts: Mapping[str, Any],
    ) -> None:
        super().__init__(TICK_S, stop)
        self._record = record
        self._worker = name
        self._keeper = keeper
        self._observer = observer
        self._facts = facts

    def tick(self) -> None:
        """One tick."""
        self._record.queue.tick(self._worker, self._state())
        self._observer.flush(self._record)

    def _state(self) -> dict[str, object]:
        lineup = self._keeper.lineup
        release = lineup.default.active
        return {
            "release": release.version,
            "version": __version__,
            "categories": list(release.categories),
            "thresholds": dict(release.thresholds),
            "facts": self._facts,
            "releases": {site: duty.active.version for site, duty in lineup.sites.items()},
            "troubles": [asdict(trouble) for trouble in self._keeper.troubles],
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "rss_bytes": rss_bytes(),
        }


def run(settings: Settings) -> None:
    """Works until SIGTERM or SIGINT.

    Raises:
        SettingsError: the release cannot be used.
    """
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    record = Record(settings)
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid4().hex[:8]}"
    keeper = LineupKeeper(record.releases, load_default(settings), stop)
    observer = Observer()
    judge = Judge(record.policies, lambda: keeper.lineup, observer)
    # What is loaded stays for good: the collector need not look through it again and again.
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    open_station(record.shard, Station(name, record.queue, judge, stop))
    _wait_for_redis(record, keeper, stop)
    keeper.start()
    ScoringTicker(
        record, name, keeper, observer, stop, facts=facts_of_default(settings)
    ).start()
    queue_name = record.queue.doorbell.queue_name
    work_until_stopped(PreloadedWorker, record, queue_name=queue_name, name=name, stop=stop)
    with suppress(RedisAwayError):
        observer.flush(record)
        record.operations.forget_worker(name)


def _wait_for_redis(record: Record, keeper: LineupKeeper, stop: threading.Event) -> None:
    """Returns when the record is ready and the releases on duty are loaded."""
    while not stop.is_set():
        try:
            record.prepare()
            keeper.look()
        except RedisAwayError as error:
            log.warning("waiting for Redis: %s", error)
            stop.wait(RETRY_S)
        else:
            return
