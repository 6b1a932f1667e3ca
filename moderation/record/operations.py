"""What operators ask: does Redis answer, who works, how much was done."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import redis

from moderation.errors import NewerRecordError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.triage import AGE

#: The version of the layout that is written here; earlier ones can be read (docs/record.md).
SCHEMA_VERSION = 2
#: A worker that was not heard of for so long is not alive.
WORKER_ALIVE_S = 5.0
#: And is forgotten after this.
WORKER_FORGOTTEN_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """A release of a site that a worker could not load, and what it scores with instead."""

    site: str
    version: str
    why: str
    instead: str


@dataclass(frozen=True, slots=True)
class WorkerState:
    """The last heartbeat of a worker.

    `release` is the one that it scores with where a site has none of its own; `facts` is
    what that says about itself: languages, what it was trained on, metrics. `releases` has
    the sites that do: site → version that it scores with. `version` is the worker's own.
    """

    name: str
    silent_s: float
    release: str | None
    categories: tuple[str, ...]
    thresholds: Mapping[str, float]
    rss_bytes: int
    host: str = ""
    version: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    releases: Mapping[str, str] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether the worker was heard of lately."""
        return self.silent_s < WORKER_ALIVE_S


class Operations:
    """Health and figures of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def ping(self) -> None:
        """Returns if Redis answers.

        Raises:
            RedisAwayError: it does not.
        """
        with redis_away():
            self._connection.ping()

    def prepare(self) -> None:
        """Writes what the record needs before anything else; repeatable.

        From then on an older version's data is this version's: what changes is written anew.

        Raises:
            NewerRecordError: a newer version of the service wrote it.
        """
        key = self._keys("service")
        with redis_away():
            found = int(self._connection.hget(key, "schema") or 0)
            if found > SCHEMA_VERSION:
                raise NewerRecordError(found, SCHEMA_VERSION)
            self._connection.hset(key, "schema", SCHEMA_VERSION)
            self._connection.hsetnx(key, "cursor_secret", secrets.token_hex(32))

    def cursor_secret(self) -> str:
        """The secret that signs cursors, the same for every API process."""
        with redis_away():
            secret = self._connection.hget(self._keys("service"), "cursor_secret")
        if secret is None:
            self.prepare()
            return self.cursor_secret()
        return str(secret)

    def workers(self) -> list[WorkerState]:
        """Every worker that was heard of, the last heard of first."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._keys("workers"))
            pipe.time()
            written, (seconds, microseconds) = pipe.execute()
            now_s = seconds + microseconds / 1e6
            found = [_worker(name, one, now_s) for name, one in written.items()]
            forgotten = [one.name for one in found if one.silent_s > WORKER_FORGOTTEN_S]
            if forgotten:
                self._connection.hdel(self._keys("workers"), *forgotten)
        return sorted(found, key=lambda one: one.silent_s)

    def forget_worker(self, name: str) -> None:
        """Takes a worker that ends off the list."""
        with redis_away():
            self._connection.hdel(self._keys("workers"), name)

    def count(self, amounts: Mapping[str, float]) -> None:
        """Adds to counters; a counter's name is the metric and its labels as JSON."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for counter, amount in amounts.items():
                pipe.hincrbyfloat(self._keys("counters"), counter, amount)
            pipe.execute()

    def counters(self) -> dict[str, float]:
        """Every counter and its value."""
        with redis_away():
            stored: Any = self._connection.hgetall(self._keys("counters"))
        return {counter: float(value) for counter, value in stored.items()}

    def held(self, sites: list[str]) -> dict[str, int]:
        """How many comments of each site are held."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for site in sites:
                pipe.zcard(self._keys("held", site, AGE))
            return dict(zip(sites, pipe.execute(), strict=True))


@cache
def counter_name(metric: str, **labels: str) -> str:
    """The name of a counter in the record: metric and sorted labels as JSON."""
    return json.dumps([metric, dict(sorted(labels.items()))], separators=(",", ":"))


def parse_counter(name: str) -> tuple[str, dict[str, str]]:
    """What `counter_name` put together."""
    metric, labels = json.loads(name)
    return metric, labels


def _worker(name: str, written: str, now_s: float) -> WorkerState:
    seen_at_ms, _, rest = written.partition(" ")
    state: dict[str, Any] = json.loads(rest)
    return WorkerState(
        name=name,
        silent_s=max(now_s - int(seen_at_ms) / 1000, 0.0),
        release=state.get("release"),
        categories=tuple(state.get("categories", ())),
        thresholds=state.get("thresholds", {}),
        rss_bytes=state.get("rss_bytes", 0),
        host=state.get("host", ""),
        version=state.get("version", ""),
        facts=state.get("facts", {}),
        releases=state.get("releases", {}),
        troubles=tuple(Trouble(**one) for one in state.get("troubles", ())),
    )
