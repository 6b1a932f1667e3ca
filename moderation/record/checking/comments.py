"""Comments against the indexes that must name them, and their decisions in themselves.

A comment's hash is read at once, so it cannot change while it is looked at; its indexes are
looked at by a script, and only if the comment stands as it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.domain import Action, Comment, Status
from moderation.encoding import compact_json
from moderation.errors import ModerationError
from moderation.record.checking.findings import Check
from moderation.record.checking.scope import Expected, Scope
from moderation.record.comment_hash import ask_for_hash, decisions_of, fields_of
from moderation.record.comments import comment_of
from moderation.record.connection import redis_away
from moderation.record.scripts import Argument
from moderation.triage import ORDERS, SINCE

#: How often a comment that is decided just then is looked at again.
TRIES = 5
ERASED = b"erased"
MOVED = "moved"
#: What every held comment must be found by: every order of the queue, and how long it waits.
HELD_BY = "\n".join(sorted({dimension for dimension, _ in ORDERS.values()} | {SINCE}))

WHAT = {
    Check.RECORD: "is not whole",
    Check.STATUS: "does not stand as its last decision says",
    Check.SEQUENCE: "has a number above the last one given out",
    Check.ARTICLE: "is not in the list of its article",
    Check.AUTHOR: "is not in the list of its author",
    Check.HELD: "is not in the sets of the queue in which it belongs",
    Check.LABELLED: "is labelled without a verdict, or has one and is not",
    Check.REVIEW: "waits for review or not, contrary to its record",
    Check.WAITING: "is pending and waits for nobody",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one comment stands, as it was read."""

    comment: Comment
    decisions: tuple[dict[str, Any], ...]
    """As the contract writes them, the oldest first."""
    decided_ms: int
    """When it was decided last, 0 if it was not yet."""
    kind: str
    """What it counts towards while it is held or labelled, "" for nothing."""


class UnsoundError(ModerationError):
    """Raised when a comment's own record is not as it should be; nothing can mend that."""

    def __init__(self, check: Check, what: str) -> None:
        super().__init__(what)
        self.check = check


def standing_of(comment_id: str, raw: Any) -> Standing | None:
    """How a comment stands, `None` if it is not there or was erased.

    Args:
        comment_id: the comment.
        raw: its hash as `ask_for_hash` gets it, or the error that came instead.

    Raises:
        UnsoundError: it cannot be read, or lacks decisions.
    """
    if raw == {} or (isinstance(raw, dict) and raw.get(b"status") == ERASED):
        return None
    try:
        fields = fields_of(comment_id, raw)
        comment = comment_of(comment_id, fields)
        decisions = tuple(decisions_of(fields, int(fields["revision"])))
        decided_ms = _ms(decisions[-1]["decided_at"]) if decisions else 0
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        comment = None
    if comment is None:
        raise UnsoundError(Check.RECORD, "cannot be read")
    if [one.get("revision") for one in decisions] != list(range(1, comment.revision + 1)):
        raise UnsoundError(Check.CHAIN, "lacks a decision, or has one in another's place")
    return Standing(comment, decisions, decided_ms, fields.get("kind", ""))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A comment, what its decisions say, and what check_comments.lua is told of it."""

    standing: Standing
    expected: Expected
    arguments: list[Argument]


#: Site, how a comment of it stands, and what its decisions say.
HandOn = Callable[[str, Standing, Expected], None]


class CommentCheck:
    """Checks comments, and hands on how those stand that could be read."""

    def __init__(self, scope: Scope, *, hand_on: HandOn) -> None:
        self._scope = scope
        self._hand_on = hand_on

    def check(self, site: str, comment_ids: Sequence[str]) -> None:
        """Checks some comments of a site; those that are gone by now are left out."""
        self._scope.report.saw(Check.RECORD, len(comment_ids))
        left = comment_ids
        for _ in range(TRIES):
            left = self._compare(site, list(self._read(site, left)))
            if not left:
                return
        self._scope.report.unsettled[Check.RECORD] += len(left)

    def _read(self, site: str, ids: Sequence[str]) -> Iterator[_Asked]:
        with redis_away(), self._scope.connection.pipeline(transaction=False) as pipe:
            for comment_id in ids:
                ask_for_hash(pipe, self._scope.keys("comment", site, comment_id))
            found = pipe.execute(raise_on_error=False)
        for comment_id, raw in zip(ids, found, strict=True):
            try:
                standing = standing_of(comment_id, raw)
                if standing is not None:
                    yield self._asked(standing)
            except UnsoundError as error:
                self._scope.fault(error.check, site, comment_id, str(error), mended=False)

    def _asked(self, standing: Standing) -> _Asked:
        try:
            expected = self._scope.expect(standing.comment, standing.decisions)
            return _Asked(standing, expected, _arguments(standing, expected))
        except (ValueError, KeyError, TypeError) as error:
            raise UnsoundError(Check.RECORD, "cannot be understood") from error

    def _compare(self, site: str, asked: Sequence[_Asked]) -> list[str]:
        """Compares comments with their indexes; which of them were decided meanwhile."""
        arguments: list[Argument] = [self._scope.mend, site, HELD_BY]
        for one in asked:
            arguments += one.arguments
        found = self._scope.scripts.run_all("check_comments", arguments)
        faults = list(zip(*[iter(found)] * 3, strict=True))
        moved = {comment_id for comment_id, what, _ in faults if what == MOVED}
        for comment_id, what, mended in faults:
            if what != MOVED:
                check = Check(what)
                self._scope.fault(check, site, comment_id, WHAT[check], mended=bool(mended))
        for one in asked:
            if one.standing.comment.id not in moved:
                self._hand_on(site, one.standing, one.expected)
        return list(moved)


def _arguments(standing: Standing, expected: Expected) -> list[Argument]:
    comment = standing.comment
    last = standing.decisions[-1] if standing.decisions else None
    status = Action(last["action"]).status if last else Status.PENDING
    return [
        comment.id,
        comment.revision,
        status.value,
        _ms(comment.content["created_at"]),
        "1" if expected.has_verdict else "0",
        compact_json(expected.place.to_json()),
    ]


def _ms(written: str) -> int:
    return int(datetime.fromisoformat(written).timestamp() * 1000)
