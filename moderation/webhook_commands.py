"""The commands `moderation webhooks`: a site's endpoints, for the operator of the service."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from moderation.errors import UnknownSiteError
from moderation.options import data_dir_option, json_option, with_record
from moderation.settings import Settings
from moderation.webhook_lines import (
    attempt_line,
    endpoint_line,
    tell_attempts,
    tell_endpoint,
    tell_secret,
    warn_without_deliverer,
)
from moderation.webhooks import EVENTS, Envelope, EventType

if TYPE_CHECKING:
    from moderation.desk.webhooks import Webhooks
    from moderation.domain import Actor
    from moderation.record import Record


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with: the record, what people may do, and who does it."""

    record: Record
    webhooks: Webhooks
    actor: Actor


@click.group()
def webhooks() -> None:
    """Tell a site what happens, as signed HTTP requests to its endpoints."""


def on_site(command: Callable[..., None]) -> Callable[..., None]:
    """A command about the endpoints of a site."""

    def run(settings: Settings, *, site: str, **options: Any) -> None:
        command(_desk(settings, site), **options)

    run.__doc__ = command.__doc__
    decorated: Any = with_record(run)
    site_option = click.option(
        "--site", default="demo", show_default=True, help="The site that is told."
    )
    for option in (json_option, data_dir_option, site_option):
        decorated = option(decorated)
    wrapped: Callable[..., None] = decorated
    return wrapped


def on_one(command: Callable[..., None]) -> Callable[..., None]:
    """A command about the endpoint ID of a site."""
    wrapped: Callable[..., None] = click.argument("endpoint_id", metavar="ID")(on_site(command))
    return wrapped


event_option = click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice([one.value for one in EVENTS]),
    help="What it is told; may be given several times.",
)
envelope_option = click.option(
    "--envelope", type=click.Choice([one.value for one in Envelope]), help="How it is wrapped."
)


@webhooks.command("list")
@on_site
def list_all(desk: Desk, *, as_json: bool) -> None:
    """List the endpoints of a site."""
    from moderation.desk.webhook_json import endpoint_json

    found = desk.record.webhooks.all(desk.actor.site)
    if as_json:
        click.echo(json.dumps([endpoint_json(one) for one in found], indent=2))
        return
    for one in found:
        click.echo(endpoint_line(one))
    warn_without_deliverer(desk.record)


@webhooks.command("add")
@click.argument("url", metavar="URL")
@event_option
@envelope_option
@on_site
def add(
    desk: Desk, *, url: str, events: Sequence[str], envelope: str | None, as_json: bool
) -> None:
    """Tell what happens from now on to URL, and print its secret, once.

    Unless --event says otherwise it is told every decision.
    """
    from moderation.desk.webhooks import DEFAULT_EVENTS

    made = desk.webhooks.create(
        desk.actor,
        url,
        events=_events(events) or DEFAULT_EVENTS,
        envelope=Envelope(envelope or Envelope.STANDARD),
    )
    tell_secret(made, as_json=as_json)


@webhooks.command("show")
@on_one
def show(desk: Desk, *, endpoint_id: str, as_json: bool) -> None:
    """Show an endpoint, and how it does."""
    tell_endpoint(
        desk.record, desk.record.webhooks.one(desk.actor.site, endpoint_id), as_json=as_json
    )


@webhooks.command("set")
@click.option("--url", help="Where it is told from now on.")
@event_option
@envelope_option
@click.option("--enable/--disable", "is_enabled", default=None, help="Send, or let it wait.")
@on_one
def change(
    desk: Desk, *, endpoint_id: str, events: Sequence[str], as_json: bool, **options: Any
) -> None:
    """Change an endpoint; what is not given stays."""
    from moderation.desk.webhooks import Changes

    envelope = options["envelope"]
    changes = Changes(
        url=options["url"],
        events=_events(events) or None,
        envelope=Envelope(envelope) if envelope else None,
        is_enabled=options["is_enabled"],
    )
    changed = desk.webhooks.change(desk.actor, endpoint_id, changes)
    tell_endpoint(desk.record, changed, as_json=as_json)


@webhooks.command("remove")
@on_one
def remove(desk: Desk, *, endpoint_id: str, as_json: bool) -> None:
    """Remove an endpoint with all that waits for it."""
    desk.webhooks.remove(desk.actor, endpoint_id)
    _tell(f"{endpoint_id} is removed", as_json=as_json, id=endpoint_id, removed=True)


@webhooks.command("rotate")
@on_one
def rotate(desk: Desk, *, endpoint_id: str, as_json: bool) -> None:
    """Give an endpoint a new secret and print it, once; for a day both are valid."""
    tell_secret(desk.webhooks.rotate(desk.actor, endpoint_id), as_json=as_json)


@webhooks.command("ping")
@on_one
def ping(desk: Desk, *, endpoint_id: str, as_json: bool) -> None:
    """Send a test message; fails unless the endpoint takes it."""
    from moderation.deliveries import Outcome
    from moderation.desk.webhook_json import attempt_json

    pinged = desk.webhooks.ping(desk.actor, endpoint_id)
    attempt = pinged.attempt
    if as_json:
        told = attempt_json(attempt) if attempt else None
        click.echo(json.dumps({"message": pinged.message, "attempt": told}))
    elif attempt:
        click.echo(attempt_line(attempt))
    else:
        click.echo(f"{pinged.message} is not sent yet")
        warn_without_deliverer(desk.record)
    if not attempt or attempt.outcome is not Outcome.DELIVERED:
        raise SystemExit(1)


@webhooks.command("deliveries")
@click.option("--limit", type=click.IntRange(1, 1_000), default=50, show_default=True)
@on_one
def deliveries(desk: Desk, *, endpoint_id: str, limit: int, as_json: bool) -> None:
    """List the last attempts to deliver messages, the newest first."""
    endpoint = desk.record.webhooks.one(desk.actor.site, endpoint_id)
    log = desk.record.webhooks.log(endpoint, limit=limit)
    tell_attempts([one for _, one in log], as_json=as_json)


@webhooks.command("parked")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@on_one
def parked(desk: Desk, *, endpoint_id: str, limit: int, as_json: bool) -> None:
    """List the messages that were given up after a day, the newest first."""
    endpoint = desk.record.webhooks.one(desk.actor.site, endpoint_id)
    found = desk.record.webhooks.parked(endpoint, limit=limit)
    tell_attempts([one.attempt for one in found], as_json=as_json)


_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@webhooks.command("replay")
@click.option("--message", help="One message, by its webhook-id.")
@click.option("--from", "first", type=_MOMENT, help="All from this time on (UTC), included.")
@click.option("--to", "last", type=_MOMENT, help="… to this time.  [default: now]")
@click.option("--parked", "is_parked", is_flag=True, help="All that were given up.")
@on_one
def replay(
    desk: Desk,
    *,
    endpoint_id: str,
    message: str | None,
    first: datetime | None,
    last: datetime | None,
    is_parked: bool,
    as_json: bool,
) -> None:
    """Send messages again, under the same ids: one, those of a time, or all that are parked."""
    if [message is not None, first is not None, is_parked].count(True) != 1:
        raise click.UsageError("give one of --message, --from and --parked")
    if last and not first:
        raise click.UsageError("--to goes with --from")
    count: int | None = 1
    if message is not None:
        desk.webhooks.replay(desk.actor, endpoint_id, message)
    elif first is not None:
        until = _utc(last) if last else datetime.now(UTC)
        desk.webhooks.replay_between(desk.actor, endpoint_id, _utc(first), until)
        count = None
    else:
        count = desk.webhooks.replay_parked(desk.actor, endpoint_id)
    what = "what happened then" if count is None else f"{count} message{'s' * (count != 1)}"
    _tell(f"{what} will be sent again", as_json=as_json, id=endpoint_id, messages=count)
    warn_without_deliverer(desk.record)


def _desk(settings: Settings, site: str) -> Desk:
    from moderation.desk.people import operator
    from moderation.desk.webhooks import Webhooks
    from moderation.record import Record

    record = Record(settings)
    if not record.sites.exists(site):
        raise UnknownSiteError(f"there is no site {site!r}; `moderation site list` shows them")
    webhooks = Webhooks(record, allow_private=settings.webhooks_allow_private)
    return Desk(record, webhooks, operator(site))


def _events(names: Sequence[str]) -> tuple[EventType, ...]:
    return tuple(map(EventType, names))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _tell(text: str, *, as_json: bool, **facts: Any) -> None:
    click.echo(json.dumps(facts) if as_json else text)
