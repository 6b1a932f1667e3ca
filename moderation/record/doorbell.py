"""The doorbell: one RQ job that tells a worker to drain the pending streams of a shard.

A job per comment costs far more than scoring it; one job for all that wait costs nothing.
Scripts set the bell; whoever is told to ring enqueues the job here. A crash in between is
mended by the workers' ticker.
"""

from __future__ import annotations

import redis
from rq import Queue

from moderation.record.connection import redis_away

#: The RQ queue of the drain jobs.
SCORING_QUEUE = "scoring"
#: The job, by name: this package never imports the workers.
DRAIN = "workers.scoring.drain"
#: Longer than a drain may take; RQ ends it then.
DRAIN_TIMEOUT_S = 120
#: How long RQ keeps the trace of a drain that failed.
FAILURE_TTL_S = 300


class Doorbell:
    """Rings for the pending streams of one shard."""

    def __init__(self, rq_connection: redis.Redis, shard: str) -> None:
        self._shard = shard
        self._queue = Queue(
            f"{SCORING_QUEUE}-{shard}", connection=rq_connection, serializer="json"
        )

    @property
    def queue_name(self) -> str:
        """The RQ queue that workers of this shard listen on."""
        return str(self._queue.name)

    def ring(self) -> None:
        """Enqueues a drain job unless one is already waiting to be taken."""
        with redis_away():
            if self._queue.count == 0:
                self._queue.enqueue(
                    DRAIN,
                    self._shard,
                    job_timeout=DRAIN_TIMEOUT_S,
                    result_ttl=0,
                    failure_ttl=FAILURE_TTL_S,
                )
