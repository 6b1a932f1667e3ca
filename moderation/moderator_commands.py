"""The commands `moderation moderator`: accounts, for the operator of the service."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from moderation.domain import Role
from moderation.errors import UnknownSiteError
from moderation.options import data_dir_option, json_option, with_record
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.desk.people import People


@click.group()
def moderator() -> None:
    """Make moderators of sites, and shut them out again."""


def on_one(command: Callable[..., None]) -> Callable[..., None]:
    """A command about the account NAME."""
    decorated: Any = with_record(command)
    for option in (json_option, data_dir_option, click.argument("name", metavar="NAME")):
        decorated = option(decorated)
    wrapped: Callable[..., None] = decorated
    return wrapped


@moderator.command("create")
@click.option("--site", default="demo", show_default=True, help="The site they moderate.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.MODERATOR.value,
    show_default=True,
    help="What they may do there: look, decide, or change rules and people as well.",
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from stdin, not make one."
)
@on_one
def create(
    settings: Settings,
    *,
    name: str,
    site: str,
    role: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make the moderator NAME and print their password, once.

    NAME is letters, digits and . _ - @; who signs in with OpenID Connect has their e-mail
    address as the name. Somebody who moderates another site gets a role on this one too.
    """
    from moderation.desk.people import operator
    from moderation.record import Record

    if not Record(settings).sites.exists(site):
        raise UnknownSiteError(f"there is no site {site!r}; `moderation site list` shows them")
    given = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    if given == "":
        raise click.UsageError("no password came on stdin")
    made = _people(settings).create(operator(site), name, Role(role), password=given)
    told = {"name": name, "site": site, "role": role}
    if as_json:
        click.echo(json.dumps(told | ({"password": made} if made else {})))
        return
    click.echo(f"{name} is now {role} of the site {site}")
    if made:
        click.echo(f"password of the moderator {name} (shown once): {made}")


@moderator.command("list")
@data_dir_option
@json_option
@with_record
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the moderators of all sites."""
    from moderation.record import Record

    found = Record(settings).moderators.all()
    if as_json:
        listed = [
            {
                "name": one.name,
                "roles": one.roles,
                "disabled": one.disabled,
                "created_at": one.created_at,
            }
            for one in found
        ]
        click.echo(json.dumps(listed, indent=2))
        return
    width = max([4, *(len(one.name) for one in found)])
    click.echo(f"{'NAME':{width}}  CREATED                   ROLES")
    for one in found:
        roles = ", ".join(f"{role} of {site}" for site, role in one.roles.items())
        note = " (disabled)" if one.disabled else ""
        click.echo(f"{one.name:{width}}  {one.created_at:24}  {roles or 'none'}{note}")


@moderator.command("token")
@on_one
def token(settings: Settings, *, name: str, as_json: bool) -> None:
    """Make a token for NAME and print it, once: a program's way to /v1/queue and the rest."""
    from moderation.desk.people import operator

    made = _people(settings).make_token(operator(), name)
    _tell(
        f"token of the moderator {name} (shown once): {made}",
        as_json=as_json,
        name=name,
        token=made,
    )


@moderator.command("disable")
@on_one
def disable(settings: Settings, *, name: str, as_json: bool) -> None:
    """Shut NAME out at once: no password, session or token of theirs works any more."""
    _set_disabled(settings, name, disabled=True, as_json=as_json)


@moderator.command("enable")
@on_one
def enable(settings: Settings, *, name: str, as_json: bool) -> None:
    """Let NAME in again."""
    _set_disabled(settings, name, disabled=False, as_json=as_json)


@moderator.command("reset-password")
@on_one
def reset_password(settings: Settings, *, name: str, as_json: bool) -> None:
    """Give NAME a new password, print it, once, and end their sessions."""
    from moderation.desk.people import operator

    made = _people(settings).reset_password(operator(), name)
    _tell(
        f"password of the moderator {name} (shown once): {made}",
        as_json=as_json,
        name=name,
        password=made,
    )


@moderator.command("revoke")
@on_one
def revoke(settings: Settings, *, name: str, as_json: bool) -> None:
    """End every session of NAME and revoke every token; their password stays."""
    from moderation.desk.people import operator

    ended = _people(settings).revoke(operator(), name)
    _tell(
        f"{name}: {ended.sessions} sessions ended, {ended.tokens} tokens revoked",
        as_json=as_json,
        name=name,
        sessions=ended.sessions,
        tokens=ended.tokens,
    )


def _set_disabled(settings: Settings, name: str, *, disabled: bool, as_json: bool) -> None:
    from moderation.desk.people import operator

    _people(settings).set_disabled(operator(), name, disabled=disabled)
    done = "disabled" if disabled else "enabled"
    _tell(f"{name} is {done}", as_json=as_json, name=name, disabled=disabled)


def _people(settings: Settings) -> People:
    from moderation.desk.people import People
    from moderation.record import Record

    return People(Record(settings))


def _tell(text: str, *, as_json: bool, **facts: Any) -> None:
    click.echo(json.dumps(facts) if as_json else text)
