"""`moderation labels`: files in, files out, and what is refused."""

from __future__ import annotations

import csv
import errno
import gzip
import json
import lzma
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moderation.bootstrap import DEMO_SITE
from moderation.cli import main
from moderation.desk.deciding import Desk, Verdict
from moderation.desk.labels import Labels
from moderation.domain import Action, Actor, Role, Violation
from moderation.labels import Label, LabelOrigin, label_id
from moderation.record import Record
from moderation.settings import Settings, variable
from tests.command_lines import told
from tests.held import hold

ANNA = Actor("anna", DEMO_SITE, Role.MODERATOR)
#: Texts that formats, spreadsheets and terminals stumble over.
TRICKY = [
    '=HYPERLINK("http://example.org";"click")',
    "@SUM(A1:A9)",
    "+1 for that",
    "-1 for that",
    'He said "no", then left',
    "two\nlines",
    "carriage\r\nreturn",
    "a lone\rreturn",
    "tab\there",
    " spaces around ",
    "\ufeffbegins with a mark",
    "\u2028separators\u2029\x85",
    "क्या बात है \U0001f469\u200d\U0001f52c",
    "\U0001f600",
    "NaN",
    "null",
    "1",
]
ENDINGS = [".csv", ".csv.gz", ".csv.xz", ".jsonl", ".ndjson.xz", ".jsonl.gz", ".parquet", ".pq"]

Run = Callable[..., Result]


@pytest.fixture
def labels(settings: Settings, record: Record, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `moderation labels …` on the test's record."""
    for one in fields(Settings):
        monkeypatch.delenv(variable(one), raising=False)
    monkeypatch.setenv("MODERATION_REDIS_URL", settings.redis_url)
    record.sites.create("other", "Other")
    return lambda *arguments: CliRunner().invoke(main, ["labels", *map(str, arguments)])


def stored(record: Record, site: str = DEMO_SITE) -> dict[str, tuple[dict[str, int], float]]:
    """Text → its labels and weight."""
    every = Labels(record).every(site)
    return {one.text: (dict(one.labels), one.weight) for one in every}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file."""

    def write_one(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_one


class TestImport:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.csv", b"text,label,insult\nOne,1,\nTwo,0,0\n"),
            ("a.csv.gz", gzip.compress(b"text,label,insult\nOne,1,\nTwo,0,0\n", mtime=0)),
            ("a.jsonl", b'{"text":"One","label":1}\n{"text":"Two","label":0,"insult":0}\n'),
            (
                "a.ndjson.xz",
                lzma.compress(b'{"text":"One","label":1}\n{"text":"Two","label":0,"insult":0}'),
            ),
        ],
    )
    def test_it_stores_what_rows_say_and_nothing_else(
        self, labels: Run, record: Record, write: Any, name: str, content: bytes
    ) -> None:
        found = told(labels("import", write(name, content), "--json"))
        assert (found["site"], found["imported"], found["known"]) == ("demo", 2, 0)
        assert stored(record) == {
            "One": ({"label": 1}, 1.0),
            "Two": ({"label": 0, "insult": 0}, 1.0),
        }
        assert {one.origin for one in Labels(record).every(DEMO_SITE)} == {LabelOrigin.IMPORT}

    def test_a_second_time_changes_nothing(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        path = write("a.csv", "text,label\nOne,1\nTwo,0\n")
        labels("import", path)
        before = list(Labels(record).every(DEMO_SITE))
        again = told(labels("import", path, "--json"))
        assert (again["imported"], again["known"]) == (0, 2)
        assert list(Labels(record).every(DEMO_SITE)) == before

    def test_it_goes_to_the_site_that_is_named(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        labels("import", write("a.csv", "text,label\nOne,1\n"), "--site", "other")
        assert stored(record) == {}
        assert "One" in stored(record, "other")

    def test_several_files_at_once_are_added_up(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        first = write("a.csv", "text,label\nOne,1\n")
        second = write("b.jsonl", '{"text":"Two","spam":1}\n{"text":"one","label":1}\n')
        found = told(labels("import", first, second, "--json"))
        assert (found["imported"], found["known"]) == (2, 1)
        assert [one["file"] for one in found["files"]] == ["a.csv", "b.jsonl"]

    def test_duplicates_are_folded_and_counted(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        path = write("a.csv", "text,label\nYou!,1\nyou,1\nYOU?!,1\nOther,0\n")
        result = labels("import", path)
        assert "imported 2 labels" in result.stdout
        assert "2 rows say again" in result.stdout
        assert set(stored(record)) == {"You!", "Other"}

    def test_contradictory_rows_are_named_by_line_and_all_left_out(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        path = write("a.csv", "text,label\nQuokka,1\nFine,0\nQuokka!,0\nquokka,1\n")
        result = labels("import", path, "--json")
        assert told(result)["contradictory"] == 3
        assert "1 text with contradictory labels left out" in result.stderr
        assert "line 2, line 4, line 5" in result.stderr
        assert "uokka" not in result.output
        assert set(stored(record)) == {"Fine"}

    def test_one_that_contradicts_an_earlier_import_is_named_and_the_earlier_stays(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        labels("import", write("a.csv", "text,label\nOne,1\n"))
        result = labels("import", write("b.csv", "text,label\nTwo,0\none,0\n"))
        assert "line 3 (an earlier import)" in result.stderr
        assert stored(record)["One"] == ({"label": 1}, 1.0)

    def test_places_are_right_after_bad_rows_and_long_cells(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        content = 'text,label\n"two\nlines",1\nbad,7\nOne,1\nbad\nOne,0\n'
        result = labels("import", write("a.csv", content), "--skip-bad-rows")
        assert "line 4: `label` is neither 0 nor 1" in result.stderr
        assert "line 5, line 7" in result.stderr
        assert set(stored(record)) == {"two\nlines"}

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("text,label,sarcasm\nOne,1,0\n", "unknown column `sarcasm`"),
            ("comment,label\nOne,1\n", "unknown column `comment`"),
            ("label\n1\n", "no column `text`"),
            ("text,source\nOne,a\n", "unknown column `source`"),
            ("text\nOne\n", "no column with labels"),
            ("text,label,label\nOne,1,1\n", "more than one column `label`"),
            ("text,label,toxic,toxicity\nOne,1,1,1\n", "more than one column for `toxicity`"),
            ("", "it is empty"),
            ("text,label\n", "no labelled comment"),
            (b"text,label\nOne,1\nna\xefve,0\n", "line 3: `text` is not UTF-8"),
            ("text,label\nOne,1\nTwo,2\n", "line 3: `label` is neither 0 nor 1"),
            ("text,label\nOne,1\n ,1\n", "line 3: no `text`"),
            ("text,label\nOne,1\nTwo,\n", "line 3: no label"),
            ("text,label\nOne,1\nTwo\n", "line 3: 1 fields under 2 columns"),
            ("text,label\nOne,1\n" + "x" * 20_001 + ",1\n", "line 3: `text` is longer than"),
            (b"text,label\nOne,1\nT\x00wo,1\n", "line 3: "),
        ],
    )
    def test_what_is_no_file_of_labels_is_refused_as_a_whole(
        self, labels: Run, record: Record, write: Any, content: str | bytes, said: str
    ) -> None:
        result = labels("import", write("bad.csv", content))
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stderr.startswith("Error: bad.csv")
        assert stored(record) == {}

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("a.parquet", b"PAR1 nonsense"),
            ("a.csv.gz", gzip.compress(b"text,label\nOne,1\n" * 99, mtime=0)[:-9]),
            ("a.jsonl", b'{"text":"One","label":1}\n{"text":"Two","lable":1}\n'),
            ("a.jsonl", b'{"text":"One","label":1}\n{"text":\n'),
        ],
    )
    def test_a_broken_file_is_refused_as_a_whole(
        self, labels: Run, record: Record, write: Any, name: str, content: bytes
    ) -> None:
        result = labels("import", write(name, content))
        assert result.exit_code == 2
        assert f"Error: {name}: " in result.stderr
        assert stored(record) == {}

    def test_bad_rows_may_be_passed_over_and_are_named(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        path = write("a.csv", b"text,label\nOne,1\nna\xefve,0\nTwo,2\nThree,0\n")
        result = labels("import", path, "--skip-bad-rows", "--json")
        assert told(result)["skipped_rows"] == 2
        assert "line 3: " in result.stderr
        assert "line 4: " in result.stderr
        assert set(stored(record)) == {"One", "Three"}

    def test_a_column_may_be_passed_over(self, labels: Run, record: Record, write: Any) -> None:
        path = write("a.csv", "text,label,source\nOne,1,x\n")
        assert told(labels("import", path, "--ignore", "source", "--json"))["imported"] == 1

    def test_a_verdict_goes_before_an_import(
        self, labels: Run, record: Record, write: Any
    ) -> None:
        Desk(record).decide(ANNA, hold(record, "c1", text="One"), Verdict(Action.APPROVE))
        labels("import", write("a.csv", "text,label\none,1\n"))
        assert stored(record) == {"One": ({"label": 0, "spam": 0}, 1.0)}
        assert told(labels("summary", "--json"))["contradictions"] == 1

    def test_a_site_that_is_not_there_is_refused(self, labels: Run, write: Any) -> None:
        path = write("a.csv", "text,label\nOne,1\n")
        result = labels("import", path, "--site", "nowhere")
        assert result.exit_code == 2
        assert "there is no site 'nowhere'" in result.stderr


class TestExport:
    @pytest.fixture
    def every(self, record: Record) -> dict[str, tuple[dict[str, int], float]]:
        """Labels of each origin, with tricky texts; what they are."""
        for number, text in enumerate(TRICKY):
            Desk(record).decide(
                ANNA,
                hold(record, f"c{number}", text=text),
                Verdict(Action.APPROVE)
                if number % 2
                else Verdict(Action.REJECT, Violation.HATE_SPEECH, ("threat",)),
            )
        folded = label_id("weighty")
        kept = Label(folded, "weighty", {"spam": 1}, LabelOrigin.KEPT, weight=1 / 0.07)
        record.labels.put(DEMO_SITE, [kept])
        return stored(record)

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_another_site_that_imports_it_has_the_same_labels(
        self, labels: Run, record: Record, every: Any, tmp_path: Path, ending: str
    ) -> None:
        path = tmp_path / f"labels{ending}"
        assert told(labels("export", path, "--json"))["labels"] == len(every)
        found = told(labels("import", path, "--site", "other", "--json"))
        assert (found["imported"], found["skipped_rows"]) == (len(every), 0)
        assert stored(record, "other") == every
        assert [one.name for one in tmp_path.iterdir()] == [path.name]

    def test_a_packed_file_is_packed(self, labels: Run, every: Any, tmp_path: Path) -> None:
        for ending, magic in ((".gz", b"\x1f\x8b"), (".xz", b"\xfd7zXZ"), (".pq", b"PAR1")):
            path = tmp_path / f"labels.csv{ending}".replace(".csv.pq", ".pq")
            labels("export", path)
            assert path.read_bytes().startswith(magic)

    def test_a_csv_has_the_texts_as_they_are(
        self, labels: Run, every: Any, tmp_path: Path
    ) -> None:
        labels("export", tmp_path / "labels.csv")
        with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as file:
            assert {row["text"] for row in csv.DictReader(file)} == set(every)
        assert "formulas" in labels("export", "--help").stdout

    def test_details_say_who_when_and_of_what(
        self, labels: Run, record: Record, every: Any, tmp_path: Path
    ) -> None:
        labels("export", tmp_path / "labels.jsonl", "--details")
        lines = (tmp_path / "labels.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
        rows = [json.loads(line) for line in lines]
        decided = next(row for row in rows if row["text"] == "NaN")
        assert (decided["who"], decided["origin"]) == ("anna", "decision")
        assert decided["at"].endswith("Z")
        kept = next(row for row in rows if row["text"] == "weighty")
        assert set(kept) == {"text", "spam", "weight", "origin"}

    def test_a_dash_is_standard_output(self, labels: Run, every: Any) -> None:
        lines = labels("export", "-").stdout.split("\n")[:-1]
        assert {json.loads(line)["text"] for line in lines} == set(every)

    def test_a_reader_that_has_enough_is_no_error(
        self, labels: Run, every: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object, **__: object) -> None:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

        monkeypatch.setattr("workers.commands.labels._write", broken)

        assert labels("export", "-").stderr == ""

    def test_nothing_is_a_file_too(self, labels: Run, tmp_path: Path) -> None:
        for ending in (".csv", ".jsonl", ".parquet"):
            result = labels("export", tmp_path / f"labels{ending}")
            assert result.exit_code == 0, result.output
            assert (tmp_path / f"labels{ending}").exists()

    @pytest.mark.parametrize("name", ["labels", "labels.xlsx", "labels.parquet.gz", "a.gz"])
    def test_a_name_that_tells_no_format_is_refused(
        self, labels: Run, tmp_path: Path, name: str
    ) -> None:
        result = labels("export", tmp_path / name)
        assert result.exit_code == 2
        assert ".parquet" in result.stderr
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_not_there_is_refused(self, labels: Run, tmp_path: Path) -> None:
        result = labels("export", tmp_path / "none" / "labels.csv")
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: ")


def test_an_import_is_taken_back(labels: Run, record: Record, write: Any) -> None:
    Desk(record).decide(ANNA, hold(record, "c1", text="Decided"), Verdict(Action.APPROVE))
    labels("import", write("a.csv", "text,label\nOne,1\nTwo,0\n"))
    assert told(labels("remove", "--origin", "import", "--json"))["removed"] == 2
    assert set(stored(record)) == {"Decided"}


@pytest.mark.parametrize("arguments", [(), ("--origin", "decision")])
def test_a_decision_is_undone_and_not_removed(labels: Run, arguments: Any) -> None:
    assert labels("remove", *arguments).exit_code == 2


def test_the_summary_counts_and_says_what_is_missing(labels: Run, write: Any) -> None:
    labels("import", write("a.csv", "text,label\nOne,1\nTwo,0\nThree,0\n"))
    found = told(labels("summary", "--json"))
    assert found["by_origin"] == {"import": 3}
    assert found["by_category"] == {"label": {"0": 2, "1": 1}}
    assert found["missing"] == {"toxicity": {"0": 13, "1": 14}}
    assert "14 more of 1" in labels("summary").stdout
