"""The commands about what is kept: export, archive, sweep, site retention."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from models.dataset import BadRows, read
from moderation import exports
from moderation.archive import Archive
from moderation.cli import main
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action
from moderation.record import Record
from moderation.retention import Retention
from tests.api.checks import post, set_policy
from tests.command_lines import told
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE
from tests.moderation.desk.conftest import ANNA

Run = Callable[..., Result]


@pytest.fixture
def run(runner: CliRunner, record: Record, redis_url: str, tmp_path: Path) -> Run:
    """Runs a command beside the record, with an archive."""
    assert record
    env = {
        "MODERATION_REDIS_URL": redis_url,
        "MODERATION_ARCHIVE_DIR": str(tmp_path / "archive"),
    }
    return lambda *arguments: runner.invoke(main, list(arguments), env=env)


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_retention_is_shown_set_and_told_in_the_audit_log(run: Run, record: Record):
    assert told(run("site", "retention", "demo", "--json")) == {
        "site": "demo",
        **Retention().to_json(),
    }

    run("site", "retention", "demo", "--comments", "365d", "--audit", "90")
    run("site", "retention", "demo", "--personal", "ever", "--audit", "ever")

    assert record.retentions.current(DEMO_SITE).rules == Retention(comments=365, personal=None)
    entry, first = record.audit.page(DEMO_SITE).entries
    assert (entry.who, entry.subject) == ("command line", "version 2")
    assert entry.details["changes"] == {
        "personal": {"from": "30d", "to": "ever"},
        "audit": {"from": "90d", "to": "ever"},
    }
    assert set(first.details["changes"]) == {"comments", "audit"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("site", "retention", "demo", "--comments", "one year"),
        ("site", "retention", "demo", "--comments", "36501"),
        ("site", "retention", "none"),
        ("export", "--site", "none"),
        ("export", "--since", "yesterday"),
        ("sweep", "--site", "none"),
        ("archive", "--site", "none", "--older-than", "1d"),
    ],
)
def test_what_cannot_be_is_refused(run: Run, arguments: tuple[str, ...]):
    result = run(*arguments)
    assert result.exit_code != 0
    assert "Error: " in result.output


def test_archiving_needs_a_folder(runner: CliRunner, record: Record, redis_url: str):
    assert record
    env = {"MODERATION_REDIS_URL": redis_url}
    result = runner.invoke(main, ["archive", "--older-than", "1d"], env=env)
    assert result.exit_code == 1
    assert "MODERATION_ARCHIVE_DIR" in result.output


@pytest.fixture
def decided(client: FlaskClient, decide_all: Callable[[], None]) -> None:
    """Three comments, two of them decided for good."""
    post(client, id="c1", text="First", created_at="2026-01-01T12:00:00Z")
    post(client, id="c2", text="Second", created_at="2026-02-01T12:00:00Z")
    post(client, id="c3", text=f"You {RUDE}", created_at="2026-03-01T12:00:00Z")
    decide_all()


@pytest.mark.usefixtures("decided")
def test_an_export_has_every_comment_once_wherever_it_is(run: Run, record: Record):
    assert {row["id"] for row in rows(run("export"))} == {"c1", "c2", "c3"}

    archived = told(run("archive", "--older-than", "0d", "--json"))

    assert archived["archived"] == 2
    assert [one.id for chunk in record.whole.walk(DEMO_SITE) for one in chunk] == ["c3"]
    exported = {row["id"]: row for row in rows(run("export"))}
    assert set(exported) == {"c1", "c2", "c3"}
    assert exported["c1"]["content"]["text"] == "First"
    assert exported["c1"]["decisions"][0]["action"] == "approve"


@pytest.mark.usefixtures("decided")
def test_a_comment_is_found_by_its_id_wherever_it_is(run: Run):
    living = told(run("export", "--comment", "c1"))
    told(run("archive", "--older-than", "0d", "--json"))

    assert told(run("export", "--comment", "c1")) == living
    assert told(run("export", "--comment", "c3"))["status"] == "held"
    nowhere = run("export", "--comment", "c4")
    assert nowhere.exit_code == 1
    assert "nothing is held of a comment 'c4'" in nowhere.output


@pytest.mark.usefixtures("decided")
def test_a_comment_that_is_archived_during_an_export_comes_once(
    run: Run, record: Record, tmp_path: Path
):
    exported = exports.every(record, Archive(tmp_path / "archive"), DEMO_SITE)
    first = next(exported)["id"]
    told(run("archive", "--older-than", "0d", "--json"))

    assert sorted([first, *(row["id"] for row in exported)]) == ["c1", "c2", "c3"]


@pytest.mark.usefixtures("decided")
def test_an_export_is_narrowed_by_time_and_status(run: Run):
    def ids(*arguments: str) -> set[str]:
        return {row["id"] for row in rows(run("export", *arguments))}

    assert ids("--since", "2026-02-01") == {"c2", "c3"}
    assert ids("--until", "2026-02-01") == {"c1"}
    assert ids("--since", "2026-02-01T13:00:00+01:00", "--until", "2026-03-01") == {"c2"}
    assert ids("--status", "held") == {"c3"}


@pytest.mark.usefixtures("decided")
def test_what_people_decided_is_learnt_from_wherever_it_is(
    run: Run, record: Record, tmp_path: Path
):
    Desk(record).decide(ANNA, "c1", Verdict(Action.REJECT))
    told(run("archive", "--older-than", "0d", "--json"))
    Desk(record).decide(ANNA, "c3", Verdict(Action.APPROVE))

    exported = run("export", "--labelled", str(tmp_path / "labels.jsonl.gz"))

    assert exported.exit_code == 0, exported.output
    examples = read(tmp_path / "labels.jsonl.gz", bad_rows=BadRows())
    assert {one.text: one.labels["label"] for one in examples} == {"First": 1, f"You {RUDE}": 0}


@pytest.mark.usefixtures("decided")
@pytest.mark.parametrize(
    ("name", "opener"),
    [("a.jsonl", open), ("a.jsonl.gz", gzip.open), ("a.jsonl.xz", lzma.open)],
)
def test_an_export_into_a_file_is_complete_and_private(
    run: Run, tmp_path: Path, name: str, opener: Callable[..., Any]
):
    result = run("export", str(tmp_path / name))

    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    with opener(tmp_path / name, "rt", encoding="utf-8") as file:
        assert {json.loads(line)["id"] for line in file} == {"c1", "c2", "c3"}
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert not list(tmp_path.glob(".*.part"))


def test_a_person_is_told_all_that_is_held_about_them_and_nothing_about_others(
    run: Run, client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    # Given: one comment archived, one held with a remark, reports by them and of theirs
    author = {"id": "anna", "name": "Anna", "email": "anna@example.org"}
    post(client, id="old", author=author)
    post(client, id="other", author={"id": "zoe"})
    decide_all()
    run("archive", "--older-than", "0d")
    post(client, id="c1", text=f"You {RUDE}", author=author)
    post(client, id="c2", author={"id": "zoe"})
    decide_all()
    Desk(record).decide(ANNA, "c1", Verdict(Action.HOLD, note="watch this one"))
    for comment, reporter in (("c1", "zoe"), ("c2", "anna")):
        report = {"reason": f"{reporter} says so", "reporter_id": reporter}
        client.post(f"/v1/comments/{comment}/reports", json=report)
    set_policy(client, held_authors=["anna"])

    # When
    held = told(run("export", "--author", "anna"))

    # Then
    comments = {row["id"]: row for row in held["comments"]}
    assert set(comments) == {"old", "c1"}
    assert comments["c1"]["content"]["author"]["email"] == "anna@example.org"
    assert comments["c1"]["notes"] == {"2": "watch this one"}
    assert comments["c1"]["reports"] == ["zoe says so"]
    assert held["reports_made"] == [{"comment_id": "c2", "reason": "anna says so"}]
    assert held["held_by_policy"] is True
    assert "by:zoe" not in json.dumps(held)


def test_nothing_is_held_about_somebody_unknown(run: Run):
    held = told(run("export", "--author", "nobody"))
    assert (held["comments"], held["reports_made"], held["held_by_policy"]) == ([], [], False)


def test_a_sweep_finishes_erasures_and_lets_the_server_rewrite_its_file(
    run: Run, client: FlaskClient, record: Record, decide_all: Callable[[], None]
):
    post(client, id="c1", author={"id": "anna"})
    decide_all()
    run("archive", "--older-than", "0d")
    client.delete("/v1/authors/anna")

    swept = told(run("sweep", "--json"))

    assert (swept["erased"], swept["file_rewritten"]) == (1, True)
    assert rows(run("export")) == []
    assert not record.upkeep.has_traces
