"""The command `moderation`.

Heavy parts (the HTTP server, the workers, the models) are imported when their command runs,
the latter two by dotted name.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

import click

from moderation import __version__
from moderation.backup_commands import backup, restore
from moderation.check_command import check
from moderation.coral_commands import coral
from moderation.doctor_command import doctor
from moderation.errors import ModerationError
from moderation.keeping_commands import archive, export, retention, sweep
from moderation.key_commands import site_key
from moderation.moderator_commands import moderator
from moderation.options import data_dir_option, json_option, with_record, with_settings
from moderation.rate_commands import site_limit
from moderation.settings import PREFIX, Settings
from moderation.webhook_commands import webhooks

#: Commands that live with the models or the workers: name → (module, what it does).
COMMANDS_ELSEWHERE = {
    "score": ("models.commands.score", "Score JSON Lines, no server needed."),
    "evaluate": ("models.commands.evaluate", "Measure a release on a labelled file."),
    "train": ("workers.commands.train", "Train a release from a site's labels, or files."),
    "models": ("workers.commands.models", "The releases of a site: compare, promote, go back."),
    "labels": ("workers.commands.labels", "Import, export and count labels."),
    "load": ("workers.commands.load", "Load comments of a file, as if readers posted them."),
    "threshold": ("workers.commands.threshold", "Find what replaces an old threshold."),
}


class Commands(click.Group):
    """Loads what lives elsewhere by name, and turns our errors into one clear line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, sorted."""
        return sorted([*super().list_commands(ctx), *COMMANDS_ELSEWHERE])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command; of one elsewhere only its short help, so that `--help` stays quick."""
        if cmd_name in COMMANDS_ELSEWHERE:
            return click.Command(cmd_name, short_help=COMMANDS_ELSEWHERE[cmd_name][1])
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command to run; one that lives elsewhere is imported only now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS_ELSEWHERE:
            command = getattr(import_module(COMMANDS_ELSEWHERE[name][0]), name)
        return name, command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except ModerationError as error:
            raise click.ClickException(str(error)) from error


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 96},
)
@click.version_option(__version__, prog_name="moderation")
def main() -> None:
    """Moderate readers' comments: approve what is fine, hold the rest for a person.

    Start with `moderation run`, then open http://127.0.0.1:8000/demo.

    Every setting is an environment variable; `moderation settings` lists them.
    """


@main.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 for any.  [default: 8000]")
@data_dir_option
@click.option("--workers", type=click.IntRange(0), help="Scoring workers.  [default: 1]")
@with_settings
def run(settings: Settings) -> None:
    """Run everything on this machine.

    That is Redis (an embedded one, unless MODERATION_REDIS_URL names yours), the HTTP
    service, and the workers. Prints `ready http://HOST:PORT` when a comment posted now would
    be scored. A part that dies is started again; Ctrl-C or SIGTERM stops all of it.
    """
    from moderation.supervisor import Supervisor

    Supervisor(settings, say_ready=lambda url: click.echo(f"ready {url}")).run()


@main.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port.  [default: 8000]")
@data_dir_option
@click.option("--listen-fd", type=int, hidden=True)
def api(listen_fd: int | None, **flags: Any) -> None:
    """Run the HTTP service alone, for production. Needs MODERATION_REDIS_URL."""
    from gevent import monkey

    monkey.patch_all()  # before anything else is imported that opens a socket
    _with_redis("moderation.server", "serve", flags, listen_fd=listen_fd)


@main.command()
@data_dir_option
def worker(**flags: Any) -> None:
    """Run one scoring worker alone, for production. Needs MODERATION_REDIS_URL."""
    _with_redis("workers.main", "run", flags)


@main.command()
@data_dir_option
def trainer(**flags: Any) -> None:
    """Run one trainer alone, for production. Needs MODERATION_REDIS_URL."""
    _with_redis("workers.trainer", "run", flags)


@main.command()
@data_dir_option
def deliverer(**flags: Any) -> None:
    """Run one deliverer of webhooks alone, for production. Needs MODERATION_REDIS_URL."""
    _with_redis("workers.deliverer", "run", flags)


def _with_redis(module: str, function: str, flags: dict[str, Any], **more: Any) -> None:
    @with_settings
    def start(settings: Settings) -> None:
        from moderation.embedded import embedded_url

        if not settings.redis_url:
            settings = settings.with_redis(embedded_url(settings.data_dir))
        getattr(import_module(module), function)(settings, **more)

    start(**flags)


@main.command()
@json_option
@with_settings
def settings(settings: Settings, *, as_json: bool) -> None:
    """List every setting: its meaning, default and current value. Secrets are masked."""
    from dataclasses import fields

    default, current = Settings().masked(), settings.masked()
    listed = [
        {
            "name": PREFIX + one.name.upper(),
            "value": current[PREFIX + one.name.upper()],
            "default": default[PREFIX + one.name.upper()],
            "meaning": one.metadata["help"],
        }
        for one in fields(Settings)
    ]
    if as_json:
        click.echo(json.dumps(listed, indent=2))
        return
    for one in listed:
        click.secho(f"{one['name']}={one['value']}", bold=True)
        changed = "" if one["value"] == one["default"] else f" (default: {one['default']})"
        click.echo(click.wrap_text(one["meaning"] + changed, 92, "    ", "    ") + "\n")


main.add_command(doctor)
main.add_command(moderator)
main.add_command(check)
main.add_command(backup)
main.add_command(restore)
main.add_command(coral)
main.add_command(webhooks)
main.add_command(export)
main.add_command(archive)
main.add_command(sweep)


@main.group()
def site() -> None:
    """Make article sites and give them API keys."""


site.add_command(site_key)
site.add_command(site_limit)
site.add_command(retention)


@site.command("create")
@click.argument("site_id", metavar="SITE")
@click.option("--name", help="What people call it.  [default: SITE]")
@data_dir_option
@json_option
@with_record
def site_create(settings: Settings, *, site_id: str, name: str | None, as_json: bool) -> None:
    """Make the site SITE and print its API key, once.

    SITE is lower-case letters, digits and hyphens, such as `daily-news`.
    """
    from moderation.record import Record
    from moderation.record.sites import SITE_ID

    if not SITE_ID.fullmatch(site_id):
        raise click.BadParameter(
            "use 1 to 63 lower-case letters, digits and hyphens", param_hint="SITE"
        )
    sites = Record(settings).sites
    sites.create(site_id, name or site_id)
    _print_key(site_id, sites.issue_key(site_id, name="first"), as_json=as_json)


@site.command("list")
@data_dir_option
@json_option
@with_record
def site_list(settings: Settings, *, as_json: bool) -> None:
    """List the sites."""
    from dataclasses import asdict

    from moderation.record import Record

    found = Record(settings).sites.all()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    width = max([4, *(len(one.id) for one in found)])
    click.echo(f"{'SITE':{width}}  KEYS  CREATED                   NAME")
    for one in found:
        click.echo(f"{one.id:{width}}  {one.key_count:4}  {one.created_at:24}  {one.name}")


@site.command("rotate-key")
@click.argument("site_id", metavar="SITE")
@data_dir_option
@json_option
@with_record
def site_rotate_key(settings: Settings, *, site_id: str, as_json: bool) -> None:
    """Revoke every API key of SITE at once and print a new one, once."""
    from moderation.record import Record

    _print_key(site_id, Record(settings).sites.rotate_key(site_id), as_json=as_json)


def _print_key(site_id: str, key: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"site": site_id, "api_key": key}))
    else:
        click.echo(f"API key of the site {site_id} (shown once): {key}")
