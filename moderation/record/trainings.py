"""Trainings: each run of the trainer, how far it is, and the RQ queue that it waits in.

A run belongs to whoever moved it to running, and is alive as long as that process says how
far it is. One that falls silent is failed by the next who looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
from rq import Queue

from moderation.domain import now_rfc3339
from moderation.errors import TrainingRunningError, UnknownTrainingError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts
from moderation.trainings import Training, TrainingKind, TrainingState

#: The RQ queue of trainings: never the scoring workers' own, so that nothing waits for them.
TRAINING_QUEUE = "training"
#: The jobs, by name: this package never imports the workers.
TRAIN = "workers.training.train"
COMPARE = "workers.training.compare"
JOBS = {TrainingKind.TRAIN: TRAIN, TrainingKind.COMPARE: COMPARE}
#: A run that takes longer is ended by RQ.
LONGEST_S = 4 * 3_600
#: How long RQ keeps the trace of a job that failed.
FAILURE_TTL_S = 300
#: Runs kept for each site.
KEPT = 100
#: A run that was not heard of for so long is dead.
SILENT_S = 30.0
#: A trainer that was not heard of for so long is not alive.
TRAINER_ALIVE_S = 5.0

QUEUED, RUNNING = TrainingState.QUEUED, TrainingState.RUNNING
DIED = (
    "the process that trained died without a word; most often memory ran out, or the machine "
    "was restarted. Train again"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the record says to a run that tells how far it is."""

    goes_on: bool
    cancelled_by: str


class Trainings:
    """The trainings of the sites of one shard."""

    def __init__(
        self,
        connection: redis.Redis,
        rq_connection: redis.Redis,
        keys: Keys,
        scripts: Scripts,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self._queue = Queue(
            f"{TRAINING_QUEUE}-{keys.shard}", connection=rq_connection, serializer="json"
        )

    @property
    def queue_name(self) -> str:
        """The RQ queue that trainers of this shard listen on."""
        return str(self._queue.name)

    def add(self, training: Training) -> None:
        """Writes a new run.

        Raises:
            TrainingRunningError: one of the site is queued or running.
        """
        self.fail_silent(training.site)
        written = _fields(training)
        arguments: list[Argument] = [training.site, training.id, KEPT]
        for name, value in written.items():
            arguments += name, value
        if other := self._scripts.run_all("start_training", arguments):
            raise TrainingRunningError(self.one(training.site, str(other)))

    def enqueue(self, training: Training) -> None:
        """Hands a queued run to the trainers. Twice does no harm: it begins once."""
        with redis_away():
            self._queue.enqueue(
                JOBS[training.kind],
                args=(self._keys.shard, training.site, training.id),
                job_id=training.id,
                job_timeout=LONGEST_S,
                result_ttl=0,
                failure_ttl=FAILURE_TTL_S,
            )

    def one(self, site: str, training_id: str) -> Training:
        """One run.

        Raises:
            UnknownTrainingError: the site has no such run (any more).
        """
        found = self._read(site, [training_id])
        if not found:
            raise UnknownTrainingError(training_id)
        return found[0]

    def recent(self, site: str, *, limit: int = 20) -> list[Training]:
        """A site's runs, newest first."""
        self.fail_silent(site)
        with redis_away():
            ids: Any = self._connection.zrevrange(
                self._keys("trainings", site), 0, max(limit, 1) - 1
            )
        return self._read(site, ids)

    def open(self, site: str) -> Training | None:
        """The run of a site that is queued or running."""
        with redis_away():
            open_id: Any = self._connection.get(self._keys("training_open", site))
        found = self._read(site, [open_id]) if open_id else []
        return found[0] if found else None

    def begin(self, site: str, training_id: str) -> bool:
        """Moves a queued run to running; not if it was cancelled, or another took it."""
        begun = {"started_at": now_rfc3339()}
        return self._move(site, training_id, (QUEUED,), RUNNING, begun, is_alive=True).goes_on

    def beat(self, site: str, training_id: str, *, stage: str, done: int, total: int) -> Heard:
        """Tells that a run is alive and how far; hears whether it is to go on."""
        far: dict[str, str | int] = {"stage": stage, "done": done, "total": total}
        return self._move(site, training_id, (RUNNING,), RUNNING, far, is_alive=True)

    def note(self, site: str, training_id: str, **facts: str | int) -> None:
        """Writes what a running run found out: `candidate`, `labels`, `labels_sha256`."""
        self._move(site, training_id, (RUNNING,), RUNNING, facts, is_alive=True)

    def end(
        self, site: str, training_id: str, state: TrainingState, *, error: str = ""
    ) -> bool:
        """Ends a run that is queued or running; whether it was."""
        ended = {"ended_at": now_rfc3339(), "error": error}
        return self._move(site, training_id, (QUEUED, RUNNING), state, ended).goes_on

    def cancel(self, site: str, training_id: str, who: str) -> bool:
        """Cancels a queued run at once, and asks a running one to stop; whether it was open."""
        asked = {"cancelled_by": who}
        ended = {**asked, "ended_at": now_rfc3339()}
        cancelled = TrainingState.CANCELLED
        return (
            self._move(site, training_id, (QUEUED,), cancelled, ended).goes_on
            or self._move(site, training_id, (RUNNING,), RUNNING, asked).goes_on
        )

    def fail_silent(self, site: str) -> None:
        """Fails the running run of a site if its process is dead."""
        with redis_away():
            training_id: Any = self._connection.get(self._keys("training_open", site))
        if training_id:
            failed = {"ended_at": now_rfc3339(), "error": DIED}
            self._move(
                site,
                training_id,
                (RUNNING,),
                TrainingState.FAILED,
                failed,
                silent_s=SILENT_S,
            )

    def tend(self, site: str) -> None:
        """What trainers do now and then: fails a dead run, enqueues a queued one that RQ lost.

        A trainer that is killed right after it took a job takes the job with it.
        """
        self.fail_silent(site)
        waiting = self.open(site)
        if waiting and waiting.state is QUEUED:
            with redis_away():
                is_lost = self._queue.get_job_position(waiting.id) is None
            if is_lost:
                self.enqueue(waiting)

    def tick(self) -> None:
        """The heartbeat of a trainer."""
        with redis_away():
            self._connection.set(self._keys("trainer"), "1", px=int(TRAINER_ALIVE_S * 1000))

    def has_trainer(self) -> bool:
        """Whether a trainer is alive: without one, nothing that is queued begins."""
        with redis_away():
            return bool(self._connection.exists(self._keys("trainer")))

    def _move(
        self,
        site: str,
        training_id: str,
        from_states: tuple[TrainingState, ...],
        to: TrainingState,
        fields: Mapping[str, str | int],
        *,
        silent_s: float = 0,
        is_alive: bool = False,
    ) -> Heard:
        arguments: list[Argument] = [site, training_id, " ".join(from_states), to.value]
        arguments += int(silent_s * 1000), int(is_alive)
        for name, value in fields.items():
            arguments += name, value
        moved, cancelled_by = self._scripts.run_all("move_training", arguments)
        return Heard(bool(moved), str(cancelled_by))

    def _read(self, site: str, ids: list[str]) -> list[Training]:
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for training_id in ids:
                pipe.hgetall(self._keys("training", site, training_id))
            stored = pipe.execute()
        return [
            _training(site, training_id, fields)
            for training_id, fields in zip(ids, stored, strict=True)
            if fields
        ]


def _fields(training: Training) -> dict[str, str | int]:
    return {
        "kind": training.kind.value,
        "state": training.state.value,
        "started_by": training.started_by,
        "queued_at": training.queued_at,
        "started_at": training.started_at,
        "parent": training.parent,
        "candidate": training.candidate,
    }


def _training(site: str, training_id: str, fields: Mapping[str, str]) -> Training:
    def text(name: str) -> str:
        return fields.get(name, "")

    def number(name: str) -> int:
        return int(fields.get(name, 0))

    return Training(
        id=training_id,
        site=site,
        kind=TrainingKind(fields["kind"]),
        state=TrainingState(fields["state"]),
        started_by=text("started_by"),
        queued_at=text("queued_at"),
        parent=text("parent"),
        stage=text("stage"),
        done=number("done"),
        total=number("total"),
        started_at=text("started_at"),
        ended_at=text("ended_at"),
        candidate=text("candidate"),
        labels=number("labels"),
        labels_sha256=text("labels_sha256"),
        error=text("error"),
        cancelled_by=text("cancelled_by"),
    )
