"""`moderation load`: a file's comments arrive as if readers had posted them."""

from __future__ import annotations

import gzip
import json
import lzma
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.dataset import NAMED_BAD_ROWS
from moderation import overload
from moderation.bootstrap import DEMO_SITE
from moderation.cli import main
from moderation.domain import Comment, Lane
from moderation.policy import Policy
from moderation.record import Record
from moderation.settings import Settings, variable
from tests.command_lines import told
from tests.fakes import RUDE
from workers.commands import load as load_command

TEXTS = [f"Remark number {number} on the new library" for number in range(60)]


@pytest.fixture
def load(
    settings: Settings, record: Record, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs the command on the test's record."""
    for one in fields(Settings):
        monkeypatch.delenv(variable(one), raising=False)
    monkeypatch.setenv("MODERATION_REDIS_URL", settings.redis_url)

    def run(file: Path, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["load", str(file), *arguments])

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A table with more columns than the command wants."""
    path = tmp_path / "comments.csv"
    lines = ["source,text,label", *(f"a,{text},0" for text in TEXTS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stored(record: Record) -> list[Comment]:
    """Every comment of the site, in the order in which they were accepted."""
    pattern = record.connection.scan_iter(match="*:comment:demo:*")
    ids = [key.rpartition(":")[2] for key in pattern]
    order = {
        one: int(record.connection.hget(f"moderation:{{0}}:comment:demo:{one}", "sequence"))
        for one in ids
    }
    return [record.comments.get(DEMO_SITE, one) for one in sorted(ids, key=order.__getitem__)]


def test_every_text_arrives_in_order_by_the_bulk_lane(
    load: Callable[..., Result], record: Record, file: Path
) -> None:
    result = load(file)

    assert result.exit_code == 0, result.output
    assert "accepted 60 comments on the site demo" in result.stdout
    assert "/console/queue" in result.stdout
    assert [one.content["text"] for one in stored(record)] == TEXTS
    assert record.queue.lengths() == {Lane.LIVE: 0, Lane.BULK: 60}


def test_they_have_articles_authors_moments_and_answers(
    load: Callable[..., Result], record: Record, file: Path
) -> None:
    load(file, "--articles", "3", "--authors", "10")

    comments = stored(record)
    assert len({one.article_id for one in comments}) == 3
    assert all(one.content["article"]["title"] for one in comments)
    assert 3 <= len({one.content["author"]["id"] for one in comments}) <= 10
    assert all(one.content["author"]["name"] for one in comments)
    ages = [
        datetime.now(UTC) - datetime.fromisoformat(one.content["created_at"])
        for one in comments
    ]
    assert all(0 <= age.total_seconds() < 5 * 86_400 + 60 for age in ages)
    assert len({age.days for age in ages}) > 2


def test_an_answer_comes_after_what_it_answers_and_on_the_same_article(
    load: Callable[..., Result], record: Record, file: Path
) -> None:
    load(file, "--articles", "3")

    by_id = {one.id: one for one in stored(record)}
    answers = [one for one in by_id.values() if "parent_id" in one.content]
    assert 3 < len(answers) < 40
    for answer in answers:
        parent = by_id[answer.content["parent_id"]]
        assert parent.article_id == answer.article_id
        assert parent.content["created_at"] <= answer.content["created_at"]


def test_a_repeat_stores_nothing_twice_whatever_else_is_asked_for(
    load: Callable[..., Result], record: Record, file: Path
) -> None:
    load(file, "--limit", "10")
    before = stored(record)

    again = told(load(file, "--limit", "12", "--seed", "7", "--authors", "3", "--json"))

    assert again["known"] == 10
    assert again["accepted"] + again["refused"] == 2
    assert stored(record)[:10] == before


def test_the_same_text_on_two_lines_is_two_comments(
    load: Callable[..., Result], record: Record, tmp_path: Path
) -> None:
    path = tmp_path / "twice.jsonl"
    path.write_text('{"text": "Me too"}\n{"text": "Me too"}\n', encoding="utf-8")

    assert told(load(path, "--json"))["accepted"] == 2


@pytest.mark.parametrize("name", ["comments.jsonl.gz", "comments.ndjson.xz", "comments.jsonl"])
def test_json_lines_are_read_compressed_or_not(
    load: Callable[..., Result], record: Record, tmp_path: Path, name: str
) -> None:
    lines = "".join(json.dumps({"text": text, "stars": 5}) + "\n" for text in TEXTS)
    compress = {".gz": gzip.compress, ".xz": lzma.compress}.get(Path(name).suffix, bytes)
    path = tmp_path / name
    path.write_bytes(compress(lines.encode()))

    assert told(load(path, "--json"))["accepted"] == len(TEXTS)


def test_bad_rows_are_named_by_line_and_passed_over(
    load: Callable[..., Result], record: Record, tmp_path: Path
) -> None:
    # Given rows without a text, with a broken one, with one that is too long
    rows = [
        '{"text": "The first good one"}',
        '{"text": "  "}',
        '{"other": 1}',
        "no JSON",
        json.dumps({"text": "x" * 20_001}),
        '{"text": "a \\u0000 in it"}',
        '{"text": "The last good one"}',
    ]
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")

    # When they are loaded
    result = load(path, "--json")

    # Then the good ones are stored, and each bad one is named without its text
    assert told(result) == {
        "site": DEMO_SITE,
        "accepted": 2,
        "known": 0,
        "refused": 0,
        "skipped_rows": 5,
    }
    assert "bad.jsonl: 5 rows passed over" in result.stderr
    for line, complaint in (
        (2, "no `text`"),
        (3, "no `text`"),
        (4, "not JSON"),
        (5, "longer than 20,000 characters"),
        (6, "NUL"),
    ):
        assert f"line {line}: " in result.stderr
        assert complaint in result.stderr
    assert "xxx" not in result.output


def test_only_the_first_bad_rows_are_named(
    load: Callable[..., Result], record: Record, tmp_path: Path
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("[]\n" * (NAMED_BAD_ROWS + 5), encoding="utf-8")

    result = load(path, "--json")

    assert told(result)["skipped_rows"] == NAMED_BAD_ROWS + 5
    assert "and 5 more" in result.stderr


def test_a_file_without_that_column_is_refused(
    load: Callable[..., Result], record: Record, tmp_path: Path
) -> None:
    path = tmp_path / "other.csv"
    path.write_text("comment,label\nhello,0\n", encoding="utf-8")

    result = load(path)

    assert result.exit_code == 2
    assert "Error: other.csv: no column `text` among `comment`, `label`" in result.stderr


def test_a_site_that_is_not_there_is_refused(
    load: Callable[..., Result], record: Record, file: Path
) -> None:
    result = load(file, "--site", "nowhere")

    assert result.exit_code == 2
    assert "there is no site 'nowhere'" in result.stderr
    assert not stored(record)


def test_without_a_service_it_says_what_to_start(
    load: Callable[..., Result], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODERATION_REDIS_URL")

    result = load(file, "--data-dir", str(tmp_path / "nothing-here"))

    assert result.exit_code == 1
    assert "Start `moderation run`" in result.stderr


def test_what_a_closed_article_refuses_is_counted(
    load: Callable[..., Result], record: Record, file: Path
) -> None:
    record.policies.put(DEMO_SITE, replace(Policy(), closed_articles=("loaded-article-0",)))

    result = told(load(file, "--articles", "2", "--json"))

    assert result["accepted"] + result["refused"] == len(TEXTS)
    assert Counter(one.article_id for one in stored(record)) == {
        "loaded-article-1": result["accepted"]
    }


def test_they_are_decided_like_any_other(
    load: Callable[..., Result],
    record: Record,
    decide_all: Callable[[], None],
    tmp_path: Path,
) -> None:
    path = tmp_path / "two.csv"
    path.write_text(f"text\nYou are a {RUDE}\nThank you\n", encoding="utf-8")

    load(path)
    decide_all()

    assert record.held.total(DEMO_SITE) == 1


def test_it_waits_for_room_and_loads_on_when_there_is_some(
    load: Callable[..., Result],
    file: Path,
    record: Record,
    decide_all: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
):
    # Given room for eight, and a worker that works whenever the command waits
    monkeypatch.setenv("MODERATION_MAX_PENDING", "8")
    monkeypatch.setattr(overload, "SAMPLE_EVERY_S", 0.0)
    monkeypatch.setattr(load_command, "BATCH", 2)
    waited_for: list[int] = []

    def work(_: float) -> None:
        waited_for.append(record.pressure.load().waiting)
        decide_all()

    monkeypatch.setattr(load_command.time, "sleep", work)

    # When
    result = load(file)

    # Then
    assert result.exit_code == 0, result.output
    assert len(stored(record)) == len(TEXTS)
    assert result.stderr.count("waits: ") == len(waited_for) > 5
    assert max(waited_for) <= 8
