"""`python -m tests.chaos`: the long run."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import click

from tests.chaos.plan import Plan, schedule
from tests.chaos.report import as_json, as_text
from tests.chaos.run import run

#: Without a terminal a line is printed so often.
LINE_EVERY_S = 10.0
SECONDS_PER_KILL = 2.0
BAR = 30


class Progress:
    """A bar in a terminal, a line every few seconds elsewhere; on stderr."""

    def __init__(self) -> None:
        self._started_at = self._said_at = time.monotonic()

    def __call__(self, what: str, share: float) -> None:
        """Says what goes on, and which share is over."""
        now = time.monotonic()
        if sys.stderr.isatty():
            bar = "#" * round(share * BAR)
            click.echo(f"\r[{bar:{BAR}}] {share:4.0%} {what:20}", err=True, nl=share >= 1)
        elif now - self._said_at > LINE_EVERY_S or share >= 1:
            self._said_at = now
            click.echo(f"{now - self._started_at:5.0f} s {share:4.0%} {what}", err=True)


@click.command()
@click.option("--comments", type=click.IntRange(10), default=100_000, show_default=True)
@click.option("--kills", type=click.IntRange(1), default=200, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--seconds", type=float, help="Spread the faults over so long at least.")
@click.option("--appendfsync", type=click.Choice(["everysec", "always"]), default="everysec")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of labelled comments.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def main(
    *,
    comments: int,
    kills: int,
    seed: int,
    seconds: float | None,
    appendfsync: str,
    data: Path | None,
    wants_json: bool,
) -> None:
    """Post comments while the service is killed, and check that it kept every promise."""
    plan = Plan(
        comments=comments,
        faults=schedule(seed, kills),
        seed=seed,
        seconds=kills * SECONDS_PER_KILL if seconds is None else seconds,
        appendfsync=appendfsync,
        data=data,
    )
    # Whoever ends us ends what we started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        outcome = run(plan, Progress())
    except TimeoutError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(as_json(outcome), indent=2) if wants_json else as_text(outcome))
    sys.exit(0 if outcome.is_clean else 1)


if __name__ == "__main__":
    main()
