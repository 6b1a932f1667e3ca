"""Many decisions at once: frozen first, made slice by slice, undone by one act.

Each comment is decided as it stood when the batch was frozen. One that somebody else decided
meanwhile is left, and so is one that was decided anew when the batch is undone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from moderation.desk import chain
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role, Violation
from moderation.errors import (
    BatchSizeError,
    DecidedByOtherError,
    NothingToUndoError,
    RedisAwayError,
    UnknownCommentError,
)
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.batch import Batch, Because, Item, Left, Phase
from moderation.record.batches import Lease
from moderation.record.dossiers import Dossier

log = logging.getLogger(__name__)

#: Comments that one batch decides at most.
MOST_COMMENTS = 50_000

#: What is done with one comment of a batch: why it was left alone, `None` if it was not.
Handle = Callable[[Batch, Item, Dossier], Left | None]


class Batches:
    """Where moderators decide many comments at once."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._desk = Desk(record)
        self._handlers: Mapping[Phase, Handle] = {
            Phase.RUN: self._decide,
            Phase.UNDO: self._undo,
        }

    def freeze(
        self, actor: Actor, comment_ids: Sequence[str], verdict: Verdict, *, label: str
    ) -> Batch:
        """Makes a batch of comments as they stand now; `run_slice` decides them.

        Args:
            actor: who decides.
            comment_ids: what is decided, in this order.
            verdict: the decision on each of them.
            label: what the batch does, in words.

        Raises:
            BatchSizeError: there is no comment, or there are more than `MOST_COMMENTS`.
        """
        ids = list(dict.fromkeys(comment_ids))
        if not ids:
            raise BatchSizeError("there is no comment to decide")
        if len(ids) > MOST_COMMENTS:
            raise BatchSizeError(f"a batch decides at most {MOST_COMMENTS:,} comments")
        batch = Batch(
            id=uuid4().hex,
            site=actor.site,
            moderator=actor.name,
            verdict=_written(verdict),
            label=label,
            created_ms=time.time_ns() // 1_000_000,
        )
        details = {"action": verdict.action.value, "comments": len(ids)}
        entry = AuditEntry(actor.name, AuditKind.BATCH, batch.id, details)
        self._record.batches.freeze(batch, ids, entry)
        return self._record.batches.get(batch.site, batch.id)

    def undo(self, actor: Actor, batch_id: str) -> Batch:
        """Begins to take back what a batch decided, whoever's it is; it need not be done.

        Raises:
            UnknownBatchError: the site has no such batch (any more).
            NothingToUndoError: it is undone already, or about to be.
        """
        batch = self._record.batches.get(actor.site, batch_id)
        entry = AuditEntry(actor.name, AuditKind.BATCH_UNDO, batch_id)
        self._record.batches.undo(batch, actor.name, entry)
        return self._record.batches.get(actor.site, batch_id)

    def run_slice(self, site: str, batch_id: str) -> bool:
        """Handles the next comments of a batch, whichever process began with it.

        May be killed anywhere and called anew, and by several at once: no comment is decided
        twice, and none is skipped.

        Returns:
            Whether it got on; not if there is nothing to do, or somebody else is at it.
        """
        with self._record.batches.leased(site, batch_id) as lease:
            if lease is None:
                return False
            batch = self._record.batches.get(site, batch_id)
            if not batch.state.is_open:
                return False
            handled, left = self._handle(batch, self._record.batches.items(batch), lease)
            return self._record.batches.advance(batch, handled, left)

    def _handle(
        self, batch: Batch, items: Sequence[Item], lease: Lease
    ) -> tuple[int, dict[int, Left]]:
        """How many items were handled before the lease ran out, and those left alone."""
        ids = [item.comment_id for item in items]
        dossiers = {one.comment.id: one for one in self._record.dossiers.many(batch.site, ids)}
        left: dict[int, Left] = {}
        for handled, item in enumerate(items):
            if lease.is_over:
                return handled, left
            why = self._handle_one(batch, item, dossiers.get(item.comment_id))
            if why:
                left[item.number] = why
        return len(items), left

    def _handle_one(self, batch: Batch, item: Item, dossier: Dossier | None) -> Left | None:
        try:
            if dossier is None:
                raise UnknownCommentError(item.comment_id)
            return self._handlers[batch.state.phase](batch, item, dossier)
        except UnknownCommentError:
            return Left(item.comment_id, Because.ERASED)
        except RedisAwayError:
            raise
        except Exception:
            # One comment that cannot be decided must not keep the others from it.
            log.exception("a comment of the batch %s could not be handled", batch.id)
            return Left(item.comment_id, Because.FAILED)

    def _decide(self, batch: Batch, item: Item, dossier: Dossier) -> Left | None:
        try:
            self._desk.decide(
                Actor(batch.moderator, batch.site, Role.MODERATOR),
                item.comment_id,
                _verdict(batch.verdict),
                expected_revision=item.revision,
                batch_id=batch.id,
                dossier=dossier,
            )
        except DecidedByOtherError as error:
            return _decided(item, error.decision)
        return None

    def _undo(self, batch: Batch, item: Item, dossier: Dossier) -> Left | None:
        revision = item.revision + 1
        made = next((one for one in dossier.decisions if one["revision"] == revision), None)
        if made is None or not _is_of(batch, made):
            return None
        actor = Actor(batch.undone_by, batch.site, Role.MODERATOR)
        try:
            self._desk.undo(
                actor, item.comment_id, revision, batch_id=batch.id, dossier=dossier
            )
        except DecidedByOtherError as error:
            if chain.undone_revision(error.decision) != revision:
                return _decided(item, error.decision)
        except NothingToUndoError:
            return None
        return None


def _is_of(batch: Batch, decision: Mapping[str, Any]) -> bool:
    return bool(
        decision.get("moderator") == batch.moderator
        and decision["action"] == batch.verdict["action"]
    )


def _decided(item: Item, decision: Mapping[str, Any]) -> Left:
    return Left(
        item.comment_id,
        Because.DECIDED,
        moderator=decision.get("moderator") or "",
        action=decision.get("action", ""),
    )


def _written(verdict: Verdict) -> dict[str, Any]:
    return {
        "action": verdict.action.value,
        "reason": verdict.violation.value if verdict.violation else None,
        "categories": list(verdict.categories),
        "note": verdict.note,
        "statement": verdict.statement,
    }


def _verdict(written: Mapping[str, Any]) -> Verdict:
    reason = written["reason"]
    return Verdict(
        action=Action(written["action"]),
        violation=Violation(reason) if reason else None,
        categories=tuple(written["categories"]),
        note=written["note"],
        statement=written["statement"],
    )
