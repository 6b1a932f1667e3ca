"""Batches in the record: frozen whole, moved on once a slice, open until their end."""

from __future__ import annotations

import time

import pytest

from moderation.domain import NewComment
from moderation.errors import NothingToUndoError, UnknownBatchError
from moderation.record import Record, batches
from moderation.record.acts import Act
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.batch import Batch, BatchState, Because, Item, Left, Phase
from moderation.record.batches import NOT_HELD, SLICE
from tests.conftest import DEMO_SITE, new_comment
from tests.held import hold

ENTRY = AuditEntry("anna", AuditKind.BATCH, "b1")
UNDO_ENTRY = AuditEntry("mia", AuditKind.BATCH_UNDO, "b1")
APPROVE = {"action": "approve"}


def accept(record: Record, comment_id: str) -> None:
    record.comments.accept(DEMO_SITE, NewComment(comment_id, "a1", new_comment(), "digest", 0))


def freeze(record: Record, ids: list[str], *, batch_id: str = "b1", at_ms: int = 1) -> Batch:
    new = Batch(batch_id, DEMO_SITE, "anna", APPROVE, "approve all of these", at_ms)
    record.batches.freeze(new, ids, ENTRY)
    return record.batches.get(DEMO_SITE, batch_id)


def keys_of(record: Record, word: str) -> list[str]:
    return [key for key in record.connection.keys("*") if word in str(key)]


def test_a_frozen_batch_knows_the_revision_of_each_comment(record: Record) -> None:
    for comment_id in ("with a space", "c2"):
        hold(record, comment_id)
    batch = freeze(record, ["with a space", "c2"])
    assert record.batches.items(batch) == [Item(0, "with a space", 1), Item(1, "c2", 1)]
    assert batch.state is BatchState.RUNNING
    assert (batch.now.total, batch.now.handled, batch.now.left) == (2, 0, 0)


def test_what_is_not_held_is_frozen_at_a_revision_that_no_comment_has(record: Record) -> None:
    accept(record, "pending")
    items = record.batches.items(freeze(record, ["pending", "never-was"]))
    assert [item.revision for item in items] == [NOT_HELD, NOT_HELD]


def test_a_frozen_batch_is_open_undoable_and_in_the_audit_log(record: Record) -> None:
    freeze(record, ["c1"])
    assert record.batches.open() == [(DEMO_SITE, "b1")]
    assert record.acts.last(DEMO_SITE, "anna") == Act(batch_id="b1")
    assert record.audit.page(DEMO_SITE).entries[0].what is AuditKind.BATCH


def test_a_batch_comes_in_slices(record: Record) -> None:
    batch = freeze(record, [f"c{number}" for number in range(SLICE + 1)])
    assert len(record.batches.items(batch)) == SLICE
    assert record.batches.advance(batch, SLICE, {})
    rest = record.batches.items(record.batches.get(DEMO_SITE, "b1"))
    assert [item.number for item in rest] == [SLICE]


def test_a_slice_that_was_counted_is_not_counted_again(record: Record) -> None:
    left = {0: Left("c1", Because.DECIDED, "mia", "reject")}
    batch = freeze(record, ["c1", "c2"])
    assert record.batches.advance(batch, 1, left)
    assert not record.batches.advance(batch, 1, left)
    after = record.batches.get(DEMO_SITE, "b1")
    assert (after.now.handled, after.now.left) == (1, 1)
    assert record.batches.left(after, Phase.RUN, limit=9) == [left[0]]


def test_a_batch_ends_with_its_last_comment_and_is_kept_for_ninety_days(record: Record) -> None:
    batch = freeze(record, ["c1"])
    record.batches.advance(batch, 1, {0: Left("c1", Because.ERASED)})
    assert record.batches.get(DEMO_SITE, "b1").state is BatchState.DONE
    assert record.batches.open() == []
    for key in keys_of(record, "b1"):
        assert 89 * 86_400 < record.connection.ttl(key) <= 90 * 86_400, key


def test_undoing_opens_a_batch_again_for_as_long_as_it_takes(record: Record) -> None:
    batch = freeze(record, ["c1"])
    record.batches.advance(batch, 1, {})
    record.batches.undo(record.batches.get(DEMO_SITE, "b1"), "mia", UNDO_ENTRY)
    undoing = record.batches.get(DEMO_SITE, "b1")
    assert undoing.state is BatchState.UNDOING
    assert undoing.undone_by == "mia"
    assert record.batches.open() == [(DEMO_SITE, "b1")]
    assert {record.connection.ttl(key) for key in keys_of(record, "b1")} == {-1}
    assert record.acts.last(DEMO_SITE, "anna") is None
    assert record.audit.page(DEMO_SITE).entries[0].what is AuditKind.BATCH_UNDO


def test_undoing_a_batch_that_runs_reaches_as_far_as_it_may_have_come(record: Record) -> None:
    batch = freeze(record, [f"c{number}" for number in range(3 * SLICE)])
    record.batches.advance(batch, SLICE, {})
    record.batches.undo(batch, "anna", UNDO_ENTRY)
    assert record.batches.get(DEMO_SITE, "b1").now.total == 2 * SLICE


def test_the_slice_under_way_does_not_count_once_a_batch_is_being_undone(
    record: Record,
) -> None:
    batch = freeze(record, ["c1"])
    record.batches.undo(batch, "anna", UNDO_ENTRY)
    assert not record.batches.advance(batch, 1, {})


def test_a_batch_is_undone_once(record: Record) -> None:
    batch = freeze(record, ["c1"])
    record.batches.undo(batch, "anna", UNDO_ENTRY)
    with pytest.raises(NothingToUndoError):
        record.batches.undo(batch, "anna", UNDO_ENTRY)


def test_the_lease_is_for_one(record: Record) -> None:
    with record.batches.leased(DEMO_SITE, "b1") as mine:
        assert mine is not None
        assert not mine.is_over
        with record.batches.leased(DEMO_SITE, "b1") as theirs:
            assert theirs is None
    with record.batches.leased(DEMO_SITE, "b1") as next_one:
        assert next_one is not None


def test_a_lease_runs_out_by_itself(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "LEASE_S", 0.05)
    with record.batches.leased(DEMO_SITE, "b1") as mine:
        assert mine is not None
        while not mine.is_over:
            pass
        time.sleep(0.05)  # the lock was taken a moment after the lease began
        with record.batches.leased(DEMO_SITE, "b1") as theirs:
            assert theirs is not None
        # Giving back what ran out takes it from nobody.
    assert mine.is_over


def test_batches_are_listed_newest_first(record: Record) -> None:
    for at_ms, batch_id in enumerate(("b1", "b2", "b3"), 1):
        freeze(record, ["c1"], batch_id=batch_id, at_ms=at_ms)
    listed = record.batches.newest(DEMO_SITE, limit=2)
    assert [batch.id for batch in listed] == ["b3", "b2"]
    older = record.batches.newest(DEMO_SITE, before_ms=listed[-1].created_ms, limit=2)
    assert [batch.id for batch in older] == ["b1"]


def test_a_batch_that_never_was_is_unknown(record: Record) -> None:
    with pytest.raises(UnknownBatchError):
        record.batches.get(DEMO_SITE, "b1")
