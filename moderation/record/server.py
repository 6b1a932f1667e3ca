"""What the Redis server says of itself: memory, persistence, how it is set up.

Knows no key of ours. What a server refuses to tell (an ACL, a managed service) is unknown,
never an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import redis
from redis.exceptions import ResponseError

from moderation.record.connection import redis_away

#: What is asked of `CONFIG GET`.
OPTIONS = ("appendfsync", "hash-max-listpack-value", "maxclients")


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server says of itself; `None` where it does not tell.

    Attributes:
        name: `valkey` or `redis`.
        version: of the Redis whose commands it speaks, as numbers.
        is_replica: whether it only follows another server.
        replicas: how many follow it.
        used_bytes: memory in use.
        limit_bytes: the most that it may use, 0 for no limit.
        eviction: what it throws away when that is reached.
        has_aof: whether it keeps an append-only file.
        is_writing_aof: whether the last write to that went well.
        appendfsync: when that is flushed to the disk.
        packed_field_bytes: fields of a hash up to this length keep it compact.
        clients: connections that are open.
        most_clients: how many may be.
        clock_ahead_s: how far its clock is ahead of ours, the way there and back halved.
    """

    name: str | None = None
    version: tuple[int, ...] | None = None
    is_replica: bool | None = None
    replicas: int | None = None
    used_bytes: int | None = None
    limit_bytes: int | None = None
    eviction: str | None = None
    has_aof: bool | None = None
    is_writing_aof: bool | None = None
    appendfsync: str | None = None
    packed_field_bytes: int | None = None
    clients: int | None = None
    most_clients: int | None = None
    clock_ahead_s: float | None = None


class Server:
    """The server behind the record."""

    def __init__(self, connection: redis.Redis) -> None:
        self._connection = connection

    def facts(self) -> ServerFacts:
        """What it says of itself.

        Raises:
            RedisAwayError: it does not answer.
        """
        with redis_away():
            info = self._told(self._connection.info)
            options: dict[str, Any] = {}
            for option in OPTIONS:
                options |= self._told(partial(self._connection.config_get, option))
            return _facts(info, options, self._clock_ahead_s())

    def _told(self, ask: Callable[[], Any]) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = ask()
        except ResponseError:  # refused, or unknown there
            return {}
        return answer

    def _clock_ahead_s(self) -> float | None:
        asked_at = time.time()
        try:
            seconds, microseconds = self._connection.time()
        except ResponseError:  # refused
            return None
        midway = (asked_at + time.time()) / 2
        return float(seconds + microseconds / 1e6 - midway)


def _facts(
    info: Mapping[str, Any], options: Mapping[str, Any], clock_ahead_s: float | None
) -> ServerFacts:
    def of(name: str, kind: Callable[[Any], Any], told: Mapping[str, Any] = info) -> Any:
        return kind(told[name]) if name in told else None

    return ServerFacts(
        name=of("server_name", str) or of("redis_mode", lambda _: "redis"),
        version=of("redis_version", _version),
        is_replica=of("role", lambda role: role != "master"),
        replicas=of("connected_slaves", int),
        used_bytes=of("used_memory", int),
        limit_bytes=of("maxmemory", int),
        eviction=of("maxmemory_policy", str),
        has_aof=of("aof_enabled", bool),
        is_writing_aof=of("aof_last_write_status", lambda status: status == "ok"),
        appendfsync=of("appendfsync", str, options),
        packed_field_bytes=of("hash-max-listpack-value", int, options),
        clients=of("connected_clients", int),
        most_clients=of("maxclients", int, options),
        clock_ahead_s=clock_ahead_s,
    )


def _version(written: str) -> tuple[int, ...]:
    return tuple(int(part) for part in str(written).split(".") if part.isdecimal())
