"""`moderation labels`: labels of a site come from files and go into files.

Owns the commands: options and progress bars. What is printed is in `labels_told`, what a
label is in `moderation.labels`, how files are read and written in `workers.labelled_files`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from models.dataset import DatasetError
from moderation.bootstrap import DEMO_SITE
from moderation.desk.labels import Labels
from moderation.desk.people import operator
from moderation.domain import now_rfc3339
from moderation.labels import Label, LabelOrigin
from moderation.options import data_dir_option, json_option, with_record
from moderation.record import Record
from moderation.settings import Settings
from workers.commands.labels_told import Imported, complain, summary_lines, tell_imported
from workers.labelled_files import (
    COLUMNS,
    DETAILS,
    LabelledFile,
    read_labelled,
    row_of,
    write_json_lines,
    write_labels,
)

IMPORT_HELP = """\
Store the labelled comments of each FILE as labels of a site; training learns from them.

FILE is CSV with a header, JSON Lines or Parquet, the former two plain or compressed by gzip or
xz. Columns: "text", and "label" (1: should be held, 0: approved) or any of the categories; an
empty cell is "nobody said". "weight" may say for how many comments a row stands.

\b
  $ moderation labels import labelled.csv
  $ moderation labels import a.jsonl.gz b.parquet --site daily-news --ignore source

A file is stored as a whole or not at all: an unknown column or a row that is no labelled
comment refuses it, and rows are named by line. Rows with the same text (letters and digits
alike) are folded into one. Where they contradict each other all of them are named and left
out; where one contradicts a label that was imported before, the earlier one stays. Importing
a file again changes nothing. `moderation labels remove --origin import` takes all of it back.
"""

EXPORT_HELP = """\
Write the labels of a site to FILE: moderators' verdicts and imported labels, each text once.

The ending tells the format: .csv or .jsonl (either may be followed by .gz or .xz), .parquet;
"-" writes JSON Lines to standard output. `labels import` takes all of them as they are.

\b
  $ moderation labels export labels.csv.xz
  $ moderation labels export - --details | jq .who

Texts are written exactly as readers typed them. In a CSV file some may begin with = + - or @:
a spreadsheet may take them for formulas and run them. Load such a file as text only.
"""

#: What a file that cannot be read ends the command with, as with the models' commands.
EXIT_BAD_INPUT = 2
STDOUT = Path("-")

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def labels() -> None:
    """Import, export and count the labels of a site."""


def _on_a_site(command: Command) -> Command:
    """Options of a command about one site's labels, and its record."""
    wrapped: Any = with_record(command)
    for option in (json_option, data_dir_option):
        wrapped = option(wrapped)
    of = click.option("--site", default=DEMO_SITE, show_default=True, help="Whose labels.")
    found: Command = of(wrapped)
    return found


@labels.command("import", help=IMPORT_HELP, short_help="Store the labels of files.")
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column to pass over.")
@click.option("--skip-bad-rows", is_flag=True, help="Import although there are bad rows.")
@_on_a_site
def import_(
    settings: Settings,
    *,
    files: tuple[Path, ...],
    site: str,
    ignore: tuple[str, ...],
    skip_bad_rows: bool,
    as_json: bool,
) -> None:
    """Store the labels of files."""
    imported = []
    with _opened(settings, site) as record:
        for path in files:
            file = _read(path, ignore, skip_bad_rows=skip_bad_rows)
            imported.append(_import(record, site, file))
            complain(imported[-1])
    tell_imported(site, imported, as_json=as_json)


@labels.command("export", help=EXPORT_HELP, short_help="Write the labels to a file.")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--details", is_flag=True, help=f"Tell more of each: {', '.join(DETAILS)}.")
@_on_a_site
def export(settings: Settings, *, file: Path, site: str, details: bool, as_json: bool) -> None:
    """Write the labels of a site to a file."""
    with _opened(settings, site) as record, _explained():
        total = Labels(record).summary(site).total
        with _bar("Exporting", total) as step:
            _write(file, _counted(Labels(record).every(site), step), with_details=details)
    if file != STDOUT:
        told = {"site": site, "file": str(file), "labels": total}
        click.echo(json.dumps(told) if as_json else f"{total:,} labels of {site} are in {file}")


@labels.command("summary")
@_on_a_site
def summary(settings: Settings, *, site: str, as_json: bool) -> None:
    """Count the labels of a site: where they come from, what they say, what is missing."""
    with _opened(settings, site) as record:
        found = Labels(record).summary(site)
    if as_json:
        click.echo(json.dumps({"site": site, **found.to_json()}))
        return
    click.echo("\n".join(summary_lines(site, found)))


@labels.command("remove")
@click.option(
    "--origin",
    required=True,
    type=click.Choice([one.value for one in LabelOrigin if one is not LabelOrigin.DECISION]),
    help="import: what was imported. kept: what erased comments taught. suggestion: what the "
    "site sent in through a drop-in endpoint.",
)
@_on_a_site
def remove(settings: Settings, *, site: str, origin: str, as_json: bool) -> None:
    """Remove every stored label of one origin. Moderators' verdicts stay."""
    with _opened(settings, site) as record:
        removed = Labels(record).remove(operator(site), LabelOrigin(origin))
    told = {"site": site, "origin": origin, "removed": removed}
    click.echo(json.dumps(told) if as_json else f"{removed:,} labels removed")


@contextmanager
def _opened(settings: Settings, site: str) -> Iterator[Record]:
    record = Record(settings)
    try:
        if not record.sites.exists(site):
            raise click.BadParameter(f"there is no site {site!r}", param_hint="--site")
        yield record
    finally:
        record.connection.close()
        record.rq_connection.close()


def _read(path: Path, ignore: Sequence[str], *, skip_bad_rows: bool) -> LabelledFile:
    with _explained(), _bar("Reading", path.stat().st_size) as step:
        return read_labelled(path, ignore=ignore, skip_bad_rows=skip_bad_rows, progress=step)


def _write(file: Path, every: Iterator[Label], *, with_details: bool) -> None:
    if file == STDOUT:
        names = (*COLUMNS, *DETAILS) if with_details else COLUMNS
        write_json_lines(sys.stdout, (row_of(label, names) for label in every), names)
    else:
        write_labels(file, every, with_details=with_details)


def _import(record: Record, site: str, file: LabelledFile) -> Imported:
    actor = operator(site)
    with _explained(), _bar("Storing", file.folding.texts) as step:
        found = file.labels(who=actor.name, at=now_rfc3339())
        return Imported(file, Labels(record).add(actor, found, progress=step))


def _counted(found: Iterator[Label], step: Callable[[int], object]) -> Iterator[Label]:
    for one in found:
        yield one
        step(1)


@contextmanager
def _explained() -> Iterator[None]:
    """Ends the command with one clear line where a file cannot be used."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads what is printed has enough: no mistake, and click says nothing
    except (DatasetError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)


@contextmanager
def _bar(label: str, length: int) -> Iterator[Callable[[int], object]]:
    """A progress bar on standard error if a person is watching it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update
        bar.update(length - bar.pos)
