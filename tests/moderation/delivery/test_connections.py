"""A connection is used again as long as it holds."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from moderation.delivery import connections
from moderation.delivery.outbound import Client, DeliveryError, FailureKind
from tests.moderation.delivery.fakes import FakeResolver
from tests.moderation.delivery.receivers import OK, Receiver, Talk, always, once, receiver

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999


@pytest.fixture
def client() -> Iterator[Client]:
    with Client(allow_private=True) as client:
        yield client


def post(client: Client, to: Receiver, message_id: str = "msg_1") -> int:
    return client.post(to.url, {"webhook-id": message_id}, b"{}").status


@pytest.mark.parametrize("answer", [OK, CHUNKED, EMPTY], ids=["length", "chunks", "empty"])
def test_messages_share_a_connection(client: Client, answer: bytes) -> None:
    with receiver(always(answer)) as there:
        for number in range(3):
            post(client, there, f"msg_{number}")
        client.close()
    assert len(there.talks) == 1
    assert [one.headers["webhook-id"] for one in there.requests] == ["msg_0", "msg_1", "msg_2"]


def test_a_shared_connection_is_resolved_once() -> None:
    with receiver(always(OK)) as there:
        resolve = FakeResolver(["127.0.0.1"], port=there.port)
        with Client(allow_private=True, resolve=resolve) as client:
            for _ in range(3):
                client.post("http://hooks.example/", {}, b"{}")
    assert len(resolve.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        LARGE,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
    ids=["it says so", "HTTP/1.0", "more than is read", "another protocol"],
)
def test_a_connection_with_more_to_come_is_not_used_again(
    client: Client, answer: bytes
) -> None:
    with receiver(always(answer)) as there:
        for _ in range(3):
            post(client, there)
    assert len(there.talks) == 3


def test_what_nobody_asked_for_is_not_taken_for_the_next_answer(client: Client) -> None:
    # Given a receiver that, its answer given, gives another one
    answered, said_more = threading.Event(), threading.Event()

    def says_more(talk: Talk) -> None:
        talk.hear()
        talk.say(OK)
        answered.wait(20)
        talk.say(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")
        said_more.set()
        talk.wait_for_the_end()

    with receiver(says_more, always(OK)) as there:
        post(client, there)
        answered.set()
        assert said_more.wait(20)
        # When the next message is sent, then it goes over another connection
        assert post(client, there) == 200
        client.close()
    assert len(there.talks) == 2


def test_a_connection_that_the_receiver_closed_meanwhile_is_opened_anew(client: Client) -> None:
    with receiver(once(OK), always(OK)) as there:
        assert post(client, there) == 200
        there.talks[0].wait_until_closed()
        assert post(client, there) == 200
        client.close()
    assert len(there.talks) == 2
    assert len(there.requests) == 2


def test_a_message_is_sent_again_if_its_connection_dies_under_it(client: Client) -> None:
    # Given a receiver that takes a second message and hangs up without a word
    with receiver(once(OK, b""), always(OK)) as there:
        post(client, there, "msg_1")
        # When it is sent that
        assert post(client, there, "msg_2") == 200
        client.close()
    # Then it got it once more, under the same id
    assert [one.headers["webhook-id"] for one in there.requests] == ["msg_1", "msg_2", "msg_2"]


def test_a_message_is_not_sent_again_over_a_new_connection(client: Client) -> None:
    with receiver(once(b"")) as there, pytest.raises(DeliveryError):
        post(client, there)
    assert len(there.requests) == 1


def test_a_message_is_not_sent_again_once_an_answer_began(client: Client) -> None:
    with receiver(once(OK, b"HTTP/1.1 200 OK\r\nContent-Le"), always(OK)) as there:
        post(client, there)
        with pytest.raises(DeliveryError):
            post(client, there)
    assert len(there.requests) == 2


def test_a_message_is_not_sent_again_when_the_time_is_up() -> None:
    def answers_once(talk: Talk) -> None:
        talk.hear()
        talk.say(OK)
        talk.hear()
        talk.wait_for_the_end()

    with receiver(answers_once) as there, Client(allow_private=True, deadline_s=0.4) as client:
        post(client, there)
        with pytest.raises(DeliveryError) as failed:
            post(client, there)
    assert failed.value.kind is FailureKind.TIMEOUT
    assert len(there.requests) == 2


def test_a_failure_leaves_no_connection_behind(client: Client) -> None:
    with receiver(once(b"nonsense\r\n"), always(OK)) as there:
        with pytest.raises(DeliveryError):
            post(client, there)
        assert post(client, there) == 200
        client.close()
    assert len(there.talks) == 2


def test_another_receiver_gets_a_connection_of_its_own(client: Client) -> None:
    with receiver(always(OK)) as one, receiver(always(OK)) as other:
        for _ in range(2):
            post(client, one)
            post(client, other)
        client.close()
    assert len(one.requests) == len(other.requests) == 2


def test_an_old_connection_is_not_used_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECTION_S", 0)
    with receiver(always(OK)) as there:
        post(client, there)
        post(client, there)
        client.close()
    assert len(there.talks) == 2


def test_a_closed_client_can_be_used_again(client: Client) -> None:
    with receiver(always(OK)) as there:
        post(client, there)
        client.close()
        assert post(client, there) == 200
        client.close()
    assert len(there.talks) == 2
