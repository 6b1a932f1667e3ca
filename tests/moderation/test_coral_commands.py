"""The commands `moderation coral`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main
from moderation.record import Record
from tests.conftest import DEMO_SITE

SECRET = "empsec_0123456789abcdef0123456789abcdef"

Run = Callable[..., Result]


@pytest.fixture
def run(runner: CliRunner, record: Record, redis_url: str) -> Run:
    """Runs `moderation coral …` beside the record."""

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        environ = {"MODERATION_REDIS_URL": redis_url}
        return runner.invoke(main, ["coral", *arguments], env=environ, input=stdin)

    return invoke


def test_a_secret_is_read_from_stdin_and_never_shown(run: Run, record: Record):
    added = run("add", "--json", stdin=f"  {SECRET}\n")

    assert added.exit_code == 0, added.output
    told = json.loads(added.stdout)
    assert record.coral.values(DEMO_SITE) == [SECRET]
    assert told["site"] == DEMO_SITE
    listed = json.loads(run("list", "--json").stdout)
    assert listed == [{"id": told["id"], "added_at": told["added_at"]}]
    in_words = run("list").output + run("add", stdin=SECRET).output
    assert told["id"] in in_words
    assert "/coral/demo" in in_words
    assert SECRET not in added.output + in_words


def test_at_a_terminal_the_secret_is_asked_for_and_stays_hidden(record: Record, redis_url: str):
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [Path(sys.executable).with_name("moderation"), "coral", "add"],
        env=os.environ | {"MODERATION_REDIS_URL": redis_url},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    while b"signing secret" not in shown:
        shown += os.read(ours, 4096)
    os.write(ours, f"{SECRET}\n".encode())
    with suppress(OSError):  # Linux's way to say that the other side has closed
        while more := os.read(ours, 4096):
            shown += more
    os.close(ours)

    assert process.wait(10) == 0
    assert record.coral.values(DEMO_SITE) == [SECRET]
    assert SECRET not in shown.decode()


def test_a_secret_added_twice_is_one(run: Run, record: Record):
    for _ in range(2):
        assert run("add", stdin=SECRET).exit_code == 0

    assert record.coral.values(DEMO_SITE) == [SECRET]


def test_a_removed_secret_is_gone_and_the_others_stay(run: Run, record: Record):
    first = json.loads(run("add", "--json", stdin=SECRET).stdout)
    run("add", stdin="empsec_another_secret")

    assert run("remove", first["id"]).exit_code == 0
    assert record.coral.values(DEMO_SITE) == ["empsec_another_secret"]

    again = run("remove", first["id"])
    assert again.exit_code == 1
    assert "`moderation coral list` shows them" in again.output


def test_a_site_has_nothing_of_anothers(run: Run, record: Record):
    record.sites.create("other", "Other")
    added = json.loads(run("add", "--site", "other", "--json", stdin=SECRET).stdout)

    assert record.coral.values(DEMO_SITE) == []
    assert json.loads(run("list", "--json").stdout) == []
    assert run("remove", added["id"]).exit_code == 1
    assert record.coral.values("other") == [SECRET]


@pytest.mark.parametrize("stdin", ["", "\n", "   \n", "too_short\n"])
def test_what_is_no_secret_is_refused(run: Run, record: Record, stdin: str):
    result = run("add", stdin=stdin)

    assert result.exit_code == 2
    assert "copy it from Coral" in result.output
    assert record.coral.values(DEMO_SITE) == []


def test_a_site_that_is_not_there_is_refused(run: Run, record: Record):
    result = run("add", "--site", "nowhere", stdin=SECRET)

    assert result.exit_code == 1
    assert "there is no site 'nowhere'" in result.output
    assert record.coral.values("nowhere") == []
