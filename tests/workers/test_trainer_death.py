"""What is left when a real trainer's process dies, or the child that learns for it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.bootstrap import DEMO_SITE
from moderation.desk.people import operator
from moderation.desk.trainings import Trainings
from moderation.record import Record, trainings
from moderation.settings import Settings
from moderation.trainings import TrainingState
from tests.workers.training_kit import (
    add_labels,
    child_of,
    ended,
    is_running,
    trainer_process,
    under_way,
    wait_for_trainer,
    wait_until,
)


@pytest.fixture
def trainer(
    settings: Settings, record: Record, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A trainer that is alive."""
    with trainer_process(settings, tmp_path) as process:
        wait_for_trainer(record)
        yield process


def test_a_killed_child_fails_its_training_and_harms_nobody(
    trainer: subprocess.Popen[bytes], record: Record
):
    # Given
    add_labels(record, 3_000)
    training = Trainings(record).start(operator(DEMO_SITE))
    under_way(record, training)

    # When: as the system does it when memory runs out
    os.kill(child_of(trainer.pid), signal.SIGKILL)
    failed = ended(record, training)

    # Then
    assert failed.state is TrainingState.FAILED
    assert failed.error.startswith("the training process was killed (signal 9)")
    assert "memory" in failed.error
    assert record.releases.all(DEMO_SITE) == []
    # And the next one begins.
    again = Trainings(record).start(operator(DEMO_SITE))
    under_way(record, again)
    assert trainer.poll() is None


def test_a_killed_trainer_fails_its_training_once_it_is_silent(
    trainer: subprocess.Popen[bytes], record: Record, monkeypatch: pytest.MonkeyPatch
):
    # Given
    add_labels(record, 3_000)
    training = Trainings(record).start(operator(DEMO_SITE))
    under_way(record, training)
    child = child_of(trainer.pid)

    # When
    trainer.kill()
    trainer.wait()

    # Then: its child does not go on without it, and whoever looks says what happened
    wait_until(lambda: not is_running(child), 20)
    monkeypatch.setattr(trainings, "SILENT_S", 1.0)
    wait_until(
        lambda: Trainings(record).one(DEMO_SITE, training.id).state is TrainingState.FAILED, 20
    )
    assert "died without a word" in record.trainings.one(DEMO_SITE, training.id).error
    Trainings(record).start(operator(DEMO_SITE))


def test_a_trainer_that_is_asked_to_end_does_not_finish_first(
    trainer: subprocess.Popen[bytes], record: Record
):
    add_labels(record, 3_000)
    training = Trainings(record).start(operator(DEMO_SITE))
    under_way(record, training)

    trainer.terminate()

    assert trainer.wait(15) == 0
    assert "the trainer was stopped" in ended(record, training).error


def test_a_training_that_rq_lost_is_found_again(
    settings: Settings, record: Record, tmp_path: Path
):
    # Given a training whose job went down with a trainer
    training = Trainings(record).start(operator(DEMO_SITE))
    record.rq_connection.delete(f"rq:queue:{record.trainings.queue_name}")

    with trainer_process(settings, tmp_path):
        assert ended(record, training).state is TrainingState.FAILED
