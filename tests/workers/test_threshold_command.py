"""`moderation threshold`: which of our thresholds does what an old one did."""

from __future__ import annotations

import csv
import json
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from models.release import Scored
from moderation.cli import main
from moderation.record import Record
from moderation.settings import Settings
from tests import releases
from tests.conftest import DEMO_SITE
from tests.workers.test_lineup import on_duty, store
from workers.commands import threshold as command
from workers.commands.threshold_figures import Scores

Run = Callable[..., Result]
#: Old score, our score, label.
ROWS = [
    (0.95, 0.90, 1),
    (0.85, 0.70, 1),
    (0.80, 0.40, 0),
    (0.70, 0.50, 1),
    (0.40, 0.30, 0),
    (0.10, 0.20, 0),
    (0.05, 0.10, 0),
    (0.01, 0.05, 0),
]


class SpokenRelease:
    """Scores a text as it says itself: `0.7 as a remark` is 0.7 toxic, and never spam."""

    version = "spoken"
    categories = ("toxicity", "spam")

    def score(self, texts: Sequence[str]) -> list[Scored]:
        return [
            Scored({"toxicity": float(text.split()[0]), "spam": 0.0}, text) for text in texts
        ]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command with a release that scores as texts say."""
    monkeypatch.setattr(command, "load_or_explain", lambda _: SpokenRelease())
    return lambda *arguments: CliRunner().invoke(main, ["threshold", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Comments with old scores and labels."""
    return write(tmp_path, ("text", "TOXICITY", "label", "source"), [*rows()])


def rows() -> list[tuple[object, ...]]:
    return [
        (f"{ours} as remark {at}", old, label, "x")
        for at, (old, ours, label) in enumerate(ROWS)
    ]


def write(folder: Path, header: Sequence[str], content: Sequence[Sequence[object]]) -> Path:
    path = folder / "comments.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *content])
    return path


def told(result: Result, category: str = "toxicity") -> list[dict[str, Any]]:
    """What is told of a category."""
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["categories"][category]
    return found


def test_an_old_threshold_becomes_the_one_of_ours_that_holds_as_many(run: Run, file: Path):
    (line,) = told(run(file, "--threshold", 0.8, "--json"))

    # Of eight comments three scored 0.8 or more; with us the third highest is 0.5.
    assert line == {
        "threshold": 0.5,
        "comments": 8,
        "share": 3 / 8,
        "old_threshold": 0.8,
        "old_share": 3 / 8,
        "agreement": 6 / 8,
        "precision": 1.0,
        "recall": 1.0,
    }


def test_a_share_becomes_the_threshold_that_holds_it(run: Run, file: Path):
    lines = told(run(file, "--held-share", 0.25, "--held-share", 0, "--json"))

    assert [(line["threshold"], line["share"]) for line in lines] == [(0.7, 0.25), (None, 0.0)]
    assert [line["old_threshold"] for line in lines] == [None, None]


def test_without_old_scores_our_own_thresholds_are_tried(run: Run, tmp_path: Path):
    file = write(tmp_path, ("text", "toxic"), [(text, label) for text, _, label, _ in rows()])

    lines = told(run(file, "--threshold", 0.4, "--threshold", 0.9, "--json"))

    assert [(one["share"], one["precision"], one["recall"]) for one in lines] == [
        (0.5, 0.75, 1.0),
        (0.125, 1.0, 1 / 3),
    ]


def test_a_column_of_another_name_is_said_to_have_the_old_scores(run: Run, tmp_path: Path):
    file = write(tmp_path, ("text", "t2024", "INSULT"), [(*row[:2], "") for row in rows()])

    named = told(run(file, "--score-column", "t2024=TOXICITY", "--threshold", 0.8, "--json"))
    lower = write(tmp_path, ("text", "toxicity"), [row[:2] for row in rows()])

    assert named[0]["threshold"] == 0.5
    again = told(run(lower, "--score-column", "toxicity", "--threshold", 0.8, "--json"))
    assert again[0]["old_share"] == 3 / 8


def test_categories_without_old_scores_are_left_out_if_others_have_some(run: Run, file: Path):
    result = run(file, "--json")

    assert [*json.loads(result.stdout)["categories"]] == ["toxicity"]


def test_a_column_that_no_row_has_is_refused(run: Run, tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "0.5 as a remark"}', encoding="utf-8")

    result = run(tmp_path / "a.jsonl", "--score-column", "TOXICITY")

    assert result.exit_code == 2
    assert "there is no score in TOXICITY" in result.stderr


def test_a_comment_without_an_old_score_is_not_counted(run: Run, tmp_path: Path):
    content = [*(row[:2] for row in rows()), ("1.0 as a remark nobody scored", "")]
    file = write(tmp_path, ("text", "TOXICITY"), content)

    (line,) = told(run(file, "--threshold", 0.8, "--json"))

    assert (line["comments"], line["threshold"]) == (8, 0.5)


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.xz", "a.parquet"])
def test_other_formats_say_the_same(run: Run, file: Path, tmp_path: Path, name: str):
    path, names = tmp_path / name, ("text", "TOXICITY", "label", "source")
    if name.endswith("parquet"):
        types = [DataType.string(), DataType.float64(), DataType.int8(), DataType.string()]
        cells = zip(*rows(), strict=True)
        columns = [Array([*one], kind) for one, kind in zip(cells, types, strict=True)]
        write_parquet(Table.from_arrays(columns, names=names), path)
    else:
        lines = [json.dumps(dict(zip(names, row, strict=True))) for row in rows()]
        written = "\n".join(lines).encode()
        path.write_bytes(lzma.compress(written) if name.endswith("xz") else written)

    assert told(run(path, "--json")) == told(run(file, "--json"))


def test_a_person_reads_a_table_of_what_the_file_can_tell(run: Run, file: Path):
    result = run(file, "--category", "toxicity")

    assert result.exit_code == 0, result.output
    head, _, title, headings, *lines = result.stdout.splitlines()
    assert (head, title) == ("release spoken", "toxicity, 8 comments")
    assert headings.split("  ")[0] == "old threshold"
    assert headings.split()[-3:] == ["agree", "precision", "recall"]
    assert len(lines) == len(command.THRESHOLDS)
    assert lines[3].split() == ["0.8", "37.50%", "0.5", "37.50%", "75.0%", "100.0%", "100.0%"]


def test_bad_rows_are_named_without_their_text_and_passed_over(run: Run, tmp_path: Path):
    content = [
        *(row[:3] for row in rows()),
        ("", 1, 1),
        ("0.1 secret", "high", 1),
        ("0.1 s", 1, 7),
    ]
    file = write(tmp_path, ("text", "TOXICITY", "label"), content)

    result = run(file, "--threshold", 0.8, "--json")

    assert told(result)[0]["comments"] == 8
    assert "3 rows passed over" in result.stderr
    assert "line 11: `TOXICITY` is no number" in result.stderr
    assert "line 12: `label` is neither 0 nor 1" in result.stderr
    assert "secret" not in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--held-share", "0.1", "--threshold", "0.5"], "--held-share needs neither"),
        (["--threshold", "1.5"], "1.5 is not in the range"),
        (["--site", "demo", "--model", "."], "either --model or --site"),
        (["--category", "rudeness"], "spoken scores no rudeness"),
        (["--score-column", "source"], "say of what the scores are"),
        (["--score-column", "missing=TOXICITY"], "no column `missing`"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run, file: Path, arguments: list[str], message: str
):
    result = run(file, *arguments)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("content", "message"),
    [("a,b\n1,2\n", "no column `text`"), ("text\n", "no comment"), ("", "no column `text`")],
)
def test_a_file_without_comments_is_refused(
    run: Run, tmp_path: Path, content: str, message: str
):
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")

    result = run(tmp_path / "a.csv")

    assert result.exit_code == 2
    assert message in result.stderr


def test_the_shipped_release_scores_if_no_other_is_named(tmp_path: Path):
    texts = [("You are a stupid idiot", 1), ("Thank you for this article", 0)]
    file = write(tmp_path, ("text", "label"), texts)

    result = CliRunner().invoke(main, ["threshold", str(file), "--json"])

    (half, *_) = told(result)
    assert json.loads(result.stdout)["release"] == releases.shipped().version
    assert (half["precision"], half["recall"]) == (1.0, 1.0)
    assert json.loads(result.stdout)["categories"].keys() == {*releases.shipped().categories}


def test_with_a_site_its_own_release_scores(
    record: Record, settings: Settings, file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MODERATION_REDIS_URL", settings.redis_url)
    arguments = ["threshold", str(file), "--json", "--site"]

    first = CliRunner().invoke(main, [*arguments, DEMO_SITE])
    on_duty(record, store(record, releases.files_of("mine-1")))
    then = CliRunner().invoke(main, [*arguments, DEMO_SITE])

    assert json.loads(first.stdout)["release"] == releases.shipped().version
    assert json.loads(then.stdout)["release"] == "mine-1"
    unknown = CliRunner().invoke(main, [*arguments, "nowhere"])
    assert "there is no site 'nowhere'" in unknown.stderr


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50),
    st.floats(0, 1),
)
def test_a_share_is_held_or_a_little_more_where_comments_score_the_same(
    ours: list[float], share: float
):
    array = np.array(ours)
    unknown = np.full(len(ours), np.nan)

    line = Scores(array, unknown, unknown).hold(share)

    held = int((array >= (2 if line.threshold is None else line.threshold)).sum())
    wanted = round(share * len(ours))
    assert held >= wanted
    assert held - wanted < max(ours.count(one) for one in ours)
    assert line.share == held / len(ours)
