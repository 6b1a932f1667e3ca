"""The commands `moderation backup` and `moderation restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moderation.options import data_dir_option, with_settings
from moderation.settings import Settings

_archive = click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))


@click.command()
@_archive
@data_dir_option
@with_settings
def backup(settings: Settings, archive: Path) -> None:
    """Copy all data of the embedded server into ARCHIVE, while the service runs.

    ARCHIVE is a new file, NAME.tar, NAME.tar.gz or NAME.tar.xz. It holds everything that was
    acknowledged before the copy began, secrets and readers' words included: keep it as safe as
    the data. For a Redis of your own use its own tools, see docs/operating.md.
    """
    from moderation.backup import back_up, size_bytes

    _refuse_own_redis(settings)
    length = size_bytes(settings.data_dir)
    with click.progressbar(length=length, label="Copying", file=sys.stderr) as bar:
        back_up(settings.data_dir, archive, told=bar.update)
    click.echo(f"copied to {archive}; `moderation restore {archive} --data-dir NEW` unpacks it")


@click.command()
@_archive
@data_dir_option
@with_settings
def restore(settings: Settings, archive: Path) -> None:
    """Make a data folder from ARCHIVE; nothing in it is overwritten.

    Start `moderation run` on it afterwards. What was erased after the copy was made is back:
    erase it again.
    """
    from moderation.backup import restore as unpack

    _refuse_own_redis(settings)
    unpack(archive, settings.data_dir)
    click.echo(f"the data are in {settings.data_dir.resolve()}; start `moderation run` on them")


def _refuse_own_redis(settings: Settings) -> None:
    if settings.redis_url:
        raise click.ClickException(
            "MODERATION_REDIS_URL names a Redis of your own: back it up with its own tools, "
            "see docs/operating.md"
        )
