"""The command `moderation site limit`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from moderation.api_keys import key_digest
from moderation.cli import main
from moderation.record import Record
from moderation.record.rates import RateSubject
from tests.conftest import API_KEY, DEMO_SITE

KEY_ID = key_digest(API_KEY)[:12]
Run = Callable[..., Result]


@pytest.fixture
def run(runner: CliRunner, record: Record, redis_url: str) -> Run:
    """Runs `moderation site limit …` beside the record."""

    def invoke(*arguments: str) -> Result:
        environ = {"MODERATION_REDIS_URL": redis_url, "MODERATION_RATE_LIMIT": "500"}
        return runner.invoke(main, ["site", "limit", *arguments], env=environ)

    return invoke


def allowed(told: Result) -> int:
    assert told.exit_code == 0, told.output
    return int(json.loads(told.stdout)["requests"])


def test_a_key_has_its_own_bound_else_its_sites_else_everybodys(run: Run):
    site, one_key = (DEMO_SITE, "--json"), (DEMO_SITE, "--key", KEY_ID, "--json")

    assert (allowed(run(*site)), allowed(run(*one_key))) == (500, 500)
    assert allowed(run(*site, "--requests", "40")) == 40
    assert allowed(run(*one_key)) == 40
    assert allowed(run(*one_key, "--requests", "7")) == 7
    assert (allowed(run(*site)), allowed(run(*one_key, "--default"))) == (40, 40)
    assert allowed(run(*site, "--default")) == 500


def test_it_is_stored_where_requests_are_counted(run: Run, record: Record):
    run(DEMO_SITE, "--requests", "0")

    assert record.rates.own() == {RateSubject(DEMO_SITE).field: 0}
    assert "any number" in run(DEMO_SITE).output


@pytest.mark.parametrize(
    "arguments",
    [("nowhere",), (DEMO_SITE, "--key", "0" * 12), (DEMO_SITE, "--requests", "-1")],
)
def test_what_is_not_there_is_refused(run: Run, record: Record, arguments: tuple[str, ...]):
    refused = run(*arguments)

    assert refused.exit_code != 0
    assert "Traceback" not in refused.output
    assert record.rates.own() == {}
