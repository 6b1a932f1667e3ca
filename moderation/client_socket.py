"""A client's connection that ends where the client is too slow, or says too much.

Knows bytes and time, no HTTP beyond that a request has a head and a body. The worker tells it
which of them comes next (`http_worker.py`).
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

#: A request's line and headers together; the parser reads them over for each piece that comes.
HEAD_BYTES = 65_536
#: Each so many bytes of a body, or of a piece of an answer, give a client another second, in
#: the manner of Apache's mod_reqtimeout:
#: https://httpd.apache.org/docs/2.4/mod/mod_reqtimeout.html.
BYTES_PER_S = 4_096


class HeadTooLargeError(Exception):
    """Raised when a request's line and headers are larger than `HEAD_BYTES`."""


class SlowClientError(ConnectionResetError):
    """Raised when a client sends or reads too slowly; the server treats it as gone."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "the client is too slow")


class ClientSocket:
    """Wraps the socket of one connection; what is not bounded here is the socket's own."""

    def __init__(
        self, connection: socket.socket, *, patience_s: float, is_leaving: Callable[[], bool]
    ) -> None:
        """Begins to wait for a head.

        Args:
            connection: the socket.
            patience_s: how long a head may take from its first byte on, and a body and a
                piece of an answer at the least. How long the first byte of a head may take is
                bounded by whoever waits for it.
            is_leaving: whether the server ends: only a connection that was not served yet
                may still bring a request.
        """
        self._connection = connection
        self._patience_s = patience_s
        self._is_leaving = is_leaving
        self._head_bytes = 0
        self._in_body = False
        self._until = 0.0
        self._has_served = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come, and none is being answered."""
        return not self._in_body and not self._head_bytes

    def expect_head(self) -> None:
        """The last request is done; another one may come."""
        self._in_body, self._head_bytes, self._has_served = False, 0, True

    def expect_body(self) -> None:
        """The head was read; the body is to come."""
        self._in_body, self._until = True, time.monotonic() + self._patience_s

    def dismiss(self) -> None:
        """Lets whoever waits for a next request see the end of the connection."""
        self._connection.shutdown(socket.SHUT_RD)

    def recv(self, size: int) -> bytes:
        """What comes next, nothing at the end.

        Raises:
            HeadTooLargeError: the head does not end.
            SlowClientError: head or body come too slowly.
        """
        if self._in_body:
            part = self._recv_in_time(size)
            self._until += len(part) / BYTES_PER_S
            return part
        part = self._recv_in_time(size) if self._head_bytes else self._first_of_head(size)
        self._head_bytes += len(part)
        if self._head_bytes > HEAD_BYTES:
            raise HeadTooLargeError
        return part

    def sendall(self, data: bytes) -> None:
        """Sends a piece of an answer.

        Raises:
            SlowClientError: the client reads too slowly.
        """
        self._connection.settimeout(self._patience_s + len(data) / BYTES_PER_S)
        try:
            self._connection.sendall(data)
        except TimeoutError:
            raise SlowClientError from None

    def _first_of_head(self, size: int) -> bytes:
        if self._has_served and self._is_leaving():
            return b""
        self._connection.settimeout(None)
        try:
            part = self._connection.recv(size)
        except OSError:
            if self._is_leaving():
                return b""  # dismissed
            raise
        self._until = time.monotonic() + self._patience_s
        return part

    def _recv_in_time(self, size: int) -> bytes:
        left_s = self._until - time.monotonic()
        if left_s <= 0:
            raise SlowClientError
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv(size)
        except TimeoutError:
            raise SlowClientError from None
