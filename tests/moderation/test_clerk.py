"""The clerk finishes what is open, whoever began it, and outlives what goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from moderation import clerk as clerk_module
from moderation.clerk import Clerk
from moderation.desk.batches import Batches
from moderation.desk.deciding import Verdict
from moderation.domain import Action
from moderation.errors import RedisAwayError
from moderation.record import Record
from moderation.record.batch import Batch
from tests.conftest import DEMO_SITE
from tests.held import hold_many
from tests.moderation.desk.conftest import ANNA

WAIT_S = 5.0


@pytest.fixture
def clerk(record: Record, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clerk]:
    monkeypatch.setattr(clerk_module, "POLL_S", 0.01)
    clerk = Clerk(record)
    yield clerk
    clerk.close()


def freeze(record: Record, count: int) -> Batch:
    ids = hold_many(record, count)
    return Batches(record).freeze(ANNA, ids, Verdict(Action.APPROVE), label="approve these")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_it_finishes_a_batch_that_it_is_told_of(record: Record, clerk: Clerk) -> None:
    freeze(record, 3)
    clerk.wake()
    wait_until(lambda: not record.batches.open())
    assert record.held.total(DEMO_SITE) == 0


def test_it_finds_by_itself_what_another_process_left(record: Record, clerk: Clerk) -> None:
    clerk.start()
    freeze(record, 3)
    wait_until(lambda: not record.batches.open())


def test_several_clerks_finish_several_batches(record: Record, clerk: Clerk) -> None:
    batches = [freeze(record, 250)]
    others = [Clerk(record) for _ in range(3)]
    try:
        for one in (clerk, *others):
            one.wake()
        wait_until(lambda: not record.batches.open())
    finally:
        for one in others:
            one.close()
    made = [entry.parsed() for entry in record.decisions.after(DEMO_SITE, "0-0", limit=2_000)]
    by_people = [one["comment_id"] for one in made if one["source"] == "moderator"]
    assert len(by_people) == len(set(by_people)) == batches[0].now.total


def test_it_waits_while_redis_is_away(
    record: Record, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze(record, 1)
    opened, failures = record.batches.open, [RedisAwayError("away"), RedisAwayError("away")]

    def sometimes_away() -> list[tuple[str, str]]:
        if failures:
            raise failures.pop()
        return opened()

    monkeypatch.setattr(record.batches, "open", sometimes_away)
    clerk.wake()
    wait_until(lambda: not opened())


def test_a_batch_that_fails_does_not_keep_it_from_the_others(
    record: Record, clerk: Clerk
) -> None:
    record.connection.sadd("moderation:{0}:batches-open", f"{DEMO_SITE}:never-was")
    freeze(record, 1)
    clerk.wake()
    wait_until(lambda: record.batches.open() == [(DEMO_SITE, "never-was")])


def test_closed_it_stops_after_the_present_slice(record: Record, clerk: Clerk) -> None:
    clerk.start()
    clerk.close()
    freeze(record, 1)
    clerk.wake()
    time.sleep(0.1)
    assert record.batches.open()
