"""The Lua scripts: how each is put together and run.

A script is sent by its digest, and whole only when Redis does not have it (after a restart
or a failover). Where replicas are to be waited for, what a script acknowledges is on them
when it returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha1
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoScriptError

from moderation.errors import RedisAwayError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

Argument = str | bytes | int | float
#: Scripts whose outcome somebody outside is told: it must not be undone by a failover.
ACKNOWLEDGED = frozenset(
    {
        *("accept", "report", "put_policy", "put_retention"),
        *("decide", "undo_batch", "advance_batch"),
        *("erase", "forget_personal", "forget_reporter"),
    }
)
#: Scripts that run also when Redis has no memory left. Without them none would become free:
#: comments are read, decided, followed and erased.
#: https://valkey.io/topics/eval-intro/#eval-flags
ALWAYS_RUN = frozenset(
    {"authorise", "claim", "decide", "erase", "lease_stream", "spend", "turn"}
)
#: How long the replicas have to take over what was written.
REPLICAS_WAIT_MS = 1_000


class Scripts:
    """Runs the scripts of one shard: `scripts.run("accept", site, …)`.

    Args:
        connection: to the shard.
        keys: the shard's.
        replicas_waited: how many replicas must have what an acknowledged script wrote.
    """

    def __init__(
        self, connection: redis.Redis, keys: Keys, *, replicas_waited: int = 0
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._replicas_waited = replicas_waited
        self._line: redis.Redis | None = None
        self._sources: dict[str, tuple[str, str]] = {}

    def run(self, name: str, *arguments: Argument) -> Any:
        """What the script `name` returns.

        Raises:
            RedisAwayError: Redis does not answer, or too few replicas have what was written:
                it may be there or not, and a repeat tells.
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
        send = self._replicated if self._replicas_waited and name in ACKNOWLEDGED else _alone
        with redis_away():
            try:
                return send(connection, "EVALSHA", digest, 1, routing_key, *arguments)
            except NoScriptError:
                return send(connection, "EVAL", source, 1, routing_key, *arguments)

    def _replicated(self, connection: redis.Redis, *command: Argument) -> Any:
        """What a command returns, once enough replicas have it.

        `WAIT` speaks of what was written on its own connection. So all three go together: on
        a connection opened anew, after a failover, it would confirm what was never copied.
        The mark is for repeats, which write nothing themselves: replicas take over in order,
        and who has the mark has all before it. https://valkey.io/commands/wait/
        """
        with connection.pipeline(transaction=False) as pipe:
            pipe.execute_command(*command)  # type: ignore[no-untyped-call]
            pipe.set(self._keys("replicated"), "")
            pipe.wait(self._replicas_waited, REPLICAS_WAIT_MS)
            # Raised by the pipeline, an error would name the command, and so the comment.
            answers = pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        outcome, _, replicas = answers
        if replicas < self._replicas_waited:
            raise RedisAwayError(
                f"not yet on {self._replicas_waited} replicas, only on {replicas}"
            )
        return outcome

    def _source(self, name: str) -> tuple[str, str]:
        if name not in self._sources:
            body = _file("library") + _file(name)
            source = _header(name) + self._keys.lua(body) + body
            digest = sha1(source.encode(), usedforsecurity=False).hexdigest()
            self._sources[name] = source, digest
        return self._sources[name]


def _header(name: str) -> str:
    return "#!lua flags=allow-oom\n" if name in ALWAYS_RUN else ""


def _alone(connection: redis.Redis, *command: Argument) -> Any:
    return connection.execute_command(*command)  # type: ignore[no-untyped-call]


@cache
def _file(name: str) -> str:
    return files("moderation.record").joinpath(f"{name}.lua").read_text(encoding="utf-8")
