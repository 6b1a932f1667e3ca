"""The commands about what is kept: `export`, `archive`, `sweep` and `site retention`."""

from __future__ import annotations

import gzip
import json
import lzma
import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from moderation.domain import Status, rfc3339
from moderation.encoding import compact_json
from moderation.errors import UnknownSiteError, UnsuitableRetentionError
from moderation.options import data_dir_option, json_option, with_record
from moderation.retention import EVER, parse_days, written_days
from moderation.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moderation.archive import Archive
    from moderation.record import Record

STDOUT = Path("-")
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open}
#: A progress bar moves once in so many comments.
_STEP = 1_000


class Days(click.ParamType[Any]):
    """A number of days as `365d`, or `ever`."""

    name = "DAYS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """The days; `ever` stays a word, to tell it from an option that was not given."""
        try:
            days = parse_days(str(value))
        except UnsuitableRetentionError as error:
            self.fail(str(error), param, ctx)
        return EVER if days is None else days


class Moment(click.ParamType[str]):
    """A day or a moment in UTC, ISO 8601."""

    name = "TIME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """The moment as comments write theirs."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(
                f"{value!r} is no time: write 2026-11-28 or 2026-11-28T12:00Z", param, ctx
            )
        return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


DAYS, MOMENT = Days(), Moment()
site_option = click.option("--site", default="demo", show_default=True, help="Whose data.")


@click.command("retention")
@click.argument("site_id", metavar="SITE")
@click.option("--comments", type=DAYS, help="Decided comments, since their last decision.")
@click.option("--personal", type=DAYS, help="Their authors' e-mail, address, user agent.")
@click.option("--labels", type=DAYS, help="Stored labels.")
@click.option("--decisions", type=DAYS, help="Entries of the decisions feed.")
@click.option("--audit", type=DAYS, help="Entries of the audit log.")
@data_dir_option
@json_option
@with_record
def retention(settings: Settings, *, site_id: str, as_json: bool, **given: Any) -> None:
    """Show or set how long the data of SITE is kept: days as 365d, or ever.

    What is over leaves within a day; pending and held comments never do.
    """
    from moderation.desk.people import operator

    record = _record(settings, site_id)
    stored = record.retentions.current(site_id)
    changes = {
        name: None if days == EVER else days for name, days in given.items() if days is not None
    }
    if changes:
        stored = record.retentions.put(
            site_id,
            replace(stored.rules, **changes),
            who=operator(site_id).name,
            expected_version=stored.version,
        )
    rules = stored.rules
    if as_json:
        click.echo(json.dumps({"site": site_id, **rules.to_json()}))
        return
    for name, days in rules.to_json().items():
        click.echo(f"{name:10} {written_days(days)}")


@click.command("archive")
@click.option("--older-than", type=DAYS, required=True, help="Decided longer ago than that.")
@site_option
@data_dir_option
@json_option
@with_record
def archive(settings: Settings, *, older_than: Any, site: str, as_json: bool) -> None:
    """Move decided comments from Redis to the archive, now.

    The archive is the folder that MODERATION_ARCHIVE_DIR names. `moderation export` reads it;
    labels stay in Redis, and training goes on learning from them.
    """
    from moderation.desk.upkeep import keeping

    found = _archive(settings)
    if found is None:
        raise click.ClickException("set MODERATION_ARCHIVE_DIR to the folder of the archive")
    record = _record(settings, site)
    days = None if older_than == EVER else older_than
    with keeping(record, found) as keeper:
        rules = replace(record.retentions.current(site).rules, comments=days)
        swept = keeper.sweep(site, rules)
    _tell(site, asdict(swept), as_json=as_json)


@click.command("sweep")
@site_option
@data_dir_option
@json_option
@with_record
def sweep(settings: Settings, *, site: str, as_json: bool) -> None:
    """Carry out a site's retention and finish its erasures, now.

    A trainer does so by itself every day. Afterwards the server is asked to rewrite its
    append-only file, which may hold what was erased until then.
    """
    from moderation.desk.upkeep import keeping

    record = _record(settings, site)
    with keeping(record, _archive(settings)) as keeper:
        erased = keeper.erase_wanted(site)
        swept = keeper.sweep(site, record.retentions.current(site).rules)
        record.upkeep.note_swept(site, asdict(swept))
    rewritten = record.upkeep.clear_traces()
    told = asdict(swept) | {"erased": swept.erased + erased, "file_rewritten": rewritten}
    _tell(site, told, as_json=as_json)


@click.command("export")
@click.argument(
    "file",
    default=STDOUT,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
)
@click.option("--author", help="All that is held about one author, as one JSON document.")
@click.option("--comment", help="The comment with this id, as one JSON document.")
@click.option("--status", type=click.Choice([one.value for one in Status]))
@click.option("--since", type=MOMENT, help="Comments made then or later.")
@click.option("--until", type=MOMENT, help="Comments made before.")
@click.option(
    "--labelled",
    is_flag=True,
    help="Only what people decided, as `moderation train --data` and `labels import` take it.",
)
@site_option
@data_dir_option
@with_record
def export(
    settings: Settings,
    *,
    file: Path,
    author: str | None,
    comment: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
    labelled: bool,
    site: str,
) -> None:
    """Write the comments of a site to FILE, those in the archive too: JSON Lines.

    A name that ends in .gz or .xz is compressed; without FILE they go to standard output.
    With --author it is what a person may ask for who wants to know what is held about them;
    with --comment it is one comment, in Redis or in the archive.

    Texts are written exactly as readers typed them.
    """
    from moderation import exports

    record, found = _record(settings, site), _archive(settings)
    if author is not None:
        _write_document(file, exports.about_author(record, found, site, author))
        return
    if comment is not None:
        row = exports.one(record, found, site, comment)
        if row is None:
            raise click.ClickException(f"nothing is held of a comment {comment!r}")
        _write_document(file, row)
        return
    wanted = exports.Wanted(Status(status) if status else None, since or "", until or "")
    rows = exports.every(record, found, site, wanted)
    if labelled:
        rows = exports.labelled(rows)
    with _opened(file) as out:
        for row in _counted(rows):
            out.write(compact_json(row) + "\n")


def _record(settings: Settings, site: str) -> Record:
    from moderation.record import Record

    record = Record(settings)
    if not record.sites.exists(site):
        raise UnknownSiteError(f"there is no site {site!r}; `moderation site list` shows them")
    return record


def _archive(settings: Settings) -> Archive | None:
    from moderation.archive import Archive

    return Archive(Path(settings.archive_dir)) if settings.archive_dir else None


def _tell(site: str, counts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"site": site, **counts}))
        return
    for name, count in counts.items():
        click.echo(f"{name.replace('_', ' '):14} {count}")


def _write_document(path: Path, document: dict[str, Any]) -> None:
    with _opened(path) as out:
        out.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """The file, private to whoever exports; it is there when it is complete."""
    if path == STDOUT:
        yield sys.stdout
        return
    beside = path.with_name(f".{path.name}.part")
    beside.touch(mode=0o600)
    opener = _OPENERS.get(path.suffix.lower(), open)
    with opener(beside, "wt", encoding="utf-8") as out:
        yield out
    beside.rename(path)


def _counted(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rows, with how many there were so far on standard error if a person watches."""
    watched = sys.stderr.isatty()
    for number, row in enumerate(rows, start=1):
        yield row
        if watched and number % _STEP == 0:
            click.echo(f"\r{number:,} comments", err=True, nl=False)
    if watched:
        click.echo("", err=True)
