"""What people, and the schedule, do with trainings; knows no Flask and no machine learning."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from moderation.desk.rights import must_be_admin
from moderation.domain import Actor, Role, now_rfc3339
from moderation.errors import TrainingOverError
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.trainings import (
    NIGHTLY,
    Schedule,
    Training,
    TrainingKind,
    TrainingState,
)

#: How a schedule is switched off in words.
OFF = "off"


class Trainings:
    """Where trainings are started, watched and cancelled."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def start(self, actor: Actor, *, parent: str = "", queued: bool = True) -> Training:
        """Asks for a candidate to be learnt from the labels of the actor's site.

        Args:
            actor: who asks.
            parent: the stored release to learn on top of; "": the one that the service runs
                by itself, so that no label is counted twice.
            queued: hand it to the trainers; else it runs already, in the caller's process.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownReleaseError: the site has no such release.
            TrainingRunningError: one of the site is queued or running.
        """
        if parent:
            self._record.releases.one(actor.site, parent)
        return self._add(actor, TrainingKind.TRAIN, queued=queued, parent=parent)

    def compare(self, actor: Actor, version: str, *, queued: bool = True) -> Training:
        """Asks for a stored candidate to be compared with the release that is active now.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownReleaseError: the site has no such release.
            TrainingRunningError: one of the site is queued or running.
        """
        self._record.releases.one(actor.site, version)
        return self._add(actor, TrainingKind.COMPARE, queued=queued, candidate=version)

    def cancel(self, actor: Actor, training_id: str) -> Training:
        """Cancels a training: one that runs stops within a few seconds.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownTrainingError: the site has no such training (any more).
            TrainingOverError: it has ended.
        """
        must_be_admin(actor)
        training = self.one(actor.site, training_id)
        if not self._record.trainings.cancel(actor.site, training_id, actor.name):
            raise TrainingOverError(f"this training is {training.state} already")
        self._write(actor, training_id, did="cancelled")
        return self.one(actor.site, training_id)

    def one(self, site: str, training_id: str) -> Training:
        """One training.

        Raises:
            UnknownTrainingError: the site has no such training (any more).
        """
        self._record.trainings.fail_silent(site)
        return self._record.trainings.one(site, training_id)

    def recent(self, site: str, limit: int = 20) -> list[Training]:
        """A site's trainings, newest first."""
        return self._record.trainings.recent(site, limit=limit)

    def has_trainer(self) -> bool:
        """Whether a trainer is alive: without one, nothing that is queued begins."""
        return self._record.trainings.has_trainer()

    def schedule(self, site: str) -> Schedule:
        """When a site is trained by itself."""
        return self._record.schedules.of(site)

    def set_schedule(self, actor: Actor, cron: str) -> Schedule:
        """Says when the actor's site is to be trained by itself.

        Args:
            actor: who says so.
            cron: five fields in the trainer's local time; "" or "off" for never.

        Raises:
            NotAllowedError: the actor is no admin.
            UnsuitableScheduleError: it cannot be read, or never comes.
        """
        must_be_admin(actor)
        cron = " ".join(cron.split())
        cron = "" if cron.lower() == OFF else cron
        self._record.schedules.set(actor.site, Schedule(cron, actor.name, now_rfc3339()))
        self._write(actor, "", did="scheduled", cron=cron or OFF)
        return self.schedule(actor.site)

    def start_nightly(self, site: str, turn: datetime) -> Training | None:
        """Starts a site's training as its schedule says; `None` if another trainer did.

        Raises:
            TrainingRunningError: one of the site is queued or running.
        """
        if not self._record.schedules.take_turn(site, turn):
            return None
        actor = Actor(NIGHTLY, site, Role.ADMIN)
        return self._add(actor, TrainingKind.TRAIN, queued=True)

    def _add(
        self,
        actor: Actor,
        kind: TrainingKind,
        *,
        queued: bool,
        parent: str = "",
        candidate: str = "",
    ) -> Training:
        must_be_admin(actor)
        now = now_rfc3339()
        training = Training(
            id=uuid4().hex,
            site=actor.site,
            kind=kind,
            state=TrainingState.QUEUED if queued else TrainingState.RUNNING,
            started_by=actor.name,
            queued_at=now,
            started_at="" if queued else now,
            parent=parent,
            candidate=candidate,
        )
        self._record.trainings.add(training)
        self._write(actor, training.id, did=f"started: {kind}")
        if queued:
            self._record.trainings.enqueue(training)
        return training

    def _write(self, actor: Actor, subject: str, **details: str) -> None:
        entry = AuditEntry(actor.name, AuditKind.TRAINING, subject, details)
        self._record.audit.write(actor.site, entry)
