"""The commands `moderation webhooks`; the deliverer is played."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.deliveries import Outcome
from moderation.record import Record
from moderation.webhooks import Endpoint, Envelope, EventType
from tests.command_lines import told
from tests.conftest import DEMO_SITE
from tests.deliveries import attempt_all, new_endpoint
from tests.held import hold

URL = "https://198.41.0.4/hook"


@pytest.fixture
def run(runner: CliRunner, record: Record, redis_url: str):
    """Runs `moderation webhooks …` beside the record."""

    def invoke(*arguments: str, **environ: str) -> Result:
        env = {"MODERATION_REDIS_URL": redis_url, **environ}
        return runner.invoke(main, ["webhooks", *arguments], env=env)

    return invoke


@pytest.fixture
def endpoint(record: Record) -> Endpoint:
    return new_endpoint(record)


def test_an_endpoint_is_added_and_its_secret_printed_once(run, record: Record):
    lines = run("add", URL).stdout.splitlines()

    [made] = record.webhooks.all(DEMO_SITE)
    secret = made.secrets[0].value
    assert lines[1] == f"secret of {made.id} (shown once): {secret}"
    assert made.events == (EventType.DECISION_CREATED,)
    for command in (("list",), ("show", made.id), ("show", made.id, "--json")):
        output = run(*command).output
        assert URL in output
        assert secret not in output


def test_events_and_envelope_are_options(run, record: Record):
    options = ("--event", "comment.held", "--event", "model.promoted")

    made = told(run("add", URL, *options, "--envelope", "cloudevents", "--json"))

    [kept] = record.webhooks.all(DEMO_SITE)
    assert made["secret"] == kept.secrets[0].value
    assert made["events"] == ["comment.held", "model.promoted"] == list(kept.events)
    assert kept.envelope is Envelope.CLOUDEVENTS


def test_a_forbidden_address_is_refused_unless_the_operator_says_otherwise(run, record: Record):
    refused = run("add", "https://127.0.0.1/")

    assert refused.exit_code == 1
    assert "private or reserved" in refused.output
    assert record.webhooks.all(DEMO_SITE) == []
    allowed = run("add", "http://127.0.0.1:9/", MODERATION_WEBHOOKS_ALLOW_PRIVATE="true")
    assert allowed.exit_code == 0


def test_an_endpoint_is_changed_disabled_and_enabled(run, record: Record, endpoint: Endpoint):
    changed = told(run("set", endpoint.id, "--event", "comment.held", "--disable", "--json"))
    assert (changed["events"], changed["enabled"]) == (["comment.held"], False)
    assert changed["disabled_reason"] == "switched off by command line"
    assert "disabled: switched off" in run("list").stdout

    enabled = told(run("set", endpoint.id, "--enable", "--url", URL, "--json"))
    assert (enabled["events"], enabled["enabled"]) == (["comment.held"], True)
    assert record.webhooks.one(DEMO_SITE, endpoint.id).url == URL


def test_a_rotated_secret_is_printed_once(run, record: Record, endpoint: Endpoint):
    rotated = told(run("rotate", endpoint.id, "--json"))

    new, old = record.webhooks.one(DEMO_SITE, endpoint.id).secrets
    assert rotated["secret"] == new.value != old.value
    assert rotated["previous_secret_until"] == old.until


def test_one_is_removed(run, record: Record, endpoint: Endpoint):
    assert told(run("remove", endpoint.id, "--json")) == {"id": endpoint.id, "removed": True}
    assert record.webhooks.all(DEMO_SITE) == []


def test_a_ping_that_is_not_delivered_fails(run, record: Record, endpoint: Endpoint):
    pinged = run("ping", endpoint.id, "--json")

    assert pinged.exit_code == 1
    assert json.loads(pinged.stdout)["attempt"] is None
    assert record.webhooks.health(endpoint).waiting == 1
    assert "No deliverer is alive" in run("ping", endpoint.id).output


def test_attempts_are_listed_and_what_receivers_say_does_not_steer_the_terminal(
    run, record: Record, endpoint: Endpoint
):
    hold(record, "c1")
    evil = "\x1b[2Jgone\r\nnews\u202e"
    [message] = attempt_all(record, endpoint, Outcome.PARKED, status=500, response=evil)

    for command in ("deliveries", "parked"):
        [attempt] = told(run(command, endpoint.id, "--json"))
        assert (attempt["message"], attempt["status"]) == (message, 500)
        [line] = run(command, endpoint.id).stdout.splitlines()
        assert message in line
        assert "gone" in line
        assert "\x1b" not in line
        assert "\u202e" not in line


def test_messages_are_sent_again(run, record: Record, endpoint: Endpoint):
    hold(record, "c1")
    [message] = attempt_all(record, endpoint, Outcome.PARKED, status=500)

    assert told(run("replay", endpoint.id, "--parked", "--json"))["messages"] == 1
    assert attempt_all(record, endpoint) == [message]
    assert told(run("replay", endpoint.id, "--message", message, "--json"))["messages"] == 1
    assert attempt_all(record, endpoint) == [message]
    assert told(run("replay", endpoint.id, "--from", "2026-01-01", "--json")) == {
        "id": endpoint.id,
        "messages": None,
    }
    assert attempt_all(record, endpoint) == [message]


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--parked", "--message", "x"),
        ("--to", "2026-01-01"),
        ("--from", "yesterday"),
        ("--message", "x"),
        ("--from", "2026-01-02", "--to", "2026-01-01"),
    ],
)
def test_what_cannot_be_sent_again_is_refused(
    run, record: Record, endpoint: Endpoint, options: tuple[str, ...]
):
    assert run("replay", endpoint.id, *options).exit_code != 0
    record.deliveries.feed(endpoint)
    assert record.webhooks.health(endpoint).waiting == 0


@pytest.mark.parametrize(
    "command",
    [("show",), ("set",), ("remove",), ("rotate",), ("ping",), ("deliveries",), ("parked",)],
)
def test_an_endpoint_of_another_site_is_not_there(
    run, endpoint: Endpoint, other_site: str, command: tuple[str, ...]
):
    result = run(*command, endpoint.id, "--site", "other")

    assert result.exit_code == 1
    assert "there is no webhook endpoint" in result.output


def test_a_site_that_is_not_there_is_named(run):
    assert "there is no site 'nowhere'" in run("list", "--site", "nowhere").output
