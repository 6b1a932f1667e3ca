"""The command line: helps, lists, refuses with a cure."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.record import Record
from moderation.settings import Settings, variable


def on(record_url: str, runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(main, arguments, env={"MODERATION_REDIS_URL": record_url})


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["run"],
        ["api"],
        ["worker"],
        ["trainer"],
        ["settings"],
        ["site"],
        ["site", "create"],
        ["score"],
    ],
)
def test_every_command_explains_itself(runner: CliRunner, command: list[str]):
    result = runner.invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_settings_are_listed_with_meaning_and_without_secrets(runner: CliRunner):
    environ = {
        "MODERATION_API_KEY": "hush",
        "MODERATION_REDIS_URL": "redis://u:hush@h",
        "MODERATION_WORKERS": "3",
    }
    listed = json.loads(runner.invoke(main, ["settings", "--json"], env=environ).stdout)
    by_name = {one["name"]: one for one in listed}
    assert set(by_name) == {variable(one) for one in fields(Settings)}
    assert by_name["MODERATION_WORKERS"]["value"] == "3"
    assert by_name["MODERATION_WORKERS"]["default"] == "1"
    assert all(one["meaning"] for one in listed)
    plain = runner.invoke(main, ["settings"], env=environ).output
    assert "hush" not in plain + json.dumps(listed)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MODERATION_PORT", "eighty", "whole number"),
        ("MODERATION_WORKERS", "-1", "at least 0"),
        ("MODERATION_DEMO", "perhaps", "on or off"),
        ("MODERATION_APPENDFSYNC", "never", "one of everysec, always"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    runner: CliRunner, name: str, value: str, said: str
):
    result = runner.invoke(main, ["settings"], env={name: value})
    assert result.exit_code == 1
    assert name in result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_misspelt_variable_is_pointed_out(
    runner: CliRunner, caplog: pytest.LogCaptureFixture
):
    assert runner.invoke(main, ["settings"], env={"MODERATION_PROT": "1"}).exit_code == 0
    assert "MODERATION_PROT is no setting" in caplog.text


def test_a_site_is_made_listed_and_its_key_rotated(
    runner: CliRunner, record: Record, redis_url: str
):
    # When a site is made
    made = json.loads(
        on(redis_url, runner, "site", "create", "news", "--name", "The News", "--json").stdout
    )
    # Then its key works, and it is listed
    assert record.sites.authorise(made["api_key"]).site == "news"
    listed = json.loads(on(redis_url, runner, "site", "list", "--json").stdout)
    assert [(one["id"], one["name"], one["key_count"]) for one in listed] == [
        ("demo", "Demo", 1),
        ("news", "The News", 1),
    ]
    assert "The News" in on(redis_url, runner, "site", "list").output
    # And after a rotation only the new key does
    rotated = json.loads(on(redis_url, runner, "site", "rotate-key", "news", "--json").stdout)
    assert record.sites.authorise(made["api_key"]) is None
    assert record.sites.authorise(rotated["api_key"]).site == "news"


@pytest.mark.parametrize("site", ["News", "a_b", "-a", "a:b", "ä", "x" * 64])
def test_a_site_id_that_cannot_be_one_is_refused(
    runner: CliRunner, record: Record, redis_url: str, site: str
):
    result = on(redis_url, runner, "site", "create", "--", site)
    assert result.exit_code == 2
    assert "lower-case letters" in result.stderr


def test_unknown_and_taken_sites_are_clear_errors(
    runner: CliRunner, record: Record, redis_url: str
):
    assert "site list" in on(redis_url, runner, "site", "rotate-key", "none").stderr
    assert "exists already" in on(redis_url, runner, "site", "create", "demo").stderr


def test_without_a_running_service_the_cure_is_named(runner: CliRunner, tmp_path: Path):
    result = runner.invoke(main, ["site", "list", "--data-dir", str(tmp_path)])
    assert result.exit_code == 1
    assert "moderation run" in result.stderr


def test_a_typing_mistake_is_answered_with_the_commands(runner: CliRunner):
    result = runner.invoke(main, ["sites"])
    assert result.exit_code == 2
    assert "No such command" in result.stderr
