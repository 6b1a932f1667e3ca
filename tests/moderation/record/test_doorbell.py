"""The bell that calls a drain: one job however many comments, and never silent for long."""

from __future__ import annotations

from collections.abc import Callable

from moderation.domain import Lane
from moderation.record import Record
from tests.moderation.record.pending import accept, key, new


def jobs(record: Record) -> int:
    return int(record.queue.doorbell._queue.count)


def test_many_comments_ring_once(record: Record) -> None:
    for n in range(10):
        record.comments.accept("demo", new(f"c{n}"))
    accept(record, *(f"b{n}" for n in range(150)), lane=Lane.BULK)

    assert jobs(record) == 1


def test_a_drain_clears_the_bell_so_that_the_next_comment_rings_again(
    record: Record, decide_all: Callable[[], None]
) -> None:
    accept(record, "c1")
    decide_all()
    record.queue.doorbell._queue.empty()

    accept(record, "c2")

    assert jobs(record) == 1


def test_the_bell_falls_silent_by_itself(record: Record) -> None:
    accept(record, "c1")

    assert 0 < record.connection.pttl(key(record, ":bell")) <= 2_000


def test_a_tick_rings_only_when_something_waits(record: Record) -> None:
    record.queue.tick("w1", {})
    assert jobs(record) == 0

    accept(record, "c1")
    record.queue.clear_bell()
    record.queue.doorbell._queue.empty()
    record.queue.tick("w1", {})

    assert jobs(record) == 1
