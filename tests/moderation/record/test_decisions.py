"""A comment's decisions are a chain, and of many deciders at once one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from moderation.domain import Action
from moderation.errors import RevisionConflictError, UnknownCommentError
from moderation.record import Record
from moderation.record.queue import Settled
from tests.fakes import FakeRelease
from tests.moderation.record.pending import accept, decision, status, take


def test_they_are_a_chain(record: Record) -> None:
    accept(record, "c1")
    for revision in (1, 2, 3):
        record.decisions.write("demo", decision("c1", revision))

    assert status(record, "c1")[:2] == ("approved", 3)


@pytest.mark.parametrize("revision", [-1, 0, 1, 3])
def test_a_link_out_of_turn_is_refused(record: Record, revision: int) -> None:
    accept(record, "c1")
    record.decisions.write("demo", decision("c1", 1))

    with pytest.raises(RevisionConflictError) as refused:
        record.decisions.write("demo", decision("c1", revision, Action.REJECT))

    assert refused.value.current_revision == 1
    assert status(record, "c1")[:2] == ("approved", 1)


def test_of_many_deciders_at_once_one_wins(record: Record) -> None:
    # Given
    accept(record, "c1")
    start, won, lost = threading.Barrier(8), [], []

    def decide() -> None:
        start.wait()
        try:
            record.decisions.write("demo", decision("c1", 1))
            won.append(1)
        except RevisionConflictError:
            lost.append(1)

    # When
    threads = [threading.Thread(target=decide) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Then
    assert (len(won), len(lost)) == (1, 7)
    assert len(record.decisions.after("demo", "0-0", limit=9)) == 1


def test_a_moderator_who_was_first_is_not_overruled_by_the_machine(
    record: Record, release: FakeRelease, decide_all: Callable[[], None]
) -> None:
    # Given: a rejection while a worker scores
    accept(record, "c1")
    score = release.score

    def reject_meanwhile(texts: Any) -> Any:
        record.decisions.write("demo", decision("c1", 1, Action.REJECT))
        return score(texts)

    release.score = reject_meanwhile

    # When
    decide_all()

    # Then
    assert status(record, "c1")[:2] == ("rejected", 1)
    assert len(record.decisions.after("demo", "0-0", limit=9)) == 1


def test_an_unknown_comment(record: Record) -> None:
    with pytest.raises(UnknownCommentError):
        record.decisions.write("demo", decision("none", 1))


def test_writing_the_same_batch_twice_changes_nothing(record: Record) -> None:
    accept(record, "c1")
    [entry] = take(record)
    settled = [Settled(entry, "c1", 1, "approved", '{"comment_id":"c1"}')]

    first = record.queue.turn("w1", batch=0, claim=False, settled=settled)
    second = record.queue.turn("w1", batch=0, claim=False, settled=settled)

    assert (first.written, second.written) == (1, 0)
    assert len(record.decisions.after("demo", "0-0", limit=9)) == 1
