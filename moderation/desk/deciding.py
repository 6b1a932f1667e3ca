"""Decisions of people: approve, reject, keep held, undo. Two never overwrite each other."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation import statements
from moderation.desk import chain
from moderation.desk.cases import place_of
from moderation.desk.tally import figures
from moderation.domain import (
    Action,
    Actor,
    Decision,
    Reason,
    ReasonCode,
    Source,
    Violation,
    now_rfc3339,
)
from moderation.errors import (
    DecidedByOtherError,
    NothingToUndoError,
    RevisionConflictError,
)
from moderation.record import Record
from moderation.record.acts import Act
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.decisions import ByPerson
from moderation.record.dossiers import Dossier

#: A decision without an expected revision is tried again so often when another comes between.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderator decides.

    Attributes:
        action: approve, reject or hold.
        violation: what it is rejected for; if absent, suggested by the categories, or without
            any by what held the comment.
        categories: the classifier's categories that truly apply.
        note: a remark for other moderators; never leaves the service.
        statement: words for the author; written from the violation if absent.
    """

    action: Action
    violation: Violation | None = None
    categories: tuple[str, ...] = ()
    note: str = ""
    statement: str | None = None


class Desk:
    """Where moderators decide."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def decide(
        self,
        actor: Actor,
        comment_id: str,
        verdict: Verdict,
        *,
        expected_revision: int | None = None,
        batch_id: str = "",
        dossier: Dossier | None = None,
    ) -> dict[str, Any]:
        """Decides a comment; the decision as the contract writes it.

        The same decision sent again is the same decision.

        Args:
            actor: who decides.
            comment_id: what is decided.
            verdict: the decision.
            expected_revision: how many decisions the moderator has seen; without it, only
                another moderator's verdict stands in the way.
            batch_id: the batch that this decision belongs to.
            dossier: the comment's, if it was just read.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
            DecidedByOtherError: somebody was first; it carries their decision.
        """
        for _ in range(ATTEMPTS):
            dossier = dossier or self._record.dossiers.one(actor.site, comment_id)
            latest = dossier.comment.decision
            if _is_repeat(latest, actor, verdict, expected_revision):
                return dict(latest or {})
            _refuse_if_other_was_first(dossier, actor, expected_revision)
            decision = _decision(actor, dossier, verdict)
            act = Act(comment_id, decision.revision) if not batch_id else None
            try:
                self._write(
                    actor, dossier, decision, note=verdict.note, act=act, batch_id=batch_id
                )
            except RevisionConflictError:
                dossier = None
                continue
            return decision.to_json()
        raise DecidedByOtherError(latest or {})

    def undo(
        self,
        actor: Actor,
        comment_id: str,
        revision: int,
        *,
        batch_id: str = "",
        dossier: Dossier | None = None,
    ) -> dict[str, Any]:
        """Takes back a person's decision by a further one, whoever made it and whenever.

        `batch_id` and `dossier` are as `decide` takes them.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
            DecidedByOtherError: it was decided anew since; it carries that decision.
            NothingToUndoError: no person made this decision.
        """
        dossier = dossier or self._record.dossiers.one(actor.site, comment_id)
        latest = dossier.comment.decision
        if latest is None or not 0 < revision <= dossier.comment.revision:
            raise NothingToUndoError(f"the comment has no decision of revision {revision}")
        if dossier.comment.revision != revision:
            raise DecidedByOtherError(latest)
        if not chain.is_by_person(latest):
            raise NothingToUndoError("only a person's decision can be undone")
        decision = _undoing(actor, dossier)
        undone = None if batch_id else (latest["moderator"], Act(comment_id, revision))
        try:
            self._write(actor, dossier, decision, undone=undone, batch_id=batch_id)
        except RevisionConflictError:
            current = self._record.comments.get(actor.site, comment_id)
            raise DecidedByOtherError(current.decision or {}) from None
        return decision.to_json()

    def last_act(self, actor: Actor) -> Act | None:
        """What this moderator did last and can undo."""
        return self._record.acts.last(actor.site, actor.name)

    def forget_act(self, actor: Actor, act: Act) -> None:
        """Takes an act off the list that can no longer be undone."""
        self._record.acts.remove(actor.site, actor.name, act)

    def _write(
        self,
        actor: Actor,
        dossier: Dossier,
        decision: Decision,
        *,
        note: str = "",
        act: Act | None = None,
        undone: tuple[str, Act] | None = None,
        batch_id: str = "",
    ) -> None:
        after = (*dossier.decisions, decision.to_json())
        is_undoing = chain.undone_revision(after[-1]) is not None
        self._record.decisions.write(
            actor.site,
            decision,
            place=(
                place_of(dossier.comment, dossier.decisions, looked_at=chain.is_kept(after))
                if decision.action is Action.HOLD
                else None
            ),
            by=ByPerson(
                moderator=actor.name,
                note=note,
                is_label=chain.verdict(after) is not None,
                act=act,
                undone=undone,
                entry=AuditEntry(
                    actor.name,
                    AuditKind.UNDO if is_undoing else AuditKind.DECISION,
                    decision.comment_id,
                    _details(decision, after, batch_id),
                ),
                figures=figures(actor.name, dossier, after, now_s=time.time()),
            ),
        )


def _is_repeat(
    latest: dict[str, Any] | None,
    actor: Actor,
    verdict: Verdict,
    expected_revision: int | None,
) -> bool:
    return (
        latest is not None
        and expected_revision is not None
        and latest["revision"] == expected_revision + 1
        and latest.get("moderator") == actor.name
        and latest["action"] == verdict.action
        and chain.undone_revision(latest) is None
    )


def _refuse_if_other_was_first(
    dossier: Dossier, actor: Actor, expected_revision: int | None
) -> None:
    latest = dossier.comment.decision
    if expected_revision is not None:
        if expected_revision != dossier.comment.revision:
            raise DecidedByOtherError(latest or {})
        return
    standing = chain.verdict(dossier.decisions)
    if standing and standing["moderator"] != actor.name:
        raise DecidedByOtherError(standing)


def _decision(actor: Actor, dossier: Dossier, verdict: Verdict) -> Decision:
    machine = chain.by_machine(dossier.decisions)
    statement = verdict.statement or None
    if verdict.action is Action.REJECT:
        violation = verdict.violation or _suggested(verdict.categories, machine)
        reasons = _reasons(violation, verdict.categories) or (Reason(violation),)
        held = bool(machine and machine["action"] == Action.HOLD)
        statement = statement or statements.statement(violation, found_by_machine=held)
    else:
        reasons = _reasons(ReasonCode.LABEL, verdict.categories)
    return _next(actor, dossier, verdict.action, reasons, statement)


def _suggested(categories: Sequence[str], machine: Mapping[str, Any] | None) -> Violation:
    """What a person who names categories means goes before what the machine found."""
    if categories:
        named = [reason.to_json() for reason in _reasons(ReasonCode.LABEL, categories)]
        return statements.suggested(named)
    return statements.suggested(machine["reasons"] if machine else ())


def _undoing(actor: Actor, dossier: Dossier) -> Decision:
    revision = dossier.comment.revision
    before = chain.effective(dossier.decisions[: revision - 1])
    # A person decided before the machine did: then nobody has looked yet.
    action = Action(before["action"]) if before else Action.HOLD
    reasons = (Reason(ReasonCode.UNDONE, detail=str(revision)),)
    return _next(actor, dossier, action, reasons, (before or {}).get("statement"))


def _next(
    actor: Actor,
    dossier: Dossier,
    action: Action,
    reasons: Sequence[Reason],
    statement: str | None,
) -> Decision:
    machine: dict[str, Any] = chain.by_machine(dossier.decisions) or {}
    return Decision(
        comment_id=dossier.comment.id,
        article_id=dossier.comment.article_id,
        revision=dossier.comment.revision + 1,
        action=action,
        source=Source.MODERATOR,
        reasons=tuple(reasons),
        decided_at=now_rfc3339(),
        scores=machine.get("scores", {}),
        model=machine.get("model"),
        language=machine.get("language"),
        moderator=actor.name,
        statement=statement,
    )


def _reasons(code: ReasonCode | Violation, categories: Sequence[str]) -> tuple[Reason, ...]:
    return tuple(Reason(code, category) for category in dict.fromkeys(categories))


def _details(decision: Decision, decisions: chain.Decisions, batch_id: str) -> dict[str, Any]:
    machine = chain.by_machine(decisions)
    details = {
        "action": decision.action.value,
        "revision": decision.revision,
        "reason": decision.reasons[0].code.value if decision.reasons else None,
        "machine": machine["action"] if machine else None,
        "batch": batch_id,
    }
    return {name: value for name, value in details.items() if value}
