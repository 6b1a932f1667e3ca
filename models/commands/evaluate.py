"""`moderation evaluate`: how good a release is on a labelled file.

Owns the command; what is measured is the business of `evaluation` and `fairness`, what is
shown that of `tables` and `plots`.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.commands.common import EXIT_BAD_INPUT, ReleaseFolder, load_or_explain
from models.commands.tables import tables
from models.dataset import BadRows, DatasetError, read
from models.measuring.differences import summary
from models.measuring.evaluation import measure
from models.measuring.identities import (
    CIVIL_IDENTITIES,
    IdentityColumns,
    IdentityTermsError,
    read_terms,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from models.dataset import Example
    from models.measuring.evaluation import Measured
    from models.measuring.identities import Identities

EVALUATE_HELP = """\
Measure a release on a labelled FILE (CSV, JSON Lines or Parquet).

Columns: "text", and "label" (1: should be held) or any of the categories.

\b
  $ moderation evaluate labelled.csv.xz --ignore source
  $ moderation evaluate labelled.csv.xz --model var/mine --against 2026.11-2
  $ moderation evaluate labelled.csv.xz --identity-terms built-in --report report

Rows that are no labelled comment are named and passed over. AUC is given with its 95 %
interval; a dash is a figure that the file cannot tell.
"""

#: `--identity-columns auto`: those that have the names of Civil Comments.
AUTO = "auto"
#: `--identity-terms built-in`: the list that comes with the code.
BUILT_IN = "built-in"


@click.command(help=EVALUATE_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", type=ReleaseFolder(), help="Another release than the shipped one.")
@click.option("--against", type=ReleaseFolder(), help="A release to compare it with.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column to pass over.")
@click.option(
    "--identity-columns",
    "columns",
    multiple=True,
    metavar="COLUMN",
    help="A column that says from 0 to 1 whether an identity is mentioned, for figures on"
    f' fairness; "{AUTO}": those of Civil Comments.',
)
@click.option(
    "--identity-terms",
    "terms",
    metavar="FILE",
    help="The same by terms in the text, a line `identity: term, term, ...`;"
    f' "{BUILT_IN}": our English list.',
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    help="A folder to write plots and a page with all figures to.",
)
def evaluate(
    file: Path,
    model: Path | None,
    against: Path | None,
    ignore: tuple[str, ...],
    columns: tuple[str, ...],
    terms: str | None,
    folder: Path | None,
    *,
    as_json: bool,
) -> None:
    """Measure a release on a labelled FILE (CSV, JSON Lines or Parquet)."""
    identities = _identities(columns, terms)
    releases = [load_or_explain(model)] + ([load_or_explain(against)] if against else [])
    bad_rows = BadRows()
    try:
        with _examples(file, ignore, identities, bad_rows) as examples:
            measured = measure(releases, examples, identities=identities)
    except DatasetError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    _complain(file, bad_rows, left=measured[0].report.comments)
    if folder:
        _write_report(folder, measured, title=file.name)
    click.echo(json.dumps(summary(measured)) if as_json else tables(measured))


def _identities(columns: tuple[str, ...], terms: str | None) -> Identities | None:
    if columns and terms:
        msg = "either --identity-columns or --identity-terms, not both"
        raise click.UsageError(msg)
    if columns:
        return IdentityColumns(CIVIL_IDENTITIES if columns == (AUTO,) else columns)
    try:
        return read_terms(*([] if terms == BUILT_IN else [Path(terms)])) if terms else None
    except (OSError, IdentityTermsError) as error:
        raise click.BadParameter(str(error), param_hint="--identity-terms") from error


def _complain(file: Path, bad_rows: BadRows, *, left: int) -> None:
    """Name the rows that could not be measured; end the command if that was all of them."""
    if bad_rows.count:
        click.echo(f"{file.name}: {bad_rows.count:,} rows passed over\n{bad_rows}", err=True)
    if not left:
        click.echo(f"Error: {file.name} has no labelled comment", err=True)
        sys.exit(EXIT_BAD_INPUT)


@contextmanager
def _examples(
    file: Path, ignore: tuple[str, ...], identities: Identities | None, bad_rows: BadRows
) -> Iterator[Iterable[Example]]:
    """Read the file, with a progress bar on standard error if a person is watching it."""
    extra = identities.names if isinstance(identities, IdentityColumns) else ()
    if not sys.stderr.isatty():
        yield read(file, ignore=ignore, extra=extra, bad_rows=bad_rows)
        return
    file_bytes = file.stat().st_size
    with click.progressbar(length=file_bytes, label="Measuring", file=sys.stderr) as bar:
        yield read(file, ignore=ignore, extra=extra, bad_rows=bad_rows, progress=bar.update)
        bar.update(file_bytes - bar.pos)


def _write_report(folder: Path, measured: Sequence[Measured], *, title: str) -> None:
    from models.measuring.plots import write_report

    try:
        write_report(folder, measured, title=title)
    except OSError as error:
        msg = f"the report cannot be written: {error}"
        raise click.ClickException(msg) from error
