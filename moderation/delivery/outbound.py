"""Posting one message to one receiver, and what came back.

Whatever a receiver does, the outcome is a `Response` or a `DeliveryError`, within the deadline:
it may redirect, trickle, send gigabytes, close early or speak no HTTP. An answer counts as
soon as its status and headers are there; the body is only for people to read.

No proxy is used, whatever the environment says: a proxy would resolve names anew.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Self

from moderation.delivery.addresses import (
    Address,
    Resolve,
    Target,
    UnknownHostError,
    UnsuitableUrlError,
    look_up,
    system_resolve,
    target_of,
)
from moderation.delivery.connections import Connection
from moderation.delivery.wire import (
    AnswerTooLargeError,
    Connect,
    Deadline,
    Wire,
    default_tls,
    open_socket,
    secured,
)
from moderation.errors import ModerationError

#: The Standard Webhooks specification recommends 15 to 30 s.
DEADLINE_S = 15.0
_DELAY_SECONDS = re.compile(r"[0-9]{1,9}")


class FailureKind(StrEnum):
    """Why there was no answer."""

    REFUSED_ADDRESS = "refused-address"
    """We do not send there: the URL, or an address of its host, is forbidden."""
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    """What came was no HTTP, or too much of it."""
    CLOSED = "closed"
    """The connection ended before the answer."""


class DeliveryError(ModerationError):
    """Raised when a receiver gave no answer.

    The message is for the endpoint's owner. It has neither the URL, which may hold a password,
    nor anything that the receiver sent.
    """

    def __init__(self, kind: FailureKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Response:
    """What a receiver answered.

    Attributes:
        status: the HTTP status; redirects are not followed.
        text: the beginning of the body, for people. A stranger wrote it.
        retry_after_s: how long it wants to be left alone, `None` if it does not say.
        elapsed_ms: from looking up the host to the end of the answer.
    """

    status: int
    text: str
    retry_after_s: float | None
    elapsed_ms: int


class Client:
    """Posts messages to an endpoint, over one connection as long as it holds.

    Not for two threads at once.

    Args:
        allow_private: the operator lets messages go to private addresses, and over plain HTTP.
        deadline_s: how long one message may take, from looking up the host to the answer.
        resolve: asked once a connection.
        connect: opens it.
        tls: how a receiver proves who it is.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        deadline_s: float = DEADLINE_S,
        resolve: Resolve = system_resolve,
        connect: Connect = open_socket,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._deadline_s = deadline_s
        self._resolve = resolve
        self._connect = connect
        self._tls = tls or default_tls()
        self._kept: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection, if there is one."""
        if self._kept:
            self._kept.wire.shut()
            self._kept = None

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Posts a message.

        It may reach the receiver twice when a kept connection breaks under it: its
        `webhook-id` tells the receiver so.

        Raises:
            DeliveryError: there was no answer.
        """
        try:
            target = target_of(url, allow_private=self._allow_private)
            return self._answer(target, headers, body)
        except (OSError, http.client.HTTPException, UnsuitableUrlError) as error:
            raise _failure(error, self._deadline_s) from error

    def _answer(self, target: Target, headers: Mapping[str, str], body: bytes) -> Response:
        started = time.monotonic()
        deadline = Deadline(self._deadline_s)
        answer, text = self._exchanged(target, headers, body, deadline)
        return Response(
            status=answer.status,
            text=text,
            retry_after_s=retry_after_s(answer.getheader("Retry-After"), datetime.now(UTC)),
            elapsed_ms=round((time.monotonic() - started) * 1000),
        )

    def _exchanged(
        self, target: Target, headers: Mapping[str, str], body: bytes, deadline: Deadline
    ) -> tuple[http.client.HTTPResponse, str]:
        """Uses the kept connection; where that turns out to be dead, a new one."""
        kept = self._take_kept(target)
        if kept:
            try:
                return self._exchange(kept, target, headers, body, deadline)
            except OSError:
                if kept.wire.received_bytes:
                    raise
        opened = self._opened(target, deadline)
        return self._exchange(opened, target, headers, body, deadline)

    def _exchange(
        self,
        connection: Connection,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
        deadline: Deadline,
    ) -> tuple[http.client.HTTPResponse, str]:
        """One exchange; the connection is kept if it can be used again, or else closed."""
        try:
            return connection.exchange(target, headers, body, deadline)
        finally:
            if connection.is_reusable:
                self._kept = connection
            else:
                connection.wire.shut()

    def _take_kept(self, target: Target) -> Connection | None:
        kept, self._kept = self._kept, None
        if kept and not kept.serves(target):
            kept.wire.shut()
            return None
        return kept

    def _opened(self, target: Target, deadline: Deadline) -> Connection:
        addresses = look_up(
            target,
            allow_private=self._allow_private,
            resolve=self._resolve,
            timeout_s=deadline.left_s(),
        )
        sock = self._connected(addresses, deadline)
        if target.is_tls:
            sock = secured(sock, target.host, self._tls, deadline)
        return Connection(target, Wire(sock))

    def _connected(self, addresses: tuple[Address, ...], deadline: Deadline) -> socket.socket:
        """Tries each address, in the resolver's order, with its share of the time."""
        for tried, address in enumerate(addresses, start=1):
            still_to_try = len(addresses) - tried + 1
            try:
                return self._connect(address, deadline.left_s() / still_to_try)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise failure
        reason = os.strerror(failure.errno) if failure.errno else "the network failed"
        raise DeliveryError(
            FailureKind.CONNECT, f"the receiver cannot be connected to: {reason}"
        ) from failure


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """What a `Retry-After` header asks for, in seconds (RFC 9110, section 10.2.3).

    Args:
        header: its value: seconds or a date; nonsense is as good as nothing.
        now: the present moment.
    """
    if header is None:
        return None
    if _DELAY_SECONDS.fullmatch(header.strip()):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # the latter for a year of twenty digits
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)


def _failure(error: Exception, deadline_s: float) -> DeliveryError:
    """What went wrong, in words for the endpoint's owner."""
    match error:
        case UnknownHostError():
            return DeliveryError(FailureKind.DNS, str(error))
        case UnsuitableUrlError():
            return DeliveryError(FailureKind.REFUSED_ADDRESS, str(error))
        case TimeoutError():
            return DeliveryError(
                FailureKind.TIMEOUT, f"the receiver did not answer within {deadline_s:g} s"
            )
        case ssl.SSLCertVerificationError():
            return DeliveryError(
                FailureKind.TLS,
                f"the receiver's certificate is not good: {error.verify_message}",
            )
        case ssl.SSLError():
            reason = (error.reason or "unknown reason").replace("_", " ").lower()
            return DeliveryError(FailureKind.TLS, f"TLS with the receiver failed: {reason}")
        case AnswerTooLargeError():
            return DeliveryError(
                FailureKind.PROTOCOL, "the receiver's headers are longer than we read"
            )
        case OSError():
            return DeliveryError(
                FailureKind.CLOSED, "the receiver closed the connection without an answer"
            )
        case _:
            return DeliveryError(FailureKind.PROTOCOL, "the receiver's answer is not HTTP")
