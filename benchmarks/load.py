"""A load generator: prepared requests over a few connections that are kept alive.

One thread, sockets and `selectors` only, so that it takes little of the processors that the
server needs too. Each connection sends its next request when it has the last answer.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.stand import StandError

READ_BYTES = 65_536
#: A server that does not answer at all for so long has failed.
SILENCE_S = 20.0
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Connection:
    """One connection and the answer that it is reading."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=SILENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def send(self, request: bytes) -> None:
        """Sends a request; no other is under way."""
        self._received = b""
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """Reads what came; the status once the answer is whole, else `None`.

        Raises:
            StandError: the server closed the connection.
        """
        part = self.socket.recv(READ_BYTES)
        if not part:
            raise StandError("the server closed a connection")
        self._received += part
        head_bytes = self._received.find(HEAD_END)
        if head_bytes < 0:
            return None
        head = self._received[:head_bytes].lower()
        # 204 has no body, and says nothing of its length.
        body_bytes = int(head.partition(LENGTH)[2].split(b"\r\n", 1)[0] or 0)
        if len(self._received) < head_bytes + len(HEAD_END) + body_bytes:
            return None
        return int(head[9:12])


def seconds_to_answer(
    address: tuple[str, int], requests: Sequence[bytes], *, connections: int, expected: int
) -> float:
    """How long a server takes to answer all requests.

    Raises:
        StandError: it gave another status than the expected one, or none.
    """
    waiting, answered = deque(requests), 0
    opened = [Connection(address) for _ in range(min(connections, len(requests)))]
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for one in opened:
            selector.register(one.socket, selectors.EVENT_READ, one)
            one.send(waiting.popleft())
        while answered < len(requests):
            ready = selector.select(SILENCE_S)
            if not ready:
                raise StandError(f"the server did not answer for {SILENCE_S:.0f} s")
            for connection in _answered(ready, expected):
                answered += 1
                if waiting:
                    connection.send(waiting.popleft())
        seconds = time.perf_counter() - started
    for one in opened:
        one.socket.close()
    return seconds


def waits_ms(
    address: tuple[str, int],
    requests: Sequence[bytes],
    moments: Sequence[float],
    *,
    expected: int,
) -> list[float]:
    """How long each request takes that is sent at its moment, whether others wait or not.

    Args:
        address: the server.
        requests: what is sent.
        moments: when, in seconds from the beginning, in order.
        expected: the status that every answer is to have.

    Raises:
        StandError: it gave another status than the expected one, or none.
    """
    waits = [0.0] * len(requests)
    idle, sent = list[Connection](), dict[Connection, tuple[int, float]]()
    with selectors.DefaultSelector() as selector:
        begin, number = time.perf_counter(), 0
        while number < len(requests) or sent:
            if number < len(requests):
                left_s = begin + moments[number] - time.perf_counter()
                if left_s <= 0:
                    connection = idle.pop() if idle else _opened(address, selector)
                    sent[connection] = number, begin + moments[number]
                    connection.send(requests[number])
                    number += 1
                    continue
            else:
                left_s = SILENCE_S
            ready = selector.select(left_s)
            if not ready and number == len(requests):
                raise StandError(f"the server did not answer for {SILENCE_S:.0f} s")
            for connection in _answered(ready, expected):
                which, moment = sent.pop(connection)
                waits[which] = (time.perf_counter() - moment) * 1000
                idle.append(connection)
    for one in idle:
        one.socket.close()
    return waits


def _answered(
    ready: Iterable[tuple[selectors.SelectorKey, int]], expected: int
) -> Iterator[Connection]:
    """The connections whose answer has come to its end, of those that have something to read.

    Raises:
        StandError: an answer has another status than the expected one.
    """
    for key, _ in ready:
        connection: Connection = key.data
        status = connection.receive()
        if status is None:
            continue
        if status != expected:
            raise StandError(f"a request was answered with {status}, not {expected}")
        yield connection


def _opened(address: tuple[str, int], selector: selectors.BaseSelector) -> Connection:
    connection = Connection(address)
    selector.register(connection.socket, selectors.EVENT_READ, connection)
    return connection
