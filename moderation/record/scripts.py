"""The Lua scripts: how each is put together and run.

A script is sent by its digest, and whole only when Redis does not have it (after a restart
or a failover).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoScriptError

from moderation.record.connection import redis_away
from moderation.record.keys import Keys

Argument = str | int | float


class Scripts:
    """Runs the scripts of one shard: `scripts.run("accept", site, …)`."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self._line: redis.Redis | None = None
        self._sources: dict[str, tuple[str, str]] = {}

    def run(self, name: str, *arguments: Argument) -> Any:
        """What the script `name` returns.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        return self.run_all(name, arguments)

    def run_all(self, name: str, arguments: Sequence[Argument]) -> Any:
        """Like `run`, for arguments that come as one sequence."""
        return self._run(self._connection, name, arguments)

    def run_on_own_line(self, name: str, arguments: Sequence[Argument]) -> Any:
        """Like `run_all`, for callers that take turns: no connection is looked for.

        The first call opens the line, which costs no round trip more than any other.
        """
        with redis_away():
            line = self._line = self._line or self._connection.client()  # type: ignore[no-untyped-call]
        return self._run(line, name, arguments)

    def _run(self, connection: redis.Redis, name: str, arguments: Sequence[Argument]) -> Any:
        source, digest = self._source(name)
        # The one key tells a cluster the slot; all others share its hash tag.
        routing_key = self._keys("bell")
        with redis_away():
            try:
                return connection.evalsha(digest, 1, routing_key, *arguments)
            except NoScriptError:
                return connection.eval(source, 1, routing_key, *arguments)

    def _source(self, name: str) -> tuple[str, str]:
        if name not in self._sources:
            body = _file("library") + _file(name)
            source = self._keys.lua(body) + body
            digest = sha1(source.encode(), usedforsecurity=False).hexdigest()
            self._sources[name] = source, digest
        return self._sources[name]


@cache
def _file(name: str) -> str:
    return files("moderation.record").joinpath(f"{name}.lua").read_text(encoding="utf-8")
