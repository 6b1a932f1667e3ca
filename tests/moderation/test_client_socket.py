"""A connection ends where its client is too slow, or says too much; never before."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from moderation import client_socket
from moderation.client_socket import (
    BYTES_PER_S,
    HEAD_BYTES,
    ClientSocket,
    HeadTooLargeError,
    SlowClientError,
)

#: So short that nobody waits for it; whoever must not be too slow has sent all before.
PATIENCE_S = 0.05


class Line:
    """Both ends of a connection, and whether the server ends."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self.client, server = socket.socketpair()
        self.is_leaving = False
        self.server = ClientSocket(
            server, patience_s=patience_s, is_leaving=lambda: self.is_leaving
        )


@pytest.fixture
def line() -> Iterator[Line]:
    """A connection that was just opened."""
    opened = Line()
    yield opened
    opened.client.close()
    opened.server.close()


def test_what_comes_in_time_is_passed_on(line: Line):
    line.client.sendall(b"head")
    assert line.server.recv(10) == b"head"

    line.server.expect_body()
    line.client.sendall(b"body")
    line.client.shutdown(socket.SHUT_WR)

    assert line.server.recv(10) == b"body"
    assert line.server.recv(10) == b""


def test_a_head_must_end_soon_after_its_first_byte(line: Line):
    line.client.sendall(b"G")
    line.server.recv(10)

    with pytest.raises(SlowClientError):
        line.server.recv(10)


def test_drops_of_a_head_win_no_time(line: Line, monkeypatch: pytest.MonkeyPatch):
    now = iter(range(100))
    # Each look at the clock is half of its patience later.
    monkeypatch.setattr(client_socket.time, "monotonic", lambda: next(now) * PATIENCE_S / 2)
    line.client.sendall(b"GET / HTTP/1.1")

    line.server.recv(1)
    line.server.recv(1)
    with pytest.raises(SlowClientError):
        line.server.recv(1)


@pytest.mark.parametrize("bytes_each", [16, HEAD_BYTES // 4, HEAD_BYTES])
def test_a_head_that_does_not_end_is_refused(bytes_each: int):
    line = Line(patience_s=60)
    for _ in range(HEAD_BYTES // bytes_each):
        line.client.sendall(b"a" * bytes_each)
        line.server.recv(bytes_each)

    line.client.sendall(b"a" * bytes_each)
    with pytest.raises(HeadTooLargeError):
        line.server.recv(bytes_each)

    line.client.close()
    line.server.close()


def test_a_body_wins_time_by_what_comes_and_not_by_drops(
    line: Line, monkeypatch: pytest.MonkeyPatch
):
    clock = [0.0]
    monkeypatch.setattr(client_socket.time, "monotonic", lambda: clock[0])
    line.server.expect_body()

    # When half of it comes at the very last moment
    clock[0] = PATIENCE_S * 0.99
    line.client.sendall(b"a" * BYTES_PER_S)
    line.server.recv(BYTES_PER_S)

    # Then the rest has another second, and that is all
    clock[0] = PATIENCE_S + 0.99
    line.client.sendall(b"b")
    assert line.server.recv(1) == b"b"
    clock[0] = PATIENCE_S + 1.01
    line.client.sendall(b"c")
    with pytest.raises(SlowClientError):
        line.server.recv(1)


def test_who_does_not_read_is_let_go(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client_socket, "BYTES_PER_S", 10**12)

    with pytest.raises(SlowClientError):
        line.server.sendall(b"a" * 10_000_000)


def test_to_gunicorn_a_slow_client_is_one_that_is_gone():
    # It logs other errors of a socket with a trace, for each client that is slow.
    assert SlowClientError().errno == socket.errno.ECONNRESET  # type: ignore[attr-defined]


class TestLeaving:
    def test_a_connection_that_was_served_brings_no_further_request(self, line: Line):
        line.server.expect_body()
        line.server.expect_head()
        line.is_leaving = True
        line.client.sendall(b"GET")

        assert line.server.recv(10) == b""

    def test_one_that_was_not_served_yet_may_still_bring_its_request(self, line: Line):
        line.is_leaving = True
        line.client.sendall(b"GET")

        assert line.server.recv(10) == b"GET"

    @pytest.mark.parametrize(
        ("begin", "is_idle"),
        [
            (lambda line: None, True),
            (lambda line: (line.client.sendall(b"G"), line.server.recv(1)), False),
            (lambda line: line.server.expect_body(), False),
            (lambda line: (line.server.expect_body(), line.server.expect_head()), True),
        ],
        ids=["opened", "in a head", "in a body", "after an answer"],
    )
    def test_only_what_nobody_waits_on_is_idle(
        self, line: Line, begin: Callable[[Line], object], is_idle: bool
    ):
        begin(line)

        assert line.server.is_idle == is_idle

    def test_whoever_is_dismissed_sees_the_end(self, line: Line):
        line.server.dismiss()

        assert line.server.recv(10) == b""
