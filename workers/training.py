"""The jobs of the trainer, and the one way in which a training runs and ends.

Whatever happens, the record says what became of it, in words for people; the log says more.
Neither ever says a comment's text.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import TypeVar

from rq.timeouts import JobTimeoutException

from models.dataset import DatasetError
from models.learning.candidate import ForeignParentError, TooLittleDataError, Watch
from models.release_files import ReleaseError
from moderation.errors import ModerationError, RedisAwayError
from moderation.record import Record
from moderation.record.trainings import KEPT, LONGEST_S
from moderation.settings import Settings
from moderation.trainings import Training, TrainingKind, TrainingState
from workers.candidates import Bench, compare_anew, make, note_doubts, order_of
from workers.lessons import Lesson
from workers.pulse import Pulse, StoppedError
from workers.scratch import scratch, sweep
from workers.workshop import settings_of

log = logging.getLogger(__name__)

T = TypeVar("T")
#: How long the end of a training waits for a Redis that is away.
PATIENCE_S = 60.0
PAUSE_S = 1.0
#: What people can do something about; each message says what.
EXPLAINED = (
    DatasetError,
    ForeignParentError,
    ModerationError,
    ReleaseError,
    TooLittleDataError,
)


class NothingNewError(Exception):
    """Raised when the schedule's turn has come, but there is nothing new to learn."""


def train(shard: str, site: str, training_id: str) -> None:
    """The RQ job: learns a candidate from the labels of a site."""
    _job(shard, site, training_id, learn)


def compare(shard: str, site: str, training_id: str) -> None:
    """The RQ job: compares a stored candidate with what is active now."""
    _job(shard, site, training_id, _compare)


def conduct(
    record: Record,
    settings: Settings,
    training: Training,
    work: Callable[[Bench], T],
    *,
    beside: Watch | None = None,
    parent_pid: int = 0,
) -> T:
    """Does the work of a running training, and writes its end, whatever that is.

    Args:
        record: where.
        settings: of the service.
        training: the run.
        work: what is done.
        beside: another who likes to know how far it is, such as a progress bar.
        parent_pid: see `Pulse`.

    Raises:
        Exception: what the work raised.
    """
    sweep(settings)
    pulse = Pulse(record.trainings, training, beside=beside, parent_pid=parent_pid)
    try:
        with pulse, scratch(settings) as folder:
            outcome = work(Bench(record, settings, training, folder, pulse.watch))
    except BaseException as error:
        _end(record, training, *_became(training, error))
        raise
    _end(record, training, TrainingState.DONE, "")
    return outcome


def _job(shard: str, site: str, training_id: str, work: Callable[[Bench], None]) -> None:
    settings = settings_of(shard)
    record = Record(settings, shard)
    if not record.trainings.begin(site, training_id):
        return
    training = record.trainings.one(site, training_id)
    try:
        conduct(record, settings, training, work, parent_pid=os.getppid())
    except (*EXPLAINED, NothingNewError, StoppedError) as error:
        log.warning("the training %s of the site %s ended: %s", training_id, site, error)
    except Exception:
        log.exception("the training %s of the site %s failed", training_id, site)


def learn(bench: Bench) -> None:
    """The work of a training in the trainer: from the labels to a candidate in the record.

    Raises:
        NothingNewError: the schedule's turn has come, but there is nothing new to learn.
        TooLittleDataError, DatasetError, ForeignParentError: see `candidates.make`.
        UnknownReleaseError, ReleaseError, SettingsError: see `Bench.release`.
    """
    lesson = bench.lesson()
    if bench.training.is_scheduled:
        _refuse_old_news(bench, lesson)
    parent = bench.release(bench.training.parent)
    made = make(
        bench,
        order_of(bench, lesson, parent),
        command=f"training {bench.training.id}, started by {bench.training.started_by}",
    )
    bench.note_candidate(made.stored.version)
    note_doubts(bench, lesson, parent)


def _compare(bench: Bench) -> None:
    compare_anew(bench, bench.lesson(), bench.training.candidate)


def _refuse_old_news(bench: Bench, lesson: Lesson) -> None:
    """Goes on if the labels are others than those of the last training.

    Raises:
        NothingNewError: they are the same.
    """
    for one in bench.record.trainings.recent(bench.site, limit=KEPT):
        if one.kind is TrainingKind.TRAIN and one.state is TrainingState.DONE:
            if one.labels_sha256 == lesson.sha256:
                raise NothingNewError(
                    f"there is no new label since the training of {one.ended_at}"
                )
            return


def _became(training: Training, error: BaseException) -> tuple[TrainingState, str]:
    """What becomes of a training that raised, and what to tell people."""
    match error:
        case StoppedError() | KeyboardInterrupt():
            return TrainingState.CANCELLED, ""
        case RedisAwayError():
            return TrainingState.FAILED, "the record did not answer; train again"
        case NothingNewError():
            return TrainingState.SKIPPED, str(error)
        case TooLittleDataError() if training.is_scheduled:
            return TrainingState.SKIPPED, str(error)
        case MemoryError():
            return TrainingState.FAILED, (
                "memory ran out: give the trainer more, or train from fewer labels"
            )
        case JobTimeoutException():
            return TrainingState.FAILED, f"it took longer than {LONGEST_S // 3_600} hours"
        case OSError():
            return TrainingState.FAILED, f"the system refused: {error.strerror or 'no reason'}"
        case _ if isinstance(error, EXPLAINED):
            return TrainingState.FAILED, str(error)
    return TrainingState.FAILED, "something went wrong here; the trainer's log says what"


def _end(record: Record, training: Training, state: TrainingState, error: str) -> None:
    """Writes the end of a training, once Redis is back if it is away."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            record.trainings.end(training.site, training.id, state, error=error)
        except RedisAwayError:
            if time.monotonic() > deadline:
                log.exception("the training %s ended, but Redis is away", training.id)
                return
            time.sleep(PAUSE_S)
        else:
            return
