"""`moderation doctor`, as somebody types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.record import Record
from tests.moderation.doctor.test_parts import state


@pytest.fixture
def command(redis_url: str, tmp_path: Path) -> Any:
    """Runs the command on the test server, unless told otherwise."""

    def run(*arguments: str, **environ: str) -> Result:
        given = {"MODERATION_REDIS_URL": redis_url, "MODERATION_DATA_DIR": str(tmp_path / "v")}
        return CliRunner().invoke(main, ["doctor", *arguments], env=given | environ)

    return run


def findings(result: Result) -> dict[str, dict[str, str]]:
    return {one["subject"]: one for one in json.loads(result.stdout)}


def test_all_well_but_for_what_may_be_meant(command: Any, record: Record) -> None:
    record.queue.tick("w1", state())

    result = command()

    assert result.exit_code == 0, result.output
    assert "✓ Workers" in result.stdout
    assert "0 wrong" in result.stdout
    assert "\x1b[" not in result.stdout


def test_what_is_wrong_has_a_cure_and_an_exit_status(command: Any, record: Record) -> None:
    result = command(MODERATION_API_KEY="test")

    assert result.exit_code == 1
    assert "✗ Workers" in result.stdout
    assert "→ start `moderation worker`" in result.stdout
    assert "✗ Preset API key" in result.stdout


def test_the_same_as_json(command: Any, record: Record) -> None:
    result = command("--json")

    assert result.exit_code == 1
    assert findings(result)["Workers"]["level"] == "wrong"
    assert findings(result)["Redis"] == {
        "level": "well",
        "subject": "Redis",
        "says": "it answers",
        "cure": "",
    }


def test_redis_that_does_not_answer(command: Any) -> None:
    result = command("--json", MODERATION_REDIS_URL="redis://:hidden@127.0.0.1:1/0")

    assert result.exit_code == 1
    assert findings(result)["Redis"]["level"] == "wrong"
    assert "does not answer" in findings(result)["Redis"]["says"]
    assert "hidden" not in result.output


def test_a_wrong_password_is_called_that(command: Any, record: Record, redis_url: str) -> None:
    separator = "&" if "?" in redis_url else "?"
    url = f"{redis_url}{separator}username=nobody&password=hidden"

    result = command("--json", MODERATION_REDIS_URL=url)

    assert result.exit_code == 1
    assert "does not let us in" in findings(result)["Redis"]["says"]
    assert "hidden" not in result.output


def test_a_password_that_is_missing_is_called_that_too(
    command: Any, record: Record, redis_url: str
) -> None:
    record.connection.config_set("requirepass", "secret")
    try:
        result = command("--json")
    finally:
        record.connection.config_set("requirepass", "")

    assert "does not let us in" in findings(result)["Redis"]["says"]


def test_an_address_that_is_none(command: Any) -> None:
    result = command("--json", MODERATION_REDIS_URL="http://redis.example.org")

    assert result.exit_code == 1
    assert "MODERATION_REDIS_URL" in findings(result)["Redis"]["says"]


def test_where_no_service_runs(command: Any) -> None:
    result = command("--json", MODERATION_REDIS_URL="")

    assert result.exit_code == 1
    assert "no service runs" in findings(result)["Redis"]["says"]
