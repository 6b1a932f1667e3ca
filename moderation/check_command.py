"""The command `moderation check`: whether the record agrees with itself, and mending it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from moderation import hostile
from moderation.errors import UnknownSiteError
from moderation.options import data_dir_option, json_option, with_record
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.record.checking import Report

#: A line of progress each time so many more things of a kind were looked at.
LINE_EVERY = 10_000
#: Faults that are shown one by one.
FAULTS_SHOWN = 100
#: Of each; ids are what sites and readers made them.
TOLD_CHARACTERS = 160
FOUND_FAULTS = 1


@click.command()
@click.option("--site", default="", help="The one site to check.  [default: all]")
@click.option("--repair", is_flag=True, help="Mend what is wrong.")
@data_dir_option
@json_option
@with_record
def check(settings: Settings, *, site: str, repair: bool, as_json: bool) -> None:
    """Check that queue, lists and counts agree with the comments, while all is in use.

    Comments and their decisions are the truth: `--repair` mends what names or counts them, and
    queues a pending comment again that waits for nobody. It deletes no comment and makes up no
    decision. Names ids only, never a text.

    Exits with 0 if nothing is wrong (any more), else with 1.
    """
    from moderation.desk.checking import check as check_record
    from moderation.record import Record

    record = Record(settings)
    if site and not record.sites.exists(site):
        raise UnknownSiteError(f"there is no site {site!r}; `moderation site list` shows them")
    report = check_record(record, site=site, repair=repair, note=_progress())
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        _show(report)
    if not report.is_sound:
        sys.exit(FOUND_FAULTS)


def _progress() -> Callable[[str, int], None]:
    lines: dict[str, int] = {}

    def note(what: str, amount: int) -> None:
        if amount // LINE_EVERY > lines.get(what, 0):
            lines[what] = amount // LINE_EVERY
            click.echo(f"{what}: {amount:,} looked at", err=True)

    return note


def _show(report: Report) -> None:
    click.echo(f"{'CHECK':18} {'CHECKED':>10} {'FOUND':>7} {'MENDED':>7}")
    for name, one in report.to_json()["checks"].items():
        unsettled = f"  {one['unsettled']} changed all the time" if one["unsettled"] else ""
        click.echo(
            f"{name:18} {one['checked']:10,} {one['found']:7,} {one['mended']:7,}{unsettled}"
        )
    for fault in report.faults[:FAULTS_SHOWN]:
        mended = " (mended)" if fault.mended else ""
        told = hostile.one_line(f"{fault.subject}: {fault.what}", TOLD_CHARACTERS)
        click.echo(f"{fault.site}: {fault.check}: {told}{mended}")
    found = sum(report.found.values())
    if found > FAULTS_SHOWN:
        click.echo(f"... and {found - FAULTS_SHOWN:,} more")
    click.echo("all is well" if report.is_sound else "something is wrong")
