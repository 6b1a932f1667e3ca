"""Trainings as people and the schedule start, watch and cancel them; the trainer is played."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from moderation.bootstrap import DEMO_SITE
from moderation.desk.trainings import Trainings
from moderation.domain import Actor, Role
from moderation.errors import (
    NotAllowedError,
    TrainingOverError,
    TrainingRunningError,
    UnknownReleaseError,
    UnknownTrainingError,
    UnsuitableScheduleError,
)
from moderation.record import Record, trainings
from moderation.record.trainings import KEPT
from moderation.settings import Settings
from moderation.trainings import NIGHTLY, TrainingKind, TrainingState

ADMIN = Actor("anna", DEMO_SITE, Role.ADMIN)


@pytest.fixture
def desk(record: Record) -> Trainings:
    return Trainings(record)


@pytest.fixture
def more_records(settings: Settings) -> Iterator[Callable[[], Record]]:
    """Makes records as other processes have them."""
    made: list[Record] = []

    def make() -> Record:
        made.append(Record(settings))
        return made[-1]

    yield make
    for one in made:
        one.connection.close()
        one.rq_connection.close()


def test_a_training_waits_in_a_queue_of_its_own(desk: Trainings, record: Record):
    started = desk.start(ADMIN)

    assert started.state is TrainingState.QUEUED
    assert started.kind is TrainingKind.TRAIN
    assert desk.recent(DEMO_SITE) == [started]
    assert record.rq_connection.lrange("rq:queue:training-0", 0, -1) == [started.id.encode()]
    assert record.rq_connection.llen(f"rq:queue:{record.queue.doorbell.queue_name}") == 0


def test_of_two_starts_at_once_one_wins(record: Record, more_records: Callable[[], Record]):
    def start(other: Record) -> bool:
        try:
            Trainings(other).start(ADMIN)
        except TrainingRunningError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(start, [more_records() for _ in range(8)])) == 1
    assert len(record.trainings.recent(DEMO_SITE)) == 1


def test_the_one_that_is_refused_is_told_of_the_other(desk: Trainings):
    first = desk.start(ADMIN)

    with pytest.raises(TrainingRunningError, match="started by anna") as refused:
        desk.start(ADMIN)

    assert refused.value.training.id == first.id


def test_sites_do_not_wait_for_each_other(desk: Trainings, record: Record):
    record.sites.create("other", "Other")
    desk.start(ADMIN)

    desk.start(Actor("anna", "other", Role.ADMIN))


def test_only_admins_act(desk: Trainings):
    moderator = Actor("max", DEMO_SITE, Role.MODERATOR)
    started = desk.start(ADMIN)

    for act in (
        lambda: desk.start(moderator),
        lambda: desk.cancel(moderator, started.id),
        lambda: desk.set_schedule(moderator, "off"),
    ):
        with pytest.raises(NotAllowedError):
            act()


@pytest.mark.parametrize("version", ["2026.01.01-unknown"])
def test_a_release_that_is_not_there_is_neither_parent_nor_compared(
    desk: Trainings, version: str
):
    with pytest.raises(UnknownReleaseError):
        desk.start(ADMIN, parent=version)
    with pytest.raises(UnknownReleaseError):
        desk.compare(ADMIN, version)
    assert desk.recent(DEMO_SITE) == []


def test_a_queued_training_is_cancelled_at_once_and_never_begins(
    desk: Trainings, record: Record
):
    started = desk.start(ADMIN)

    cancelled = desk.cancel(ADMIN, started.id)

    assert (cancelled.state, cancelled.cancelled_by) == (TrainingState.CANCELLED, "anna")
    assert not record.trainings.begin(DEMO_SITE, started.id)
    assert desk.start(ADMIN)


def test_a_running_training_is_asked_to_stop(desk: Trainings, record: Record):
    started = desk.start(ADMIN)
    assert record.trainings.begin(DEMO_SITE, started.id)

    asked = desk.cancel(ADMIN, started.id)
    heard = record.trainings.beat(DEMO_SITE, started.id, stage="Fitting", done=3, total=9)

    assert asked.state is TrainingState.RUNNING
    assert (heard.goes_on, heard.cancelled_by) == (True, "anna")


def test_a_training_begins_once_however_often_it_is_queued(desk: Trainings, record: Record):
    started = desk.start(ADMIN)
    record.trainings.enqueue(started)

    assert [record.trainings.begin(DEMO_SITE, started.id) for _ in range(2)] == [True, False]


def test_what_has_ended_is_not_cancelled(desk: Trainings, record: Record):
    started = desk.start(ADMIN)
    record.trainings.end(DEMO_SITE, started.id, TrainingState.DONE)

    with pytest.raises(TrainingOverError, match="done already"):
        desk.cancel(ADMIN, started.id)
    with pytest.raises(UnknownTrainingError):
        desk.cancel(ADMIN, "unknown")


def test_how_far_it_is_can_be_watched(desk: Trainings, record: Record):
    started = desk.start(ADMIN)
    record.trainings.begin(DEMO_SITE, started.id)

    record.trainings.beat(DEMO_SITE, started.id, stage="Fitting", done=3, total=12)

    now = desk.one(DEMO_SITE, started.id)
    assert (now.state, now.stage, now.share) == (TrainingState.RUNNING, "Fitting", 0.25)


def test_a_silent_training_is_failed_by_who_looks_and_hears_it(
    desk: Trainings, record: Record, monkeypatch: pytest.MonkeyPatch
):
    started = desk.start(ADMIN)
    record.trainings.begin(DEMO_SITE, started.id)
    assert desk.one(DEMO_SITE, started.id).state is TrainingState.RUNNING

    monkeypatch.setattr(trainings, "SILENT_S", 0)
    [failed] = desk.recent(DEMO_SITE)

    assert failed.state is TrainingState.FAILED
    assert "died without a word" in failed.error
    heard = record.trainings.beat(DEMO_SITE, started.id, stage="Fitting", done=3, total=9)
    assert not heard.goes_on


def test_a_cancel_is_no_sign_of_life(
    desk: Trainings, record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given a training whose process is dead
    started = desk.start(ADMIN)
    record.trainings.begin(DEMO_SITE, started.id)
    key = f"moderation:{{0}}:training:{DEMO_SITE}:{started.id}"
    before = record.connection.hget(key, "beat_ms")

    desk.cancel(ADMIN, started.id)

    assert record.connection.hget(key, "beat_ms") == before


def test_only_the_last_trainings_are_kept(desk: Trainings, record: Record):
    for _ in range(KEPT + 3):
        started = desk.start(ADMIN)
        record.trainings.end(DEMO_SITE, started.id, TrainingState.DONE)

    assert len(desk.recent(DEMO_SITE, limit=KEPT + 3)) == KEPT
    assert len(list(record.connection.scan_iter("*:training:demo:*"))) == KEPT


def test_a_schedule_says_when_it_comes_next(desk: Trainings):
    schedule = desk.set_schedule(ADMIN, " 30  3 * * * ")

    assert (schedule.cron, schedule.who) == ("30 3 * * *", "anna")
    turn = datetime.fromisoformat(schedule.next_at)
    assert timedelta(0) < turn - datetime.now(UTC) <= timedelta(days=1)
    assert turn.astimezone().strftime("%H:%M") == "03:30"
    assert desk.schedule(DEMO_SITE) == schedule


@pytest.mark.parametrize("word", ["", "off", " OFF "])
def test_a_schedule_is_switched_off(desk: Trainings, record: Record, word: str):
    desk.set_schedule(ADMIN, "* * * * *")

    off = desk.set_schedule(ADMIN, word)

    assert (off.cron, off.next_at) == ("", "")
    assert record.schedules.all() == {}


@pytest.mark.parametrize(
    "cron", ["nightly", "60 * * * *", "* * * *", "* * * * * *", "@daily", "0 0 31 2 *"]
)
def test_a_schedule_that_cannot_be_is_refused_with_an_example(desk: Trainings, cron: str):
    with pytest.raises(UnsuitableScheduleError, match="30 3"):
        desk.set_schedule(ADMIN, cron)
    assert desk.schedule(DEMO_SITE).cron == ""


def test_of_two_trainers_one_takes_a_turn(record: Record, more_records: Callable[[], Record]):
    turn = datetime.now(UTC)

    taken = [Trainings(more_records()).start_nightly(DEMO_SITE, turn) for _ in range(2)]

    assert [one and one.started_by for one in taken] == [NIGHTLY, None]


def test_all_of_it_stands_in_the_audit_log(desk: Trainings, record: Record):
    started = desk.start(ADMIN)
    desk.cancel(ADMIN, started.id)
    desk.set_schedule(ADMIN, "30 3 * * *")

    entries = record.audit.page(DEMO_SITE).entries
    assert [one.details["did"] for one in entries] == [
        "scheduled",
        "cancelled",
        "started: train",
    ]
