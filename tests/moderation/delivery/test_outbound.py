"""What comes of posting a message, whatever the receiver does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.delivery.addresses import Address, check_url
from moderation.delivery.outbound import (
    Client,
    DeliveryError,
    FailureKind,
    Response,
    retry_after_s,
)
from tests.moderation.delivery.fakes import PUBLIC, FakeResolver, RecordingConnector
from tests.moderation.delivery.receivers import (
    OK,
    Receiver,
    Script,
    Talk,
    always,
    closed_port,
    once,
    receiver,
)

HEADERS = {"content-type": "application/json", "webhook-id": "msg_1"}
BODY = '{"type":"ping","data":"ü"}'.encode()
#: Long enough for a busy machine wherever a test does not wait for it to pass.
DEADLINE_S = 15.0
SHORT_S = 0.4


def post(to: Receiver, deadline_s: float = DEADLINE_S) -> Response:
    """Posts one message to a receiver on this machine."""
    with Client(allow_private=True, deadline_s=deadline_s) as client:
        return client.post(to.url, HEADERS, BODY)


def failure(to: Receiver, deadline_s: float = DEADLINE_S) -> DeliveryError:
    """The error that posting one message to a receiver raises."""
    with pytest.raises(DeliveryError) as failed:
        post(to, deadline_s)
    return failed.value


def failure_of(url: str = "https://hooks.example/", **options: Any) -> DeliveryError:
    """The error that posting one message raises when a client is made like that."""
    with (
        Client(**{"allow_private": False, **options}) as client,
        pytest.raises(DeliveryError) as failed,
    ):
        client.post(url, HEADERS, BODY)
    return failed.value


# What is sent, and what counts as an answer.


def test_a_message_arrives_as_it_was_given() -> None:
    with receiver(always(OK)) as there:
        post(there)
    (request,) = there.requests
    assert request.line == "POST /hook?token=hidden HTTP/1.1"
    assert request.headers["host"] == f"127.0.0.1:{there.port}"
    assert request.headers["content-length"] == str(len(BODY))
    assert request.headers["user-agent"].startswith("comment-moderation-service/")
    assert HEADERS.items() <= request.headers.items()
    assert request.body == BODY


def test_an_answer_is_status_text_and_when_to_come_back() -> None:
    answer = (
        b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 6\r\n\r\nsp\xc3\xa4t\xff"
    )
    with receiver(always(answer)) as there:
        found = post(there)
    assert (found.status, found.text, found.retry_after_s) == (503, "spät\ufffd", 120.0)
    assert found.elapsed_ms >= 0


@pytest.mark.parametrize("status", [200, 202, 204, 299, 304, 400, 404, 410, 429, 500, 599])
def test_every_final_status_is_an_answer(status: int) -> None:
    head = f"HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n"
    with receiver(always(head.encode())) as there:
        assert post(there).status == status


@pytest.mark.parametrize("status", [100, 102, 103])
def test_an_interim_status_is_no_answer_yet(status: int) -> None:
    interim = f"HTTP/1.1 {status} So\r\nRetry-After: 9\r\n\r\n".encode()
    with receiver(always(interim + interim + OK)) as there:
        found = post(there)
    assert (found.status, found.text, found.retry_after_s) == (200, "OK", None)


def test_interim_statuses_without_end_are_no_answer() -> None:
    with receiver(once(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 4_000)) as there:
        error = failure(there)
    assert error.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_never_followed(status: int) -> None:
    with receiver(always(OK)) as elsewhere:
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {elsewhere.url}\r\n\r\n"
        with receiver(once(head.encode())) as there:
            assert post(there).status == status
    assert not elsewhere.talks


def test_a_receiver_may_say_first_that_it_listens() -> None:
    waiting = b"HTTP/1.1 100 Continue\r\n\r\n"
    with receiver(always(waiting * 3 + b"HTTP/1.1 204 No Content\r\n\r\n")) as there:
        assert post(there).status == 204


def test_an_answer_of_http_1_0_ends_with_the_connection() -> None:
    with receiver(once(b"HTTP/1.0 200 OK\r\n\r\nfine")) as there:
        assert post(there).text == "fine"


def test_no_proxy_stands_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver(always(OK)) as proxy, receiver(always(OK)) as there:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        post(there)
    assert len(there.requests) == 1
    assert not proxy.talks


# Receivers that say too much, too slowly, too little or nonsense.


def endless(start: bytes, piece: bytes, most_bytes: int = 10_000_000_000) -> Script:
    """Ten gigabytes, unless nobody listens any more."""

    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(start)
        while talk.sent_bytes < most_bytes:
            talk.say(piece)

    return script


def trickle(start: bytes, piece: bytes, end: bytes) -> Script:
    """A byte now and then, so that no single wait is long; in the end a good answer."""

    def script(talk: Talk) -> None:
        talk.hear()
        talk.say(start)
        for _ in range(100):
            threading.Event().wait(0.02)
            talk.say(piece)
        talk.say(end)

    return script


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"Content-Length: 10000000000\r\n\r\n", b"x" * 65_536),
        (b"\r\n", b"x" * 65_536),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        (b"Transfer-Encoding: chunked\r\n\r\n2540BE400\r\n", b"x" * 65_536),
    ],
    ids=["length", "until it closes", "chunks", "one chunk"],
)
def test_of_ten_gigabytes_the_beginning_is_read(head: bytes, piece: bytes) -> None:
    with receiver(endless(b"HTTP/1.1 200 OK\r\n" + head, piece)) as there:
        found = post(there)
    assert found.status == 200
    assert found.text == "x" * 1_024
    # What was sent beyond lay in the buffers of two sockets.
    assert there.talks[0].sent_bytes < 50_000_000


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n"),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", b"x" * 65_536),
    ],
    ids=["trailers", "a chunk's size", "a negative size"],
)
def test_a_body_that_never_ends_ends_with_the_limit(head: bytes, piece: bytes) -> None:
    with receiver(endless(b"HTTP/1.1 200 OK\r\n" + head, piece * 1_000)) as there:
        assert post(there).status == 200
    assert there.talks[0].sent_bytes < 50_000_000


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"HTTP/1.1 200 ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["a long header", "many headers", "a long reason", "nothing but 100 Continue"],
)
def test_headers_that_never_end_are_no_answer(start: bytes, piece: bytes) -> None:
    with receiver(endless(start, piece * 1_000)) as there:
        assert failure(there).kind is FailureKind.PROTOCOL
    assert there.talks[0].sent_bytes < 50_000_000


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        (b"", b"H", OK),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x", b"\r\n\r\n"),
        (b"HTTP/1.1 100 Continue\r\nX: ", b"x", b"\r\n\r\n" + OK),
    ],
    ids=["status", "headers", "100 Continue"],
)
def test_an_answer_that_trickles_is_given_up_on(start: bytes, piece: bytes, end: bytes) -> None:
    with receiver(trickle(start, piece, end)) as there:
        assert failure(there, SHORT_S).kind is FailureKind.TIMEOUT
        assert there.talks[0].sent_bytes < len(start) + 100 * len(piece)


def test_a_body_that_trickles_is_not_waited_for_but_the_status_counts() -> None:
    start = b"HTTP/1.1 202 Accepted\r\nContent-Length: 101\r\n\r\n"
    with receiver(trickle(start, b"x", b"x")) as there:
        assert post(there, SHORT_S).status == 202
        assert there.talks[0].sent_bytes < len(start) + 101


def test_a_receiver_that_never_answers_is_given_up_on() -> None:
    def silent(talk: Talk) -> None:
        talk.hear()
        talk.wait_for_the_end()

    with receiver(silent) as there:
        error = failure(there, SHORT_S)
    assert error.kind is FailureKind.TIMEOUT
    assert str(error) == "the receiver did not answer within 0.4 s"


def test_a_receiver_that_reads_a_little_now_and_then_is_given_up_on() -> None:
    def dawdle(talk: Talk) -> None:
        for _ in range(100):
            threading.Event().wait(0.02)
            talk.sock.recv(65_536)

    with (
        receiver(dawdle) as there,
        Client(allow_private=True, deadline_s=SHORT_S) as client,
        pytest.raises(DeliveryError) as failed,
    ):
        client.post(there.url, HEADERS, bytes(50_000_000))
    assert failed.value.kind is FailureKind.TIMEOUT


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 200"],
    ids=["nothing", "status", "headers", "half a line"],
)
def test_a_receiver_that_closes_early_gave_no_answer(answer: bytes) -> None:
    with receiver(once(answer)) as there:
        assert failure(there).kind is FailureKind.CLOSED


def test_a_receiver_that_closes_without_listening_gave_no_answer() -> None:
    with receiver(lambda talk: None) as there:
        assert failure(there).kind is FailureKind.CLOSED


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"Content-Length: 9\r\n\r\nhalf", "half"),
        (b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n9\r\nha", "half"),
        (b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n", ""),
    ],
    ids=["length", "chunks", "no chunks"],
)
def test_a_body_that_breaks_off_does_not_change_the_answer(answer: bytes, text: str) -> None:
    with receiver(once(b"HTTP/1.1 200 OK\r\n" + answer)) as there:
        found = post(there)
    assert (found.status, found.text) == (200, text)


@pytest.mark.parametrize(
    "answer",
    [
        b"hello\r\n",
        b"<html>HTTP/0.9 knew no status</html>",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"+PONG\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 20\xb2 OK\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01" + bytes(range(256)) + b"\r\n",
    ],
)
def test_what_is_no_http_is_no_answer(answer: bytes) -> None:
    with receiver(once(answer)) as there:
        error = failure(there)
    assert error.kind is FailureKind.PROTOCOL
    assert str(error) == "the receiver's answer is not HTTP"


@given(st.binary() | st.binary().map(b"HTTP/1.1 200 OK\r\n".__add__))
@example(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nabc")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nRetry-After: Mon, 99 Xyz\r\n\r\n")
@example(b"HTTP/1.1 200 OK\r\nRetry-After: Mon, 01 Jan 99999 00:00:00 GMT\r\n\r\n")
def test_whatever_a_receiver_says_there_is_an_answer_or_a_delivery_error(said: bytes) -> None:
    # Given a connection on which somebody said something and hung up
    ours, theirs = socket.socketpair()
    with ours, theirs, contextlib.suppress(DeliveryError):
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        # When a message is posted over it
        with Client(
            allow_private=True,
            resolve=FakeResolver([PUBLIC]),
            connect=lambda address, timeout_s: ours,
        ) as client:
            found = client.post("http://hooks.example/", HEADERS, BODY)
        # Then it is either no answer or one with a status
        assert 100 <= found.status <= 999


@pytest.mark.parametrize("answer", [b"", b"my token is hidden\r\n"])
def test_an_error_tells_neither_the_url_nor_what_was_received(answer: bytes) -> None:
    with receiver(once(answer)) as there:
        error = failure(there)
    assert "hidden" not in str(error)


# Where nothing is sent.

FORBIDDEN = [
    "127.0.0.1",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "198.18.0.1",
    "224.0.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "fd00:ec2::254",
    "fe80::1%2",
    "ff02::1",
]


@pytest.mark.parametrize("address", FORBIDDEN)
@pytest.mark.parametrize("beside", [[], [PUBLIC]], ids=["alone", "beside a public one"])
def test_no_socket_is_opened_to_a_forbidden_address(address: str, beside: list[str]) -> None:
    connect = RecordingConnector()
    error = failure_of(resolve=FakeResolver([*beside, address]), connect=connect)
    assert error.kind is FailureKind.REFUSED_ADDRESS
    assert address not in str(error)
    assert not connect.asked


def test_a_host_that_changes_its_address_after_the_check_is_refused() -> None:
    # Given a name that is public when it is checked, and private when it is used
    resolve = FakeResolver([PUBLIC], ["127.0.0.1"])
    check_url("https://hooks.example/", allow_private=False, resolve=resolve)
    # When a message is posted there
    connect = RecordingConnector()
    error = failure_of(resolve=resolve, connect=connect)
    # Then it is refused, and nothing was opened
    assert error.kind is FailureKind.REFUSED_ADDRESS
    assert not connect.asked


def test_what_is_connected_to_is_what_was_checked() -> None:
    # Given a name whose second answer would be private
    resolve = FakeResolver([PUBLIC], ["127.0.0.1"])
    connect = RecordingConnector()
    # When a message is posted there
    failure_of(resolve=resolve, connect=connect)
    # Then nobody asked for it: the socket got the address itself
    assert resolve.asked == [("hooks.example", 443)]
    assert connect.asked == [Address(socket.AF_INET, (PUBLIC, 443))]


def test_plain_http_is_refused_unless_the_operator_allows_what_is_private() -> None:
    connect = RecordingConnector()
    error = failure_of("http://127.0.0.1/", connect=connect)
    assert error.kind is FailureKind.REFUSED_ADDRESS
    assert not connect.asked


# Names and connections that fail.


def test_a_name_without_an_address_is_a_failure_of_dns() -> None:
    assert failure_of(resolve=FakeResolver([])).kind is FailureKind.DNS


def test_a_name_server_that_is_silent_does_not_outlast_the_deadline() -> None:
    ended = threading.Event()

    def hang(host: str, port: int) -> Iterable[tuple[Any, ...]]:
        ended.wait(20)
        return []

    try:
        error = failure_of(resolve=hang, deadline_s=0.05)
    finally:
        ended.set()
    assert error.kind is FailureKind.TIMEOUT


def test_a_port_where_nobody_listens_is_a_failure_to_connect() -> None:
    with closed_port() as port:
        error = failure_of(f"http://127.0.0.1:{port}/", allow_private=True)
    assert error.kind is FailureKind.CONNECT
    assert str(error) == "the receiver cannot be connected to: Connection refused"


def test_where_one_address_is_dead_the_next_is_tried() -> None:
    with receiver(always(OK)) as there:
        # Nobody listens at 127.0.0.2.
        resolve = FakeResolver(["127.0.0.2", "127.0.0.1"], port=there.port)
        with Client(allow_private=True, resolve=resolve) as client:
            assert client.post("http://hooks.example/", HEADERS, BODY).status == 200


def test_every_address_has_its_share_of_the_time() -> None:
    shares = []

    def connect(address: Address, timeout_s: float) -> socket.socket:
        shares.append(timeout_s)
        raise TimeoutError

    resolve = FakeResolver([PUBLIC, "8.8.4.4"])
    error = failure_of(resolve=resolve, connect=connect, deadline_s=10)
    assert error.kind is FailureKind.TIMEOUT
    first, second = shares
    assert first <= 5 < second <= 10


# Retry-After.

NOW = datetime(2026, 11, 24, 6, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Tue, 24 Nov 2026 06:01:30 GMT", 90.0),
        ("Tuesday, 24-Nov-26 06:01:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 05:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 06:01:30", 90.0),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("9" * 40, None),
        ("Tue, 99 Nov 2026 06:01:30 GMT", None),
        ("Tue, 24 Nov 99999 06:01:30 GMT", None),
        (f"Tue, 24 Nov {'9' * 20} 06:01:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds
