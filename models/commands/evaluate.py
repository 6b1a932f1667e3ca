"""`moderation evaluate`: how good a release is on a labelled file.

Owns the command and its table; what is measured is the business of `evaluation`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from models.commands.common import EXIT_BAD_INPUT, load_or_explain, model_option
from models.dataset import DatasetError, read
from models.evaluation import CategoryReport, Report
from models.evaluation import evaluate as evaluate_release

EVALUATE_HELP = """\
Measure a release on a labelled FILE (CSV or JSON Lines, plain or compressed).

Columns: "text", and "label" (1: should be held) or any of the categories.

\b
  $ moderation evaluate labelled.csv.xz --ignore source
"""


@click.command(help=EVALUATE_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@model_option
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column to pass over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def evaluate(
    file: Path, folder: Path | None, ignore: tuple[str, ...], *, as_json: bool
) -> None:
    """Measure a release on a labelled FILE (CSV or JSON Lines, plain or compressed)."""
    release = load_or_explain(folder)
    try:
        measured = evaluate_release(release, read(file, ignore=ignore))
    except DatasetError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    click.echo(json.dumps(measured.as_dict()) if as_json else _table(measured))


def _table(measured: Report) -> str:
    columns = ("AUC", "AP", "R@1%", "R@5%", "ECE", "held")
    head = f"{'category':<16}{'rows':>8}" + "".join(f"{column:>8}" for column in columns)
    rows = [_row(name, figures) for name, figures in measured.categories.items()]
    foot = (
        f"release {measured.version}, {measured.comments} comments,"
        f" {measured.comments_per_second:,.0f} a second"
    )
    return "\n".join([head, *rows, foot])


def _row(name: str, figures: CategoryReport) -> str:
    cells = (
        figures.roc_auc,
        figures.average_precision,
        figures.recall_at_1_percent_false_holds,
        figures.recall_at_5_percent_false_holds,
        figures.expected_calibration_error,
        figures.held_share,
    )
    shown = "".join(f"{'-':>8}" if cell is None else f"{cell:>8.3f}" for cell in cells)
    return f"{name:<16}{figures.rows:>8}{shown}"
