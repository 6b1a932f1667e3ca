"""What waits is counted for each site, exactly: on the way in and on all ways out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from moderation.domain import Lane
from moderation.record import Record
from moderation.record.queue import Settled
from tests.moderation.record.pending import accept, key, new, take


def waiting(record: Record) -> Mapping[str, int]:
    return record.pressure.load().by_site


def test_nothing_was_ever_posted(record: Record):
    record.connection.delete(key(record, "pending:live"), key(record, "pending:bulk"))

    load = record.pressure.load()

    assert (load.waiting, load.left, load.by_site) == (0, 0, {})
    assert load.memory_bytes > 0
    assert load.max_memory_bytes == 0


def test_each_site_is_counted_over_both_lanes_and_repeats_are_not(record: Record):
    record.sites.create("other", "Other")
    accept(record, "c1", "c2")
    accept(record, "c3", lane=Lane.BULK)
    record.comments.accept("demo", new("c1"))
    record.comments.accept("other", new("c1"))

    load = record.pressure.load()

    assert load.by_site == {"demo": 3, "other": 1}
    assert load.waiting == 4


def test_what_is_decided_counts_no_longer_and_makes_the_pace(
    record: Record, decide_all: Callable[[], None]
):
    accept(record, "c1", "c2")
    accept(record, "c3", lane=Lane.BULK)

    decide_all()

    load = record.pressure.load()
    assert (load.waiting, load.left, load.by_site) == (0, 3, {})


def test_what_two_workers_settle_counts_once(record: Record):
    accept(record, "c1", "c2", "c3")
    first, *_ = take(record)
    settled = [Settled(first, "c1")]

    for worker in ("w1", "w2"):
        record.queue.turn(worker, batch=0, claim=False, settled=settled)

    assert waiting(record) == {"demo": 2}


def test_what_is_erased_counts_no_longer_and_once(record: Record):
    accept(record, "c1", "c2")
    [first, _] = take(record)

    record.comments.erase("demo", "c1")
    record.queue.turn("w1", batch=0, claim=False, settled=[Settled(first, "c1")])

    assert waiting(record) == {"demo": 1}


def test_a_question_is_nobodys_comment(record: Record, background_worker: None):
    accept(record, "c1", lane=Lane.BULK)

    record.queue.ask("demo", {"texts": ["a remark"]}, wait_s=20)

    assert waiting(record) in ({}, {"demo": 1})


@pytest.mark.parametrize("counted", [-5, 5])
def test_a_count_that_was_off_is_right_once_nothing_waits(
    record: Record, counted: int, decide_all: Callable[[], None]
):
    accept(record, "c1", "c2")
    record.connection.hset(key(record, "waiting"), "demo", counted)
    decide_all()

    record.pressure.load()

    assert waiting(record) == {}
