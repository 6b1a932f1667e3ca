"""Lets a process die at a chosen command: before it is sent, or once it was carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import ResponseError


class Died(BaseException):
    """Raised where the process ends; no handler of the service may stop it."""


@dataclass(frozen=True)
class Crash:
    """When the process dies: at which of the commands that it sends, and on which side."""

    command: int
    is_after: bool


class Fuse:
    """Counts the commands of a process, and ends it at one of them."""

    def __init__(self) -> None:
        self._crash: Crash | None = None
        self._sent = 0

    @contextmanager
    def lit(self, crash: Crash | None) -> Iterator[None]:
        """The process dies at the command that `crash` says, if it gets there."""
        self._crash, self._sent = crash, 0
        try:
            yield
        finally:
            self._crash = None

    def wait_for_next(self) -> None:
        """The command was not carried out: the process dies at the one after it."""
        self._sent -= 1

    def next(self) -> Crash | None:
        """Counts one more command; the crash, if this is the one."""
        self._sent += 1
        return self._crash if self._crash and self._crash.command == self._sent else None


def fit(connection: redis.Redis, fuse: Fuse) -> None:
    """Makes all connections of a client that are still to be opened burn down with a fuse."""
    pool: Any = connection.connection_pool
    plain: Any = pool.connection_class

    class Fused(plain):  # type: ignore[misc]
        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            crash = fuse.next() if self._is_open else None
            if crash and not crash.is_after:
                self._die()
            super().send_packed_command(command, check_health)
            if crash:
                try:
                    super().read_response()
                except ResponseError:  # a script that is not known yet: it is sent whole next
                    fuse.wait_for_next()
                    raise
                self._die()

        def on_connect_check_health(self, check_health: bool = True) -> None:
            self._is_open = False
            super().on_connect_check_health(check_health)
            self._is_open = True

        def _die(self) -> None:
            self.disconnect()
            raise Died

    pool.connection_class = Fused
