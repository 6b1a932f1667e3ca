"""Batches: one decision on many comments, frozen before the first of them is made.

A batch is a list of comments with the revision that each had, the verdict, and how far it has
come: first its run, then perhaps its undoing. Whoever works on it takes its lease, handles a
slice and moves it on; the same slice handled twice moves it on once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import redis
from redis.exceptions import LockError

from moderation.chunks import in_chunks
from moderation.domain import Status
from moderation.encoding import compact_json
from moderation.errors import NothingToUndoError, UnknownBatchError
from moderation.record.acts import ACTS_KEPT, Act
from moderation.record.audit import AUDIT_KEPT, AuditEntry
from moderation.record.batch import Batch, BatchState, Item, Left, Phase, Progress
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts

#: A batch that ended is kept so long, and can be undone so long.
KEPT_S = 90 * 86_400
#: Comments handled under one lease; what is read and written at once never exceeds it.
SLICE = 100
#: How long a slice may take; the batch of a process that was killed goes on after it.
LEASE_S = 5.0
#: Comments written to Redis with one command.
CHUNK = 1_000
#: The revision of a comment that was not held any more when the batch was frozen: no comment
#: ever stands at it, so the batch leaves the comment and says why.
NOT_HELD = -1


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a batch, until a moment on the monotonic clock."""

    ends_at: float

    @property
    def is_over(self) -> bool:
        """Whether somebody else may be working on it by now."""
        return time.monotonic() >= self.ends_at


class Batches:
    """The batches of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def freeze(self, batch: Batch, comment_ids: Sequence[str], entry: AuditEntry) -> None:
        """Writes a batch, open, with the revision that each of its comments has now.

        Its moderator can undo it with one key from now on.

        Args:
            batch: the batch.
            comment_ids: its comments, in the order in which they are decided.
            entry: its line in the audit log.
        """
        site, key = batch.site, self._keys("batch", batch.site, batch.id)
        frozen = list(self._frozen(site, comment_ids))
        acts = self._keys("acts", site, batch.moderator)
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            for chunk in in_chunks(frozen, CHUNK):
                pipe.rpush(self._keys("batch_items", site, batch.id), *chunk)
            pipe.hset(key, mapping=_fields(batch, total=len(frozen)))
            pipe.zadd(self._keys("batches", site), {batch.id: batch.created_ms})
            pipe.zremrangebyscore(
                self._keys("batches", site), "-inf", batch.created_ms - KEPT_S * 1000
            )
            pipe.sadd(self._keys("batches_open"), _open_name(site, batch.id))
            pipe.lpush(acts, Act(batch_id=batch.id).to_json())
            pipe.ltrim(acts, 0, ACTS_KEPT - 1)
            pipe.xadd(
                self._keys("audit", site),
                {"entry": entry.to_json()},
                maxlen=AUDIT_KEPT,
                approximate=True,
            )
            pipe.execute()

    def get(self, site: str, batch_id: str) -> Batch:
        """One batch.

        Raises:
            UnknownBatchError: the site has no such batch (any more).
        """
        found = self._read(site, [batch_id])
        if not found:
            raise UnknownBatchError(batch_id)
        return found[0]

    def newest(self, site: str, *, before_ms: int | None = None, limit: int) -> list[Batch]:
        """A site's batches, newest first, those frozen before a moment."""
        most = "+inf" if before_ms is None else f"({before_ms}"
        with redis_away():
            ids: Any = self._connection.zrevrangebyscore(
                self._keys("batches", site), most, "-inf", start=0, num=limit
            )
        return self._read(site, ids)

    def open(self) -> list[tuple[str, str]]:
        """Site and id of every batch that is not finished, in no order."""
        with redis_away():
            names: Any = self._connection.smembers(self._keys("batches_open"))
        return [(site, batch_id) for site, _, batch_id in (n.partition(":") for n in names)]

    def items(self, batch: Batch) -> list[Item]:
        """The next slice of a batch."""
        start = batch.now.handled
        end = min(start + SLICE, batch.now.total)
        with redis_away():
            stored: Any = self._connection.lrange(
                self._keys("batch_items", batch.site, batch.id), start, end - 1
            )
        parts = (one.partition(" ") for one in stored)
        return [
            Item(number, comment_id, int(revision))
            for number, (revision, _, comment_id) in enumerate(parts, start)
        ]

    def left(self, batch: Batch, phase: Phase, *, limit: int) -> list[Left]:
        """Comments that the run or the undoing left alone, in no order, at most so many."""
        key = self._keys("batch_left", batch.site, phase.value, batch.id)
        with redis_away():
            found = [value for _, value in islice(self._connection.hscan_iter(key), limit)]
        return [Left.from_json(json.loads(one)) for one in found]

    def advance(self, batch: Batch, handled: int, left: Mapping[int, Left]) -> bool:
        """Moves a batch on by the comments that were handled, and ends it after the last.

        Args:
            batch: the batch as it was read before they were handled.
            handled: how many comments were.
            left: those left alone, by number.

        Returns:
            Whether it did: not if somebody else moved it on, or began to undo it.
        """
        arguments: list[Argument] = [batch.site, batch.id, batch.state.phase.value]
        arguments += batch.now.handled, batch.now.handled + handled, KEPT_S
        for number, one in left.items():
            arguments += number, compact_json(one.to_json())
        return bool(self._scripts.run_all("advance_batch", arguments))

    def undo(self, batch: Batch, moderator: str, entry: AuditEntry) -> None:
        """Opens a batch again to take back what it decided; what it did not, it never will.

        Raises:
            NothingToUndoError: it is undone already, or about to be.
        """
        outcome = self._scripts.run(
            "undo_batch",
            batch.site,
            batch.id,
            moderator,
            SLICE,
            batch.moderator,
            Act(batch_id=batch.id).to_json(),
            entry.to_json(),
            AUDIT_KEPT,
        )
        if not outcome:
            raise NothingToUndoError("this batch is undone already")

    @contextmanager
    def leased(self, site: str, batch_id: str) -> Iterator[Lease | None]:
        """The lease of a batch for one slice; `None` while somebody else has it."""
        begun = time.monotonic()
        lock = self._connection.lock(
            self._keys("batch_lease", site, batch_id), LEASE_S, blocking=False
        )
        with redis_away():
            is_ours = lock.acquire()
        try:
            yield Lease(begun + LEASE_S) if is_ours else None
        finally:
            # A lease that ran out is no harm: `advance` takes each slice once.
            if is_ours:
                with suppress(LockError), redis_away():
                    lock.release()

    def _frozen(self, site: str, comment_ids: Sequence[str]) -> Iterator[str]:
        for chunk in in_chunks(comment_ids, CHUNK):
            with redis_away(), self._connection.pipeline(transaction=False) as pipe:
                for comment_id in chunk:
                    pipe.hmget(self._keys("comment", site, comment_id), "status", "revision")
                standing = pipe.execute()
            for comment_id, (status, revision) in zip(chunk, standing, strict=True):
                yield f"{revision if status == Status.HELD else NOT_HELD} {comment_id}"

    def _read(self, site: str, ids: Sequence[str]) -> list[Batch]:
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for batch_id in ids:
                pipe.hgetall(self._keys("batch", site, batch_id))
                for phase in Phase:
                    pipe.hlen(self._keys("batch_left", site, phase.value, batch_id))
            answers = zip(*[iter(pipe.execute())] * (1 + len(Phase)), strict=True)
        return [
            _batch(site, batch_id, fields, dict(zip(Phase, left, strict=True)))
            for batch_id, (fields, *left) in zip(ids, answers, strict=True)
            if fields
        ]


def _fields(batch: Batch, *, total: int) -> Mapping[Any, Any]:
    return {
        "moderator": batch.moderator,
        "verdict": compact_json(batch.verdict),
        "label": batch.label,
        "created_ms": batch.created_ms,
        "state": BatchState.RUNNING.value,
        "run_total": total,
        "run_handled": 0,
    }


def _batch(site: str, batch_id: str, fields: dict[str, str], left: dict[Phase, int]) -> Batch:
    return Batch(
        id=batch_id,
        site=site,
        moderator=fields["moderator"],
        verdict=json.loads(fields["verdict"]),
        label=fields["label"],
        created_ms=int(fields["created_ms"]),
        state=BatchState(fields["state"]),
        progress={
            phase: Progress(
                int(fields.get(f"{phase}_total", 0)),
                int(fields.get(f"{phase}_handled", 0)),
                left[phase],
            )
            for phase in Phase
        },
        undone_by=fields.get("undone_by", ""),
    )


def _open_name(site: str, batch_id: str) -> str:
    return f"{site}:{batch_id}"
