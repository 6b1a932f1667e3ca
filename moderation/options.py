"""What commands share: their settings, the record they work on, options that many have."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from moderation import logs
from moderation.settings import Settings


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command its settings: the environment, and those of its flags that are one."""

    @wraps(command)
    def wrapper(**flags: Any) -> None:
        names = {name for name in flags if name in Settings.__dataclass_fields__}
        settings = Settings.load(os.environ, **{name: flags.pop(name) for name in names})
        logs.configure(settings, click.get_current_context().info_name or "")
        for unknown in Settings.unknown(os.environ):
            logging.getLogger(__name__).warning(
                "%s is no setting; `moderation settings` lists them", unknown
            )
        command(settings, **flags)

    return wrapper


def with_record(command: Callable[..., None]) -> Callable[..., None]:
    """Like `with_settings`, on the Redis that a `moderation run` beside this command uses."""

    @wraps(command)
    @with_settings
    def wrapper(settings: Settings, **flags: Any) -> None:
        found = beside_service(settings)
        if found is None:
            raise no_service(settings)
        command(found, **flags)

    return wrapper


def beside_service(settings: Settings) -> Settings | None:
    """The settings with the Redis of the service, `None` if none runs here."""
    from moderation.embedded import answers, embedded_url

    if settings.redis_url:
        return settings
    url = embedded_url(settings.data_dir)
    return settings.with_redis(url) if answers(url) else None


def no_service(settings: Settings, *, instead: str = "") -> click.ClickException:
    """What to tell somebody whose command needs one; `instead` is what else they can do."""
    return click.ClickException(
        f"no running service keeps its data in {settings.data_dir.resolve()}. "
        f"Start `moderation run`, or name its --data-dir or MODERATION_REDIS_URL{instead}"
    )


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded server's data.  [default: var]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
