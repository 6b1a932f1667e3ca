"""`moderation load`: comments of a file, as if readers had posted them.

Owns the command: its options, the progress bar, what is printed. Whose comments they become
is the business of `crowd`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import click
from marshmallow import ValidationError

from models.dataset import BadRows, DatasetError, read_texts
from moderation.api.schemas import TEXT_CHARACTERS, Text
from moderation.bootstrap import DEMO_SITE
from moderation.chunks import in_chunks
from moderation.domain import Lane
from moderation.options import data_dir_option, json_option, with_record
from moderation.overload import Gate
from moderation.record import Record
from moderation.record.comments import AcceptKind
from moderation.settings import Settings
from workers.crowd import Crowd

LOAD_HELP = """\
Load the comments of FILE into a running service, as if readers had posted them.

FILE is CSV with a header, JSON Lines or Parquet, the former two plain or compressed by gzip or
xz; of its columns only "text" is used. Articles, authors and moments are made up; some
comments answer earlier ones.

\b
  $ moderation load comments.csv.xz --limit 5000
  $ moderation load comments.jsonl --site daily-news --articles 200 --authors 3000

They go through the bulk lane, so that readers who post meanwhile do not wait. Loading the same
file again stores nothing twice. Rows without a text are named and passed over.
"""

#: What a file that cannot be read ends the command with, as with the models' commands.
EXIT_BAD_INPUT = 2
#: Comments handed over at once.
BATCH = 500
#: How often it is looked whether there is room for more.
ROOM_POLL_S = 1.0
_TEXT = Text()


@click.command(help=LOAD_HELP)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--site", default=DEMO_SITE, show_default=True, help="Whose readers they are.")
@click.option("--limit", type=click.IntRange(1), help="Load so many at most.  [default: all]")
@click.option("--articles", type=click.IntRange(1), default=40, show_default=True)
@click.option("--authors", type=click.IntRange(1), default=500, show_default=True)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="What everything made up hangs on.",
)
@data_dir_option
@json_option
@with_record
def load(
    settings: Settings,
    *,
    file: Path,
    site: str,
    limit: int | None,
    articles: int,
    authors: int,
    seed: int,
    as_json: bool,
) -> None:
    """Load comments of a file, as if readers had posted them."""
    record, bad_rows = Record(settings), BadRows()
    if not record.sites.exists(site):
        raise click.BadParameter(f"there is no site {site!r}", param_hint="--site")
    try:
        with _progress(file, limit) as (advance_bytes, advance_comments):
            texts = read_texts(
                file, bad_rows=bad_rows, complaint=text_complaint, progress=advance_bytes
            )
            crowd = Crowd(articles, authors, seed)
            gate = Gate.of(record, settings)
            outcomes = _load(record, gate, site, crowd, islice(texts, limit), advance_comments)
    except DatasetError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(EXIT_BAD_INPUT)
    if bad_rows.count:
        click.echo(f"{file.name}: {bad_rows.count:,} rows passed over\n{bad_rows}", err=True)
    _tell(site, outcomes, bad_rows, as_json=as_json)


def _load(
    record: Record,
    gate: Gate,
    site: str,
    crowd: Crowd,
    texts: Iterator[tuple[str, str]],
    advance: Callable[[int], object],
) -> Counter[AcceptKind]:
    outcomes: Counter[AcceptKind] = Counter()
    for batch in in_chunks(texts, BATCH):
        comments = [crowd.comment(place, text) for place, text in batch]
        _wait_for_room(gate, site, len(comments))
        outcomes.update(one.kind for one in record.comments.accept_batch(site, comments))
        advance(len(batch))
    return outcomes


def _wait_for_room(gate: Gate, site: str, count: int) -> None:
    told = False
    while refused := gate.refusal(site, count, lane=Lane.BULK):
        if not told:
            click.echo(f"waits: {refused.why}", err=True)
            told = True
        time.sleep(ROOM_POLL_S)


def text_complaint(text: str) -> str:
    """What the API would refuse a text for."""
    if len(text) > TEXT_CHARACTERS:
        return f"`text` is longer than {TEXT_CHARACTERS:,} characters"
    try:
        _TEXT.deserialize(text)
    except ValidationError as error:
        return f"`text`: {' '.join(error.messages)}"
    return ""


@contextmanager
def _progress(
    file: Path, limit: int | None
) -> Iterator[tuple[Callable[[int], object], Callable[[int], object]]]:
    """A bar on standard error if a person is watching it: over bytes read, or comments."""

    def ignore(_: int) -> None:
        """Counts what the bar does not show."""

    if not sys.stderr.isatty():
        yield ignore, ignore
        return
    length = limit or file.stat().st_size
    with click.progressbar(length=length, label="Loading", file=sys.stderr) as bar:
        yield (ignore, bar.update) if limit else (bar.update, ignore)
        bar.update(length - bar.pos)


def _tell(
    site: str, outcomes: Counter[AcceptKind], bad_rows: BadRows, *, as_json: bool
) -> None:
    accepted, known = outcomes[AcceptKind.ACCEPTED], outcomes[AcceptKind.REPEAT]
    told = {
        "site": site,
        "accepted": accepted,
        "known": known,
        "refused": outcomes.total() - accepted - known,
        "skipped_rows": bad_rows.count,
    }
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(f"accepted {accepted:,} comments on the site {site}")
    if known:
        click.echo(f"{known:,} were there already")
    if told["refused"]:
        refused = f"{told['refused']:,} were refused: erased before, or their article is closed"
        click.echo(f"{refused}, or what they answer was")
    click.echo(
        "The workers decide them now; those that are held wait at /console/queue "
        f"for a moderator of {site}."
    )
