"""The commands `moderation site key`: a site's API keys, for the operator of the service."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from moderation import hostile
from moderation.api_keys import MOST_OVERLAP_S, NAME_CHARACTERS, USUAL_SCOPES, ApiKey, Scope
from moderation.options import data_dir_option, json_option, with_record
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.desk.api_keys import SiteKeys
    from moderation.domain import Actor
    from moderation.record.api_keys import Issued


@click.group("key")
def site_key() -> None:
    """Make, list, replace and revoke the API keys of a site."""


def beside_service(command: Callable[..., None]) -> Callable[..., None]:
    """A command that works on the record of a running service."""
    decorated: Any = with_record(command)
    for option in (json_option, data_dir_option):
        decorated = option(decorated)
    wrapped: Callable[..., None] = decorated
    return wrapped


site_argument = click.argument("site_id", metavar="SITE")
id_argument = click.argument("key_id", metavar="ID")


@site_key.command("create")
@site_argument
@click.option("--name", required=True, help="What people call it, such as what uses it.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([one.value for one in Scope]),
    multiple=True,
    default=[one.value for one in Scope if one in USUAL_SCOPES],
    show_default=True,
    help="What it opens; give it several times.",
)
@click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="When it ends (UTC).  [default: never]",
)
@beside_service
def create(
    settings: Settings,
    *,
    site_id: str,
    name: str,
    scopes: tuple[str, ...],
    expires: datetime | None,
    as_json: bool,
) -> None:
    """Make one more API key of SITE and print it, once."""
    keys, actor = _desk(settings, site_id)
    expires_at = expires.replace(tzinfo=UTC) if expires else None
    issued = keys.create(actor, name, scopes=map(Scope, scopes), expires_at=expires_at)
    _tell_secret(site_id, issued, as_json=as_json)


@site_key.command("list")
@site_argument
@beside_service
def list_all(settings: Settings, *, site_id: str, as_json: bool) -> None:
    """List the API keys of SITE: what each opens and when it was used, never the key."""
    keys, actor = _desk(settings, site_id)
    found = keys.all(actor)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], indent=2))
        return
    click.echo(f"{'ID':12}  {'SCOPES':24}  {'LAST USED':16}  {'EXPIRES':16}  NAME")
    for one in found:
        click.echo(_line(one))


@site_key.command("rotate")
@site_argument
@id_argument
@click.option(
    "--overlap",
    type=click.IntRange(0, MOST_OVERLAP_S),
    default=0,
    show_default=True,
    help="Seconds that the old key is good beside the new one.",
)
@beside_service
def rotate(
    settings: Settings, *, site_id: str, key_id: str, overlap: int, as_json: bool
) -> None:
    """Replace the key ID by a new one that opens the same, and print it, once.

    `list` shows the ids.
    """
    keys, actor = _desk(settings, site_id)
    _tell_secret(site_id, keys.rotate(actor, key_id, overlap_s=overlap), as_json=as_json)


@site_key.command("revoke")
@site_argument
@id_argument
@beside_service
def revoke(settings: Settings, *, site_id: str, key_id: str, as_json: bool) -> None:
    """Revoke the key ID, as `list` shows it, at once and for good."""
    keys, actor = _desk(settings, site_id)
    keys.revoke(actor, key_id)
    told = f"the key {key_id} of the site {site_id} is revoked"
    click.echo(json.dumps({"site": site_id, "id": key_id}) if as_json else told)


def _desk(settings: Settings, site_id: str) -> tuple[SiteKeys, Actor]:
    from moderation.desk.api_keys import SiteKeys
    from moderation.desk.people import operator
    from moderation.record import Record

    record = Record(settings)
    record.sites.require(site_id)
    return SiteKeys(record), operator(site_id)


def _tell_secret(site_id: str, issued: Issued, *, as_json: bool) -> None:
    if as_json:
        told = issued.key.to_json() | {"site": site_id, "api_key": issued.secret}
        click.echo(json.dumps(told))
        return
    click.echo(f"API key {issued.key.id} of the site {site_id} (shown once): {issued.secret}")


def _line(key: ApiKey) -> str:
    scopes = ",".join(key.in_order())
    name = hostile.one_line(key.name, NAME_CHARACTERS)
    used, ends = (key.last_used_at or "-")[:16], (key.expires_at or "-")[:16]
    return f"{key.id}  {scopes:24}  {used:16}  {ends:16}  {name}".rstrip()
