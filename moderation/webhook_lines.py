"""What the commands `moderation webhooks` print: endpoints, secrets and attempts, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from moderation import hostile
from moderation.webhooks import Endpoint

if TYPE_CHECKING:
    from moderation.deliveries import Attempt
    from moderation.record import Record

#: Of a receiver's answer and of an error on one line.
SAID_CHARACTERS = 80


def tell_secret(endpoint: Endpoint, *, as_json: bool) -> None:
    """An endpoint that was made or has a new secret, with that."""
    from moderation.desk.webhook_json import with_secret

    if as_json:
        click.echo(json.dumps(with_secret(endpoint)))
        return
    click.echo(endpoint_line(endpoint))
    click.echo(f"secret of {endpoint.id} (shown once): {endpoint.secrets[0].value}")


def tell_endpoint(record: Record, endpoint: Endpoint, *, as_json: bool) -> None:
    """An endpoint, and how it does."""
    from moderation.desk.webhook_json import endpoint_json, health_json

    health = health_json(record.webhooks.health(endpoint))
    if as_json:
        click.echo(json.dumps(endpoint_json(endpoint) | {"health": health}, indent=2))
        return
    click.echo(endpoint_line(endpoint))
    for name, value in health.items():
        told = "-" if value is None else hostile.one_line(str(value), SAID_CHARACTERS)
        click.echo(f"  {name:12}  {told}")
    warn_without_deliverer(record)


def tell_attempts(attempts: Sequence[Attempt], *, as_json: bool) -> None:
    """What became of messages, a line each."""
    from moderation.desk.webhook_json import attempt_json

    if as_json:
        click.echo(json.dumps([attempt_json(one) for one in attempts], indent=2))
        return
    for one in attempts:
        click.echo(attempt_line(one))


def endpoint_line(endpoint: Endpoint) -> str:
    """An endpoint on one line."""
    state = f"disabled: {endpoint.disabled}" if endpoint.disabled else "enabled"
    events = ", ".join(endpoint.events)
    return f"{endpoint.id}  {endpoint.url}  ({events}; {endpoint.envelope}; {state})"


def attempt_line(attempt: Attempt) -> str:
    """An attempt on one line; what a receiver said cannot steer the terminal."""
    said = hostile.one_line(attempt.error or attempt.response, SAID_CHARACTERS)
    again = f"  again {attempt.next_at}" if attempt.next_at else ""
    facts = f"{attempt.at}  {attempt.outcome:9}  {attempt.status or '-':>3}"
    return f"{facts}  {attempt.message}  {attempt.elapsed_ms} ms{again}  {said}".rstrip()


def warn_without_deliverer(record: Record) -> None:
    """Says on stderr that nothing is sent, where that is so."""
    if not record.webhooks.has_deliverer():
        click.echo("No deliverer is alive: nothing is sent. Start one.", err=True)
