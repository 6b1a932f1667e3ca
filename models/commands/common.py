"""What the commands share: which release is meant, and how they end on bad input."""

from __future__ import annotations

from pathlib import Path

import click

from models.release import Release, ReleaseError, load, shipped

#: What a bad line or file ends a command with; click's own code for a bad argument.
EXIT_BAD_INPUT = 2

model_option = click.option(
    "--model",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of another release than the shipped one.",
)


def load_or_explain(folder: Path | None) -> Release:
    """Load the release in `folder`, or the shipped one.

    Raises:
        click.ClickException: that it cannot be loaded, and why.
    """
    try:
        return load(folder or shipped())
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error
