"""When each site is trained by itself: cron expressions, read the way RQ's own cron does."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import redis
from rq.cron import CronJob

from moderation.domain import rfc3339
from moderation.encoding import compact_json
from moderation.errors import UnsuitableScheduleError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.trainings import Schedule

#: Minute, hour, day of the month, month, day of the week. RQ would take seconds as well.
FIELDS = 5
EXAMPLE = "30 3 * * *"
#: How long it is remembered that somebody took a site's turn; clocks differ by less.
TURN_TTL_S = 86_400


class Schedules:
    """The schedules of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def of(self, site: str) -> Schedule:
        """A site's schedule; one that never comes if nobody made any."""
        with redis_away():
            written: Any = self._connection.hget(self._keys("training_schedules"), site)
        return _schedule(written) if written else Schedule()

    def all(self) -> dict[str, str]:
        """Site → cron expression, for the sites that have one."""
        with redis_away():
            stored: Any = self._connection.hgetall(self._keys("training_schedules"))
        crons = {site: str(json.loads(written)["cron"]) for site, written in stored.items()}
        return {site: cron for site, cron in crons.items() if cron}

    def set(self, site: str, schedule: Schedule) -> None:
        """Replaces a site's schedule.

        Raises:
            UnsuitableScheduleError: its expression cannot be read, or never comes.
        """
        if schedule.cron:
            next_time(schedule.cron)
        written = {"cron": schedule.cron, "who": schedule.who, "at": schedule.at}
        with redis_away():
            self._connection.hset(self._keys("training_schedules"), site, compact_json(written))

    def take_turn(self, site: str, turn: datetime) -> bool:
        """Takes a site's turn, as one of several trainers; whether no other was first."""
        key = self._keys("training_turn", site, f"{turn.timestamp():.0f}")
        with redis_away():
            return bool(self._connection.set(key, "1", nx=True, ex=TURN_TTL_S))


def next_time(cron: str) -> datetime:
    """When an expression comes next, in UTC; its fields are this machine's local time.

    Raises:
        UnsuitableScheduleError: it cannot be read, or never comes.
    """
    try:
        found = CronJob("", func_name="-", cron=cron).next_enqueue_time
    except ValueError as error:
        raise UnsuitableScheduleError(_complaint(cron, str(error))) from None
    if found is None or len(cron.split()) != FIELDS:
        raise UnsuitableScheduleError(_complaint(cron, f"{len(cron.split())} fields"))
    return found


def _complaint(cron: str, why: str) -> str:
    return (
        f"{cron!r} is no schedule ({why}): write five fields as cron does, minute, hour, day "
        f"of the month, month, day of the week, such as {EXAMPLE!r} for half past three each "
        "night"
    )


def _schedule(written: str) -> Schedule:
    stored: dict[str, str] = json.loads(written)
    cron = stored["cron"]
    return Schedule(
        cron=cron,
        who=stored["who"],
        at=stored["at"],
        next_at=rfc3339(next_time(cron)) if cron else "",
    )
