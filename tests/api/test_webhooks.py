"""/v1/webhooks; the deliverer is played."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from moderation.app import create_app
from moderation.deliveries import Outcome
from moderation.domain import Role
from moderation.record import Record
from moderation.settings import Settings
from moderation.webhooks import MOST_ENDPOINTS, Endpoint
from tests.api.checks import RFC3339_UTC, client_with_key, errors, problem
from tests.api.conftest import DocumentedClient, SignUp
from tests.conftest import AUTH, DEMO_SITE, close
from tests.deliveries import LATER, attempt_all, new_endpoint
from tests.held import hold, hold_many

URL = "https://198.41.0.4/hook"
FIELDS = {
    "id",
    "url",
    "events",
    "envelope",
    "enabled",
    "disabled_reason",
    "created_at",
    "previous_secret_until",
}
#: URLs that cannot be told anything, and a part of why.
UNUSABLE = [
    ("http://198.41.0.4/hook", "https://"),
    ("https://127.0.0.1/hook", "private or reserved"),
    ("https://127.1/hook", "private or reserved"),
    ("https://2130706433/hook", "private or reserved"),
    ("https://0x7f.0.0.1/hook", "private or reserved"),
    ("https://[::1]/hook", "private or reserved"),
    ("https://[::ffff:10.0.0.1]/hook", "private or reserved"),
    ("https://169.254.169.254/latest", "private or reserved"),
    ("https://user:secret@198.41.0.4/", "user name"),
    ("https://198.41.0.4:0/", "port"),
    ("https:///hook", "no host"),
    ("https://198.41.0.4/#part", "fragment"),
    ("javascript:alert(1)", "https://"),
    ("https://198.41.0.4/" + "x" * 2_048, "2048"),
    ("", "1"),
]
UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({}, "url"),
    ({"url": 1}, "url"),
    ({"url": None}, "url"),
    ({"url": URL, "events": []}, "events"),
    ({"url": URL, "events": ["ping"]}, "events.0"),
    ({"url": URL, "events": ["comment.created"]}, "events.0"),
    ({"url": URL, "events": "decision.created"}, "events"),
    ({"url": URL, "events": ["comment.held"] * 4}, "events"),
    ({"url": URL, "envelope": "xml"}, "envelope"),
    ({"url": URL, "secret": "whsec_mine"}, "secret"),
]
UNCHANGEABLE: list[tuple[dict[str, Any], str]] = [
    ({"url": "https://10.0.0.1/"}, "url"),
    ({"url": None}, "url"),
    ({"events": []}, "events"),
    ({"enabled": "perhaps"}, "enabled"),
    ({"enabled": 1}, "enabled"),
    ({"id": "mine"}, "id"),
]
UNREPEATABLE: list[tuple[dict[str, Any], str]] = [
    ({}, "body"),
    ({"message": "x", "parked": True}, "body"),
    ({"from": "2026-01-01T00:00:00Z"}, "body"),
    ({"parked": False}, "parked"),
    ({"from": "yesterday", "to": "2026-01-01T00:00:00Z"}, "from"),
    ({"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00Z"}, "from"),
    ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "to"),
]
CALLS = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("POST", "/rotate"),
    ("POST", "/ping"),
    ("GET", "/deliveries"),
    ("GET", "/parked"),
    ("POST", "/replay"),
]
BODIES = {"PATCH": {"enabled": False}, "POST": {"parked": True}}


@pytest.fixture
def endpoint(record: Record) -> Endpoint:
    return new_endpoint(record)


@pytest.fixture
def at(endpoint: Endpoint) -> str:
    return f"/v1/webhooks/{endpoint.id}"


def make(client: FlaskClient, **body: Any) -> dict[str, Any]:
    response = client.post("/v1/webhooks", json={"url": URL, **body})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json
    return made


class TestMake:
    def test_its_secret_is_told_once(self, client: FlaskClient):
        response = client.post("/v1/webhooks", json={"url": URL})

        made = response.json
        assert set(made) == FIELDS | {"secret"}
        assert made["events"] == ["decision.created"]
        assert (made["envelope"], made["enabled"]) == ("standard", True)
        assert re.fullmatch(RFC3339_UTC, made["created_at"])
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", made["secret"])
        read = client.get(response.headers["Location"])
        assert (read.json["id"], read.json["url"]) == (made["id"], URL)
        listed = client.get("/v1/webhooks")
        assert [one["id"] for one in listed.json["webhooks"]] == [made["id"]]
        assert "whsec_" not in read.text + listed.text

    def test_events_and_envelope_are_chosen(self, client: FlaskClient):
        made = make(client, events=["model.promoted", "comment.held"], envelope="cloudevents")

        assert made["events"] == ["model.promoted", "comment.held"]
        assert made["envelope"] == "cloudevents"

    def test_an_address_that_cannot_be_used_is_refused_and_why_is_said(
        self, client: FlaskClient, record: Record
    ):
        for url, said in UNUSABLE:
            refused = errors(client.post("/v1/webhooks", json={"url": url}))
            assert said in refused["url"][0], url

        assert record.webhooks.all(DEMO_SITE) == []

    def test_what_cannot_be_is_refused_by_field(self, client: FlaskClient, record: Record):
        for body, field in UNREADABLE:
            assert field in errors(client.post("/v1/webhooks", json=body)), body

        assert record.webhooks.all(DEMO_SITE) == []

    def test_an_event_named_twice_is_told_once(self, client: FlaskClient):
        made = make(client, events=["comment.held", "comment.held"])

        assert made["events"] == ["comment.held"]

    def test_a_site_has_so_many_and_no_more(self, client: FlaskClient, record: Record):
        for number in range(MOST_ENDPOINTS):
            new_endpoint(record, number=number)

        response = client.post("/v1/webhooks", json={"url": URL})

        problem(response, 409, "too-many-webhooks")

    def test_the_operator_may_let_private_addresses_in(
        self, settings: Settings, record: Record
    ):
        app = create_app(replace(settings, webhooks_allow_private=True))
        client = app.test_client()
        body = {"url": "http://127.0.0.1:9/hook"}

        response = client.post("/v1/webhooks", json=body, headers=AUTH)

        assert response.status_code == 201
        close(app)


class TestRead:
    def test_the_oldest_is_first(self, client: FlaskClient, record: Record):
        for number in (3, 1, 2):
            new_endpoint(record, number=number)

        listed = client.get("/v1/webhooks").json["webhooks"]

        assert [one["id"] for one in listed] == ["wh_1", "wh_2", "wh_3"]

    def test_it_is_told_whether_a_deliverer_is_alive(self, client: FlaskClient, record: Record):
        assert client.get("/v1/webhooks").json["deliverer"] is False
        record.webhooks.tick()
        assert client.get("/v1/webhooks").json["deliverer"] is True

    def test_of_one_it_is_told_how_it_does(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        healthy = client.get(at).json["health"]
        assert healthy == {
            "waiting": 0,
            "parked": 0,
            "failures": 0,
            "paused_until": None,
            "delivered_at": None,
            "failed_at": None,
            "error": None,
        }
        hold(record, "c1")
        attempt_all(record, endpoint, Outcome.RETRIED, status=0, error="timed out")
        in_ten_minutes = 600_000 + record.connection.time()[0] * 1000
        health = {"failures": 3, "paused_until_ms": in_ten_minutes}
        record.deliveries.turn(endpoint, most=0, health=health)

        ailing = client.get(at).json["health"]

        assert (ailing["waiting"], ailing["failures"]) == (1, 3)
        assert ailing["error"] == "timed out"
        assert re.fullmatch(RFC3339_UTC, ailing["failed_at"])
        assert re.fullmatch(RFC3339_UTC, ailing["paused_until"])

    def test_a_pause_that_is_over_is_none(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        record.deliveries.turn(endpoint, most=0, health={"paused_until_ms": 1})

        assert client.get(at).json["health"]["paused_until"] is None


class TestChange:
    def test_what_is_left_out_stays(self, client: FlaskClient, at: str, endpoint: Endpoint):
        changed = client.patch(at, json={"events": ["comment.held"]})

        assert changed.status_code == 200
        assert changed.json["events"] == ["comment.held"]
        assert changed.json["url"] == endpoint.url
        assert client.patch(at, json={}).json == changed.json
        assert client.patch(at, json={"url": URL}).json["url"] == URL

    def test_one_is_disabled_and_enabled(self, client: FlaskClient, at: str):
        off = client.patch(at, json={"enabled": False}).json
        assert (off["enabled"], off["disabled_reason"]) == (False, "switched off by api key")

        on = client.patch(at, json={"enabled": True}).json
        assert (on["enabled"], on["disabled_reason"]) == (True, None)

    def test_what_cannot_be_changes_nothing(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        for change, field in UNCHANGEABLE:
            body = {"envelope": "cloudevents"} | change
            assert field in errors(client.patch(at, json=body)), body

        assert record.webhooks.one(DEMO_SITE, endpoint.id) == endpoint


def test_a_rotated_secret_is_told_once_and_the_one_before_for_a_day(
    client: FlaskClient, record: Record, endpoint: Endpoint, at: str
):
    rotated = client.post(f"{at}/rotate")

    assert rotated.status_code == 200
    new, old = record.webhooks.one(DEMO_SITE, endpoint.id).secrets
    assert rotated.json["secret"] == new.value
    assert rotated.json["previous_secret_until"] == old.until
    assert old.value == endpoint.secrets[0].value
    assert old.value not in rotated.text
    assert "whsec_" not in client.get(at).text


def test_one_is_removed_for_good(client: FlaskClient, at: str):
    assert client.delete(at).status_code == 204

    problem(client.delete(at), 404, "unknown-webhook")
    assert client.get("/v1/webhooks").json["webhooks"] == []


class TestPing:
    def test_without_a_deliverer_it_waits_for_one(
        self, client: FlaskClient, record: Record, at: str
    ):
        pinged = client.post(f"{at}/ping")

        assert pinged.status_code == 202
        assert pinged.json["attempt"] is None
        assert client.get(at).json["health"]["waiting"] == 1

    def test_a_disabled_one_is_not_pinged(self, client: FlaskClient, at: str):
        client.patch(at, json={"enabled": False})

        problem(client.post(f"{at}/ping"), 409, "webhook-disabled")


class TestDeliveries:
    def test_an_attempt_is_told_whole(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        hold(record, "c1")
        [message] = attempt_all(
            record, endpoint, Outcome.RETRIED, status=503, error="no", response="<b>busy"
        )

        [attempt] = client.get(f"{at}/deliveries").json["deliveries"]

        assert re.fullmatch(RFC3339_UTC, attempt.pop("at"))
        assert attempt == {
            "message": message,
            "event": "decision.created",
            "subject": "c1",
            "outcome": "retried",
            "attempt": 1,
            "status": 503,
            "elapsed_ms": 7,
            "error": "no",
            "response": "<b>busy",
            "next_at": LATER,
        }

    def test_what_there_was_not_is_null(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        record.webhooks.ping(endpoint)
        attempt_all(record, endpoint, status=0)

        [attempt] = client.get(f"{at}/deliveries").json["deliveries"]

        for name in ("subject", "status", "error", "response", "next_at"):
            assert attempt[name] is None

    def test_pages_follow_each_other_without_a_gap(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        hold_many(record, 5)
        sent = attempt_all(record, endpoint)

        pages = list(_pages(client, f"{at}/deliveries?limit=2"))

        assert [len(page) for page in pages] == [2, 2, 1]
        assert [one["message"] for page in pages for one in page] == sent[::-1]

    def test_a_cursor_is_good_for_its_endpoint_alone(
        self, client: FlaskClient, record: Record, endpoint: Endpoint, at: str
    ):
        other = new_endpoint(record, number=2)
        hold_many(record, 2)
        attempt_all(record, endpoint)
        cursor = client.get(f"{at}/deliveries?limit=1").json["next"]

        for bad, path in ((cursor, f"/v1/webhooks/{other.id}"), ("0-0", at), ("-", at)):
            response = client.get(f"{path}/deliveries", query_string={"after": bad})
            assert "after" in errors(response)

    def test_a_page_has_a_size(self, client: FlaskClient, at: str):
        for limit in ("0", "201", "x"):
            assert "limit" in errors(client.get(f"{at}/deliveries?limit={limit}"))


class TestReplay:
    @pytest.fixture
    def sent(self, record: Record, endpoint: Endpoint) -> list[str]:
        hold(record, "c1")
        hold(record, "c2")
        return attempt_all(record, endpoint, Outcome.PARKED, status=500)

    def test_what_is_parked_is_listed_and_sent_again(
        self,
        client: FlaskClient,
        record: Record,
        endpoint: Endpoint,
        at: str,
        sent: list[str],
    ):
        parked = client.get(f"{at}/parked").json["parked"]
        assert sorted(one["message"] for one in parked) == sorted(sent)
        assert len(client.get(f"{at}/parked?limit=1").json["parked"]) == 1

        replayed = client.post(f"{at}/replay", json={"parked": True})

        assert (replayed.status_code, replayed.json) == (202, {"messages": 2})
        assert client.get(f"{at}/parked").json["parked"] == []
        assert sorted(attempt_all(record, endpoint)) == sorted(sent)

    def test_one_message_is_sent_again(
        self,
        client: FlaskClient,
        record: Record,
        endpoint: Endpoint,
        at: str,
        sent: list[str],
    ):
        replayed = client.post(f"{at}/replay", json={"message": sent[0]})

        assert (replayed.status_code, replayed.json) == (202, {"messages": 1})
        assert attempt_all(record, endpoint) == [sent[0]]

    def test_all_of_a_time_is_sent_again(
        self,
        client: FlaskClient,
        record: Record,
        endpoint: Endpoint,
        at: str,
        sent: list[str],
    ):
        time = {"from": "2026-01-01T00:00:00Z", "to": "2099-01-01T00:00:00+01:00"}

        replayed = client.post(f"{at}/replay", json=time)

        assert (replayed.status_code, replayed.json) == (202, {"messages": None})
        assert sorted(attempt_all(record, endpoint)) == sorted(sent)

    def test_what_cannot_be_sent_again_is_refused(self, client: FlaskClient, at: str):
        for body, field in UNREPEATABLE:
            assert field in errors(client.post(f"{at}/replay", json=body)), body

    def test_a_message_that_is_not_there_is_told_so(self, client: FlaskClient, at: str):
        body = {"message": "msg_demo_1-1_decision-created"}

        problem(client.post(f"{at}/replay", json=body), 404, "unknown-message")


def test_an_endpoint_of_another_site_is_not_there(
    client: FlaskClient, record: Record, endpoint: Endpoint, other_site: str
):
    stranger = client_with_key(client, other_site)

    for name, (method, below) in product((endpoint.id, "wh_nothing", "*"), CALLS):
        path = f"/v1/webhooks/{name}{below}"
        response = stranger.open(path, method=method, json=BODIES.get(method))
        problem(response, 404, "unknown-webhook")

    assert stranger.get("/v1/webhooks").json["webhooks"] == []
    assert record.webhooks.all(DEMO_SITE) == [endpoint]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MODERATOR])
def test_a_moderator_s_token_needs_an_admin_s_role(
    somebody: SignUp, endpoint: Endpoint, at: str, role: Role
):
    client = somebody("mia", role)

    for method, below in CALLS:
        response = client.open(f"{at}{below}", method=method, json=BODIES.get(method))
        problem(response, 403, "forbidden")
    problem(client.get("/v1/webhooks"), 403, "forbidden")
    problem(client.post("/v1/webhooks", json={"url": URL}), 403, "forbidden")


def test_an_admin_s_token_opens_the_doors_and_the_audit_log_has_the_name(
    somebody: SignUp, record: Record, at: str
):
    ada = somebody("ada", Role.ADMIN)

    assert ada.patch(at, json={"enabled": False}).status_code == 200

    [newest, *_] = record.audit.page(DEMO_SITE).entries
    assert (newest.who, newest.what.value) == ("ada", "webhook")


def test_the_document_is_valid_and_tells_what_endpoints_are_sent(app: Flask):
    document = DocumentedClient(app).get("/openapi.json").json

    validate(document)
    assert set(document["webhooks"]) == {"decision.created", "comment.held", "model.promoted"}
    for call in document["webhooks"].values():
        names = [one["name"] for one in call["post"]["parameters"]]
        assert names == ["webhook-id", "webhook-timestamp", "webhook-signature"]


def _pages(client: FlaskClient, path: str) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while after is not None:
        page = client.get(f"{path}&after={after}").json
        yield page["deliveries"]
        after = page["next"]
