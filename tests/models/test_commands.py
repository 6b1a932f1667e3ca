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
from models.release_files import shipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NITWIT = '{"text": "you nitwit"}\n'
THANKS = '{"text": "Thank you all"}\n'
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


def test_a_language_that_the_release_does_not_know_is_held(release_folder: Path) -> None:
    given = '{"text": "Merci beaucoup pour cet article"}\n{"text": "42"}\n' + THANKS

    _, results, _ = _score(release_folder, given=given)

    assert [result["language"] for result in results] == ["fr", None, "en"]
    assert [result["action"] for result in results] == ["hold", "approve", "approve"]
    assert results[0]["spans"] == []
    assert results[0]["scores"]["toxicity"] < 0.6


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


@pytest.mark.parametrize("bad", ["{", "[]", '{"text": 1}', "{}", "", "[" * 5_000])
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


def test_json_may_be_asked_for_as_of_every_command(release_folder: Path) -> None:
    assert _score(release_folder, "--json", given=LOVELY) == _score(
        release_folder, given=LOVELY
    )


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
    assert figures["categories"]["label"]["roc_auc_ci"] is None
    assert figures["fairness"] is None
    assert set(figures) == {
        "version",
        "comments",
        "comments_per_second",
        "categories",
        "fairness",
    }


def test_evaluate_prints_a_table(release_folder: Path, tmp_path: Path) -> None:
    arguments = [str(_labelled(tmp_path)), "--model", str(release_folder), "--ignore", "source"]

    result = CliRunner().invoke(evaluate, arguments)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split()[:5] == ["label", "2", "1.000", "-", "1.000"]
    assert "release test-1" in result.stdout


def test_evaluate_refuses_unknown_columns_by_name(release_folder: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        evaluate, [str(_labelled(tmp_path)), "--model", str(release_folder)]
    )

    assert result.exit_code == 2
    assert "unknown column `source`" in result.stderr


def test_evaluate_knows_the_shipped_releases_by_version(tmp_path: Path) -> None:
    version = shipped().name

    result = CliRunner().invoke(
        evaluate, [str(_labelled(tmp_path)), "--ignore", "source", "--model", version]
    )

    assert f"release {version}, 2 comments" in result.stdout


def test_evaluate_names_the_shipped_releases_when_it_knows_no_other(tmp_path: Path) -> None:
    result = CliRunner().invoke(evaluate, [str(_labelled(tmp_path)), "--model", "../1999"])

    assert result.exit_code == 2
    assert f"'../1999' is neither a folder nor one of {shipped().name}" in result.stderr


def test_evaluate_sets_a_second_release_beside_the_first(
    release_folder: Path, tmp_path: Path
) -> None:
    arguments = [str(_labelled(tmp_path)), "--ignore", "source", "--model", str(release_folder)]
    arguments += ["--against", shipped().name]

    table = CliRunner().invoke(evaluate, arguments).stdout.splitlines()
    told = json.loads(CliRunner().invoke(evaluate, [*arguments, "--json"]).stdout)

    assert table[0].split()[:4] == ["rows", "test-1", shipped().name, "difference"]
    assert table[1].split() == ["label", "2"]
    assert table[2].split()[:2] == ["AUC", "1.000"]
    assert told["version"] == "test-1"
    assert told["against"]["version"] == shipped().name
    assert "roc_auc" in told["difference"]["label"]


def _with_identities(tmp_path: Path) -> Path:
    path = tmp_path / "identities.csv"
    rows = ["you nitwit with a wife,1", "a lovely garden for women,0", "nitwit,1", "garden,0"]
    path.write_text("\n".join(["text,label", *rows * 10]))
    return path


@pytest.mark.parametrize("list_name", ["built-in", "terms.txt"])
def test_evaluate_tells_fairness_by_terms(
    release_folder: Path, tmp_path: Path, list_name: str
) -> None:
    terms = tmp_path / list_name
    terms.write_text("female: wife, women\n")
    arguments = [str(_with_identities(tmp_path)), "--model", str(release_folder)]
    arguments += ["--identity-terms", list_name if list_name == "built-in" else str(terms)]

    result = CliRunner().invoke(evaluate, arguments)
    told = json.loads(CliRunner().invoke(evaluate, [*arguments, "--json"]).stdout)

    figures = told["fairness"]["label"]
    assert (figures["score"], figures["identities"]["female"]["bpsn_auc"]) == (1, 1)
    assert "fairness of label, release test-1" in result.stdout
    assert ["female", "20", "10", "1.000"] in [
        line.split()[:4] for line in result.stdout.splitlines()
    ]
    assert ("too few comments" in result.stdout) == (list_name == "built-in")


def test_evaluate_tells_fairness_by_columns(release_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "columns.csv"
    rows = ["you nitwit,1,0.8", "a lovely garden,0,0.5", "nitwit,1,", "garden,0,0.4"]
    path.write_text("\n".join(["text,label,female", *rows * 10]))
    arguments = [str(path), "--model", str(release_folder), "--json"]

    for columns in ("female", "auto"):
        result = CliRunner().invoke(evaluate, [*arguments, "--identity-columns", columns])

        figures = json.loads(result.stdout)["fairness"]["label"]["identities"]["female"]
        assert (figures["rows"], figures["subgroup_auc"]) == (20, 1)


def test_evaluate_refuses_a_cell_that_is_no_share(release_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "columns.csv"
    path.write_text("text,label,female\nx,1,often\n")
    arguments = [str(path), "--model", str(release_folder), "--identity-columns", "female"]

    result = CliRunner().invoke(evaluate, arguments)

    assert result.exit_code == 2
    assert "`female`" in result.stderr
    assert "often" not in result.stderr


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--identity-columns", "a", "--identity-terms", "built-in"], "not both"),
        (["--identity-terms", "nowhere.txt"], "nowhere.txt"),
        (["--identity-terms", __file__], "line 1"),
    ],
)
def test_evaluate_refuses_identities_that_it_cannot_read(
    tmp_path: Path, options: list[str], complaint: str
) -> None:
    result = CliRunner().invoke(evaluate, [str(_labelled(tmp_path)), *options])

    assert result.exit_code == 2
    assert complaint in result.stderr


def test_evaluate_writes_a_report(release_folder: Path, tmp_path: Path) -> None:
    arguments = [str(_labelled(tmp_path)), "--ignore", "source", "--model", str(release_folder)]
    folder = tmp_path / "new" / "report"

    result = CliRunner().invoke(evaluate, [*arguments, "--report", str(folder), "--json"])

    written = json.loads((folder / "report.json").read_text())
    assert written == json.loads(result.stdout)
    page = (folder / "index.html").read_text()
    assert "labelled.csv" in page
    assert "nitwit" not in page


def test_evaluate_says_when_the_report_cannot_be_written(
    release_folder: Path, tmp_path: Path
) -> None:
    arguments = [str(_labelled(tmp_path)), "--ignore", "source", "--model", str(release_folder)]
    (tmp_path / "file").write_text("")

    result = CliRunner().invoke(
        evaluate, [*arguments, "--report", str(tmp_path / "file" / "report")]
    )

    assert result.exit_code == 1
    assert "cannot be written" in result.stderr
