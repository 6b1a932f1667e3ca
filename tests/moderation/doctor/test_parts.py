"""What the doctor says of the parts that run: each check is broken once, on a real record."""

from __future__ import annotations

import time
from typing import Any

import pytest

from moderation import __version__
from moderation.deliveries import Outcome
from moderation.doctor import parts
from moderation.doctor.findings import Level
from moderation.domain import Lane
from moderation.record import Record
from moderation.record.keys import Keys
from tests.deliveries import attempt_all, new_endpoint
from tests.held import hold


def state(**more: Any) -> dict[str, Any]:
    return {"release": "a-1", "version": __version__, **more}


@pytest.fixture
def sound(record: Record) -> Record:
    """A record with every part alive."""
    record.queue.tick("w1", state())
    record.trainings.tick()
    record.webhooks.tick()
    return record


def troubles(record: Record) -> dict[str, Level]:
    found = parts.examine(record)
    return {one.subject: one.level for one in found if one.level is not Level.WELL}


def let_wait(record: Record, lane: Lane, seconds: float) -> None:
    """Puts an entry in the queue that has waited for so long."""
    since_ms = int((time.time() - seconds) * 1000)
    key = Keys(record.shard)("pending", lane.value)
    record.connection.xadd(key, {"site": "demo"}, id=f"{since_ms}-1")


def test_a_service_that_is_all_there_has_nothing(sound: Record) -> None:
    assert not troubles(sound)


def test_nobody_alive(record: Record) -> None:
    assert troubles(record) == {
        "Workers": Level.WRONG,
        "Trainer": Level.DOUBTFUL,
        "Deliverer": Level.DOUBTFUL,
    }


def test_no_deliverer_where_a_site_waits_for_webhooks(sound: Record) -> None:
    sound.connection.delete(Keys(sound.shard)("deliverer"))
    new_endpoint(sound)

    assert troubles(sound) == {"Deliverer": Level.WRONG}


def test_a_worker_of_another_version(sound: Record) -> None:
    sound.queue.tick("w2", state(version="0.0.9"))

    assert troubles(sound) == {"Worker versions": Level.DOUBTFUL}


def test_one_that_does_not_tell_its_version_is_an_older_one(sound: Record) -> None:
    sound.queue.tick("w2", {"release": "a-1"})

    assert troubles(sound) == {"Worker versions": Level.DOUBTFUL}


def test_workers_that_score_differently(sound: Record) -> None:
    sound.queue.tick("w2", state(release="b-2"))

    assert troubles(sound) == {"Releases": Level.DOUBTFUL}


def test_a_release_that_a_worker_cannot_use(sound: Record) -> None:
    trouble = {"site": "demo", "version": "b-2", "why": "schema 9", "instead": "a-1"}
    sound.queue.tick("w1", state(troubles=[trouble]))

    assert troubles(sound) == {"Sites' releases": Level.WRONG}


@pytest.mark.parametrize(
    ("lane", "seconds", "level"),
    [
        (Lane.LIVE, 6.0, Level.DOUBTFUL),
        (Lane.LIVE, 60.0, Level.WRONG),
        (Lane.BULK, 7_200.0, Level.DOUBTFUL),
    ],
)
def test_a_comment_that_waits_for_long(
    sound: Record, lane: Lane, seconds: float, level: Level
) -> None:
    let_wait(sound, lane, seconds)

    assert troubles(sound) == {"Backlog": level}


def test_a_batch_may_wait_for_a_while(sound: Record) -> None:
    let_wait(sound, Lane.BULK, 60.0)

    assert not troubles(sound)


def test_messages_that_were_given_up(sound: Record) -> None:
    endpoint = new_endpoint(sound)
    hold(sound, "c1")
    attempt_all(sound, endpoint, Outcome.PARKED, status=500, error="no")

    [finding] = [one for one in parts.examine(sound) if one.subject == "Webhooks"]

    assert finding.level is Level.DOUBTFUL
    assert "1 of demo" in finding.says
