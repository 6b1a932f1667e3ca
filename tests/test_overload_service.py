"""A running service under clients that are too slow, too many or too much, and at its end."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import AUTH, Service, new_comment, start_service
from tests.test_service import children

pytestmark = [pytest.mark.service, pytest.mark.timeout(300)]

#: What the service of these tests gives its clients.
PATIENCE_S = 2
#: Connections that its one process serves at once.
MOST = 60
SLOW = 50
#: Long after all that ends by itself has ended.
WAIT_S = 60.0
KEY = f"Authorization: {AUTH['Authorization']}\r\n"
POST = (
    "POST /v1/articles/a/comments HTTP/1.1\r\nHost: x\r\n"
    f"Content-Type: application/json\r\n{KEY}"
)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with little patience and few connections, in one process."""
    running = start_service(
        tmp_path_factory.mktemp("impatient"),
        MODERATION_CLIENT_TIMEOUT_S=str(PATIENCE_S),
        MODERATION_MAX_CONNECTIONS=str(MOST),
        MODERATION_API_PROCESSES="1",
        MODERATION_TRAINER="off",
        MODERATION_DELIVERER="off",
    )
    yield running
    running.stop()


def opened(
    service: Service, stack: ExitStack, *, first: str = "", window_bytes: int = 0
) -> socket.socket:
    """A connection on which so much was sent; what is not read stays within the window."""
    parts = urlsplit(service.url)
    made = stack.enter_context(socket.socket())
    made.settimeout(WAIT_S)
    if window_bytes:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
    made.connect((str(parts.hostname), int(parts.port or 0)))
    made.sendall(first.encode())
    return made


def read_to_end(connection: socket.socket) -> bytes:
    """All that a server says until it ends the connection."""
    said = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            said += part
    return said


def is_answering(service: Service) -> bool:
    with service.client() as client:
        return client.get("/v1/comments/no-such-comment").status_code == 404


class TestSlowClients:
    def test_slow_heads_are_let_go_and_others_served_meanwhile(self, impatient: Service):
        with ExitStack() as stack:
            slow = [
                opened(impatient, stack, first="GET /healthz HTTP/1.1\r\nHost: x\r\n")
                for _ in range(SLOW)
            ]

            assert is_answering(impatient)

            assert [read_to_end(one) for one in slow] == [b""] * SLOW

    def test_slow_bodies_are_answered_408(self, impatient: Service):
        with ExitStack() as stack:
            first = f"{POST}Content-Length: 1000\r\n\r\n{{"
            slow = [opened(impatient, stack, first=first) for _ in range(SLOW)]

            assert is_answering(impatient)

            said = [read_to_end(one) for one in slow]
        assert all(one.startswith(b"HTTP/1.1 408 ") for one in said)

    def test_who_does_not_read_is_let_go(self, impatient: Service):
        with ExitStack() as stack:
            request = "GET /console/static/console.css HTTP/1.1\r\nHost: x\r\n\r\n"
            slow = opened(impatient, stack, first=request * 1_000, window_bytes=4_096)
            poll = select.poll()
            poll.register(slow, select.POLLRDHUP)

            assert is_answering(impatient)

            assert poll.poll(WAIT_S * 1_000), "the service goes on waiting for the client"

    def test_who_does_not_read_the_stream_keeps_nobody_waiting_and_misses_nothing(
        self, impatient: Service
    ):
        with ExitStack() as stack:
            first = f"GET /v1/decisions/stream HTTP/1.1\r\nHost: x\r\n{KEY}\r\n"
            slow = opened(impatient, stack, first=first)

            with impatient.client() as client:
                answer = client.post(
                    "/v1/articles/a/comments",
                    json=new_comment(author={"id": "slow-stream"}),
                    headers={"Prefer": "wait=30"},
                )
            assert answer.status_code == 201
            assert answer.json()["id"] in _read_until(slow, answer.json()["id"])


class TestTooMuch:
    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            ("GET /" + "a" * 9_000 + " HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            ("GET / HTTP/1.1\r\n" + "X: y\r\n" * 100 + "\r\n", 431),
            ("GET / HTTP/1.1\r\nX: " + "y" * 20_000 + "\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\n" + ("X: " + "y" * 8_000 + "\r\n") * 9, 431),
            ("\x16\x03\x01\x02\x00\r\n\r\n", 400),
            ("GET / HTTP/1.1\nHost: x\n\n", 400),
            (f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n", 408),
            (f"{POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
            (f"{POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}", 400),
            (f"{POST}Content-Length: 4\r\nContent-Encoding: gzip\r\n\r\n\x1f\x0800", 415),
        ],
        ids=lambda value: str(value)[:24].encode("unicode_escape").decode(),
    )
    def test_what_is_no_request_is_a_problem_and_the_connection_ends(
        self, impatient: Service, request_: str, status: int
    ):
        with ExitStack() as stack:
            connection = opened(impatient, stack, first=request_)
            connection.shutdown(socket.SHUT_WR)
            head, _, body = read_to_end(connection).partition(b"\r\n\r\n")

        assert head.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == status
        assert is_answering(impatient)

    def test_a_body_in_chunks_without_end_is_cut_off(self, impatient: Service):
        with ExitStack() as stack:
            first = f"{POST}Transfer-Encoding: chunked\r\n\r\n"
            connection = opened(impatient, stack, first=first)
            with suppress(ConnectionResetError, BrokenPipeError):
                _send_for_ever(connection, b"10000\r\n" + b" " * 65_536 + b"\r\n")

        assert is_answering(impatient)

    def test_connections_past_those_served_are_told_so_and_the_service_goes_on(
        self, impatient: Service
    ):
        with ExitStack() as stack:
            held = [opened(impatient, stack, first="GET") for _ in range(MOST)]
            _until(lambda: b"HTTP/1.1 503 " in _asked(impatient, stack))

            answer = _asked(impatient, stack)

            assert b"\r\nRetry-After: 1\r\n" in answer
            assert b"application/problem+json" in answer
            for one in held:
                one.close()
            _until(lambda: is_answering(impatient))


@dataclass
class Asked:
    """What clients got who asked at the same time, each in a thread of its own."""

    answers: dict[str, Any] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def ask(self, name: str, question: Callable[[], Any]) -> None:
        """Asks, and keeps the answer, or what was raised instead."""

        def run() -> None:
            try:
                self.answers[name] = question()
            except Exception as error:
                self.answers[name] = error

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def all(self) -> dict[str, Any]:
        """The answers, when all are there."""
        for thread in self.threads:
            thread.join(WAIT_S)
        return self.answers


def test_nothing_is_cut_off_when_the_service_ends(impatient: Service) -> None:
    # Given a worker that does not decide just now, and requests that wait
    service = impatient
    [worker] = children(service, "moderation", "worker")
    os.kill(worker, signal.SIGSTOP)
    asked, url = Asked(), service.url
    asked.ask("waiting", lambda: _post_and_wait(url))
    asked.ask("stream", lambda: _follow_to_the_end(url))
    asked.ask("score", lambda: _score(url))
    asked.ask("batch", lambda: _post_batch_slowly(service))
    asked.ask("idle", lambda: _say_nothing(service))
    time.sleep(1.0)  # all are under way

    # When it is asked to end, and the worker works again
    service.process.terminate()
    time.sleep(1.0)
    os.kill(worker, signal.SIGCONT)
    answers = asked.all()

    # Then each has its answer, or an end that tells to come back
    assert answers["waiting"] == (202, "pending")
    assert answers["stream"] == "retry: 1000"
    assert answers["score"] == 200
    assert answers["batch"] == 1_000
    assert answers["idle"] == b""
    assert service.process.wait(WAIT_S) == 0
    assert children(service) == []


def _post_and_wait(url: str) -> tuple[int, str]:
    answer = httpx.post(
        f"{url}/v1/articles/a/comments",
        json=new_comment(author={"id": "waiting"}),
        headers={**AUTH, "Prefer": "wait=30"},
        timeout=WAIT_S,
    )
    return answer.status_code, answer.json()["status"]


def _follow_to_the_end(url: str) -> str:
    """The first line of a stream that ends as HTTP ends an answer, not in the middle of one."""
    stream = httpx.stream("GET", f"{url}/v1/decisions/stream", headers=AUTH, timeout=WAIT_S)
    with stream as answer:
        first, *_ = answer.iter_lines()
    return first


def _score(url: str) -> int:
    body = {"texts": ["a kind remark"]}
    return httpx.post(f"{url}/v1/score", json=body, headers=AUTH, timeout=WAIT_S).status_code


def _post_batch_slowly(service: Service) -> int:
    """Sends a batch for two seconds; how many of its comments were taken."""
    comments = [
        new_comment(f"Remark {number}", article_id="b", author={"id": f"b{number}"})
        for number in range(1_000)
    ]
    body = json.dumps({"comments": comments})
    head = POST.replace("articles/a/comments", "comments/batch")
    with ExitStack() as stack:
        first = f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        connection = opened(service, stack, first=first)
        for begin in range(0, len(body), len(body) // 8 + 1):
            connection.sendall(body[begin : begin + len(body) // 8 + 1].encode())
            time.sleep(0.25)
        said = read_to_end(connection)
    assert said.startswith(b"HTTP/1.1 202 ")
    return said.count(b'"status":"pending"')


def _say_nothing(service: Service) -> bytes:
    with ExitStack() as stack:
        return read_to_end(opened(service, stack))


def _asked(service: Service, stack: ExitStack) -> bytes:
    first = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    return read_to_end(opened(service, stack, first=first))


def _send_for_ever(connection: socket.socket, data: bytes) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        connection.sendall(data)


def _read_until(connection: socket.socket, wanted: str) -> str:
    said = b""
    while wanted.encode() not in said and (part := connection.recv(65_536)):
        said += part
    return said.decode()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
