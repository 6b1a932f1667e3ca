"""What a trainer runs, whatever a job says, and what becomes of a training that raises."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.learning.candidate import TooLittleDataError
from moderation.bootstrap import DEMO_SITE
from moderation.desk.trainings import Trainings
from moderation.domain import Actor, Role
from moderation.errors import RedisAwayError
from moderation.labels import Label, LabelOrigin, label_id
from moderation.record import Record
from moderation.record.doorbell import DRAIN
from moderation.record.trainings import COMPARE, TRAIN
from moderation.settings import Settings
from moderation.trainings import NIGHTLY, Training, TrainingState
from tests.workers.training_kit import add_labels
from workers import pulse, scoring, training
from workers.candidates import Bench
from workers.jobs import RefusedJobError, ScoringJob, TrainingJob
from workers.pulse import StoppedError
from workers.scratch import PREFIX, scratch, sweep
from workers.training import NothingNewError, conduct

ADMIN = Actor("anna", DEMO_SITE, Role.ADMIN)


@pytest.mark.parametrize(
    ("kind", "name", "function"),
    [
        (TrainingJob, TRAIN, training.train),
        (TrainingJob, COMPARE, training.compare),
        (ScoringJob, DRAIN, scoring.drain),
    ],
)
def test_each_queue_runs_what_is_on_its_list(record: Record, kind, name: str, function):
    job = kind.create(name, args=("0",), connection=record.rq_connection, serializer="json")

    assert job.func is function


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (TrainingJob, DRAIN),
        (TrainingJob, "os.system"),
        (TrainingJob, "workers.training.conduct"),
        (TrainingJob, "workers.training.train.__call__"),
        (ScoringJob, TRAIN),
    ],
)
def test_and_nothing_else(record: Record, kind, name: str):
    job = kind.create(name, args=("0",), connection=record.rq_connection, serializer="json")

    with pytest.raises(RefusedJobError):
        _ = job.func


def test_the_trainer_itself_imports_nothing_that_learns():
    code = (
        "import sys, workers.trainer;"
        "print([m for m in ('sklearn', 'numpy', 'scipy', 'skops', 'models')"
        " if m in sys.modules])"
    )
    seen = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "[]"


@pytest.fixture
def running(record: Record, monkeypatch: pytest.MonkeyPatch) -> Training:
    """A training in this process."""
    monkeypatch.setattr(pulse, "BEAT_S", 0.02)
    return Trainings(record).start(ADMIN, queued=False)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return settings


def after(record: Record, one: Training) -> Training:
    return record.trainings.one(DEMO_SITE, one.id)


def test_a_training_that_is_done_is_done(record: Record, settings: Settings, running: Training):
    assert conduct(record, settings, running, lambda bench: bench.site) == DEMO_SITE

    assert after(record, running).state is TrainingState.DONE
    assert after(record, running).ended_at


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (TooLittleDataError("too little"), TrainingState.FAILED, "too little"),
        (NothingNewError("no new label"), TrainingState.SKIPPED, "no new label"),
        (MemoryError(), TrainingState.FAILED, "memory ran out"),
        (OSError(28, "No space left on device"), TrainingState.FAILED, "No space left"),
        (RedisAwayError("secret host"), TrainingState.FAILED, "the record did not answer"),
        (ValueError("a reader's words"), TrainingState.FAILED, "the trainer's log says what"),
        (KeyboardInterrupt(), TrainingState.CANCELLED, ""),
    ],
)
def test_whatever_it_raises_becomes_a_state_and_clear_words(
    record: Record,
    settings: Settings,
    running: Training,
    tmp_path: Path,
    error: BaseException,
    state: TrainingState,
    words: str,
):
    def work(bench: Bench) -> None:
        (bench.folder / "half-written").write_text("texts")
        raise error

    with pytest.raises(type(error)):
        conduct(record, settings, running, work)

    ended = after(record, running)
    assert ended.state is state
    assert words in ended.error
    assert "reader" not in ended.error
    assert not list(tmp_path.iterdir())


def test_too_few_labels_are_no_failure_of_the_schedule(record: Record, settings: Settings):
    nightly = Trainings(record).start(Actor(NIGHTLY, DEMO_SITE, Role.ADMIN), queued=False)

    def work(_: Bench) -> None:
        raise TooLittleDataError("too little")

    with pytest.raises(TooLittleDataError):
        conduct(record, settings, nightly, work)

    assert after(record, nightly).state is TrainingState.SKIPPED


def test_it_tells_how_far_it_is_and_stops_at_the_step_after_it_is_cancelled(
    record: Record, settings: Settings, running: Training
):
    told = threading.Event()

    def work(bench: Bench) -> None:
        with bench.watch("Fitting", 1_000) as step:
            step(10)
            while not after(record, running).done:
                told.wait(0.01)
            assert after(record, running).stage == "Fitting"
            Trainings(record).cancel(ADMIN, running.id)
            for _ in range(900):
                step(1)
                told.wait(0.01)

    with pytest.raises(StoppedError, match="cancelled by anna"):
        conduct(record, settings, running, work)

    assert after(record, running).state is TrainingState.CANCELLED
    assert 10 <= after(record, running).done < 910


def test_one_that_was_taken_for_dead_stops(
    record: Record, settings: Settings, running: Training
):
    def work(bench: Bench) -> None:
        record.trainings.end(DEMO_SITE, running.id, TrainingState.FAILED, error="silent")
        with bench.watch("Fitting", 1_000) as step:
            for _ in range(900):
                step(1)
                threading.Event().wait(0.01)

    with pytest.raises(StoppedError, match="taken for dead"):
        conduct(record, settings, running, work)

    assert after(record, running).error == "silent"


def test_another_watch_is_told_as_well(record: Record, settings: Settings, running: Training):
    seen: list[object] = []

    @contextmanager
    def beside(stage: str, length: int):
        seen.append((stage, length))
        yield seen.append

    def work(bench: Bench) -> None:
        with bench.watch("Fitting", 9) as step:
            step(4)

    conduct(record, settings, running, work, beside=beside)

    assert seen == [("Fitting", 9), 4]


def test_a_candidate_that_is_stored_is_kept_whoever_cancels_then(
    record: Record, settings: Settings, running: Training
):
    add_labels(record, 100)

    @contextmanager
    def beside(stage: str, length: int):
        if stage == "Storing":
            Trainings(record).cancel(ADMIN, running.id)
            # Until the pulse has heard of it.
            threading.Event().wait(20 * pulse.BEAT_S)
        yield lambda _: None

    conduct(record, settings, running, training.learn, beside=beside)

    [stored] = record.releases.all(DEMO_SITE)
    done = after(record, running)
    assert (done.state, done.candidate) == (TrainingState.DONE, stored.version)
    assert done.cancelled_by == "anna"


def test_folders_of_killed_processes_are_swept_and_no_others(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    dead = tmp_path / f"{PREFIX}dead"
    dead.mkdir()
    (dead / "labels.jsonl").write_text("texts")
    other = tmp_path / "other"
    other.mkdir()
    with scratch(settings) as alive:
        sweep(settings)
        assert dead.exists(), "one as young as that may be about to be used"

        monkeypatch.setattr("workers.scratch.SWEEP_AFTER_S", 0)
        sweep(settings)

        assert set(tmp_path.iterdir()) == {alive, other}
        assert alive.stat().st_mode & 0o777 == 0o700
    assert list(tmp_path.iterdir()) == [other]


def test_the_schedule_learns_only_what_is_new(
    record: Record, settings: Settings, running: Training
):
    # Given a training of all labels that there are
    add_labels(record, 30)
    conduct(record, settings, running, Bench.lesson)

    # When the schedule comes twice, and in between a label
    nightly = Actor(NIGHTLY, DEMO_SITE, Role.ADMIN)
    first = Trainings(record).start(nightly, queued=False)
    with pytest.raises(NothingNewError):
        conduct(record, settings, first, training.learn)
    add_labels(record, 33)
    second = Trainings(record).start(nightly, queued=False)
    with pytest.raises(TooLittleDataError):
        conduct(record, settings, second, training.learn)

    # Then
    assert after(record, first).state is TrainingState.SKIPPED
    assert "no new label since the training of 20" in after(record, first).error
    assert after(record, first).labels == 30
    assert after(record, second).labels == 33


def test_labels_are_handed_to_the_classifier_with_weight_and_name(
    record: Record, settings: Settings, running: Training
):
    # Given
    weighty = Label(
        label_id("Oh dear"), "Oh dear", {"spam": 1, "label": 1}, LabelOrigin.KEPT, weight=9.5
    )
    record.labels.put(DEMO_SITE, [weighty])

    # When
    found = conduct(record, settings, running, lambda bench: list(bench.lesson().examples()))

    # Then
    [example] = found
    assert (example.text, example.labels) == ("Oh dear", {"spam": 1, "label": 1})
    assert example.weight == 9.5
    assert example.extra["id"] == weighty.id
