"""RQ's loop as every process here runs it: until it is asked to stop, whatever Redis does."""

from __future__ import annotations

import threading
from contextlib import suppress
from uuid import uuid4

from rq.worker import BaseWorker

from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.connection import redis_away

#: How long to wait before Redis, or RQ's worker, is tried again.
RETRY_S = 0.5


class StoppableWorker(BaseWorker):
    """An RQ worker that passes a request to stop on to whatever it runs.

    Mixed with RQ's worker of the kind that is wanted: one that runs its jobs in this process,
    or one that forks for each. Hence their common base here, which does neither.
    """

    max_connection_wait_time = RETRY_S
    record: Record
    stop: threading.Event

    def handle_warm_shutdown_request(self) -> None:
        """Called by RQ on SIGTERM and SIGINT."""
        self.stop.set()


def work_until_stopped(
    kind: type[StoppableWorker],
    record: Record,
    *,
    queue_name: str,
    name: str,
    stop: threading.Event,
) -> None:
    """Works on one RQ queue; begins anew when RQ's loop ends by itself.

    It does when Redis went away at a bad moment.

    Args:
        kind: of the worker.
        record: what it works for.
        queue_name: the RQ queue.
        name: of this process; each loop adds something of its own.
        stop: set when the process is to end.
    """
    while not stop.is_set():
        with suppress(RedisAwayError), redis_away():
            worker = kind(
                [queue_name],
                name=f"{name}-{uuid4().hex[:8]}",
                connection=record.rq_connection,
                serializer="json",
                log_job_description=False,
            )
            worker.record, worker.stop = record, stop
            worker.work(logging_level="WARNING")
        stop.wait(RETRY_S)
