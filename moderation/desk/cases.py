"""A comment as a moderator is shown it: the text, why it is held, and what is around it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moderation import triage
from moderation.desk import chain
from moderation.desk.why import why
from moderation.domain import (
    Action,
    Comment,
    Decision,
    Reason,
    ReasonCode,
    Source,
    Status,
    Violation,
    rfc3339,
)
from moderation.record import Record
from moderation.record.dossiers import Dossier
from moderation.statements import suggested


@dataclass(frozen=True, slots=True)
class AuthorHistory:
    """How an author's comments stand on this site, and since when they comment."""

    approved: int
    held: int
    rejected: int
    first_seen: str | None

    def to_json(self) -> dict[str, Any]:
        """The history as the API writes it."""
        return {
            "approved": self.approved,
            "held": self.held,
            "rejected": self.rejected,
            "first_seen": self.first_seen,
        }


@dataclass(frozen=True, slots=True)
class Case:
    """One comment for a moderator."""

    dossier: Dossier

    @property
    def comment(self) -> Comment:
        """The comment with its latest decision."""
        return self.dossier.comment

    @property
    def machine(self) -> dict[str, Any] | None:
        """What the machine, or readers' reports, decided last."""
        return chain.by_machine(self.dossier.decisions)

    @property
    def why(self) -> str:
        """One sentence on why it was held."""
        return why(self.machine)

    @property
    def scores(self) -> dict[str, float]:
        """The scores that it was decided on."""
        return dict(self.machine["scores"]) if self.machine else {}

    @property
    def severity(self) -> float:
        """How grave it is likely to be, in [0, 1]."""
        return triage.severity(self.scores)

    @property
    def is_severe(self) -> bool:
        """Whether it is blurred until its reader wants to see it."""
        return self.severity >= triage.SEVERE

    @property
    def suggested(self) -> Violation:
        """What it would most likely be rejected for."""
        return suggested(self.machine["reasons"] if self.machine else ())

    @property
    def history(self) -> AuthorHistory:
        """The author's record."""
        standing = self.dossier.standing
        return AuthorHistory(
            standing.get(Status.APPROVED, 0),
            standing.get(Status.HELD, 0),
            standing.get(Status.REJECTED, 0),
            _moment(self.dossier.first_seen_ms),
        )

    @property
    def held_since(self) -> str | None:
        """When it was held first."""
        return _moment(self.dossier.held_ms)

    @property
    def waiting_s(self) -> int | None:
        """How long it has been waiting for a person; `None` if it is not held."""
        if self.comment.status is not Status.HELD or self.dossier.held_ms is None:
            return None
        return max(int(time.time() - self.dossier.held_ms / 1000), 0)

    def to_json(self) -> dict[str, Any]:
        """The case as the API writes it: the comment and what is around it."""
        dossier, parent, claim = self.dossier, self.dossier.parent, self.dossier.claim
        return {
            **self.comment.to_json(),
            "article": self.comment.content.get("article") or {},
            "held_since": self.held_since,
            "waiting_s": self.waiting_s,
            "why": self.why,
            "severity": round(self.severity, 4),
            "suggested_reason": self.suggested.value,
            "author_history": self.history.to_json(),
            "reports": list(dossier.reports),
            "parent": parent
            and {
                "id": parent.id,
                "author": parent.content["author"],
                "text": parent.content["text"],
            },
            "claim": claim
            and {
                "moderator": claim.moderator,
                "expires_in_s": claim.expires_in_s,
            },
            "decisions": list(dossier.decisions),
            "notes": {str(revision): note for revision, note in dossier.notes.items()},
        }


class Cases:
    """Cases from the record."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def one(self, site: str, comment_id: str) -> Case:
        """One case, whatever the comment's status.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
        """
        return Case(self._record.dossiers.one(site, comment_id))

    def many(self, site: str, comment_ids: Sequence[str]) -> list[Case]:
        """Some cases, in order; comments that were erased are left out."""
        return [Case(one) for one in self._record.dossiers.many(site, comment_ids)]


def place_of(comment: Comment, decisions: chain.Decisions, *, looked_at: bool) -> triage.Place:
    """Where a comment stands in the queue when a person holds it: as the machine put it."""
    machine = chain.by_machine(decisions)
    return triage.place(
        Decision(
            comment_id=comment.id,
            article_id=comment.article_id,
            revision=comment.revision,
            action=Action.HOLD,
            source=Source(machine["source"]) if machine else Source.MODERATOR,
            reasons=tuple(_reason(one) for one in machine["reasons"]) if machine else (),
            decided_at="",
            scores=machine["scores"] if machine else {},
            language=machine.get("language") if machine else None,
        ),
        looked_at=looked_at,
    )


def _reason(written: dict[str, Any]) -> Reason:
    return Reason(**{**written, "code": ReasonCode(written["code"])})


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else rfc3339(datetime.fromtimestamp(at_ms / 1000, UTC))
