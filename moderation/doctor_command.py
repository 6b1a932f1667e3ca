"""`moderation doctor`: prints what the examination finds."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict

import click

from moderation.doctor.findings import Finding, Level
from moderation.options import beside_service, data_dir_option, json_option, with_settings
from moderation.settings import Settings

MARKS = {Level.WELL: ("✓", "green"), Level.DOUBTFUL: ("!", "yellow"), Level.WRONG: ("✗", "red")}
WIDTH = 96


@click.command()
@data_dir_option
@json_option
@with_settings
def doctor(settings: Settings, *, as_json: bool) -> None:
    """Find the usual misconfigurations, and say the cure.

    Looks at the settings, this machine, Redis and the parts that run; changes nothing. Run
    it with the same MODERATION_ variables as the service. Exits with 1 if anything is wrong
    (✗); what is only doubtful (!) may be meant.
    """
    from moderation.doctor.examination import examine

    found = list(examine(beside_service(settings) or settings, os.environ))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        _print(found)
    if any(one.level is Level.WRONG for one in found):
        raise click.exceptions.Exit(1)


def _print(found: Sequence[Finding]) -> None:
    width = max(len(one.subject) for one in found)
    for one in found:
        mark, colour = MARKS[one.level]
        indent = " " * (width + 3)
        said = click.wrap_text(one.says, WIDTH, f"  {one.subject:{width}} ", indent)
        click.echo(click.style(mark, fg=colour, bold=True) + said[1:])
        if one.cure:
            click.echo(click.wrap_text(f"→ {one.cure}", WIDTH, indent, indent + "  "))
    count = {level: sum(one.level is level for one in found) for level in Level}
    click.echo(
        f"\n{count[Level.WRONG]} wrong, {count[Level.DOUBTFUL]} doubtful, "
        f"{count[Level.WELL]} well"
    )
