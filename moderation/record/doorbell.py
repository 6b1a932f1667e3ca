"""Doorbells: one RQ job each that has a worker do all that waits.

A job per comment costs far more than scoring it; one job for all that wait costs nothing.
Scripts set the bell of the pending streams; whoever is told to ring enqueues the job here. A
crash in between is mended by the workers' ticker.
"""

from __future__ import annotations

import logging

import redis
from rq import Queue

from moderation.errors import RedisAwayError
from moderation.record.connection import redis_away

log = logging.getLogger(__name__)

#: The RQ queue of the drain jobs.
SCORING_QUEUE = "scoring"
#: The job, by name: this package never imports the workers.
DRAIN = "workers.scoring.drain"
#: Longer than a drain may take; RQ ends it then.
DRAIN_TIMEOUT_S = 120
#: How long RQ keeps the trace of a job that failed.
FAILURE_TTL_S = 300


class Doorbell:
    """Rings for one kind of work on a shard; by default for the pending streams.

    Args:
        rq_connection: for RQ.
        shard: the job's only argument.
        queue: the RQ queue's name, without the shard.
        job: the job, by dotted name.
        timeout_s: longer than the job may take; RQ ends it then.
    """

    def __init__(
        self,
        rq_connection: redis.Redis,
        shard: str,
        *,
        queue: str = SCORING_QUEUE,
        job: str = DRAIN,
        timeout_s: int = DRAIN_TIMEOUT_S,
    ) -> None:
        self._shard = shard
        self._job = job
        self._timeout_s = timeout_s
        self._queue = Queue(f"{queue}-{shard}", connection=rq_connection, serializer="json")

    @property
    def queue_name(self) -> str:
        """The RQ queue that workers of this shard listen on."""
        return str(self._queue.name)

    def ring(self) -> None:
        """Enqueues a job unless one is already waiting to be taken.

        While RQ's Redis is away nothing is: what waits is safe in the record, which may be
        on another server, and the workers' ticker rings again.
        """
        try:
            with redis_away():
                self._enqueue()
        except RedisAwayError as error:
            log.warning("nobody is rung for: %s", error)

    def _enqueue(self) -> None:
        if self._queue.count == 0:
            self._queue.enqueue(
                self._job,
                self._shard,
                job_timeout=self._timeout_s,
                result_ttl=0,
                failure_ttl=FAILURE_TTL_S,
            )
