"""Signatures of messages after the Standard Webhooks specification.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence

#: What the secret of an HMAC signature begins with.
PREFIX = "whsec_"
#: The specification asks for 24 to 64.
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret that nobody had before."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(
    valid_secrets: Sequence[str], message_id: str, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """The headers by which a receiver knows that a message is ours, whole and new.

    Args:
        valid_secrets: `whsec_…`; while one replaces another both are valid, and a receiver
            that knows either is content.
        message_id: the same however often the message is sent.
        timestamp_s: when this attempt is made, in seconds since 1970.
        body: exactly the bytes that are sent.

    Raises:
        ValueError: no secret, one that is none, or a full stop in the id: full stops separate
            what is signed, so that one could pass for the end of the id.
    """
    if not valid_secrets:
        raise ValueError("a message without a signature is nothing that we send")
    if "." in message_id:
        raise ValueError("the id of a message has no full stop")
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(_signature(one, signed) for one in valid_secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    if not secret.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
