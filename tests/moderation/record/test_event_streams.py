"""The places of event streams: counted over all processes, and free again whatever happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from moderation.errors import TooManyStreamsError
from moderation.record import Record, event_streams
from moderation.settings import Settings
from tests.conftest import API_KEY, DEMO_SITE

WAIT_S = 30.0
SHORT_S, LONG_S = 0.2, 60


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, max_streams=2)


@pytest.fixture
def other_process(settings: Settings) -> Iterator[Record]:
    """The record as another process has it."""
    other = Record(settings)
    yield other
    other.connection.close()
    other.rq_connection.close()


def has_room(record: Record) -> bool:
    try:
        record.event_streams.open(API_KEY).end()
    except TooManyStreamsError:
        return False
    return True


def test_those_of_other_processes_count(record: Record, other_process: Record):
    record.event_streams.open(API_KEY)
    lease = other_process.event_streams.open(API_KEY)

    assert not has_room(record)
    assert not has_room(other_process)

    lease.end()
    assert has_room(record)


def test_the_places_of_a_killed_process_are_free_when_their_leases_end(
    record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given two streams that nobody ended, one of which is no more
    monkeypatch.setattr(event_streams, "LEASE_S", SHORT_S)
    alive, killed = (record.event_streams.open(API_KEY) for _ in range(2))

    # When the other one goes on
    deadline = time.monotonic() + WAIT_S
    while not has_room(record):
        assert alive.renew()
        assert time.monotonic() < deadline

    # Then its place was never free
    monkeypatch.setattr(event_streams, "LEASE_S", LONG_S)
    taken = record.event_streams.open(API_KEY)
    assert alive.renew()
    assert not has_room(record)
    # And who comes back too late does not push others out
    assert not killed.renew()
    assert taken.renew()


def test_a_revoked_key_keeps_no_place(record: Record):
    lease = record.event_streams.open(API_KEY)

    record.sites.rotate_key(DEMO_SITE)

    assert not lease.renew()


def test_nothing_is_left_when_all_have_ended(record: Record):
    leases = [record.event_streams.open(API_KEY) for _ in range(2)]
    assert record.connection.keys("*:event-streams:*")

    for lease in leases:
        lease.end()

    assert not record.connection.keys("*:event-streams:*")


def test_none_is_any_number(record: Record, settings: Settings):
    unbounded = Record(replace(settings, max_streams=0))

    leases = [unbounded.event_streams.open(API_KEY) for _ in range(5)]

    assert all(lease.renew() for lease in leases)
    unbounded.connection.close()
    unbounded.rq_connection.close()


def test_a_full_redis_ends_no_stream(record: Record):
    lease = record.event_streams.open(API_KEY)
    record.connection.config_set("maxmemory", "1mb")
    try:
        assert lease.renew()
    finally:
        record.connection.config_set("maxmemory", "0")
