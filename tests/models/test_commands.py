"""`moderation score` and `moderation evaluate`, as a shell sees them."""

from __future__ import annotations

import gzip
import json
import lzma
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from models.commands.evaluate import evaluate
from models.commands.score import score

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NITWIT = '{"text": "you nitwit"}\n'
LOVELY = '{"text": "a lovely garden"}\n'


def _score(
    folder: Path, *arguments: str, given: str | bytes = ""
) -> tuple[int, list[dict], str]:
    result = CliRunner().invoke(score, ["--model", str(folder), *arguments], input=given)
    return (
        result.exit_code,
        [json.loads(line) for line in result.stdout.splitlines()],
        result.stderr,
    )


def test_scores_come_out_in_order(release_folder: Path) -> None:
    code, results, _ = _score(release_folder, given=NITWIT + LOVELY)

    assert code == 0
    assert [result["action"] for result in results] == ["hold", "approve"]
    assert results[0]["scores"]["toxicity"] > 0.6 > results[1]["scores"]["toxicity"]
    assert results[1]["spans"] == []
    assert {"begin": 4, "end": 10, "category": "toxicity"}.items() <= max(
        results[0]["spans"], key=lambda span: span["score"]
    ).items()


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
@pytest.mark.parametrize("way", ["file", "stdin"])
def test_input_may_be_compressed(
    release_folder: Path, tmp_path: Path, pack: Callable[[bytes], bytes], way: str
) -> None:
    packed = pack(NITWIT.encode() * 300)
    path = tmp_path / "comments"
    path.write_bytes(packed)

    code, results, _ = (
        _score(release_folder, str(path))
        if way == "file"
        else _score(release_folder, given=packed)
    )

    assert (code, len(results)) == (0, 300)


@pytest.mark.parametrize("bad", ["{", "[]", '{"text": 1}', "{}", ""])
def test_a_bad_line_is_named_after_the_lines_before_it(release_folder: Path, bad: str) -> None:
    code, results, complaint = _score(release_folder, given=LOVELY * 300 + bad + "\n" + LOVELY)

    assert code == 2
    assert len(results) == 300
    assert "line 301" in complaint


def test_bytes_that_are_not_utf8_are_named_by_line(release_folder: Path) -> None:
    code, results, complaint = _score(
        release_folder, given=LOVELY.encode() * 2 + b'{"text": "\xff"}\n'
    )

    assert code == 2
    assert "utf-8" in complaint
    assert len(results) <= 2


def test_no_input_gives_no_output(release_folder: Path) -> None:
    assert _score(release_folder, given="")[:2] == (0, [])


def test_a_broken_release_is_one_line_on_standard_error(release_folder: Path) -> None:
    (release_folder / "release.json").write_text("{}")

    code, results, complaint = _score(release_folder, given=LOVELY)

    assert (code, results) == (1, [])
    assert complaint.count("\n") == 1
    assert "release.json" in complaint


@pytest.mark.parametrize("command", [score, evaluate])
def test_help_shows_an_example(command: object) -> None:
    result = CliRunner().invoke(command, ["--help"])  # type: ignore[arg-type]

    assert f"moderation {command.name}" in result.output  # type: ignore[attr-defined]


def _labelled(tmp_path: Path) -> Path:
    path = tmp_path / "labelled.csv"
    path.write_text("text,label,source\nyou nitwit,1,a\na lovely garden,0,a\n")
    return path


def test_evaluate_prints_figures_as_json(release_folder: Path, tmp_path: Path) -> None:
    arguments = [str(_labelled(tmp_path)), "--model", str(release_folder), "--ignore", "source"]

    result = CliRunner().invoke(evaluate, [*arguments, "--json"])

    figures = json.loads(result.stdout)
    assert figures["comments"] == 2
    assert figures["categories"]["label"]["roc_auc"] == 1
    assert set(figures) == {"version", "comments", "comments_per_second", "categories"}


def test_evaluate_prints_a_table(release_folder: Path, tmp_path: Path) -> None:
    arguments = [str(_labelled(tmp_path)), "--model", str(release_folder), "--ignore", "source"]

    result = CliRunner().invoke(evaluate, arguments)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split()[:4] == ["label", "2", "1.000", "1.000"]
    assert "release test-1" in result.stdout


def test_evaluate_refuses_unknown_columns_by_name(release_folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        evaluate, [str(_labelled(tmp_path)), "--model", str(release_folder)]
    )

    assert result.exit_code == 2
    assert "unknown column `source`" in result.stderr
