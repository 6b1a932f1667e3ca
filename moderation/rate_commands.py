"""The command `moderation site limit`: how many requests a site's keys may make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from moderation.options import data_dir_option, json_option, with_record
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.record.sites import Sites


@click.command("limit")
@click.argument("site_id", metavar="SITE")
@click.option(
    "--key", "key_id", default="", help="Only this key, by the id that it is listed by."
)
@click.option(
    "--requests",
    type=click.IntRange(min=0),
    help="Requests in a rate window (MODERATION_RATE_WINDOW_S); 0: any number.",
)
@click.option("--default", "is_default", is_flag=True, help="Give up a bound of its own.")
@data_dir_option
@json_option
@with_record
def site_limit(
    settings: Settings,
    *,
    site_id: str,
    key_id: str,
    requests: int | None,
    is_default: bool,
    as_json: bool,
) -> None:
    """Say how many requests each key of SITE, or one of them, may make; without options, tell.

    It counts from the next request on. A key's own bound goes before its site's, and that
    before MODERATION_RATE_LIMIT.
    """
    from moderation.record import Record
    from moderation.record.rates import RateSubject

    record = Record(settings)
    record.sites.require(site_id)
    if key_id:
        _require_key(record.sites, site_id, key_id)
    subject = RateSubject(site_id, key_id)
    if is_default:
        record.rates.clear(subject)
    elif requests is not None:
        record.rates.set(subject, requests)
    own = record.rates.own()
    of_site = own.get(RateSubject(site_id).field, settings.rate_limit)
    allowed = own.get(subject.field, of_site)
    if as_json:
        told = {"site": site_id, "key": key_id or None, "requests": allowed}
        click.echo(json.dumps(told | {"window_s": settings.rate_window_s}))
        return
    who = f"the key {key_id}" if key_id else f"each key of the site {site_id}"
    many = f"{allowed:,}" if allowed else "any number of"
    click.echo(f"{who} may make {many} requests in {settings.rate_window_s} s")


def _require_key(sites: Sites, site_id: str, key_id: str) -> None:
    if key_id not in {key.id for key in sites.keys.of(site_id)}:
        raise click.BadParameter(
            f"the site {site_id!r} has no such key; `moderation site key list` shows them",
            param_hint="--key",
        )
