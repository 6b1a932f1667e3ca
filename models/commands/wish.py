"""The options of training, whether a service is there or not."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

#: `--from none`: start from nothing.
NOTHING = "none"

#: Seeds are what numpy and blake2b take alike.
MOST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Wish:
    """What somebody typed: the options that every way of training has."""

    files: tuple[Path, ...]
    parent_name: str | None
    output: Path | None
    ignore: tuple[str, ...]
    seed: int
    report_folder: Path | None
    skip_bad_rows: bool
    as_json: bool


def with_wish(*, needs_files: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of `Wish`, and the wish as an argument."""
    options = (
        click.option(
            "--data",
            "files",
            multiple=True,
            required=needs_files,
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A labelled file; may be given again.",
        ),
        click.option(
            "--from",
            "parent_name",
            metavar="VERSION_OR_FOLDER",
            help="The release to start from;"
            f' "{NOTHING}": from nothing.  [default: the shipped one]',
        ),
        click.option(
            "--output",
            type=click.Path(file_okay=False, path_type=Path),
            help="The new folder to write to.  [default: candidate-DATE-NUMBER]",
        ),
        click.option(
            "--ignore", multiple=True, metavar="COLUMN", help="A column to pass over."
        ),
        click.option(
            "--skip-bad-rows", is_flag=True, help="Train although there are bad rows."
        ),
        click.option(
            "--seed",
            type=click.IntRange(0, MOST_SEED),
            default=1,
            show_default=True,
            help="What everything random hangs on.",
        ),
        click.option(
            "--report",
            "report_folder",
            type=click.Path(file_okay=False, writable=True, path_type=Path),
            help="A folder to write plots and a page with all figures to.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table."),
    )

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @wraps(command)
        def wrapper(*arguments: Any, **flags: Any) -> None:
            wish = Wish(**{one.name: flags.pop(one.name) for one in fields(Wish)})
            command(*arguments, wish=wish, **flags)

        return reduce(lambda decorated, option: option(decorated), reversed(options), wrapper)

    return decorate
