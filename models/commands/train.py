"""`moderation train`: a release of one's own, from labelled files.

Owns the command without a service: its options, the progress bars, what is printed. What is
trained is the business of `candidate`. The parts are public: beside a service the command of
`workers.commands.train` goes on from them.
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
from models.commands.wish import NOTHING, Wish, with_wish
from models.dataset import DatasetError
from models.learning import candidate
from models.learning.candidate import Candidate, ForeignParentError, Order, TooLittleDataError
from models.measuring.differences import summary

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


@click.command(help=TRAIN_HELP)
@with_wish(needs_files=True)
def train(wish: Wish) -> None:
    """Train a release from labelled files (CSV, JSON Lines or Parquet)."""
    train_into_folder(wish)


def train_into_folder(wish: Wish) -> None:
    """Train a release from files alone, write it into a folder, and print its figures.

    Raises:
        click.ClickException, SystemExit: with a complaint that a person understands.
    """
    parent = None if wish.parent_name == NOTHING else named_release(wish.parent_name)
    folder = new_folder(wish.output)
    order = Order(wish.files, parent, wish.seed, wish.ignore, skip_bad_rows=wish.skip_bad_rows)
    with explained():
        trained = candidate.train(order, watch, scratch=_scratch(folder))
        tell_skipped(trained)
        measured = candidate.compare(trained, parent or load_or_explain(None), watch)
        if wish.report_folder:
            write_report(wish.report_folder, measured, trained)
        candidate.write(folder, trained, measured, command=typed_command())
    click.echo(
        json.dumps({**told(trained, measured), "folder": str(folder)})
        if wish.as_json
        else f"{shown(trained, measured)}\n\nwritten to {folder}"
    )


def named_release(name: str | None) -> Release:
    """Load the release of a folder or version that was typed, the shipped one for `None`.

    Raises:
        click.ClickException: there is none, or it cannot be loaded.
    """
    context = click.get_current_context()
    option = next(one for one in context.command.params if one.name == "parent_name")
    return load_or_explain(ReleaseFolder().convert(name, option, context) if name else None)


def new_folder(output: Path | None) -> Path:
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


def typed_command() -> str:
    """Return the command line, as the lineage of a release names it."""
    return shlex.join(["moderation", *sys.argv[1:]])


@contextmanager
def explained() -> Iterator[None]:
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
def watch(stage: str, length: int) -> Iterator[Callable[[int], object]]:
    """Show a bar on standard error if a person is watching it, else a line."""
    if not sys.stderr.isatty():
        click.echo(f"{stage} ...", err=True)
        yield lambda _steps: None
        return
    with click.progressbar(length=length, label=f"{stage:9}", file=sys.stderr) as bar:
        yield bar.update
        bar.update(max(0, length - bar.pos))


def tell_skipped(trained: Candidate) -> None:
    """Name the rows that were passed over."""
    for one in trained.files:
        if one.bad_rows.count:
            heading = f"{one.path.name}: skipped {one.bad_rows.count:,} bad rows"
            click.echo(f"{heading}\n{one.bad_rows}", err=True)


def write_report(folder: Path, measured: Sequence[Measured], trained: Candidate) -> None:
    """Write plots, and a page with all figures."""
    from models.measuring.plots import write_report

    names = ", ".join(path.name for path in trained.order.files)
    write_report(folder, measured, title=f"{names}, comments kept back")


def told(trained: Candidate, measured: Sequence[Measured]) -> dict[str, Any]:
    """Return what there is to tell as plain JSON."""
    figures = summary(measured)
    parent = trained.order.parent
    return {
        "version": trained.release.version,
        "parent": parent and parent.version,
        "seed": trained.order.seed,
        "comments": sum(one.comments for one in trained.files),
        "skipped_rows": sum(one.bad_rows.count for one in trained.files),
        "fitted_on": trained.fitted_on,
        "calibrated_on": trained.calibrated_on,
        "kept_back": trained.kept_back,
        "labelled": trained.labelled,
        "languages": trained.release.languages,
        "metrics": figures["categories"],
        "against": figures["against"],
        "difference": figures["difference"],
    }


def shown(trained: Candidate, measured: Sequence[Measured]) -> str:
    """Return what there is to tell for people."""
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
        ]
    )
