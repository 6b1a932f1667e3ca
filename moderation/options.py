"""What commands share: their settings, the record they work on, options that many have."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from moderation.settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command its settings: the environment, and those of its flags that are one."""

    @wraps(command)
    def wrapper(**flags: Any) -> None:
        names = {name for name in flags if name in Settings.__dataclass_fields__}
        settings = Settings.load(os.environ, **{name: flags.pop(name) for name in names})
        logging.basicConfig(level=settings.log_level, format=LOG_FORMAT, stream=sys.stderr)
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
        from moderation.embedded import answers, embedded_url

        if not settings.redis_url:
            url = embedded_url(settings.data_dir)
            if not answers(url):
                raise click.ClickException(
                    f"no running service keeps its data in {settings.data_dir.resolve()}. "
                    "Start `moderation run`, or name its --data-dir or MODERATION_REDIS_URL"
                )
            settings = settings.with_redis(url)
        command(settings, **flags)

    return wrapper


data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded server's data.  [default: var]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
