"""The commands that need the classifier: `moderation score` and `moderation evaluate`.

Owns reading their input, line by line, and writing their output; what is computed is the
business of `release` and `evaluation`. `moderation` mounts them by dotted name.
"""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from models.dataset import DatasetError, open_text, read
from models.evaluation import CategoryReport, Report
from models.evaluation import evaluate as evaluate_release
from models.release import BATCH_SIZE, Release, ReleaseError, load, shipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What a bad line or file ends the command with; click's own code for a bad argument.
EXIT_BAD_INPUT = 2

SCORE_HELP = """\
Score comments, one JSON object a line; no server needed.

Reads JSON Lines with a "text" from FILE, plain or compressed by gzip or xz, or from
standard input, and writes a line for each, in order:

\b
  $ echo '{"text": "Thank you for this article."}' | moderation score
  {"scores": {"toxicity": 0.01, ...}, "action": "approve", "spans": []}

A comment is held when a score reaches its category's threshold. "spans" are the words
that raised a score: offsets in code points of the text as posted.
"""

EVALUATE_HELP = """\
Measure a release on a labelled FILE (CSV or JSON Lines, plain or compressed).

Columns: "text", and "label" (1: should be held) or any of the categories.

\b
  $ moderation evaluate labelled.csv.xz --ignore source
"""


class BadLineError(Exception):
    """Raised when a line of the input is not a JSON object with a `text`."""


@click.command(help=SCORE_HELP)
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--model",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of another release than the shipped one.",
)
def score(file: BinaryIO, folder: Path | None) -> None:
    """Score comments, one JSON object a line; no server needed."""
    release = _load(folder)
    with open_text(file) as lines:
        try:
            for result in _results(release, _with_progress(_texts(lines))):
                click.echo(json.dumps(result, ensure_ascii=False))
        except BadLineError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(EXIT_BAD_INPUT)


@click.command(help=EVALUATE_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of another release than the shipped one.",
)
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column to pass over.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def evaluate(
    file: Path, folder: Path | None, ignore: tuple[str, ...], *, as_json: bool
) -> None:
    """Measure a release on a labelled FILE (CSV or JSON Lines, plain or compressed)."""
    release = _load(folder)
    try:
        measured = evaluate_release(release, read(file, ignore=ignore))
    except DatasetError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    click.echo(json.dumps(measured.as_dict()) if as_json else _table(measured))


def _load(folder: Path | None) -> Release:
    try:
        return load(folder or shipped())
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error


def _texts(lines: TextIO) -> Iterator[str | BadLineError]:
    """Yield the text of each line; for a bad one an error, and then nothing more.

    The error is yielded, not raised, so that the batch before it still gets out.
    """
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            text = _text(json.loads(line))
            if text is None:
                yield BadLineError(
                    f'line {number}: not an object with a "text" that is a string'
                )
                return
            yield text
    except (ValueError, EOFError, OSError) as error:
        yield BadLineError(f"line {number or 1}: {error}")


def _text(row: Any) -> str | None:
    text = row.get("text") if isinstance(row, dict) else None
    return text if isinstance(text, str) else None


def _results(release: Release, texts: Iterable[str | BadLineError]) -> Iterator[dict[str, Any]]:
    """Yield scores, action and spans of each text, a batch at a time.

    Raises:
        BadLineError: when it is the turn of a bad line.
    """
    iterator = iter(texts)
    while batch := list(islice(iterator, BATCH_SIZE)):
        good = [text for text in batch if isinstance(text, str)]
        for text, scored in zip(good, release.score(good), strict=True):
            held = release.holds(scored.scores)
            yield {
                "scores": {name: round(value, 6) for name, value in scored.scores.items()},
                "action": "hold" if held else "approve",
                "spans": [
                    {
                        "begin": span.begin,
                        "end": span.end,
                        "category": span.category,
                        "score": round(span.score, 6),
                    }
                    for span in (release.explain([text])[0] if held else [])
                ],
            }
        if isinstance(batch[-1], BadLineError):
            raise batch[-1]


def _with_progress(texts: Iterator[str | BadLineError]) -> Iterator[str | BadLineError]:
    """Count the comments on standard error, if a person is watching nothing else."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from texts
        return
    with click.progressbar(
        texts, label="Scoring", file=sys.stderr, show_pos=True, item_show_func=None
    ) as counted:
        yield from counted


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
