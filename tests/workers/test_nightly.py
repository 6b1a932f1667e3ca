"""The schedule: RQ's cron under a clock of our own, on the real server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rq import cron

from moderation.bootstrap import DEMO_SITE
from moderation.desk.trainings import Trainings
from moderation.domain import Actor, Role
from moderation.record import Record
from moderation.settings import Settings
from moderation.trainings import NIGHTLY, Training, TrainingState
from workers.nightly import Nightly

ADMIN = Actor("anna", DEMO_SITE, Role.ADMIN)
EVENING = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


class Clock:
    """RQ's clock, which goes when it is told to."""

    def __init__(self) -> None:
        self.now = EVENING

    def __call__(self) -> datetime:
        return self.now

    def local(self, clock_time: str) -> None:
        """Goes on to the next time of day, local as cron means it."""
        hour, minute = map(int, clock_time.split(":"))
        local = self.now.astimezone()
        wanted = local.replace(hour=hour, minute=minute, second=0)
        self.now = (wanted if wanted > local else wanted + timedelta(days=1)).astimezone(UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(cron, "now", clock)
    return clock


def started(record: Record) -> list[Training]:
    return Trainings(record).recent(DEMO_SITE)


def test_a_training_starts_when_its_turn_comes_and_once(record: Record, clock: Clock):
    # Given
    Trainings(record).set_schedule(ADMIN, "30 3 * * *")
    nightly = Nightly(record)

    # When
    clock.local("03:29")
    nightly.start_due()
    early = started(record)
    clock.local("03:30")
    for _ in range(3):
        nightly.start_due()

    # Then
    assert early == []
    [training] = started(record)
    assert training.is_scheduled
    assert training.started_by == NIGHTLY
    assert training.state is TrainingState.QUEUED


def test_it_comes_again_the_next_night(record: Record, clock: Clock):
    Trainings(record).set_schedule(ADMIN, "30 3 * * *")
    nightly = Nightly(record)
    for _ in range(2):
        nightly.start_due()
        clock.local("03:31")
        nightly.start_due()
        for one in started(record):
            record.trainings.end(DEMO_SITE, one.id, TrainingState.DONE)

    assert len(started(record)) == 2


def test_two_trainers_start_it_once(settings: Settings, record: Record, clock: Clock):
    # Given
    Trainings(record).set_schedule(ADMIN, "30 3 * * *")
    other = Record(settings)
    trainers = [Nightly(record), Nightly(other)]
    for one in trainers:
        one.start_due()

    # When: the second looks after the first one's training has ended
    clock.local("03:30")
    trainers[0].start_due()
    [training] = started(record)
    record.trainings.end(DEMO_SITE, training.id, TrainingState.DONE)
    trainers[1].start_due()
    other.connection.close()
    other.rq_connection.close()

    # Then
    assert len(started(record)) == 1


def test_a_change_is_followed_without_a_restart(record: Record, clock: Clock):
    desk, nightly = Trainings(record), Nightly(record)
    nightly.start_due()

    desk.set_schedule(ADMIN, "30 3 * * *")
    nightly.start_due()
    desk.set_schedule(ADMIN, "0 5 * * *")
    nightly.start_due()
    clock.local("03:30")
    nightly.start_due()
    before = started(record)
    clock.local("05:00")
    nightly.start_due()

    assert before == []
    assert len(started(record)) == 1


def test_what_is_switched_off_starts_no_more(record: Record, clock: Clock):
    desk, nightly = Trainings(record), Nightly(record)
    desk.set_schedule(ADMIN, "30 3 * * *")
    nightly.start_due()

    desk.set_schedule(ADMIN, "off")
    clock.local("03:30")
    nightly.start_due()

    assert started(record) == []


def test_a_turn_while_one_runs_is_let_go(record: Record, clock: Clock):
    desk, nightly = Trainings(record), Nightly(record)
    desk.set_schedule(ADMIN, "30 3 * * *")
    nightly.start_due()
    desk.start(ADMIN)

    clock.local("03:30")
    nightly.start_due()

    [training] = started(record)
    assert not training.is_scheduled
