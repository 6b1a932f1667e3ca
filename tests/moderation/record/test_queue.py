"""The pending streams: turns, what dead workers left, the facts that come along."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from moderation.domain import Lane
from moderation.encoding import compact_json
from moderation.policy import FLOOD_WINDOW_S
from moderation.record import Record
from moderation.record import queue as queue_module
from moderation.record.queue import PendingComment, Settled
from tests.fakes import FakeRelease
from tests.moderation.record.pending import accept, decision, new, status, take
from workers import reading, scoring


@pytest.fixture
def quick_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker has had for 1 ms is up for others."""
    monkeypatch.setattr(queue_module, "CLAIM_IDLE_MS", 1)
    monkeypatch.setattr(scoring, "CLAIM_EVERY_S", 0.0)


def test_live_comes_before_bulk(record: Record) -> None:
    accept(record, "bulk1", "bulk2", lane=Lane.BULK)
    accept(record, "live1", "live2")

    assert [one.comment_id for one in take(record)] == ["live1", "live2"]
    assert [one.comment_id for one in take(record)] == ["bulk1", "bulk2"]
    assert take(record) == []


def test_two_workers_never_get_the_same_entry(record: Record) -> None:
    accept(record, "c1", "c2", "c3")

    first = record.queue.turn("w1", batch=2, claim=False).entries
    second = record.queue.turn("w2", batch=2, claim=False).entries

    assert [one.comment_id for one in first + second] == ["c1", "c2", "c3"]


def test_what_a_dead_worker_left_is_taken_over(record: Record, quick_claims: None) -> None:
    accept(record, "c1", "c2")
    assert len(take(record, "dead")) == 2
    time.sleep(0.02)

    assert take(record, "w2", claim=False) == []
    taken = take(record, "w2", claim=True)

    assert [(one.comment_id, one.deliveries) for one in taken] == [("c1", 2), ("c2", 2)]


def test_what_is_in_work_is_left_alone(record: Record) -> None:
    accept(record, "c1")
    take(record, "busy")

    assert take(record, "w2", claim=True) == []


def test_what_is_acknowledged_when_redis_is_full_is_decided(record: Record) -> None:
    """Redis refuses most writes then, but no acknowledgement: decisions go first."""
    # Given a comment that is taken and judged
    accept(record, "c1")
    [entry] = take(record)
    made = Settled(entry, "c1", 1, "approved", compact_json(decision("c1", 1).to_json()))
    # When Redis has no memory left
    before: Any = record.connection.config_get("maxmemory")
    record.connection.config_set("maxmemory", "1mb")
    try:
        record.queue.turn("w1", batch=0, claim=False, settled=[made])
    finally:
        record.connection.config_set("maxmemory", before["maxmemory"])
    # Then
    assert status(record, "c1")[:2] == ("approved", 1)
    assert sum(record.queue.lengths().values()) == 0


def test_an_entry_that_was_taken_over_before_is_tried_alone(
    record: Record, quick_claims: None
) -> None:
    accept(record, "c1", "c2")
    for worker in ("dead1", "dead2"):
        take(record, worker, claim=True)
        time.sleep(0.02)

    assert [one.comment_id for one in take(record, "w3", claim=True)] == ["c1"]


def test_an_entry_that_kills_workers_is_held_unscored(
    record: Record,
    release: FakeRelease,
    quick_claims: None,
    decide_all: Callable[[], None],
) -> None:
    # Given
    accept(record, "deadly")
    for number in range(reading.MOST_DELIVERIES - 1):
        take(record, f"dead{number}", claim=True)
        time.sleep(0.02)

    # When
    decide_all()

    # Then
    assert status(record, "deadly") == ("held", 1, ["unscored"])
    assert sum(release.batches) == 0
    assert sum(record.queue.lengths().values()) == 0


def test_a_batch_whose_workers_died_twice_is_decided_in_one_drain(
    record: Record,
    quick_claims: None,
    decide_all: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: the interval of a real worker
    monkeypatch.setattr(scoring, "CLAIM_EVERY_S", 1.0)
    ids = [f"c{n}" for n in range(20)]
    accept(record, *ids)
    for worker in ("dead1", "dead2"):
        take(record, worker, claim=True)
        time.sleep(0.02)

    # When
    decide_all()

    # Then
    assert sum(record.queue.lengths().values()) == 0


def test_a_full_batch_calls_one_helper(record: Record) -> None:
    accept(record, "c1", "c2", "c3")
    record.queue.clear_bell()

    assert record.queue.turn("w1", batch=2, claim=False).needs_helper
    assert not record.queue.turn("w2", batch=2, claim=False).needs_helper


def test_consumer_groups_that_are_gone_are_made_again(
    record: Record, decide_all: Callable[[], None]
):
    record.connection.flushall()
    accept(record, "c1")

    decide_all()

    assert status(record, "c1")[0] == "approved"


def test_a_pending_comment_comes_with_the_facts_about_it(record: Record):
    # Given
    text = "The same sentence, long enough to be remembered"
    accept(record, "c1", text=text)
    record.decisions.write("demo", decision("c1", 1))
    accept(record, "c2", text=text)
    record.comments.accept("demo", new("c3", text, author="bo"))

    # Then
    _, second, third = take(record)
    assert isinstance(second, PendingComment)
    assert (second.facts.approved_before, second.facts.recent_by_author) == (1, 2)
    assert (second.facts.copies_before, second.facts.copies_by_author_before) == (1, 1)
    assert (third.facts.copies_before, third.facts.copies_by_author_before) == (2, 0)
    assert (third.facts.approved_before, third.facts.recent_by_author) == (0, 1)


def test_a_site_without_a_policy_has_the_flood_window_of_the_default_policy(record: Record):
    # Given two comments of an author as far apart as the window is long, and a third
    window_ms = FLOOD_WINDOW_S * 1000
    first = new("c1")
    for number, after_ms in enumerate((0, window_ms, window_ms + 1), start=1):
        one = replace(first, id=f"c{number}", created_ms=first.created_ms + after_ms)
        record.comments.accept("demo", one)

    # Then each sees those after the moment a window ago
    assert [one.facts.recent_by_author for one in take(record)] == [1, 1, 2]
