"""The report of an evaluation: its plots, its page, and what a hostile name can do to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from models.measuring.evaluation import Judged, Measured, Report, report
from models.measuring.fairness import assess
from models.measuring.plots import KINDS, draw, write_report

HOSTILE = '<script>alert("x")</script> & $\\frac{'


def _measured(version: str, *, category: str = "toxicity", identity: str = "a") -> Measured:
    rng = np.random.default_rng(len(version))
    truth = np.repeat([0, 1], 200).astype(np.int8)
    scores = np.clip(rng.beta(1, 3, 400) + truth * 0.4, 0, 1).astype(np.float32)
    held = scores >= 0.5
    mentions = rng.random((400, 1)) < 0.3
    fairness = assess(truth, scores, held=held, mentions=mentions, names=[identity])
    return Measured(
        Report(
            version,
            400,
            1000.0,
            {category: report(truth, scores, threshold=0.5)},
            {"toxicity": fairness},
        ),
        {category: Judged(truth, scores, held, np.packbits(mentions, axis=1))},
        {category: 0.5},
    )


def test_a_report_has_every_plot_of_a_category_as_a_file_and_on_the_page(
    tmp_path: Path,
) -> None:
    write_report(tmp_path / "deep" / "folder", [_measured("1")], title="news.csv")

    folder = tmp_path / "deep" / "folder"
    files = sorted(path.name for path in (folder / "plots").iterdir())
    assert files == sorted(f"toxicity-{kind.suffix}.svg" for kind in KINDS)
    for path in (folder / "plots").iterdir():
        lines = ElementTree.parse(path).findall(".//{http://www.w3.org/2000/svg}path")
        assert len(lines) > 20
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert page.count("<img alt=") == len(KINDS)
    assert "news.csv" in page
    assert json.loads((folder / "report.json").read_text())["version"] == "1"


def test_the_page_needs_nothing_else_and_runs_nothing(tmp_path: Path) -> None:
    write_report(tmp_path, [_measured("1")])

    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "prefers-color-scheme: dark" in page


def test_hostile_names_are_data(tmp_path: Path) -> None:
    measured = _measured(HOSTILE, category=HOSTILE, identity=HOSTILE)

    write_report(tmp_path, [measured], title=HOSTILE)

    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; $" in page
    for path in (tmp_path / "plots").iterdir():
        ElementTree.parse(path)
        assert path.name.startswith("script-alert-x-script-frac-")


def test_two_releases_are_drawn_in_each_plot_and_told_side_by_side(tmp_path: Path) -> None:
    pair = [_measured("first"), _measured("second!")]

    alone, together = draw(pair[:1]), draw(pair)
    write_report(tmp_path, pair)

    for one, both in zip(alone, together, strict=True):
        assert both.alt == f"{one.title} for toxicity, first and second!"
        assert both.svg.count("<path") > one.svg.count("<path")
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Release first against second!" in page
    assert "difference" in page


@pytest.mark.parametrize("versions", [("same", "same"), ("_hidden", "_secret")])
def test_releases_are_told_apart_whatever_their_names(versions: tuple[str, str]) -> None:
    plots = draw([_measured(version) for version in versions])

    first, second = plots[0].alt.removeprefix("ROC for toxicity, ").split(" and ")
    assert first != second
    assert all(f"<!-- {name} (AUC" in plots[0].svg for name in (first, second))


def test_names_that_are_alike_as_files_are_kept_apart() -> None:
    one, other, nameless = (_measured("1", category=name) for name in ("A b", "a-b", "é"))
    both = Measured(one.report, {**one.judged, **other.judged, **nameless.judged}, {})

    files = [plot.file for plot in draw([both]) if plot.title == "ROC"]

    assert files == ["a-b-roc.svg", "a-b-2-roc.svg", "3-roc.svg"]


def test_a_category_with_one_class_is_not_drawn(tmp_path: Path) -> None:
    measured = _measured("1")
    judged = measured.judged["toxicity"]
    harmless = Judged(judged.truth * 0, judged.scores, judged.held, judged.mentions)

    assert draw([Measured(measured.report, {"toxicity": harmless}, {})]) == []


def test_the_same_figures_give_the_same_files() -> None:
    assert draw([_measured("1")]) == draw([_measured("1")])


def test_drawing_leaves_no_file_and_no_window_behind(tmp_path: Path) -> None:
    # Given a home that cannot be written, and a style of somebody's in the working directory
    (tmp_path / "home").mkdir(mode=0o500)
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 40\n")
    code = (
        "import sys; from models.measuring.plots import draw, write_report;"
        "assert 'matplotlib' not in sys.modules;"
        "from pathlib import Path; from tests.models.measuring.test_plots import _measured;"
        "write_report(Path('report'), [_measured('1')]);"
        "import matplotlib.pyplot; assert not matplotlib.pyplot.get_fignums();"
        "import os; assert 'MPLCONFIGDIR' not in os.environ"
    )
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    environment.pop("MPLCONFIGDIR", None)

    seen = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert (seen.returncode, seen.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "home",
        "matplotlibrc",
        "report",
    ]
    assert list((tmp_path / "home").iterdir()) == []
    drawn = (tmp_path / "report" / "plots" / "toxicity-roc.svg").read_text()
    assert "stroke-width: 40" not in drawn
