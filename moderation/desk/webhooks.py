"""What people do with a site's webhook endpoints, whatever the door.

Each act is told in the audit log, without secrets and without the whole address, which may hold
one of the receiver's. Knows not how messages are sent: the record queues them for a deliverer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from moderation.deliveries import Attempt
from moderation.delivery.addresses import (
    ForbiddenAddressError,
    Resolve,
    UnsuitableUrlError,
    check_url,
    system_resolve,
)
from moderation.delivery.signing import new_secret
from moderation.desk.rights import must_be_admin
from moderation.domain import Actor, now_rfc3339, rfc3339
from moderation.errors import EndpointDisabledError, UnsuitableWebhookError
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.webhooks import Endpoint, Envelope, EventType, Secret

#: What an endpoint is told unless somebody says otherwise.
DEFAULT_EVENTS = (EventType.DECISION_CREATED,)
#: How long whoever pings waits for what becomes of it.
PING_WAIT_S = 5.0
_ASK_THE_OPERATOR = (
    "for a receiver on its own network the operator sets MODERATION_WEBHOOKS_ALLOW_PRIVATE"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be changed of an endpoint; `None` stays as it is."""

    url: str | None = None
    events: Sequence[EventType] | None = None
    envelope: Envelope | None = None
    is_enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """A test message, and the attempt to deliver it, `None` if there was none in time."""

    message: str
    attempt: Attempt | None


class Webhooks:
    """The endpoints, as one who acts on a site may change them.

    Args:
        record: where they are kept.
        allow_private: whether the operator lets messages go to private addresses.
        resolve: finds the addresses of a host.
    """

    def __init__(
        self, record: Record, *, allow_private: bool, resolve: Resolve = system_resolve
    ) -> None:
        self._record = record
        self._webhooks = record.webhooks
        self._allow_private = allow_private
        self._resolve = resolve

    def create(
        self,
        actor: Actor,
        url: str,
        *,
        events: Sequence[EventType] = DEFAULT_EVENTS,
        envelope: Envelope = Envelope.STANDARD,
    ) -> Endpoint:
        """Makes an endpoint, which is told what happens from now on.

        Raises:
            NotAllowedError: the actor is no admin.
            UnsuitableWebhookError: the address cannot be used, or there is no event.
            TooManyEndpointsError: the site has as many as it may.
        """
        must_be_admin(actor)
        self._check_url(url)
        endpoint = Endpoint(
            id=f"wh_{uuid4().hex[:16]}",
            site=actor.site,
            url=url,
            events=_checked(events),
            secrets=(Secret(new_secret()),),
            envelope=envelope,
            created_at=now_rfc3339(),
        )
        self._webhooks.add(endpoint)
        self._write(actor, endpoint, "created", events=list(endpoint.events))
        return endpoint

    def change(self, actor: Actor, endpoint_id: str, changes: Changes) -> Endpoint:
        """Changes an endpoint; one that is enabled again is sent what waited meanwhile.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
            UnsuitableWebhookError: the address cannot be used, or there is no event.
        """
        before = self._mine(actor, endpoint_id)
        if changes.url is not None and changes.url != before.url:
            self._check_url(changes.url)
        changed = self._webhooks.change(actor.site, endpoint_id, _changer(actor, changes))
        if did := _difference(before, changed):
            self._write(actor, changed, "changed", **did)
        return changed

    def rotate(self, actor: Actor, endpoint_id: str) -> Endpoint:
        """Gives an endpoint a new secret; for a day the one before signs messages too.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
        """
        self._mine(actor, endpoint_id)
        secret, now = new_secret(), datetime.now(UTC)
        rotated = self._webhooks.change(
            actor.site, endpoint_id, lambda one: one.rotated(secret, now)
        )
        self._write(actor, rotated, "rotated the secret")
        return rotated

    def remove(self, actor: Actor, endpoint_id: str) -> None:
        """Removes an endpoint with all that waits for it.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
        """
        endpoint = self._mine(actor, endpoint_id)
        self._webhooks.remove(actor.site, endpoint_id)
        self._write(actor, endpoint, "removed")

    def ping(self, actor: Actor, endpoint_id: str, *, wait_s: float = PING_WAIT_S) -> Ping:
        """Sends a test message before all others, and waits for what becomes of it.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
            EndpointDisabledError: nothing is sent there.
        """
        endpoint = self._mine(actor, endpoint_id)
        if endpoint.disabled:
            raise EndpointDisabledError(endpoint.disabled)
        message_id = self._webhooks.ping(endpoint).id(actor.site)
        self._write(actor, endpoint, "pinged")
        if not self._webhooks.has_deliverer():
            wait_s = 0.0
        return Ping(message_id, self._webhooks.attempt_of(endpoint, message_id, wait_s=wait_s))

    def replay(self, actor: Actor, endpoint_id: str, message_id: str) -> None:
        """Lets one message be sent again.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
            UnknownMessageError: it has no such message, or no longer.
        """
        endpoint = self._mine(actor, endpoint_id)
        self._webhooks.replay(endpoint, message_id)
        self._write(actor, endpoint, "replayed", message=message_id)

    def replay_between(
        self, actor: Actor, endpoint_id: str, first: datetime, last: datetime
    ) -> None:
        """Lets all be sent again that happened from `first` to `last`, both included.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
            UnsuitableWebhookError: it would end before it begins.
        """
        endpoint = self._mine(actor, endpoint_id)
        if last < first:
            raise UnsuitableWebhookError("to", "the time must not end before it begins")
        self._webhooks.replay_range(endpoint, _ms(first), _ms(last))
        since, until = rfc3339(first), rfc3339(last)
        self._write(actor, endpoint, "replayed", since=since, until=until)

    def replay_parked(self, actor: Actor, endpoint_id: str) -> int:
        """Lets every message be sent again that was given up; how many.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownEndpointError: the site has no such endpoint.
        """
        endpoint = self._mine(actor, endpoint_id)
        count = self._webhooks.replay_parked(endpoint)
        self._write(actor, endpoint, "replayed", parked=count)
        return count

    def _mine(self, actor: Actor, endpoint_id: str) -> Endpoint:
        must_be_admin(actor)
        return self._webhooks.one(actor.site, endpoint_id)

    def _check_url(self, url: str) -> None:
        try:
            check_url(url, allow_private=self._allow_private, resolve=self._resolve)
        except UnsuitableUrlError as error:
            is_forbidden = isinstance(error, ForbiddenAddressError) and not self._allow_private
            what_to_do = f"; {_ASK_THE_OPERATOR}" if is_forbidden else ""
            raise UnsuitableWebhookError("url", f"{error}{what_to_do}") from None

    def _write(self, actor: Actor, endpoint: Endpoint, did: str, **details: Any) -> None:
        told = {"did": did, "host": _host(endpoint), **details}
        entry = AuditEntry(actor.name, AuditKind.WEBHOOK, endpoint.id, told)
        self._record.audit.write(actor.site, entry)


def _checked(events: Sequence[EventType]) -> tuple[EventType, ...]:
    if not events:
        raise UnsuitableWebhookError("events", "choose at least one event")
    return tuple(dict.fromkeys(events))


def _changer(actor: Actor, changes: Changes) -> Callable[[Endpoint], Endpoint]:
    """What makes of an endpoint what it is to be."""
    given: dict[str, Any] = {}
    if changes.url is not None:
        given["url"] = changes.url
    if changes.events is not None:
        given["events"] = _checked(changes.events)
    if changes.envelope is not None:
        given["envelope"] = changes.envelope

    def change(endpoint: Endpoint) -> Endpoint:
        disabled = endpoint.disabled
        if changes.is_enabled is not None:
            by_hand = disabled or f"switched off by {actor.name}"
            disabled = "" if changes.is_enabled else by_hand
        return replace(endpoint, **given, disabled=disabled)

    return change


def _difference(before: Endpoint, after: Endpoint) -> dict[str, Any]:
    """What was changed, as the audit log tells it."""
    told: dict[str, Any] = {}
    if before.url != after.url:
        told["url"] = f"changed, before at {_host(before)}"
    if tuple(before.events) != tuple(after.events):
        told["events"] = list(after.events)
    if before.envelope != after.envelope:
        told["envelope"] = after.envelope
    if bool(before.disabled) != bool(after.disabled):
        told["enabled"] = not after.disabled
    return told


def _host(endpoint: Endpoint) -> str:
    return urlsplit(endpoint.url).hostname or ""


def _ms(moment: datetime) -> int:
    """Milliseconds since 1970; what is before is as good as 1970."""
    return max(0, int(moment.timestamp() * 1000))
