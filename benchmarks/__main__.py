"""The command: `python -m benchmarks`."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import click

from benchmarks import (
    accepts,
    changeover,
    console,
    cost,
    deliveries,
    dropins,
    evasion,
    functional,
    latency,
    memory,
    million,
    overload,
    pipeline,
    report,
    startup,
    vectorisers,
)
from benchmarks.measuring import Row
from benchmarks.plan import FULL, QUICK, TEXTS_FILE, Plan, read_texts
from benchmarks.stand import StandError
from models.release_files import ReleaseError, read_manifest
from moderation.errors import ModerationError
from moderation.settings import Settings

BENCHMARKS = {
    "pipeline": pipeline.measure,
    "latency": latency.measure,
    "overload": overload.measure,
    "changeover": changeover.measure,
    "accepts": accepts.measure,
    "memory": memory.measure,
    "cost": cost.measure,
    "startup": startup.measure,
    "vectorisers": vectorisers.measure,
    "evasion": evasion.measure,
    "functional": functional.measure,
    "console": console.measure,
    "deliveries": deliveries.measure,
    "dropins": dropins.measure,
    "million": million.measure,
}
#: These find their own comments, or do without.
NEED_NO_TEXTS = frozenset({"evasion", "functional", "console", "deliveries", "overload"})
DEFAULT_DATA = Path("../shared/data")
DEFAULT_JSON = Path("benchmarks/results/latest.json")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_DATA,
    show_default=True,
    help=f"Folder with {TEXTS_FILE}, the comments to measure with, and {evasion.FILE}.",
)
@click.option("--quick", is_flag=True, help="About three minutes, and noisier.")
@click.option(
    "--only",
    metavar="NAME",
    multiple=True,
    type=click.Choice(list(BENCHMARKS)),
    help=f"Only this benchmark; may be given more than once: {', '.join(BENCHMARKS)}.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=DEFAULT_JSON,
    show_default=True,
    help="Where the figures are written.",
)
def main(data: Path, *, quick: bool, only: tuple[str, ...], json_file: Path) -> None:
    """Measure the service against what it promises, on this machine.

    Starts servers and processes of its own on throwaway folders, takes about ten minutes
    (--quick: three), prints a table and writes JSON. Progress goes to stderr. Every comparison
    is a ratio between subjects that take turns; leave the machine alone meanwhile.
    MODERATION_RELEASE names another release to measure with.
    """
    signal.signal(signal.SIGTERM, _end)
    chosen = [name for name in BENCHMARKS if not only or name in only]
    plan, version = _plan(data, quick=quick, with_texts=not NEED_NO_TEXTS.issuperset(chosen))
    started, rows = time.monotonic(), list[Row]()
    try:
        for name in chosen:
            rows += BENCHMARKS[name](plan)
    except (StandError, ModerationError, ReleaseError) as error:
        raise click.ClickException(str(error)) from error
    seconds = round(time.monotonic() - started)
    click.echo(report.table(rows))
    report.write_json(json_file, rows, plan, release=version, seconds=seconds, quick=quick)
    plan.say(f"took {seconds} s; figures are in {json_file}")


def _plan(data: Path, *, quick: bool, with_texts: bool) -> tuple[Plan, str]:
    settings = Settings(release=Settings.load(os.environ).release)
    texts = _texts(data) if with_texts else []
    plan = Plan(texts, QUICK if quick else FULL, settings, _say, data)
    try:
        return plan, read_manifest(plan.release_folder).version
    except ReleaseError as error:
        raise click.ClickException(f"no release to measure with: {error}") from error


def _texts(data: Path) -> list[str]:
    try:
        return read_texts(data)
    except FileNotFoundError as error:
        raise click.ClickException(
            f"no {TEXTS_FILE} in {data.resolve()}; name its folder with --data"
        ) from error


def _say(line: str) -> None:
    click.echo(line, err=True)


def _end(_: int, __: FrameType | None) -> None:
    """SIGTERM leaves as Ctrl-C does: by way of every clean-up."""
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
