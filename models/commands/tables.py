"""The figures of releases as tables for a terminal.

Owns their layout; a dash stands for a figure that the file cannot tell.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from models.measuring.differences import FIGURES, differences, fairness_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.measuring.differences import Difference
    from models.measuring.evaluation import Measured, Report
    from models.measuring.fairness import Fairness, IdentityFigures
    from models.measuring.figures import CategoryReport

DASH = "-"

#: Of prose, in characters.
WIDTH = 79

#: What stands between the columns of a table.
GAP = "  "

#: The heading of intervals.
INTERVAL = "95 %"

FAIRNESS_HEADINGS = ("identity", "rows", "harmful", "subgroup", "BPSN", "BNSP", "false")


def tables(measured: Sequence[Measured]) -> str:
    """Return all that was measured: the figures, those of fairness, the speed.

    A second release is set beside the first one, with the difference.
    """
    first, *others = measured
    blocks = [comparison_table(first, other) for other in others]
    blocks += [
        fairness_table(fairness, f"fairness of {name}, release {version}")
        for name, version, fairness in fairness_of(measured)
    ]
    if not others:
        blocks.insert(0, figures_table(first.report))
    return "\n\n".join([*blocks, "\n".join(_foot(one.report) for one in measured)])


def figures_table(report: Report) -> str:
    """Return the figures of one release, a category a line."""
    auc, *others = FIGURES.values()
    rows = [_figures_row(name, figures) for name, figures in report.categories.items()]
    return _grid([("category", "rows", auc, INTERVAL, *others), *rows])


def comparison_table(one: Measured, other: Measured) -> str:
    """Return the figures of two releases and what `one` is above `other`, a figure a line."""
    versions = (one.report.version, other.report.version)
    rows: list[tuple[str, ...]] = [("", "rows", *versions, "difference", INTERVAL)]
    for name, difference in differences(one, other).items():
        pair = one.report.categories[name], other.report.categories[name]
        rows.append((name, str(pair[0].rows), "", "", "", ""))
        rows += _comparison_rows(*pair, difference)
    return _grid(rows)


def fairness_table(fairness: Fairness, title: str) -> str:
    """Return the figures of each identity, the worst first, and of all of them."""
    rows = [_identity_row(name, figures) for name, figures in fairness.told()]
    means = map(number, (fairness.subgroup_auc, fairness.bpsn_auc, fairness.bnsp_auc))
    all_comments = (
        "all comments",
        str(fairness.rows),
        str(fairness.positives),
        number(fairness.overall_auc),
        "",
        "",
        number(fairness.false_hold_share),
    )
    rows += [("power mean", "", "", *means, ""), all_comments]
    lines = [title, _grid([FAIRNESS_HEADINGS, *rows]), f"score {number(fairness.score)}"]
    if untold := fairness.untold():
        text = f"too few comments for any figure: {', '.join(untold)}"
        lines.append(textwrap.fill(text, WIDTH, subsequent_indent="  "))
    return "\n".join(lines)


def number(value: float | None, *, signed: bool = False) -> str:
    """Return a figure to three digits, with its sign if it is a difference."""
    if value is None:
        return DASH
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def interval(bounds: tuple[float, float] | None, *, signed: bool = False) -> str:
    """Return the bounds of an interval to three digits."""
    if bounds is None:
        return DASH
    return " to ".join(number(bound, signed=signed) for bound in bounds)


def _figures_row(name: str, figures: CategoryReport) -> tuple[str, ...]:
    auc, *others = (number(getattr(figures, field)) for field in FIGURES)
    return (name, str(figures.rows), auc, interval(figures.roc_auc_ci), *others)


def _comparison_rows(
    one: CategoryReport, other: CategoryReport, difference: Difference
) -> Iterator[tuple[str, ...]]:
    for field, heading in FIGURES.items():
        yield (
            f"  {heading}",
            "",
            number(getattr(one, field)),
            number(getattr(other, field)),
            number(difference.figures[field], signed=True),
            interval(difference.roc_auc_ci, signed=True) if field == "roc_auc" else "",
        )


def _identity_row(name: str, figures: IdentityFigures) -> tuple[str, ...]:
    shown = (
        figures.subgroup_auc,
        figures.bpsn_auc,
        figures.bnsp_auc,
        figures.false_hold_share,
    )
    return (name, str(figures.rows), str(figures.positives), *map(number, shown))


def _foot(report: Report) -> str:
    return (
        f"release {report.version}, {report.comments} comments,"
        f" {report.comments_per_second:,.0f} a second"
    )


def _grid(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of as many cells each as lines, the first column to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        GAP.join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in rows
    )
