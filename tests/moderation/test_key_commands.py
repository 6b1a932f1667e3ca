"""The commands `moderation site key`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from moderation.api_keys import Scope
from moderation.cli import main
from moderation.record import Record
from tests.conftest import API_KEY, DEMO_SITE

Run = Callable[..., Result]


@pytest.fixture
def run(runner: CliRunner, record: Record, redis_url: str) -> Run:
    """Runs `moderation site key …` beside the record."""

    def invoke(*arguments: str) -> Result:
        environ = {"MODERATION_REDIS_URL": redis_url}
        return runner.invoke(main, ["site", "key", *arguments], env=environ)

    return invoke


def make(run: Run, *options: str) -> dict[str, str]:
    result = run("create", DEMO_SITE, "--name", "pages", "--json", *options)
    assert result.exit_code == 0, result.output
    made: dict[str, str] = json.loads(result.stdout)
    return made


def test_a_key_is_made_for_what_an_article_page_needs(run: Run, record: Record):
    made = make(run)

    found = record.sites.authorise(made["api_key"])
    assert found is not None
    assert found.scopes == {Scope.POST, Scope.READ}


def test_scopes_and_an_end_can_be_chosen(run: Run, record: Record):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")

    made = make(run, "--scope", "moderate", "--expires", tomorrow)

    found = record.sites.authorise(made["api_key"])
    assert found is not None
    assert found.scopes == {Scope.MODERATE}
    assert made["expires_at"].startswith(tomorrow)


def test_keys_are_listed_without_themselves(run: Run):
    made = make(run)

    for output in (run("list", DEMO_SITE).output, run("list", DEMO_SITE, "--json").output):
        assert made["id"] in output
        assert "pages" in output
        assert made["api_key"] not in output
        assert API_KEY not in output


def test_a_key_is_revoked(run: Run, record: Record):
    made = make(run)

    result = run("revoke", DEMO_SITE, made["id"])

    assert "is revoked" in result.output
    assert record.sites.authorise(made["api_key"]) is None
    again = run("revoke", DEMO_SITE, made["id"])
    assert again.exit_code == 1
    assert "no API key" in again.stderr


def test_a_key_is_replaced_at_once_or_with_an_overlap(run: Run, record: Record):
    first = make(run)

    second = json.loads(run("rotate", DEMO_SITE, first["id"], "--json").stdout)
    assert record.sites.authorise(first["api_key"]) is None
    third = run("rotate", DEMO_SITE, second["id"], "--overlap", "60").stdout.split()[-1]

    assert record.sites.authorise(second["api_key"])
    assert record.sites.authorise(third)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "none", "--name", "x"], "site list"),
        (["create", DEMO_SITE, "--name", " "], "a line of 1 to 80"),
        (["create", DEMO_SITE, "--name", "x", "--scope", "all"], "'all' is not one of"),
        (["create", DEMO_SITE, "--name", "x", "--expires", "2001-01-01"], "before it begins"),
        (["create", DEMO_SITE], "--name"),
        (["rotate", DEMO_SITE, "000000000000"], "no API key"),
        (["rotate", DEMO_SITE, "000000000000", "--overlap", "604801"], "604800"),
        (["list", "none"], "site list"),
    ],
)
def test_what_cannot_be_is_said(run: Run, arguments: list[str], said: str):
    result = run(*arguments)

    assert result.exit_code
    assert said in result.stderr
    assert "Traceback" not in result.output
