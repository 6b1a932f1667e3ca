"""The benchmark suite still runs: one benchmark, tiny; and its figures are computed right."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import latency, report
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.latency import percentile
from benchmarks.measuring import Bound, Row, Spread, Target, compare, take_turns
from benchmarks.plan import QUICK, Plan
from moderation.settings import Settings

TEXTS = [f"Remark number {number} on the new library" for number in range(400)]


def test_the_latency_benchmark_sees_every_decision_and_leaves_no_process(
    small_release: Path,
) -> None:
    # Given a plan that is over in seconds
    sizes = replace(QUICK, rounds=1, latency_s=1.0)
    told: list[str] = []
    plan = Plan(TEXTS, sizes, Settings(release=str(small_release)), told.append)

    # When the latency of a worker and of its rival is measured
    rows = latency.measure(plan)

    # Then each figure is there, and nothing that was started is left
    assert len(rows) == 2
    assert all(row.ratio is not None and row.ratio.median > 0 for row in rows)
    assert len(told) == 2
    assert not _children()


def test_subjects_take_turns_and_every_other_round_goes_backwards() -> None:
    order: list[str] = []

    figures = take_turns(
        {"a": lambda number: number, "b": lambda number: 10 * number},
        rounds=2,
        told=lambda _, name, __: order.append(name),
    )

    assert order == ["a", "b", "b", "a"]
    assert figures == {"a": [0, 1], "b": [0, 10]}


def test_a_ratio_is_the_median_of_the_rounds_and_decides_about_the_target() -> None:
    target = Target(Bound.AT_LEAST, 0.85)

    row = compare("x", [90, 80, 70], [100, 100, 100], unit="/s", against="y", target=target)

    assert row.ratio == Spread(0.8, 0.7, 0.9)
    assert row.reached is False
    assert "NO" in report.table([row])


def test_without_a_ratio_the_value_decides() -> None:
    row = Row("memory", Spread.of([79.0]), "MB", target=Target(Bound.BELOW, 80, "MB"))

    assert row.reached is True


def test_percentiles_lie_on_straight_lines_between_neighbours() -> None:
    assert percentile([3.0, 1.0, 2.0, 4.0], 50) == 2.5
    assert percentile([5.0], 99) == 5.0


def test_further_figures_stand_behind_the_value_and_in_the_json() -> None:
    row = Row("caught", Spread.of([72.4]), "%", also={"AUC": 0.9314, "difference": -4.931})

    assert "72.4 %, AUC 0.931, difference -4.93 " in report.table([row])
    assert row.to_json()["also"] == {"AUC": 0.9314, "difference": -4.931}


def test_the_figures_are_kept_as_json_without_any_text(tmp_path: Path) -> None:
    row = compare("x", [2.0], [1.0], unit="/s", against="y")
    path = tmp_path / "new" / "latest.json"

    report.write_json(path, [row], Plan(TEXTS, QUICK), release="tiny")

    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["rows"][0]["ratio"]["median"] == 2.0
    assert "library" not in path.read_text(encoding="utf-8")


def test_benchmarks_that_need_no_texts_run_without_data(
    small_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a release, and a folder in which there is nothing
    monkeypatch.setenv("MODERATION_RELEASE", str(small_release))
    written = tmp_path / "latest.json"
    arguments = ["--only", "evasion", "--only", "functional", "--json", str(written)]

    # When the benchmarks that find their own comments are run
    result = CliRunner().invoke(main, [*arguments, "--data", str(tmp_path / "nowhere")])

    # Then one says what it lacks, the other has figures, and both are known by name
    assert result.exit_code == 0, result.output
    assert "evasion: needs jigsaw_test_a.csv.xz" in result.output
    assert "functional, approve: neutral statement" in result.output
    assert json.loads(written.read_text(encoding="utf-8"))["texts"]["number"] == 0


def test_every_benchmark_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/benchmarks.md").read_text(encoding="utf-8")

    assert [name for name in BENCHMARKS if f"| {name} |" not in page] == []


def test_a_folder_without_data_is_a_clear_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--data", str(tmp_path)])

    assert result.exit_code != 0
    assert "--data" in result.output


def _children() -> list[str]:
    """Benchmark processes that this process started and that still run."""
    pid = os.getpid()
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    commands = [Path(f"/proc/{one}/cmdline") for one in children.read_text().split()]
    return [line for one in commands if one.exists() and "bench" in (line := one.read_text())]
