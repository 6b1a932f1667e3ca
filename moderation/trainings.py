"""Trainings as types: one run of the trainer, and a site's nightly schedule. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

#: Who starts a training by the schedule. No moderator can have a name with a space.
NIGHTLY = "nightly schedule"


class TrainingKind(StrEnum):
    """What a run does."""

    TRAIN = "train"
    """Learns a candidate from the site's labels, and compares it with the active release."""
    COMPARE = "compare"
    """Compares a candidate, that is there already, anew."""


class TrainingState(StrEnum):
    """Where a run stands; a site has at most one that is queued or running."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    """The schedule's turn came, but there was nothing new to learn."""
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self in {TrainingState.QUEUED, TrainingState.RUNNING}


@dataclass(frozen=True, slots=True)
class Training:
    """One run.

    Attributes:
        id: its own.
        site: whose labels it learns from.
        kind: what it does.
        state: where it stands.
        started_by: a moderator, the command line, or `NIGHTLY`.
        queued_at: when it was asked for, RFC 3339, like the other times; "" if not yet.
        parent: the release it learns on top of; "" for the one that the service runs by itself.
        stage: what it is at, in words.
        done: how much of the stage is done, of `total`.
        total: how much there is to do; the unit is the stage's own.
        started_at: when it began to run.
        ended_at: when it ended.
        candidate: the version that it made, or compares.
        labels: how many labels it found.
        labels_sha256: a digest of all of them, to tell whether there are new ones.
        error: why it failed or was skipped, in words.
        cancelled_by: who wanted it to stop.
    """

    id: str
    site: str
    kind: TrainingKind
    state: TrainingState
    started_by: str
    queued_at: str
    parent: str = ""
    stage: str = ""
    done: int = 0
    total: int = 0
    started_at: str = ""
    ended_at: str = ""
    candidate: str = ""
    labels: int = 0
    labels_sha256: str = ""
    error: str = ""
    cancelled_by: str = ""

    @property
    def is_scheduled(self) -> bool:
        """Whether nobody but the schedule started it."""
        return self.started_by == NIGHTLY

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        """As the API and the command line write it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a site is trained by itself.

    Attributes:
        cron: five fields in the trainer's local time, `30 3 * * *`; "" for never.
        who: who decided that.
        at: when they did, RFC 3339.
        next_at: when it is its turn next, RFC 3339; "" for never.
    """

    cron: str = ""
    who: str = ""
    at: str = ""
    next_at: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the API and the command line write it."""
        return asdict(self)
