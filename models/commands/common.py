"""What the commands share: which release is meant, and how they end on bad input."""

from __future__ import annotations

from pathlib import Path

import click

import models
from models.release import Release
from models.release_files import ReleaseError, load, shipped

#: What a bad line or file ends a command with; click's own code for a bad argument.
EXIT_BAD_INPUT = 2

#: Where the releases are that come with the code.
RELEASED = Path(models.__file__).parent / "released"


class ReleaseFolder(click.ParamType[Path]):
    """A folder, or the version of a release that comes with the code."""

    name = "version_or_folder"

    def convert(
        self, value: str | Path, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Return the folder; one of that name in sight comes before a shipped release."""
        if Path(value).is_dir():
            return Path(value)
        shipped = {folder.name: folder for folder in RELEASED.iterdir() if folder.is_dir()}
        if str(value) not in shipped:
            known = ", ".join(sorted(shipped))
            self.fail(f"{str(value)!r} is neither a folder nor one of {known}.", param, ctx)
        return shipped[str(value)]


model_option = click.option(
    "--model",
    "folder",
    type=ReleaseFolder(),
    help="Another release than the shipped one: its version or folder.",
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
