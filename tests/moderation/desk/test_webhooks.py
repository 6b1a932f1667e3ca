"""Webhook endpoints as people make, change, test and remove them; the deliverer is played."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderation.deliveries import Outcome
from moderation.desk.webhooks import DEFAULT_EVENTS, Changes, Webhooks
from moderation.domain import Actor, Role
from moderation.errors import (
    EndpointDisabledError,
    NotAllowedError,
    TooManyEndpointsError,
    UnknownEndpointError,
    UnknownMessageError,
    UnsuitableWebhookError,
)
from moderation.record import Record
from moderation.webhooks import MOST_ENDPOINTS, Endpoint, Envelope, EventType
from tests.conftest import DEMO_SITE
from tests.deliveries import attempt_all, new_endpoint
from tests.held import hold

ADMIN = Actor("anna", DEMO_SITE, Role.ADMIN)
URL = "https://news.example/hooks/T0P-S3CRET"
PUBLIC, PRIVATE = "198.41.0.4", "10.0.0.1"
HOUR = timedelta(hours=1)


def resolve_to(*addresses: str) -> Callable[[str, int], Iterable[tuple[Any, ...]]]:
    """A resolver that knows one answer to everything."""
    return lambda _, port: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses
    ]


def desk_on(record: Record, *addresses: str, allow_private: bool = False) -> Webhooks:
    return Webhooks(record, allow_private=allow_private, resolve=resolve_to(*addresses))


@pytest.fixture
def desk(record: Record) -> Webhooks:
    return desk_on(record, PUBLIC)


@pytest.fixture
def endpoint(desk: Webhooks) -> Endpoint:
    return desk.create(ADMIN, URL)


def told(record: Record) -> list[dict[str, Any]]:
    """What the audit log says of endpoints, the oldest first."""
    entries = reversed(record.audit.page(DEMO_SITE).entries)
    return [one.details for one in entries if one.what.value == "webhook"]


class TestCreate:
    def test_an_endpoint_is_told_decisions_and_has_a_secret_of_its_own(
        self, desk: Webhooks, record: Record
    ):
        first, second = desk.create(ADMIN, URL), desk.create(ADMIN, URL)

        assert record.webhooks.all(DEMO_SITE) == sorted([first, second], key=_age)
        assert first.events == DEFAULT_EVENTS == (EventType.DECISION_CREATED,)
        assert first.envelope is Envelope.STANDARD
        assert first.secrets[0].value.startswith("whsec_")
        assert first.secrets != second.secrets

    def test_it_is_not_told_what_was_before(self, desk: Webhooks, record: Record):
        hold(record, "c1")
        endpoint = desk.create(ADMIN, URL)
        hold(record, "c2")

        record.deliveries.feed(endpoint)

        assert record.webhooks.health(endpoint).waiting == 1

    @pytest.mark.parametrize("url", ["http://news.example/", "ftp://news.example/", "news", ""])
    def test_an_address_that_is_not_https_is_refused(
        self, desk: Webhooks, record: Record, url: str
    ):
        with pytest.raises(UnsuitableWebhookError) as refused:
            desk.create(ADMIN, url)

        assert refused.value.field == "url"
        assert record.webhooks.all(DEMO_SITE) == []

    def test_one_forbidden_address_among_good_ones_is_enough(self, record: Record):
        desk = desk_on(record, PUBLIC, PRIVATE)

        with pytest.raises(UnsuitableWebhookError, match="MODERATION_WEBHOOKS_ALLOW_PRIVATE"):
            desk.create(ADMIN, URL)

        assert record.webhooks.all(DEMO_SITE) == []

    def test_the_refusal_does_not_tell_what_a_name_means_inside(self, record: Record):
        with pytest.raises(UnsuitableWebhookError) as refused:
            desk_on(record, PRIVATE).create(ADMIN, "https://db.news.example/")

        assert PRIVATE not in str(refused.value)

    def test_a_host_that_has_no_address_is_refused(self, record: Record):
        with pytest.raises(UnsuitableWebhookError, match="has no address"):
            desk_on(record).create(ADMIN, URL)

    def test_the_operator_lets_private_addresses_and_http_in(self, record: Record):
        desk = desk_on(record, PRIVATE, allow_private=True)

        assert desk.create(ADMIN, "http://cms.lan:8080/hook").url == "http://cms.lan:8080/hook"

    def test_metadata_services_stay_forbidden_whatever_the_operator_allows(
        self, record: Record
    ):
        desk = desk_on(record, "169.254.169.254", allow_private=True)

        with pytest.raises(UnsuitableWebhookError, match="private or reserved"):
            desk.create(ADMIN, URL)

    def test_an_endpoint_without_events_would_never_be_told_anything(self, desk: Webhooks):
        with pytest.raises(UnsuitableWebhookError) as refused:
            desk.create(ADMIN, URL, events=())

        assert refused.value.field == "events"

    def test_a_site_has_so_many_and_no_more(self, desk: Webhooks, record: Record):
        for number in range(MOST_ENDPOINTS):
            new_endpoint(record, number=number)

        with pytest.raises(TooManyEndpointsError):
            desk.create(ADMIN, URL)

        assert len(record.webhooks.all(DEMO_SITE)) == MOST_ENDPOINTS


class TestChange:
    def test_only_what_is_given_is_changed(self, desk: Webhooks, endpoint: Endpoint):
        events = (EventType.COMMENT_HELD, EventType.MODEL_PROMOTED)

        changed = desk.change(ADMIN, endpoint.id, Changes(events=events))

        assert changed.events == events
        assert (changed.url, changed.secrets) == (URL, endpoint.secrets)
        changed = desk.change(ADMIN, endpoint.id, Changes(envelope=Envelope.CLOUDEVENTS))
        assert (changed.envelope, changed.events) == (Envelope.CLOUDEVENTS, events)

    def test_a_new_address_is_checked_as_the_first_was(
        self, record: Record, endpoint: Endpoint
    ):
        changes = Changes(url="https://inside.example/")

        with pytest.raises(UnsuitableWebhookError):
            desk_on(record, PRIVATE).change(ADMIN, endpoint.id, changes)

        assert record.webhooks.one(DEMO_SITE, endpoint.id).url == URL

    def test_a_host_that_is_away_does_not_keep_its_endpoint_from_being_changed(
        self, record: Record, endpoint: Endpoint
    ):
        changes = Changes(url=URL, is_enabled=False)

        assert desk_on(record).change(ADMIN, endpoint.id, changes).disabled

    def test_one_is_disabled_by_name_and_enabled_again(
        self, desk: Webhooks, endpoint: Endpoint
    ):
        off = desk.change(ADMIN, endpoint.id, Changes(is_enabled=False))
        assert off.disabled == "switched off by anna"
        bob = Actor("bob", DEMO_SITE, Role.ADMIN)
        again = desk.change(bob, endpoint.id, Changes(is_enabled=False))
        assert again.disabled == "switched off by anna"
        assert desk.change(bob, endpoint.id, Changes(is_enabled=True)).disabled == ""

    def test_no_events_change_nothing(self, desk: Webhooks, record: Record, endpoint: Endpoint):
        with pytest.raises(UnsuitableWebhookError):
            desk.change(ADMIN, endpoint.id, Changes(url="https://b.example/", events=()))

        assert record.webhooks.one(DEMO_SITE, endpoint.id) == endpoint


def test_a_rotated_secret_leaves_the_one_before_valid_for_a_day(
    desk: Webhooks, endpoint: Endpoint
):
    now = datetime.now(UTC)

    rotated = desk.rotate(ADMIN, endpoint.id)

    new, old = (one.value for one in rotated.secrets)
    assert old == endpoint.secrets[0].value != new
    assert rotated.valid_secrets(now + timedelta(hours=23)) == [new, old]
    assert rotated.valid_secrets(now + timedelta(hours=25)) == [new]


def test_with_an_endpoint_goes_all_that_waited_for_it(
    desk: Webhooks, record: Record, endpoint: Endpoint
):
    hold(record, "c1")
    record.deliveries.feed(endpoint)

    desk.remove(ADMIN, endpoint.id)

    assert record.webhooks.all(DEMO_SITE) == []
    assert not list(record.connection.scan_iter(f"*{endpoint.id}*"))
    with pytest.raises(UnknownEndpointError):
        desk.remove(ADMIN, endpoint.id)


class TestPing:
    def test_without_a_deliverer_nobody_waits(self, desk: Webhooks, endpoint: Endpoint):
        ping = desk.ping(ADMIN, endpoint.id, wait_s=3_600)

        assert ping.attempt is None
        assert ping.message.endswith("_ping")

    def test_what_became_of_it_is_told(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        ping = desk.ping(ADMIN, endpoint.id)
        [message] = attempt_all(record, endpoint, status=204)

        assert message == ping.message
        found = record.webhooks.attempt_of(endpoint, message, wait_s=0)
        assert found is not None
        assert (found.status, found.event) == (204, EventType.PING)

    def test_one_that_failed_is_in_the_log_and_not_kept_to_be_sent_again(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        ping = desk.ping(ADMIN, endpoint.id)
        attempt_all(record, endpoint, Outcome.PARKED, status=500)

        assert [one.message for _, one in record.webhooks.log(endpoint)] == [ping.message]
        health = record.webhooks.health(endpoint)
        assert (health.waiting, health.parked) == (0, 0)

    def test_a_disabled_endpoint_is_not_pinged(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        desk.change(ADMIN, endpoint.id, Changes(is_enabled=False))

        with pytest.raises(EndpointDisabledError, match="switched off by anna"):
            desk.ping(ADMIN, endpoint.id)

        assert record.webhooks.health(endpoint).waiting == 0


class TestReplay:
    def test_one_message_is_sent_again_under_its_id(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        hold(record, "c1")
        hold(record, "c2")
        first, _ = attempt_all(record, endpoint)

        desk.replay(ADMIN, endpoint.id, first)

        assert attempt_all(record, endpoint) == [first]

    @pytest.mark.parametrize(
        "message", ["", "msg_demo_1-1_decision-created", "msg_other_1-1_decision-created"]
    )
    def test_a_message_that_is_not_there_cannot_be(
        self, desk: Webhooks, record: Record, endpoint: Endpoint, message: str
    ):
        with pytest.raises(UnknownMessageError):
            desk.replay(ADMIN, endpoint.id, message)

        assert [one["did"] for one in told(record)] == ["created"]

    def test_all_of_a_time_is_sent_again(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        hold(record, "c1")
        hold(record, "c2")
        sent = attempt_all(record, endpoint)
        now = datetime.now(UTC)

        desk.replay_between(ADMIN, endpoint.id, now - timedelta(hours=2), now - HOUR)
        assert attempt_all(record, endpoint) == []
        desk.replay_between(ADMIN, endpoint.id, now - HOUR, now + HOUR)
        assert sorted(attempt_all(record, endpoint)) == sorted(sent)

    def test_years_before_computers_are_harmless(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        hold(record, "c1")
        sent = attempt_all(record, endpoint)
        first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

        desk.replay_between(ADMIN, endpoint.id, first, last)

        assert attempt_all(record, endpoint) == sent

    def test_a_time_that_ends_before_it_begins_is_refused(
        self, desk: Webhooks, endpoint: Endpoint
    ):
        now = datetime.now(UTC)

        with pytest.raises(UnsuitableWebhookError) as refused:
            desk.replay_between(ADMIN, endpoint.id, now, now - HOUR)

        assert refused.value.field == "to"

    def test_what_was_given_up_is_sent_again_and_no_longer_parked(
        self, desk: Webhooks, record: Record, endpoint: Endpoint
    ):
        hold(record, "c1")
        parked = attempt_all(record, endpoint, Outcome.PARKED, status=500)
        assert record.webhooks.health(endpoint).parked == 1

        assert desk.replay_parked(ADMIN, endpoint.id) == 1

        assert record.webhooks.parked(endpoint) == []
        assert attempt_all(record, endpoint) == parked
        assert desk.replay_parked(ADMIN, endpoint.id) == 0


ACTS: dict[str, Callable[[Webhooks, Actor, str], object]] = {
    "change": lambda desk, who, one: desk.change(who, one, Changes(is_enabled=False)),
    "rotate": lambda desk, who, one: desk.rotate(who, one),
    "remove": lambda desk, who, one: desk.remove(who, one),
    "ping": lambda desk, who, one: desk.ping(who, one),
    "replay": lambda desk, who, one: desk.replay(who, one, "msg"),
    "replay of a time": lambda desk, who, one: desk.replay_between(
        who, one, datetime.now(UTC), datetime.now(UTC)
    ),
    "replay of what is parked": lambda desk, who, one: desk.replay_parked(who, one),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
def test_it_takes_an_admin(
    desk: Webhooks, record: Record, endpoint: Endpoint, act: str, role: Role
):
    with pytest.raises(NotAllowedError):
        ACTS[act](desk, Actor("mia", DEMO_SITE, role), endpoint.id)
    with pytest.raises(NotAllowedError):
        desk.create(Actor("mia", DEMO_SITE, role), URL)

    assert record.webhooks.all(DEMO_SITE) == [endpoint]


@pytest.mark.parametrize("act", ACTS)
def test_an_endpoint_of_another_site_is_not_there(
    desk: Webhooks, record: Record, other_site: str, endpoint: Endpoint, act: str
):
    stranger = Actor("olga", "other", Role.ADMIN)

    with pytest.raises(UnknownEndpointError):
        ACTS[act](desk, stranger, endpoint.id)

    assert record.webhooks.all(DEMO_SITE) == [endpoint]


def test_each_act_is_in_the_audit_log_without_secrets(
    desk: Webhooks, record: Record, caplog: pytest.LogCaptureFixture
):
    endpoint = desk.create(ADMIN, URL)
    desk.change(ADMIN, endpoint.id, Changes(events=(EventType.COMMENT_HELD,)))
    desk.change(ADMIN, endpoint.id, Changes(url="https://cms.example/S3CRET"))
    desk.change(ADMIN, endpoint.id, Changes())
    desk.change(ADMIN, endpoint.id, Changes(is_enabled=False))
    desk.change(ADMIN, endpoint.id, Changes(is_enabled=True))
    rotated = desk.rotate(ADMIN, endpoint.id)
    desk.ping(ADMIN, endpoint.id)
    desk.replay_parked(ADMIN, endpoint.id)
    desk.remove(ADMIN, endpoint.id)

    there = {"host": "cms.example"}
    assert told(record) == [
        {"did": "created", "host": "news.example", "events": ["decision.created"]},
        {"did": "changed", "host": "news.example", "events": ["comment.held"]},
        {"did": "changed", **there, "url": "changed, before at news.example"},
        {"did": "changed", **there, "enabled": False},
        {"did": "changed", **there, "enabled": True},
        {"did": "rotated the secret", **there},
        {"did": "pinged", **there},
        {"did": "replayed", **there, "parked": 0},
        {"did": "removed", **there},
    ]
    written = f"{record.audit.page(DEMO_SITE).entries} {caplog.text}"
    for secret in (*(one.value for one in rotated.secrets), "S3CRET"):
        assert secret not in written


def _age(endpoint: Endpoint) -> tuple[str, str]:
    return endpoint.created_at, endpoint.id
