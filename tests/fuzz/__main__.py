"""`python -m tests.fuzz [TARGET …] --seconds N`: searches for what breaks a target.

Each target has a process of its own. Prints a line each: how many inputs it took, and how it
broke; what broke it lies in the folder `--found`, to be kept as a case once it is mended.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click

from tests.fuzz import drivers

EXECUTED = re.compile(r"number_of_executed_units: (\d+)")
#: How long a process may take beside its time: to start, and for one input that hangs.
SPARE_S = 600
MOST_LINES = 60


@click.command()
@click.argument("names", nargs=-1)
@click.option("--seconds", default=60, show_default=True, help="For each target.")
@click.option("--found", default="var/fuzz", show_default=True, help="Where finds are written.")
@click.option("--inside", is_flag=True, hidden=True)
def main(names: tuple[str, ...], seconds: int, found: str, *, inside: bool) -> None:
    """Searches for inputs that break a reader; ends with 1 if there are any."""
    if inside:
        run = drivers.run_guided if drivers.is_guided() else drivers.run_blind
        run(names[0], seconds, Path(found, names[0]))
    from tests.fuzz.targets import TARGETS

    if unknown := set(names) - set(TARGETS):
        raise click.UsageError(f"no such target: {', '.join(sorted(unknown))}")
    click.echo(
        "guided by coverage" if drivers.is_guided() else "by chance: atheris is not here"
    )
    broken = [name for name in names or TARGETS if not _searched(name, seconds, found)]
    sys.exit(bool(broken))


def _searched(name: str, seconds: int, found: str) -> bool:
    """Searches in a process of its own and tells; whether nothing was found."""
    command = [sys.executable, "-m", "tests.fuzz", name, "--inside"]
    options = ["--seconds", str(seconds), "--found", found]
    done = subprocess.run(
        [*command, *options],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + SPARE_S,
        check=False,
    )
    executed = EXECUTED.search(done.stderr)
    count = f"{int(executed[1]):>9,} inputs" if executed else "  unknown inputs"
    click.echo(f"{name:22}{count}  {'nothing found' if not done.returncode else 'BROKEN'}")
    if done.returncode:
        told = [one for one in done.stderr.splitlines() if not one.startswith("INFO")]
        click.echo("\n".join(told[-MOST_LINES:]))
    return not done.returncode


if __name__ == "__main__":
    main()
