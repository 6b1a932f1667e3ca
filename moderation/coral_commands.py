"""The commands `moderation coral`: which signatures of a Coral a site accepts."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from moderation.errors import UnknownSiteError
from moderation.options import data_dir_option, json_option, with_record
from moderation.settings import Settings

#: Coral's own have 71 characters or more; what is much shorter was copied badly, and an
#: empty one would let anybody sign.
SHORTEST_SECRET = 16

site_option = click.option(
    "--site", default="demo", show_default=True, help="The site that this Coral asks for."
)


@click.group()
def coral() -> None:
    """Let Coral ask what to do with its comments: the secrets that it signs with."""


@coral.command("add")
@site_option
@data_dir_option
@json_option
@with_record
def add(settings: Settings, *, site: str, as_json: bool) -> None:
    """Accept requests that are signed with one more secret.

    The secret is asked for, or read from stdin: it does not belong into the history of a
    shell. Coral shows it on the page of the external moderation phase. Secrets added before
    stay valid until they are removed.
    """
    from moderation.record import Record

    record = Record(settings)
    if not record.sites.exists(site):
        raise UnknownSiteError(f"there is no site {site!r}; `moderation site list` shows them")
    added = record.coral.add(site, _read_secret())
    if as_json:
        click.echo(json.dumps({"site": site, **asdict(added)}))
        return
    click.echo(f"the site {site} accepts Coral's secret {added.id} at /coral/{site}")


@coral.command("list")
@site_option
@data_dir_option
@json_option
@with_record
def list_all(settings: Settings, *, site: str, as_json: bool) -> None:
    """List the secrets that a site accepts: when they were added, never what they are."""
    from moderation.record import Record

    found = Record(settings).coral.all(site)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    click.echo("ID            ADDED")
    for one in found:
        click.echo(f"{one.id}  {one.added_at}")


@coral.command("remove")
@click.argument("secret_id", metavar="ID")
@site_option
@data_dir_option
@json_option
@with_record
def remove(settings: Settings, *, secret_id: str, site: str, as_json: bool) -> None:
    """Accept nothing any more that is signed with the secret ID, as `list` shows it."""
    from moderation.record import Record

    if not Record(settings).coral.remove(site, secret_id):
        raise click.ClickException(
            f"the site {site} has no secret {secret_id!r}; `moderation coral list` shows them"
        )
    if as_json:
        click.echo(json.dumps({"site": site, "id": secret_id}))
        return
    click.echo(f"the site {site} no longer accepts Coral's secret {secret_id}")


def _read_secret() -> str:
    if sys.stdin.isatty():
        given = click.prompt("signing secret (it stays hidden)", hide_input=True)
    else:
        given = sys.stdin.readline()
    secret = str(given).strip()
    if len(secret) < SHORTEST_SECRET:
        raise click.UsageError(
            f"a signing secret has {SHORTEST_SECRET} characters or more; copy it from Coral"
        )
    return secret
