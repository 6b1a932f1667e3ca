"""A connection as `http.client` uses one, that neither time nor size can run away with.

Owns sockets, their deadline and TLS. Knows nothing of messages.
"""

from __future__ import annotations

import functools
import io
import select
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from moderation.delivery.addresses import Address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: All that is received of one answer: status, headers and the beginning of the body.
ANSWER_BYTES = 65_536

#: Address and timeout in seconds → a connected socket.
Connect = Callable[[Address, float], socket.socket]


class AnswerTooLargeError(OSError):
    """Raised when a receiver sends more than `ANSWER_BYTES`."""


class Deadline:
    """A moment by which all must be done, however many steps it takes."""

    def __init__(self, within_s: float) -> None:
        self._ends_at = time.monotonic() + within_s

    def left_s(self) -> float:
        """How long there is still; always more than nothing.

        Raises:
            TimeoutError: the time is up.
        """
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return left_s


class Wire:
    """A connected socket with a deadline for, and a limit to, each answer.

    A socket's own timeout begins anew with every byte; here each step gets what is left.

    Attributes:
        received_bytes: of the present answer, so far.
        has_ended: whether the receiver was seen to close the connection.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._deadline = Deadline(0)
        self.received_bytes = 0
        self.has_ended = False

    def begin(self, deadline: Deadline) -> None:
        """Gets ready for one message and its answer."""
        self._deadline = deadline
        self.received_bytes = 0

    def sendall(self, data: bytes) -> None:
        """Sends all of it.

        Raises:
            TimeoutError: the deadline passed.
            OSError: the connection broke.
        """
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left_s())
            rest = rest[self._sock.send(rest) :]

    def receive_into(self, buffer: WriteableBuffer) -> int:
        """Receives some bytes, 0 when the receiver has closed.

        Raises:
            AnswerTooLargeError: there were too many already.
            TimeoutError: the deadline passed.
            OSError: the connection broke.
        """
        if self.received_bytes >= ANSWER_BYTES:
            raise AnswerTooLargeError
        self._sock.settimeout(self._deadline.left_s())
        count = self._sock.recv_into(buffer)
        self.received_bytes += count
        self.has_ended = not count
        return count

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What `http.client` reads one answer from; closing it leaves the connection open."""
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Does nothing: `http.client` calls it before a last answer is read. See `shut`."""

    def shut(self) -> None:
        """Closes the connection."""
        with suppress(OSError):
            self._sock.close()

    def is_idle(self) -> bool:
        """Whether the receiver neither closed the connection nor sent what nobody asked for."""
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return not poll.poll(0)


class _Reader(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        return self._wire.receive_into(buffer)


def open_socket(address: Address, timeout_s: float) -> socket.socket:
    """Connects to an address.

    Raises:
        TimeoutError: nobody answered in time.
        OSError: it cannot be reached.
    """
    sock = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        sock.settimeout(timeout_s)
        sock.connect(address.sockaddr)
        # Headers and body are sent one after the other: neither is to wait for the other's
        # acknowledgement.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        sock.close()
        raise
    return sock


def secured(
    sock: socket.socket, host: str, context: ssl.SSLContext, deadline: Deadline
) -> ssl.SSLSocket:
    """TLS over a connected socket, once the receiver proved to be the host.

    Raises:
        TimeoutError: the deadline passed.
        OSError: it did not prove it (`ssl.SSLError`), or the connection broke.
    """
    try:
        sock.settimeout(deadline.left_s())
        return context.wrap_socket(sock, server_hostname=host)
    except BaseException:
        sock.close()
        raise


@functools.cache
def default_tls() -> ssl.SSLContext:
    """TLS 1.2 or newer, certificates verified against the system's authorities.

    Made once: reading those takes longer than many a delivery. OpenSSL's `SSL_CERT_FILE`
    names others.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
