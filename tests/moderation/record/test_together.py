"""Calls that come at the same time share one round trip."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from moderation.record.together import MOST_AT_ONCE, Together


class Trips:
    """Answers with the double of each item; the first trip lasts until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.under_way = threading.Event()
        self.let_go = threading.Event()

    def run(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.under_way.set()
        assert self.let_go.wait(10)
        if -1 in items:
            raise ValueError("this trip fails")
        return [2 * item for item in items]


def start_together(trips: Trips, items: Sequence[int]) -> tuple[ThreadPoolExecutor, list]:
    together: Together[int, int] = Together(trips.run)
    pool = ThreadPoolExecutor(len(items))
    futures = [pool.submit(together.do, items[0])]
    assert trips.under_way.wait(10)
    futures += [pool.submit(together.do, item) for item in items[1:]]
    while len(together._waiting) < len(items) - 1:
        threading.Event().wait(0.01)
    trips.let_go.set()
    return pool, futures


def test_callers_that_come_during_a_trip_take_the_next_one_together():
    trips = Trips()
    pool, futures = start_together(trips, range(20))
    assert [future.result(10) for future in futures] == [2 * item for item in range(20)]
    assert [len(batch) for batch in trips.batches] == [1, 19]
    pool.shutdown()


def test_a_trip_carries_no_more_than_redis_may_be_kept_busy_with():
    trips = Trips()
    pool, futures = start_together(trips, range(MOST_AT_ONCE + 11))
    assert [future.result(10) for future in futures] == [
        2 * i for i in range(MOST_AT_ONCE + 11)
    ]
    assert max(len(batch) for batch in trips.batches) == MOST_AT_ONCE
    pool.shutdown()


def test_what_a_trip_raises_every_caller_of_it_gets():
    trips = Trips()
    pool, futures = start_together(trips, [1, -1, 3])
    assert futures[0].result(10) == 2
    for future in futures[1:]:
        with pytest.raises(ValueError, match="this trip fails"):
            future.result(10)
    pool.shutdown()


def test_a_caller_that_is_ended_takes_nobody_with_it():
    # Given a trip that is ended from outside, with one more caller on board
    ended: list[bool] = []

    def run(items: Sequence[int]) -> list[int]:
        if not ended:
            ended.append(True)
            waiting.set()
            assert boarded.wait(10)
            raise SystemExit
        return [2 * item for item in items]

    waiting, boarded = threading.Event(), threading.Event()
    together: Together[int, int] = Together(run)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(together.do, 1)
        assert waiting.wait(10)
        second = pool.submit(together.do, 2)
        boarded.set()
        # Then only its own caller is ended
        with pytest.raises(SystemExit):
            first.result(10)
        assert second.result(10) == 4
