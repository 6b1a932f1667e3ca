"""A real trainer's process on the real server: what it does, and what is left when it dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.release_files import load, shipped
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
from workers.stored import files_of, load_stored
from workers.trainer import NICENESS

#: What the trainer itself may take: Redis, RQ, the record.
LIGHT_MB = 80
LEAST_PRIORITY = 19


@pytest.fixture
def trainer(
    settings: Settings, record: Record, tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A trainer that is alive."""
    with trainer_process(settings, tmp_path) as process:
        wait_for_trainer(record)
        yield process


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def test_a_candidate_is_learnt_compared_and_stored(
    trainer: subprocess.Popen[bytes], record: Record, tmp_path: Path
):
    # Given
    add_labels(record, 300)

    # When
    training = Trainings(record).start(operator(DEMO_SITE))
    under_way(record, training)
    child = child_of(trainer.pid)
    own, niceness = (os.getpriority(os.PRIO_PROCESS, one) for one in (trainer.pid, child))
    done = ended(record, training)

    # Then: the release is there, with its lineage and its figures
    assert (done.state, done.error) == (TrainingState.DONE, "")
    assert done.labels == 300
    [stored] = record.releases.all(DEMO_SITE)
    parent = load(shipped())
    assert stored.version == done.candidate
    assert stored.training == training.id
    assert stored.compared_with == stored.parent == parent.version
    assert stored.evaluation is not None
    assert stored.evaluation["verdict"] in {"better", "no worse"}
    learnt = load_stored(record.releases, DEMO_SITE, stored.version)
    before, after = (
        one.score(["you dunderhead"])[0].scores["toxicity"] for one in (parent, learnt)
    )
    assert after > before
    # And it was done aside, by a light process, and left nothing behind.
    assert niceness == min(own + NICENESS, LEAST_PRIORITY)
    assert rss_mb(trainer.pid) < LIGHT_MB
    assert not list(tmp_path.iterdir())


def test_a_stored_release_is_compared_with_what_is_active_now(
    trainer: subprocess.Popen[bytes], record: Record
):
    # Given a site without a label, and a release that nobody compared
    stored = record.releases.add(DEMO_SITE, files_of(shipped()), created_by="anna")
    assert stored.evaluation is None

    # When
    done = ended(record, Trainings(record).compare(operator(DEMO_SITE), stored.version))

    # Then
    assert (done.state, done.error) == (TrainingState.DONE, "")
    compared = record.releases.one(DEMO_SITE, stored.version)
    assert compared.compared_with == load(shipped()).version
    assert compared.evaluation is not None
    assert compared.evaluation["verdict"] == "no worse"


def test_too_few_labels_fail_with_what_is_missing(
    trainer: subprocess.Popen[bytes], record: Record
):
    add_labels(record, 12)

    few = ended(record, Trainings(record).start(operator(DEMO_SITE)))

    assert few.state is TrainingState.FAILED
    assert "10" in few.error
    assert "labelled 1" in few.error
    assert record.releases.all(DEMO_SITE) == []


def test_without_any_label_it_says_where_labels_come_from(
    trainer: subprocess.Popen[bytes], record: Record
):
    none = ended(record, Trainings(record).start(operator(DEMO_SITE)))

    assert none.state is TrainingState.FAILED
    assert "moderation labels import" in none.error


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


def test_a_cancelled_training_stops_and_leaves_nothing_behind(
    trainer: subprocess.Popen[bytes], record: Record, tmp_path: Path
):
    # Given
    add_labels(record, 3_000)
    training = Trainings(record).start(operator(DEMO_SITE))
    under_way(record, training)
    assert list(tmp_path.iterdir())

    # When
    Trainings(record).cancel(operator(DEMO_SITE), training.id)
    cancelled = ended(record, training)

    # Then
    assert cancelled.state is TrainingState.CANCELLED
    assert cancelled.cancelled_by == "command line"
    assert record.releases.all(DEMO_SITE) == []
    wait_until(lambda: not list(tmp_path.iterdir()), 10)


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
