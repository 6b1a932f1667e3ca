"""What a batch is: who decides what on which comments, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from moderation.domain import rfc3339


class Phase(StrEnum):
    """What is done with the comments of a batch."""

    RUN = "run"
    UNDO = "undo"


class BatchState(StrEnum):
    """Where a batch stands."""

    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"

    @property
    def phase(self) -> Phase:
        """What it is in, or was in last."""
        return Phase.RUN if self in {BatchState.RUNNING, BatchState.DONE} else Phase.UNDO

    @property
    def is_open(self) -> bool:
        """Whether there is something left to do."""
        return self in {BatchState.RUNNING, BatchState.UNDOING}


class Because(StrEnum):
    """Why a comment was left as it is."""

    DECIDED = "decided"
    ERASED = "erased"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Item:
    """A comment of a batch, as it was when the batch was frozen; `number` is its place."""

    number: int
    comment_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Left:
    """A comment that a batch left as it is, and who had decided it meanwhile, and how."""

    comment_id: str
    because: Because
    moderator: str = ""
    action: str = ""

    def to_json(self) -> dict[str, str]:
        """As it is stored and as the API writes it, empty parts left out."""
        parts = {
            "comment_id": self.comment_id,
            "because": self.because.value,
            "moderator": self.moderator,
            "action": self.action,
        }
        return {name: value for name, value in parts.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, str]) -> Left:
        """As `to_json` wrote it."""
        return cls(**{**stored, "because": Because(stored["because"])})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many comments there are, how many were handled, how many of those left alone."""

    total: int = 0
    handled: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch.

    Attributes:
        id: its id, made by us.
        site: whose comments it is about.
        moderator: who decides.
        verdict: what they decide, as the desk writes it.
        label: what it does, in words.
        created_ms: when it was frozen.
        state: where it stands.
        progress: how far it has come, by phase.
        undone_by: who takes it back, "" for nobody.
    """

    id: str
    site: str
    moderator: str
    verdict: dict[str, Any]
    label: str
    created_ms: int
    state: BatchState = BatchState.RUNNING
    progress: Mapping[Phase, Progress] = field(default_factory=dict)
    undone_by: str = ""

    @property
    def created_at(self) -> str:
        """When it was frozen, RFC 3339."""
        return rfc3339(datetime.fromtimestamp(self.created_ms / 1000, UTC))

    @property
    def now(self) -> Progress:
        """How far it has come with what it is in."""
        return self.progress[self.state.phase]
