"""What the tests of the trainer share: labels of our own making, and a trainer's process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from moderation.bootstrap import DEMO_SITE
from moderation.desk.labels import Labels
from moderation.desk.people import operator
from moderation.labels import Label, LabelOrigin, label_id
from moderation.record import Record
from moderation.settings import Settings
from moderation.trainings import Training
from tests.labelled_comments import labelled_comments

#: Long enough on a machine that has other things to do.
PATIENCE_S = 150.0


def add_labels(record: Record, count: int, *, seed: int = 1, site: str = DEMO_SITE) -> None:
    """Labels of a site, as if somebody had imported them."""
    labels = [
        Label(label_id(text), text, {"label": label}, LabelOrigin.IMPORT)
        for text, label in labelled_comments(count, seed=seed)
    ]
    Labels(record).add(operator(site), labels)


@contextmanager
def trainer_process(settings: Settings, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real `moderation trainer`, which makes its temporary files in `folder`."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MODERATION_")}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "moderation", "trainer"],
        env={**clean, **settings.to_environ(), "TMPDIR": str(folder)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Returns when it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def wait_for_trainer(record: Record) -> None:
    """Returns when a trainer is alive."""
    wait_until(record.trainings.has_trainer, 60)


def under_way(record: Record, training: Training) -> None:
    """Returns when a training is in the middle of its work."""
    wait_until(lambda: bool(record.trainings.one(training.site, training.id).stage))


def ended(record: Record, training: Training) -> Training:
    """A training once it has ended."""
    wait_until(lambda: not record.trainings.one(training.site, training.id).state.is_open)
    return record.trainings.one(training.site, training.id)


def child_of(pid: int) -> int:
    """The process that a trainer has forked."""
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def is_running(pid: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
