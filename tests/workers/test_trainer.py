"""What a real trainer's process does on the real server: one for all, a site for each test."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.release_files import load, shipped
from moderation.desk.people import operator
from moderation.desk.trainings import Trainings
from moderation.record import Record
from moderation.settings import Settings
from moderation.trainings import TrainingState
from tests.workers.training_kit import (
    add_labels,
    child_of,
    ended,
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


@pytest.fixture(scope="module")
def record(redis_url: str) -> Iterator[Record]:
    """A record that is empty when the first test begins."""
    record = Record(Settings(redis_url=redis_url))
    record.connection.flushall()
    record.prepare()
    yield record
    record.connection.close()
    record.rq_connection.close()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the trainer makes its temporary files."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def trainer(redis_url: str, record: Record, scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A trainer that is alive."""
    with trainer_process(Settings(redis_url=redis_url), scratch) as process:
        wait_for_trainer(record)
        yield process


@pytest.fixture
def site(record: Record, request: pytest.FixtureRequest) -> str:
    """A site of the test's own."""
    name = request.function.__name__.replace("_", "-")[:60]
    record.sites.create(name, name)
    return name


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


def test_a_candidate_is_learnt_compared_and_stored(
    trainer: subprocess.Popen[bytes], record: Record, site: str, scratch: Path
):
    # Given
    add_labels(record, 300, site=site)

    # When
    training = Trainings(record).start(operator(site))
    under_way(record, training)
    child = child_of(trainer.pid)
    own, niceness = (os.getpriority(os.PRIO_PROCESS, one) for one in (trainer.pid, child))
    done = ended(record, training)

    # Then: the release is there, with its lineage and its figures
    assert (done.state, done.error) == (TrainingState.DONE, "")
    assert done.labels == 300
    [stored] = record.releases.all(site)
    parent = load(shipped())
    assert stored.version == done.candidate
    assert stored.training == training.id
    assert stored.compared_with == stored.parent == parent.version
    assert stored.evaluation is not None
    assert stored.evaluation["verdict"] in {"better", "no worse"}
    learnt = load_stored(record.releases, site, stored.version)
    before, after = (
        one.score(["you dunderhead"])[0].scores["toxicity"] for one in (parent, learnt)
    )
    assert after > before
    # And it was done aside, by a light process, and left nothing behind.
    assert niceness == min(own + NICENESS, LEAST_PRIORITY)
    assert rss_mb(trainer.pid) < LIGHT_MB
    assert not list(scratch.iterdir())


def test_a_stored_release_is_compared_with_what_is_active_now(
    trainer: subprocess.Popen[bytes], record: Record, site: str
):
    # Given a site without a label, and a release that nobody compared
    stored = record.releases.add(site, files_of(shipped()), created_by="anna")
    assert stored.evaluation is None

    # When
    done = ended(record, Trainings(record).compare(operator(site), stored.version))

    # Then
    assert (done.state, done.error) == (TrainingState.DONE, "")
    compared = record.releases.one(site, stored.version)
    assert compared.compared_with == load(shipped()).version
    assert compared.evaluation is not None
    assert compared.evaluation["verdict"] == "no worse"


def test_too_few_labels_fail_with_what_is_missing(
    trainer: subprocess.Popen[bytes], record: Record, site: str
):
    add_labels(record, 12, site=site)

    few = ended(record, Trainings(record).start(operator(site)))

    assert few.state is TrainingState.FAILED
    assert "10" in few.error
    assert "labelled 1" in few.error
    assert record.releases.all(site) == []


def test_without_any_label_it_says_where_labels_come_from(
    trainer: subprocess.Popen[bytes], record: Record, site: str
):
    none = ended(record, Trainings(record).start(operator(site)))

    assert none.state is TrainingState.FAILED
    assert "moderation labels import" in none.error


def test_a_cancelled_training_stops_and_leaves_nothing_behind(
    trainer: subprocess.Popen[bytes], record: Record, site: str, scratch: Path
):
    # Given
    add_labels(record, 3_000, site=site)
    training = Trainings(record).start(operator(site))
    under_way(record, training)
    assert list(scratch.iterdir())

    # When
    Trainings(record).cancel(operator(site), training.id)
    cancelled = ended(record, training)

    # Then
    assert cancelled.state is TrainingState.CANCELLED
    assert cancelled.cancelled_by == "command line"
    assert record.releases.all(site) == []
    wait_until(lambda: not list(scratch.iterdir()), 10)
