"""`python -m tests.statemachine --steps 10000`: the long run, on a server of its own."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test

from moderation import embedded
from moderation.app import create_app
from moderation.record import queue
from moderation.settings import Settings
from tests.statemachine.machine import CLAIM_IDLE_MS, RecordMachine, machine

#: Steps of an example at most.
STEPS_EACH = 50
#: Examples between two lines of progress.
EXAMPLES_AT_ONCE = 10


def main() -> int:
    """Runs until so many steps are done; 1 if the record ever differed from the model."""
    parser = argparse.ArgumentParser(prog="python -m tests.statemachine", description=__doc__)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    queue.CLAIM_IDLE_MS = CLAIM_IDLE_MS
    done, failures, begun = RecordMachine.done, 0, time.monotonic()
    with _server() as url:
        driven = machine(url, create_app(Settings(redis_url=url)))
        number = options.seed
        while done["steps"] < options.steps and not failures:
            failures += not _run(driven, number)
            number += 1
            took_s = time.monotonic() - begun
            click.echo(f"{done['steps']:,} steps, {done['examples']} examples, {took_s:.0f} s")
    click.echo(
        f"seed {options.seed}: {done['steps']:,} steps in {done['examples']} examples, "
        f"{done['deaths']:,} deaths of a process, {failures} failures"
    )
    return 1 if failures else 0


def _run(driven: type[RecordMachine], number: int) -> bool:
    """Some examples; whether the record agreed with the model in all of them."""
    settings = hypothesis_settings(
        max_examples=EXAMPLES_AT_ONCE,
        stateful_step_count=STEPS_EACH,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    try:
        run_state_machine_as_test(seed(number)(driven), settings=settings)
    except Exception:
        traceback.print_exc()
        return False
    return True


@contextmanager
def _server() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        url = embedded.embedded_url(Path(folder))
        process = subprocess.Popen(
            embedded.server_command(Path(folder), appendfsync="everysec")
        )
        try:
            embedded.wait_until_answers(url, alive=lambda: process.poll() is None, wait_s=10)
            yield url
        finally:
            embedded.shut_down(url)
            process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
