"""`moderation check` on the command line: what it prints, and how it ends."""

from __future__ import annotations

import json

from click.testing import CliRunner

from moderation.cli import main
from moderation.record import Record
from moderation.settings import Settings
from tests.moderation.record.breaks import BREAKS


def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    environ = {"MODERATION_REDIS_URL": settings.redis_url}
    result = CliRunner().invoke(main, ["check", *arguments], env=environ)
    return result.exit_code, result.output


def test_says_that_all_is_well(lived: Record, settings: Settings) -> None:
    code, output = run(settings)

    assert code == 0
    assert "all is well" in output


def test_fails_until_it_is_mended(lived: Record, settings: Settings) -> None:
    BREAKS[0].by(lived.connection)

    assert run(settings)[0] == 1
    code, output = run(settings, "--repair")
    assert code == 0
    assert "fine: is not in the list of its article (mended)" in output
    assert run(settings)[0] == 0


def test_json(lived: Record, settings: Settings) -> None:
    BREAKS[0].by(lived.connection)

    code, output = run(settings, "--json")

    told = json.loads(output)
    assert code == 1
    assert told["sound"] is False
    assert told["checks"]["article"]["found"] == 1
    assert told["faults"][0]["subject"] == "fine"


def test_of_a_site_that_is_not_there(lived: Record, settings: Settings) -> None:
    code, output = run(settings, "--site", "nowhere")

    assert code == 1
    assert "there is no site 'nowhere'" in output
