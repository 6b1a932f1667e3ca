"""`moderation threshold`: which of our thresholds does what an old one did.

Owns the command: which release scores, the progress bar, what is printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np

from models.commands.common import EXIT_BAD_INPUT, load_or_explain, model_option
from models.dataset import BadRows, DatasetError
from models.release import BATCH_SIZE, Release
from models.release_files import ReleaseError
from moderation.chunks import in_chunks
from moderation.dropins.perspective.attributes import category_of
from moderation.options import (
    beside_service,
    data_dir_option,
    json_option,
    no_service,
    with_settings,
)
from moderation.releases import SHIPPED
from moderation.settings import Settings
from workers.commands.here import Here
from workers.commands.threshold_figures import Line, Scores, lines
from workers.commands.threshold_file import Columns, Comment, read_comments
from workers.stored import load_stored

THRESHOLD_HELP = """\
Find the threshold that holds as many of your comments as your old one did.

FILE is CSV with a header, JSON Lines or Parquet, the former two plain or compressed by gzip or
xz. It has a "text", and perhaps the scores that another classifier gave it, in columns named
like Perspective's attributes: TOXICITY, INSULT, SPAM. No server is needed, nothing is stored.

\b
  $ moderation threshold comments.csv --threshold 0.8
  $ moderation threshold comments.csv --score-column toxicity_2024=TOXICITY
  $ moderation threshold comments.jsonl.gz --held-share 0.02 --category toxicity

With old scores: each old threshold, the share that it held, our threshold that holds the same
share, and for how many comments both come to the same. With --held-share: our threshold that
holds this share. With neither: what our thresholds would hold.

Where comments are labelled ("label", or a category: 1 should be held, 0 not) precision is told,
the share of the held that should be, and recall, the share held of those that should be.
"""

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
DASH = "-"
_BETWEEN = click.FloatRange(0, 1)
#: Field of a line → its heading and how it is written.
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "old_threshold": ("old threshold", "g"),
    "old_share": ("held", ".2%"),
    "threshold": ("threshold", "g"),
    "share": ("holds", ".2%"),
    "agreement": ("agree", ".1%"),
    "precision": ("precision", ".1%"),
    "recall": ("recall", ".1%"),
}


@click.command(help=THRESHOLD_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--score-column",
    "score_columns",
    multiple=True,
    metavar="COLUMN[=ATTRIBUTE]",
    help="A column with old scores, and of what.  [default: those named like an attribute]",
)
@click.option(
    "--threshold",
    "thresholds",
    multiple=True,
    type=_BETWEEN,
    help="An old threshold; without old scores one of ours.  [default: 0.5 to 0.9]",
)
@click.option(
    "--held-share",
    "shares",
    multiple=True,
    type=_BETWEEN,
    help="Instead: the share of comments to hold, such as 0.02.",
)
@click.option("--category", "chosen", multiple=True, help="Only this one.  [default: all]")
@model_option
@click.option("--site", help="With the release that decides for this site beside `run`.")
@data_dir_option
@json_option
@with_settings
def threshold(
    settings: Settings,
    *,
    file: Path,
    score_columns: tuple[str, ...],
    thresholds: tuple[float, ...],
    shares: tuple[float, ...],
    chosen: tuple[str, ...],
    folder: Path | None,
    site: str | None,
    as_json: bool,
) -> None:
    """Find the threshold that holds as many of your comments as your old one did."""
    if shares and (thresholds or score_columns):
        raise click.UsageError("--held-share needs neither --threshold nor --score-column")
    if folder and site:
        raise click.UsageError("either --model or --site, not both")
    release = _of_site(settings, site) if site else load_or_explain(folder)
    categories = _categories(release, chosen)
    columns = Columns(categories, _old_columns(score_columns, categories))
    bad_rows = BadRows()
    try:
        with _bar(file) as step:
            comments = read_comments(file, columns, bad_rows=bad_rows, progress=step)
            scores = _told_of(_scores(release, categories, comments), columns)
    except DatasetError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    if bad_rows.count:
        click.echo(f"{file.name}: {bad_rows.count:,} rows passed over\n{bad_rows}", err=True)
    found = {
        category: lines(one, thresholds=thresholds or THRESHOLDS, shares=shares)
        for category, one in scores.items()
    }
    _tell(release.version, found, as_json=as_json)


def _of_site(settings: Settings, site: str) -> Release:
    """The release that decides for a site.

    Raises:
        click.ClickException: no service runs here, or the release cannot be loaded.
        UnknownSiteError: there is no such site.
    """
    found = beside_service(settings)
    if found is None:
        raise no_service(settings, instead=". Without --site the shipped release is taken")
    releases = Here.at(found, site).record.releases
    version = releases.assignment(site).active
    if version == SHIPPED:
        return load_or_explain(None)
    try:
        return load_stored(releases, site, version)
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error


def _categories(release: Release, chosen: Sequence[str]) -> Sequence[str]:
    if unknown := set(chosen) - set(release.categories):
        raise click.BadParameter(
            f"{release.version} scores no {', '.join(sorted(unknown))}; "
            f"it scores {', '.join(release.categories)}",
            param_hint="--category",
        )
    return [one for one in release.categories if one in chosen or not chosen]


def _old_columns(given: Sequence[str], categories: Sequence[str]) -> Mapping[str, str]:
    """Column → category, of columns that are named as in `COLUMN=ATTRIBUTE` or `ATTRIBUTE`."""
    found = {}
    for one in given:
        column, _, attribute = one.partition("=")
        category = category_of((attribute or column).upper())
        if category not in categories:
            raise click.BadParameter(
                f"{attribute or column!r} is none of {', '.join(categories)}; "
                f"say of what the scores are: {column}=TOXICITY",
                param_hint="--score-column",
            )
        found[column] = category
    return found


def _scores(
    release: Release, categories: Sequence[str], comments: Iterator[Comment]
) -> dict[str, Scores]:
    """Our scores, the old ones and the labels of all comments, category by category.

    Raises:
        DatasetError: there is no comment.
    """
    batches = []
    for batch in in_chunks(comments, BATCH_SIZE):
        scored = release.score([one.text for one in batch])
        batches.append(
            np.array(
                [
                    [
                        (ours.scores[name], one.old.get(name), one.labels.get(name))
                        for name in categories
                    ]
                    for one, ours in zip(batch, scored, strict=True)
                ],
                dtype=np.float64,
            )
        )
    if not batches:
        raise DatasetError("there is no comment in the file")
    table = np.concatenate(batches)
    return {
        name: Scores(table[:, number, 0], table[:, number, 1], table[:, number, 2])
        for number, name in enumerate(categories)
    }


def _told_of(scores: Mapping[str, Scores], columns: Columns) -> Mapping[str, Scores]:
    """Those categories that have old scores, all if none has.

    Raises:
        DatasetError: none has, though their columns are named.
    """
    replaced = {category: one for category, one in scores.items() if one.has_old}
    if columns.old and not replaced:
        raise DatasetError(f"there is no score in {', '.join(columns.old)}")
    return replaced or scores


def _tell(version: str, found: Mapping[str, Sequence[Line]], *, as_json: bool) -> None:
    if as_json:
        told = {name: [asdict(line) for line in one] for name, one in found.items()}
        click.echo(json.dumps({"release": version, "categories": told}))
        return
    click.echo(f"release {version}")
    for category, one in found.items():
        click.echo(f"\n{category}, {one[0].comments:,} comments")
        click.echo("\n".join(_table(one)))


def _table(found: Sequence[Line]) -> Iterator[str]:
    """The lines of a category as columns; those that tell nothing are left out."""
    rows = [asdict(line) for line in found]
    shown = {
        name: look
        for name, look in _COLUMNS.items()
        if name == "threshold" or any(row[name] is not None for row in rows)
    }
    widths = {name: max(len(heading), 7) for name, (heading, _) in shown.items()}
    yield "  ".join(heading.rjust(widths[name]) for name, (heading, _) in shown.items())
    for row in rows:
        cells = (
            (DASH if row[name] is None else format(row[name], look)).rjust(widths[name])
            for name, (_, look) in shown.items()
        )
        yield "  ".join(cells)


@contextmanager
def _bar(file: Path) -> Iterator[Callable[[int], object]]:
    """A progress bar on standard error if a person is watching it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    length = file.stat().st_size
    with click.progressbar(length=length, label="Scoring", file=sys.stderr) as bar:
        yield bar.update
        bar.update(length - bar.pos)
