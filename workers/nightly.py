"""The nightly trainings: RQ's own cron, fed with what the sites wish at this moment.

RQ's scheduler knows when a turn comes. It would enqueue a pickled job, and each of two
schedulers would: here a turn starts a training as a person does, once for all trainers.
"""

from __future__ import annotations

import logging
from datetime import datetime

import redis
from rq.cron import CronJob, CronScheduler
from rq.job import Job

from moderation.desk.trainings import Trainings
from moderation.errors import TrainingRunningError
from moderation.record import Record

log = logging.getLogger(__name__)


class SiteTurn(CronJob):
    """The turns of one site."""

    def __init__(self, record: Record, site: str, cron: str) -> None:
        super().__init__(record.trainings.queue_name, func_name=f"nightly of {site}", cron=cron)
        self._trainings = Trainings(record)
        self.site = site

    def enqueue(self, _connection: redis.Redis) -> Job | None:  # type: ignore[override]
        """Called by RQ when the turn has come; starts the training unless it runs already."""
        turn = self.next_enqueue_time
        if isinstance(turn, datetime):
            self._start(turn)
        return None

    def _start(self, turn: datetime) -> None:
        try:
            self._trainings.start_nightly(self.site, turn)
        except TrainingRunningError as error:
            log.info("the site %s is not trained by the schedule: %s", self.site, error)


class Nightly:
    """The schedules of all sites of a shard."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._scheduler = CronScheduler(record.rq_connection, logging_level="WARNING")

    def start_due(self) -> None:
        """Starts the trainings whose turn has come since the last call.

        Raises:
            RedisAwayError: Redis does not answer; what was not started is started later.
        """
        self._follow(self._record.schedules.all())
        self._scheduler.enqueue_jobs()

    def _follow(self, wanted: dict[str, str]) -> None:
        """Takes over schedules that were changed, without losing a turn of the others."""
        turns = self._scheduler.get_jobs()
        known = {one.site: one.cron for one in turns if isinstance(one, SiteTurn)}
        turns[:] = [
            one
            for one in turns
            if isinstance(one, SiteTurn) and wanted.get(one.site) == one.cron
        ]
        turns += [
            SiteTurn(self._record, site, cron)
            for site, cron in wanted.items()
            if known.get(site) != cron
        ]
