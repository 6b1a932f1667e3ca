"""`moderation train`: a release of one's own, from labelled files.

Owns the command: its options, the progress bars, what is printed. What is trained is the
business of `candidate`.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.commands.common import EXIT_BAD_INPUT, ReleaseFolder, load_or_explain
from models.commands.tables import tables
from models.dataset import DatasetError
from models.learning import candidate
from models.learning.candidate import Candidate, ForeignParentError, Order, TooLittleDataError
from models.measuring.evaluation import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from models.measuring.evaluation import Measured
    from models.release import Release

TRAIN_HELP = """\
Train a release from labelled files (CSV, JSON Lines or Parquet).

Columns: "text", and "label" (1: should be held) or any of the categories. An empty cell is
"nobody said". What the files teach is learnt on top of the shipped release, as a change as
small as may be: a few hundred comments help, and it goes on ranking others as before.

\b
  $ moderation train --data labelled.csv --ignore source
  $ moderation train --data a.jsonl.gz --data b.parquet --from candidate-2026.11.24-1
  $ moderation train --data labelled.csv --from none --output mine --report report

One comment in five is kept back, never trained on; on these the candidate is measured
beside the release that it came from. Which ones hangs on their text alone. The same files,
--from and --seed give the same predictions. Files may be larger than memory.

Try it: moderation score --model candidate-2026.11.24-1
"""

#: `--from none`: start from nothing.
NOTHING = "none"

#: Seeds are what numpy and blake2b take alike.
MOST_SEED = 2**32 - 1


@click.command(help=TRAIN_HELP)
@click.option(
    "--data",
    "files",
    multiple=True,
    required=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A labelled file; may be given again.",
)
@click.option(
    "--from",
    "parent_name",
    metavar="VERSION_OR_FOLDER",
    help=f'The release to start from; "{NOTHING}": from nothing.  [default: the shipped one]',
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The new folder to write to.  [default: candidate-DATE-NUMBER]",
)
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column to pass over.")
@click.option("--skip-bad-rows", is_flag=True, help="Train although there are bad rows.")
@click.option(
    "--seed",
    type=click.IntRange(0, MOST_SEED),
    default=1,
    show_default=True,
    help="What everything random hangs on.",
)
@click.option(
    "--report",
    "report_folder",
    type=click.Path(file_okay=False, writable=True, path_type=Path),
    help="A folder to write plots and a page with all figures to.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.pass_context
def train(
    context: click.Context,
    files: tuple[Path, ...],
    parent_name: str | None,
    output: Path | None,
    ignore: tuple[str, ...],
    seed: int,
    report_folder: Path | None,
    *,
    skip_bad_rows: bool,
    as_json: bool,
) -> None:
    """Train a release from labelled files (CSV, JSON Lines or Parquet)."""
    parent = None if parent_name == NOTHING else _release(parent_name, context)
    folder = _new_folder(output)
    order = Order(files, parent, seed, ignore, skip_bad_rows=skip_bad_rows)
    with _explained():
        trained = candidate.train(order, _watch, scratch=_scratch(folder))
        _tell_skipped(trained)
        measured = candidate.compare(trained, parent or load_or_explain(None), _watch)
        if report_folder:
            _write_report(report_folder, measured, trained)
        candidate.write(folder, trained, measured, command=_command())
    click.echo(
        json.dumps(_told(trained, measured, folder))
        if as_json
        else _shown(trained, measured, folder)
    )


def _release(name: str | None, context: click.Context) -> Release:
    folder = (
        ReleaseFolder().convert(name, _option(context, "parent_name"), context)
        if name
        else None
    )
    return load_or_explain(folder)


def _option(context: click.Context, name: str) -> click.Parameter:
    return next(one for one in context.command.params if one.name == name)


def _new_folder(output: Path | None) -> Path:
    """Return the folder to write to.

    Raises:
        click.ClickException: it is there already.
    """
    if output is None:
        stem = f"candidate-{datetime.now(UTC):%Y.%m.%d}"
        output = next(
            path for number in count(1) if not (path := Path(f"{stem}-{number}")).exists()
        )
    if output.exists():
        msg = f"{output} is there already; a release is never overwritten"
        raise click.ClickException(msg)
    output.parent.mkdir(parents=True, exist_ok=True)
    return output


def _scratch(folder: Path) -> Path | None:
    """Return where temporary files go: `/tmp` is often memory, the output never is."""
    return None if "TMPDIR" in os.environ else folder.parent


def _command() -> str:
    return shlex.join(["moderation", *sys.argv[1:]])


@contextmanager
def _explained() -> Iterator[None]:
    """End the command with one clear complaint.

    Raises:
        click.ClickException: whatever else a person can do something about.
    """
    try:
        yield
    except (DatasetError, TooLittleDataError) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    except (OSError, ForeignParentError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _watch(stage: str, length: int) -> Iterator[Callable[[int], object]]:
    """Show a bar on standard error if a person is watching it, else a line."""
    if not sys.stderr.isatty():
        click.echo(f"{stage} ...", err=True)
        yield lambda _steps: None
        return
    with click.progressbar(length=length, label=f"{stage:9}", file=sys.stderr) as bar:
        yield bar.update
        bar.update(max(0, length - bar.pos))


def _tell_skipped(trained: Candidate) -> None:
    for one in trained.files:
        if one.bad_rows.count:
            heading = f"{one.path.name}: skipped {one.bad_rows.count:,} bad rows"
            click.echo(f"{heading}\n{one.bad_rows}", err=True)


def _write_report(folder: Path, measured: Sequence[Measured], trained: Candidate) -> None:
    from models.measuring.plots import write_report

    names = ", ".join(path.name for path in trained.order.files)
    write_report(folder, measured, title=f"{names}, comments kept back")


def _told(trained: Candidate, measured: Sequence[Measured], folder: Path) -> dict[str, Any]:
    """Return what there is to tell as plain JSON."""
    told = summary(measured)
    parent = trained.order.parent
    return {
        "version": trained.release.version,
        "folder": str(folder),
        "parent": parent and parent.version,
        "seed": trained.order.seed,
        "comments": sum(one.comments for one in trained.files),
        "skipped_rows": sum(one.bad_rows.count for one in trained.files),
        "fitted_on": trained.fitted_on,
        "calibrated_on": trained.calibrated_on,
        "kept_back": trained.kept_back,
        "labelled": trained.labelled,
        "languages": trained.release.languages,
        "metrics": told["categories"],
        "against": told["against"],
        "difference": told["difference"],
    }


def _shown(trained: Candidate, measured: Sequence[Measured], folder: Path) -> str:
    learnt = [
        f"  {name}: {ones:,} labelled 1, {zeros:,} labelled 0"
        for name, (zeros, ones) in trained.labelled.items()
    ]
    parent = trained.order.parent
    origin = f"on top of {parent.version}" if parent else "from nothing"
    source = f"learnt {origin} from {trained.fitted_on:,} comments"
    return "\n".join(
        [
            f"release {trained.release.version}, {source}",
            *learnt,
            "",
            f"on {trained.kept_back:,} comments kept back:",
            tables(measured),
            "",
            f"written to {folder}",
        ]
    )
