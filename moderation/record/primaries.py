"""Connections to a server that is looked for whenever one is opened.

Behind Sentinels, and in a cluster, the server that takes writes changes: after a failover,
or when a slot moves. So its address is asked for each time, and a connection whose server
says that it is no longer the right one is closed and opened again.

redis-py's own connection for Sentinels asks only when it comes from a pool: one that is kept,
as `Scripts` does, would go back to the dead server for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import redis
from redis.connection import Connection, ConnectionPool, SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import MovedError, ReadOnlyError

#: Finds host and port; raises what redis-py raises when there is no such server.
Find = Callable[[], tuple[str, int]]


class PrimaryConnection(Connection):
    """One connection to the server that takes writes now."""

    def __init__(self, *, find: Find, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._find = find

    def connect_check_health(self, *arguments: Any, **options: Any) -> None:
        """Opens the connection, unless it is open; every way to open one leads here."""
        if not self.is_connected:
            self.host, self.port = self._find()
        super().connect_check_health(*arguments, **options)

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """The next answer.

        Raises:
            RedisConnectionError: this is not the right server any more. The command was not
                run; it goes to the right one when it is tried again.
        """
        try:
            return super().read_response(*arguments, **options)
        except (MovedError, ReadOnlyError) as error:
            self.disconnect()  # type: ignore[no-untyped-call]
            raise RedisConnectionError("another server takes the writes now") from error


class PrimaryTlsConnection(PrimaryConnection, SSLConnection):
    """The same over TLS."""


def client(find: Find, options: Mapping[str, Any], *, tls: bool = False) -> redis.Redis:
    """A lazy, pooled connection to whatever server is found.

    Args:
        find: asked for the address.
        options: of redis-py's connections.
        tls: whether to speak TLS.
    """
    kind = PrimaryTlsConnection if tls else PrimaryConnection
    return redis.Redis.from_pool(ConnectionPool(connection_class=kind, find=find, **options))
