"""What the doctor says of Redis: each check is broken once, on facts and on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from moderation.doctor import server
from moderation.doctor.findings import Level
from moderation.record import Record
from moderation.record.server import ServerFacts
from moderation.settings import Settings

GB = 1024**3
SOUND = ServerFacts(
    name="valkey",
    version=(7, 2, 4),
    is_replica=False,
    used_bytes=GB,
    limit_bytes=4 * GB,
    eviction="noeviction",
    has_aof=True,
    is_writing_aof=True,
    appendfsync="everysec",
    packed_field_bytes=1_024,
    clients=20,
    most_clients=10_000,
    clock_ahead_s=0.0,
)


def troubles(facts: ServerFacts, **settings: Any) -> dict[str, Level]:
    found = server.examine(facts, Settings(**settings))
    return {one.subject: one.level for one in found if one.level is not Level.WELL}


def test_a_sound_server_has_nothing() -> None:
    assert not troubles(SOUND)


def test_one_that_tells_nothing_of_itself_has_nothing_either() -> None:
    assert not troubles(ServerFacts())


@pytest.mark.parametrize(
    ("change", "subject", "level"),
    [
        ({"version": (6, 2, 7)}, "Redis version", Level.WRONG),
        ({"is_replica": True}, "Redis role", Level.WRONG),
        ({"has_aof": False}, "Redis append-only file", Level.WRONG),
        ({"is_writing_aof": False}, "Redis append-only file", Level.WRONG),
        ({"appendfsync": "no"}, "Redis flushing", Level.WRONG),
        ({"eviction": "allkeys-lru"}, "Redis eviction", Level.WRONG),
        ({"limit_bytes": 0}, "Redis memory", Level.DOUBTFUL),
        ({"used_bytes": int(3.2 * GB)}, "Redis memory", Level.DOUBTFUL),
        ({"used_bytes": int(3.8 * GB)}, "Redis memory", Level.WRONG),
        ({"packed_field_bytes": 64}, "Redis packing", Level.DOUBTFUL),
        ({"clients": 9_000}, "Redis connections", Level.DOUBTFUL),
        ({"clock_ahead_s": 5.0}, "Clocks", Level.DOUBTFUL),
        ({"clock_ahead_s": -5.0}, "Clocks", Level.DOUBTFUL),
    ],
)
def test_each_flaw_is_found_alone_and_has_a_cure(
    change: dict[str, Any], subject: str, level: Level
) -> None:
    facts = replace(SOUND, **change)

    assert troubles(facts) == {subject: level}
    assert all(
        bool(one.cure) is (one.level is not Level.WELL)
        for one in server.examine(facts, Settings())
    )


def test_the_service_s_own_limit_of_memory_counts_too() -> None:
    assert not troubles(replace(SOUND, limit_bytes=0), max_memory_mb=4096)
    assert troubles(SOUND, max_memory_mb=1024) == {"Redis memory": Level.WRONG}


def test_comments_that_wait_for_copies_which_are_not_there() -> None:
    alone = replace(SOUND, replicas=0)

    assert troubles(alone, replicas_waited=1) == {"Redis replicas": Level.WRONG}
    assert not troubles(replace(SOUND, replicas=1), replicas_waited=1)
    assert not troubles(alone)


@contextmanager
def configured(connection: Redis, **options: str) -> Iterator[None]:
    """A server with other options, and as it was afterwards."""
    written = {name.replace("_", "-"): value for name, value in options.items()}
    before = {name: connection.config_get(name)[name] for name in written}  # type: ignore[index]
    for name, value in written.items():
        connection.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            connection.config_set(name, value)


def test_a_real_server_is_seen_as_it_is(record: Record) -> None:
    options = {
        "appendfsync": "no",
        "maxmemory_policy": "allkeys-lru",
        "hash_max_listpack_value": "64",
        "maxmemory": str(100 * GB),
    }
    assert not set(troubles(record.server.facts())) - {"Redis memory"}

    with configured(record.connection, **options):
        assert set(troubles(record.server.facts())) == {
            "Redis flushing",
            "Redis eviction",
            "Redis packing",
        }


def test_one_whose_acl_refuses_to_tell_is_not_called_wrong(
    record: Record, settings: Settings, redis_url: str
) -> None:
    # Given a user who may use every key, but not ask for INFO or CONFIG
    record.connection.acl_setuser(
        "plain",
        enabled=True,
        passwords=["+secret"],
        keys=["*"],
        categories=["+@all"],
        commands=["-info", "-config", "-time"],
    )
    separator = "&" if "?" in redis_url else "?"
    url = f"{redis_url}{separator}username=plain&password=secret"
    # When it looks
    try:
        facts = Record(settings.with_redis(url)).server.facts()
    finally:
        record.connection.acl_deluser("plain")
    # Then what is not told is unknown
    assert facts == ServerFacts()
    assert not troubles(facts)
