"""A trainer process: RQ's forking worker on the queue of trainings, and the nightly schedule.

Each training runs in a child of its own, so that its memory goes back when it ends and its
death harms nobody. This process never imports what it takes to learn.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from contextlib import suppress
from resource import struct_rusage

from rq import Worker
from rq.job import Job
from rq.queue import Queue

from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.settings import Settings
from moderation.trainings import TrainingState
from workers.jobs import TrainingJob
from workers.nightly import Nightly
from workers.rq_loop import StoppableWorker, work_until_stopped
from workers.sweeping import Sweeper
from workers.ticking import Ticker
from workers.workshop import open_workshop

log = logging.getLogger(__name__)

TICK_S = 1.0
#: How much a child yields to whoever scores comments on the same machine.
NICENESS = 10
#: One core is enough; the libraries read these when they are imported.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class TrainingWorker(StoppableWorker, Worker):
    """RQ's forking worker; it says what became of a child that could not say so itself."""

    job_class = TrainingJob

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        """The child, before anything that learns is imported."""
        os.nice(NICENESS)
        os.environ.update(ONE_THREAD)
        super().main_work_horse(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        """Called by RQ on SIGTERM and SIGINT: nobody waits for a training to end."""
        super().handle_warm_shutdown_request()
        if self.horse_pid:
            self.kill_horse()

    def handle_work_horse_killed(
        self, job: Job, _pid: int | None, status: int | None, _usage: struct_rusage | None
    ) -> None:
        """Called by RQ when a child ended without a word: fails its training."""
        _shard, site, training_id = job.args
        error = _stopped() if self.stop.is_set() else _died(status or 0)
        log.error("the training %s of the site %s failed: %s", training_id, site, error)
        with suppress(RedisAwayError):
            self.record.trainings.end(site, training_id, TrainingState.FAILED, error=error)


class TrainingTicker(Ticker):
    """The heartbeat, the schedule, and what crashes left behind."""

    def __init__(self, record: Record, stop: threading.Event) -> None:
        super().__init__(TICK_S, stop)
        self._record = record
        self._nightly = Nightly(record)

    def tick(self) -> None:
        """One tick."""
        self._record.trainings.tick()
        self._nightly.start_due()
        for site in self._record.sites.all():
            self._record.trainings.tend(site.id)


def run(settings: Settings) -> None:
    """Trains what is asked for until SIGTERM or SIGINT."""
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    record = Record(settings)
    open_workshop(record.shard, settings)
    TrainingTicker(record, stop).start()
    Sweeper(record, settings, stop).start()
    work_until_stopped(
        TrainingWorker,
        record,
        queue_name=record.trainings.queue_name,
        name=f"trainer-{socket.gethostname()}-{os.getpid()}",
        stop=stop,
    )


def _stopped() -> str:
    return "the trainer was stopped before the training was done; train again"


def _died(status: int) -> str:
    if not os.WIFSIGNALED(status):
        return (
            f"the training process ended with exit status {os.WEXITSTATUS(status)}; "
            "the trainer's log says more"
        )
    return (
        f"the training process was killed (signal {os.WTERMSIG(status)}); most often memory "
        "ran out: give the trainer more, or train from fewer labels"
    )
