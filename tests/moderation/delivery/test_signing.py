"""Signatures, as the specification's own client verifies them."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from moderation.delivery import signing

BODY = '{"type":"decision.created","data":{"text":"schön"}}'.encode()
ID = "msg_demo_1700000000000-0_decision-created"


def now_s() -> int:
    return int(time.time())


def test_a_secret_is_32_random_bytes_after_its_prefix() -> None:
    first, second = signing.new_secret(), signing.new_secret()
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32
    assert first != second


def test_the_specifications_client_verifies_a_message() -> None:
    secret = signing.new_secret()
    headers = signing.headers([secret], ID, now_s(), BODY)
    assert Webhook(secret).verify(BODY, headers)["data"] == {"text": "schön"}


def test_while_secrets_rotate_a_receiver_may_know_either_one() -> None:
    secrets = [signing.new_secret(), signing.new_secret()]
    headers = signing.headers(secrets, ID, now_s(), BODY)
    for secret in secrets:
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(BODY, headers)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("webhook-id", lambda _: "msg_other"),
        ("webhook-timestamp", lambda sent: str(int(sent) - 1)),
        ("webhook-signature", lambda _: "v1,AAAA"),
    ],
)
def test_a_header_that_was_changed_on_the_way_is_noticed(
    name: str, change: Callable[[str], str]
) -> None:
    secret = signing.new_secret()
    headers = signing.headers([secret], ID, now_s(), BODY)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret).verify(BODY, headers | {name: change(headers[name])})


def test_a_body_that_was_changed_on_the_way_is_noticed() -> None:
    secret = signing.new_secret()
    headers = signing.headers([secret], ID, now_s(), BODY)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret).verify(BODY.replace(b"created", b"removed"), headers)


def test_a_message_that_somebody_kept_and_sends_again_is_too_old() -> None:
    secret = signing.new_secret()
    headers = signing.headers([secret], ID, now_s() - 600, BODY)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("secrets", [[], ["none of ours"], ["whsec_not base64!"]])
def test_nothing_is_sent_that_nobody_could_verify(secrets: list[str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        signing.headers(secrets, ID, now_s(), BODY)


def test_an_id_cannot_pass_for_a_part_of_what_follows_it() -> None:
    with pytest.raises(ValueError, match="full stop"):
        signing.headers([signing.new_secret()], "msg_1.1700000000", now_s(), BODY)
