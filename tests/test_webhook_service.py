"""Webhooks against the running service: real receivers, some of them bad, and kill -9."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.conftest import Service, new_comment, start_service
from tests.receivers import Receiver, receiver
from tests.test_service import children, wait_until

#: A message that a dead deliverer had in its hand is sent again after its lease of 20 s.
LEASE_AND_SOME_S = 60.0


@pytest.fixture(scope="module")
def webhook_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that may send to this machine."""
    running = start_service(
        tmp_path_factory.mktemp("webhooks"),
        MODERATION_WEBHOOKS_ALLOW_PRIVATE="on",
        MODERATION_TRAINER="off",
    )
    yield running
    running.stop()


def register(client: httpx.Client, where: Receiver, **more: Any) -> dict[str, Any]:
    """A new endpoint of the site, as the service answers."""
    answer = client.post("/v1/webhooks", json={"url": where.url, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def post(client: httpx.Client, comment: str, **more: Any) -> None:
    answer = client.post(
        "/v1/articles/webhooks/comments",
        json={"id": comment, **new_comment(author={"id": comment}, **more)},
        headers={"Prefer": "wait=10"},
    )
    assert answer.status_code == 201, answer.text


def test_every_decision_is_told_signed_and_once(webhook_service: Service) -> None:
    with webhook_service.client() as client, receiver() as there:
        made = register(client, there)
        comments = [f"told-{number}" for number in range(20)]
        for comment in comments:
            post(client, comment)
        wait_until(lambda: len(there.received) >= len(comments))

        assert sorted(there.comment_ids()) == sorted(comments)
        for one in there.received:
            told = Webhook(made["secret"]).verify(one.body, one.headers)
            assert told["type"] == "decision.created"
            stored = client.get(f"/v1/comments/{told['data']['comment_id']}").json()
            assert told["data"] == stored["decision"]
        client.delete(f"/v1/webhooks/{made['id']}")


def test_a_bad_receiver_delays_no_other_and_gets_all_of_it_later(
    webhook_service: Service,
) -> None:
    """One hangs, one is away at first; the third hears everything at once."""
    with webhook_service.client() as client, ExitStack() as stack:
        hanging = stack.enter_context(receiver(lambda _: hanging.hang()))
        sick = stack.enter_context(receiver(lambda before: 200 if before else 503))
        sound = stack.enter_context(receiver())
        made = [register(client, one) for one in (hanging, sick, sound)]
        comments = [f"beside-{number}" for number in range(5)]
        for comment in comments:
            post(client, comment)

        wait_until(lambda: len(sound.received) >= len(comments), 5)
        wait_until(lambda: len(sick.received) > len(comments), 30)

        [first, *later] = sick.received
        again = next(one for one in later if one.id == first.id)
        assert again.body == first.body
        assert again.at - first.at < 30
        assert again.headers["webhook-signature"] != first.headers["webhook-signature"]
        assert sorted({one.id for one in sick.received}) == sorted(
            one.id for one in sound.received
        )
        log = client.get(f"/v1/webhooks/{made[1]['id']}/deliveries").json()["deliveries"]
        assert [one["outcome"] for one in log].count("retried") == 1
        for one in made:
            client.delete(f"/v1/webhooks/{one['id']}")


def test_a_deliverer_that_is_killed_loses_nothing(webhook_service: Service) -> None:
    with webhook_service.client() as client, ExitStack() as stack:
        # Given a message that is on its way, to a receiver that takes its time
        there = stack.enter_context(receiver(lambda n: 200 if n else there.hang()))
        made = register(client, there)
        post(client, "killed-1")
        wait_until(lambda: len(there.received) == 1)
        # When the deliverer is killed, and more is decided meanwhile
        [pid] = children(webhook_service, "deliverer")
        os.kill(pid, signal.SIGKILL)
        post(client, "killed-2")
        # Then all of it comes, the first under the same id
        wait_until(
            lambda: set(there.comment_ids()[1:]) == {"killed-1", "killed-2"}, LEASE_AND_SOME_S
        )
        first, *later = there.received
        assert first.id in {one.id for one in later}
        client.delete(f"/v1/webhooks/{made['id']}")


def test_what_readers_reports_change_follows_the_machine_s_decision(
    webhook_service: Service,
) -> None:
    with webhook_service.client() as client, receiver() as there:
        made = register(client, there, events=["decision.created", "comment.held"])
        answer = client.put("/v1/policy", json={"reports_to_hold": 2})
        assert answer.status_code == 200, answer.text
        post(client, "reported", text="The old bridge opens again in the spring")
        for reader in range(2):
            answer = client.post(
                "/v1/comments/reported/reports",
                json={"reason": "rude", "reporter_id": f"r{reader}"},
            )
            assert answer.status_code < 300, answer.text
        wait_until(lambda: len(there.received) >= 3)

        told = [(one.told["type"], one.told["data"]["revision"]) for one in there.received]
        assert told == [
            ("decision.created", 1),
            ("decision.created", 2),
            ("comment.held", 2),
        ]
        client.delete(f"/v1/webhooks/{made['id']}")


def test_what_was_told_is_told_again_when_somebody_asks(webhook_service: Service) -> None:
    with webhook_service.client() as client, receiver() as there:
        made = register(client, there)
        before = time.time()
        post(client, "again")
        wait_until(lambda: len(there.received) == 1)
        where = f"/v1/webhooks/{made['id']}/replay"

        message = client.post(where, json={"message": there.received[0].id})
        assert message.status_code == 202, message.text
        wait_until(lambda: len(there.received) == 2)
        begin, end = (
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
            for moment in (before - 1, time.time() + 1)
        )
        in_time = client.post(where, json={"from": begin, "to": end})
        assert in_time.status_code == 202, in_time.text
        wait_until(lambda: there.comment_ids().count("again") == 3)

        assert len({one.id for one in there.received if "again" in str(one.body)}) == 1
        client.delete(f"/v1/webhooks/{made['id']}")


def test_a_ping_comes_at_once_and_tells_what_became_of_it(webhook_service: Service) -> None:
    with webhook_service.client() as client, receiver() as there:
        made = register(client, there)
        pinged = client.post(f"/v1/webhooks/{made['id']}/ping")

        assert pinged.status_code == 202, pinged.text
        assert pinged.json()["attempt"]["status"] == 200
        assert there.received[0].told["type"] == "ping"
        client.delete(f"/v1/webhooks/{made['id']}")


def test_a_service_sends_nothing_to_this_machine_unless_it_may(service: Service) -> None:
    with service.client() as client, receiver() as there:
        answer = client.post("/v1/webhooks", json={"url": there.url})
        assert answer.status_code == 422
        assert "url" in answer.json()["errors"]
        assert there.received == []
