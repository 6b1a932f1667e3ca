"""Batches: killed between any two steps, nothing is decided twice and nothing is skipped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from moderation.desk.batches import Batches
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role, Violation
from moderation.errors import BatchSizeError, NothingToUndoError, UnknownBatchError
from moderation.record import Record, batches
from moderation.record.acts import Act
from moderation.record.audit import AuditKind, Wanted
from moderation.record.batch import Batch, BatchState, Because, Left, Phase
from tests.conftest import DEMO_SITE
from tests.held import hold, hold_many
from tests.moderation.desk.conftest import ANNA, MIA

APPROVE = Verdict(Action.APPROVE)
SPAM = Verdict(Action.REJECT, Violation.SPAM)


class KilledError(BaseException):
    """As final as kill -9: nothing that handles errors handles it."""


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SLICE", 3)


def finish(record: Record, batch: Batch) -> Batch:
    while Batches(record).run_slice(DEMO_SITE, batch.id):
        pass
    return record.batches.get(DEMO_SITE, batch.id)


def made(record: Record) -> list[tuple[str, int, str, str | None]]:
    """Every decision of a person in the site's feed."""
    feed = [entry.parsed() for entry in record.decisions.after(DEMO_SITE, "0-0", limit=10_000)]
    return [
        (one["comment_id"], one["revision"], one["action"], one["moderator"])
        for one in feed
        if one["source"] == "moderator"
    ]


def test_a_batch_decides_each_comment_once(record: Record, small_slices: None) -> None:
    ids = hold_many(record, 7)
    batch = Batches(record).freeze(ANNA, ids, SPAM, label="reject these")
    done = finish(record, batch)
    assert done.state is BatchState.DONE
    assert (done.now.total, done.now.handled, done.now.left) == (7, 7, 0)
    assert made(record) == [(one, 2, "reject", "anna") for one in ids]
    assert record.held.total(DEMO_SITE) == 0


def test_its_decisions_say_why_and_to_which_batch_they_belong(record: Record) -> None:
    batch = Batches(record).freeze(ANNA, [hold(record, "c1")], SPAM, label="reject this")
    finish(record, batch)
    decision = record.comments.get(DEMO_SITE, "c1").decision
    assert decision is not None
    assert decision["reasons"] == [{"code": "SPAM"}]
    entry = record.audit.page(DEMO_SITE, Wanted(what=AuditKind.DECISION)).entries[0]
    assert entry.details["batch"] == batch.id


def test_a_comment_given_twice_is_decided_once(record: Record) -> None:
    one = hold(record, "c1")
    assert Batches(record).freeze(ANNA, [one, one], APPROVE, label="").now.total == 1


def test_a_batch_of_nothing_is_refused(record: Record) -> None:
    with pytest.raises(BatchSizeError):
        Batches(record).freeze(ANNA, [], APPROVE, label="")


def test_a_batch_has_an_end(record: Record) -> None:
    with pytest.raises(BatchSizeError):
        Batches(record).freeze(ANNA, [str(at) for at in range(50_001)], APPROVE, label="")
    assert record.batches.open() == []


def test_a_comment_decided_meanwhile_is_left_and_says_by_whom(record: Record) -> None:
    ids = hold_many(record, 3)
    batch = Batches(record).freeze(ANNA, ids, APPROVE, label="")
    Desk(record).decide(MIA, "c1", SPAM)
    done = finish(record, batch)
    assert record.batches.left(done, Phase.RUN, limit=9) == [
        Left("c1", Because.DECIDED, "mia", "reject")
    ]
    assert (done.now.handled, done.now.left) == (3, 1)
    assert made(record)[0] == ("c1", 2, "reject", "mia")
    assert [one[0] for one in made(record)] == ["c1", "c0", "c2"]


def test_a_comment_decided_before_it_was_frozen_is_left_too(record: Record) -> None:
    ids = hold_many(record, 2)
    Desk(record).decide(MIA, "c1", SPAM)
    batch = Batches(record).freeze(ANNA, ids, APPROVE, label="")
    assert finish(record, batch).now.left == 1
    assert record.comments.get(DEMO_SITE, "c1").revision == 2


def test_a_comment_erased_meanwhile_is_left(record: Record) -> None:
    ids = hold_many(record, 2)
    batch = Batches(record).freeze(ANNA, ids, APPROVE, label="")
    record.comments.erase(DEMO_SITE, "c0")
    done = finish(record, batch)
    assert record.batches.left(done, Phase.RUN, limit=9) == [Left("c0", Because.ERASED)]


def test_a_comment_that_cannot_be_decided_does_not_stop_the_others(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = hold_many(record, 2)
    batch = Batches(record).freeze(ANNA, ids, APPROVE, label="")
    decide = Desk.decide

    def fail_on_the_first(
        self: Desk, actor: Any, comment_id: str, *args: Any, **more: Any
    ) -> Any:
        if comment_id == "c0":
            raise ZeroDivisionError("a bug")
        return decide(self, actor, comment_id, *args, **more)

    monkeypatch.setattr(Desk, "decide", fail_on_the_first)
    done = finish(record, batch)
    assert record.batches.left(done, Phase.RUN, limit=9) == [Left("c0", Because.FAILED)]
    assert [one[0] for one in made(record)] == ["c1"]


def test_undo_takes_back_all_of_it(record: Record, small_slices: None) -> None:
    ids = hold_many(record, 7)
    batch = Batches(record).freeze(ANNA, ids, SPAM, label="")
    finish(record, batch)
    assert Batches(record).undo(MIA, batch.id).state is BatchState.UNDOING
    undone = finish(record, batch)
    assert undone.state is BatchState.UNDONE
    assert (undone.now.total, undone.now.handled, undone.now.left) == (7, 7, 0)
    assert made(record)[7:] == [(one, 3, "hold", "mia") for one in ids]
    assert record.held.total(DEMO_SITE) == 7


def test_undo_leaves_what_was_decided_anew_and_says_by_whom(record: Record) -> None:
    ids = hold_many(record, 3)
    batch = Batches(record).freeze(ANNA, ids, SPAM, label="")
    finish(record, batch)
    Desk(record).decide(MIA, "c1", APPROVE, expected_revision=2)
    Desk(record).undo(MIA, "c2", 2)
    Batches(record).undo(ANNA, batch.id)
    undone = finish(record, batch)
    assert record.batches.left(undone, Phase.UNDO, limit=9) == [
        Left("c1", Because.DECIDED, "mia", "approve")
    ]
    statuses = [record.comments.get(DEMO_SITE, one).status for one in ids]
    assert statuses == ["held", "approved", "held"]
    # What Mia had taken back herself is not taken back again.
    assert record.comments.get(DEMO_SITE, "c2").revision == 3


def test_undo_leaves_what_the_batch_itself_had_left(record: Record) -> None:
    ids = hold_many(record, 2)
    batch = Batches(record).freeze(ANNA, ids, APPROVE, label="")
    Desk(record).decide(MIA, "c0", SPAM)
    finish(record, batch)
    Batches(record).undo(ANNA, batch.id)
    assert finish(record, batch).now.left == 0
    assert record.comments.get(DEMO_SITE, "c0").status == "rejected"


def test_undo_of_a_running_batch_stops_it(record: Record, small_slices: None) -> None:
    ids = hold_many(record, 9)
    batch = Batches(record).freeze(ANNA, ids, APPROVE, label="")
    Batches(record).run_slice(DEMO_SITE, batch.id)
    Batches(record).undo(ANNA, batch.id)
    finish(record, batch)
    actions = Counter(action for _, _, action, _ in made(record))
    assert actions == {"approve": 3, "hold": 3}
    assert record.held.total(DEMO_SITE) == 9


def test_a_batch_is_undone_once(record: Record) -> None:
    batch = Batches(record).freeze(ANNA, [hold(record, "c1")], APPROVE, label="")
    Batches(record).undo(ANNA, batch.id)
    with pytest.raises(NothingToUndoError):
        Batches(record).undo(MIA, batch.id)


def test_the_batches_of_another_site_are_unknown(record: Record) -> None:
    record.sites.create("other", "Other")
    batch = Batches(record).freeze(ANNA, [hold(record, "c1")], APPROVE, label="")
    elsewhere = Actor("anna", "other", Role.MODERATOR)
    with pytest.raises(UnknownBatchError):
        Batches(record).undo(elsewhere, batch.id)


def test_a_batch_is_one_act_of_its_moderator(record: Record) -> None:
    batch = Batches(record).freeze(ANNA, hold_many(record, 2), APPROVE, label="")
    finish(record, batch)
    assert Desk(record).last_act(ANNA) == Act(batch_id=batch.id)
    Batches(record).undo(MIA, batch.id)
    assert Desk(record).last_act(ANNA) is None


def killed_after(monkeypatch: pytest.MonkeyPatch, record: Record, calls: int) -> None:
    """Lets so many calls to Redis through, and kills whoever makes the next."""
    pool = record.connection.connection_pool
    get_connection, left = pool.get_connection, count(calls, -1)

    def get_or_be_killed(*args: Any, **more: Any) -> Any:
        if next(left) <= 0:
            raise KilledError
        return get_connection(*args, **more)

    monkeypatch.setattr(pool, "get_connection", get_or_be_killed)


def run_until_killed(record: Record, batch: Batch, calls: int) -> bool:
    """Whether it was killed before the batch was finished."""
    with pytest.MonkeyPatch.context() as patch:
        killed_after(patch, record, calls)
        try:
            while Batches(record).run_slice(DEMO_SITE, batch.id):
                pass
        except KilledError:
            return True
    return False


def release_lease(record: Record, batch: Batch) -> None:
    """Does what time does for the lease of a process that was killed."""
    record.connection.delete(f"moderation:{{0}}:batch-lease:{DEMO_SITE}:{batch.id}")


def test_killed_between_any_two_steps_it_goes_on_where_it_was(
    record: Record, small_slices: None
) -> None:
    for calls in count(1):
        record.connection.flushall()
        ids = hold_many(record, 5)
        batch = Batches(record).freeze(ANNA, ids, SPAM, label="")
        was_killed = run_until_killed(record, batch, calls)
        release_lease(record, batch)
        done = finish(record, batch)
        assert (done.state, done.now.handled, done.now.left) == (BatchState.DONE, 5, 0), calls
        assert made(record) == [(one, 2, "reject", "anna") for one in ids], calls
        if not was_killed:
            break
    assert calls > 10, "it was killed nowhere"


def test_killed_between_any_two_steps_of_its_undoing_it_goes_on_where_it_was(
    record: Record, small_slices: None
) -> None:
    for calls in count(1):
        record.connection.flushall()
        ids = hold_many(record, 5)
        batch = Batches(record).freeze(ANNA, ids, SPAM, label="")
        finish(record, batch)
        Batches(record).undo(ANNA, batch.id)
        was_killed = run_until_killed(record, batch, calls)
        release_lease(record, batch)
        undone = finish(record, batch)
        assert (undone.state, undone.now.handled) == (BatchState.UNDONE, 5), calls
        assert undone.now.left == 0, calls
        assert made(record)[5:] == [(one, 3, "hold", "anna") for one in ids], calls
        if not was_killed:
            break
    assert calls > 10, "it was killed nowhere"


def test_undone_while_a_slice_was_under_way_nothing_of_it_stays(
    record: Record, small_slices: None
) -> None:
    """Killed in the middle of a slice, and the batch undone before anybody goes on."""
    for calls in count(1):
        record.connection.flushall()
        batch = Batches(record).freeze(ANNA, hold_many(record, 5), SPAM, label="")
        was_killed = run_until_killed(record, batch, calls)
        release_lease(record, batch)
        Batches(record).undo(ANNA, batch.id)
        finish(record, batch)
        assert record.held.total(DEMO_SITE) == 5, calls
        if not was_killed:
            break


def test_two_at_once_decide_each_comment_once(
    record: Record, small_slices: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given leases that run out before they are used, so that they keep nobody apart
    ids = hold_many(record, 5)
    batch = Batches(record).freeze(ANNA, ids, SPAM, label="")
    decide, depth = Desk.decide, [0]

    def interrupted(self: Desk, *args: Any, **more: Any) -> Any:
        # When another process handles the same slice before each decision of the first
        if not depth[0]:
            depth[0] = 1
            release_lease(record, batch)
            Batches(record).run_slice(DEMO_SITE, batch.id)
            depth[0] = 0
        return decide(self, *args, **more)

    monkeypatch.setattr(Desk, "decide", interrupted)
    done = finish(record, batch)
    # Then both did the same, once
    assert (done.state, done.now.handled, done.now.left) == (BatchState.DONE, 5, 0)
    assert sorted(made(record)) == [(one, 2, "reject", "anna") for one in ids]


def test_a_slice_ends_with_its_lease(
    record: Record, monkeypatch: pytest.MonkeyPatch, revision: Callable[[str], int]
) -> None:
    monkeypatch.setattr(batches, "LEASE_S", 0.001)
    batch = Batches(record).freeze(ANNA, hold_many(record, 2), APPROVE, label="")
    Batches(record).run_slice(DEMO_SITE, batch.id)
    assert record.batches.get(DEMO_SITE, batch.id).now.handled < 2
