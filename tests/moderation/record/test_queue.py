"""The pending streams: turns, claims, poisoned entries, the doorbell."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from moderation.domain import Action, Decision, Lane, NewComment, Source, now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import RevisionConflictError, UnknownCommentError
from moderation.record import Record
from moderation.record import queue as queue_module
from moderation.record.comments import AcceptKind
from moderation.record.queue import Leftover, PendingComment, Settled
from tests.fakes import UNSCORABLE, FakeRelease
from workers import reading, scoring


def new(comment_id: str, text: str = "a remark", author: str = "anna") -> NewComment:
    content = {"text": text, "author": {"id": author}, "created_at": now_rfc3339()}
    created_ms = int(datetime.now(UTC).timestamp() * 1000)
    return NewComment(comment_id, "a1", content, f"digest of {text}", created_ms)


def accept(record: Record, *ids: str, lane: Lane = Lane.LIVE, text: str = "a remark") -> None:
    outcomes = record.comments.accept_batch("demo", [new(i, text) for i in ids], lane=lane)
    assert {one.kind for one in outcomes} == {AcceptKind.ACCEPTED}


def take(record: Record, worker: str = "w1", **kwargs: Any) -> list[Any]:
    return record.queue.turn(worker, batch=256, **({"claim": False} | kwargs)).entries


def rewrite_entry(record: Record, comment_id: str, **changes: Any) -> None:
    """Changes what stands in the queue about one comment, in its place."""
    lane = key(record, "pending:live")
    for position, fields in record.connection.xrange(lane):
        record.connection.xdel(lane, position)
        changed = changes if fields["comment"] == comment_id else {}
        record.connection.xadd(lane, fields | changed)


def status(record: Record, comment_id: str) -> tuple[str, int, list[str]]:
    comment = record.comments.get("demo", comment_id)
    reasons = (comment.decision or {}).get("reasons", [])
    return comment.status.value, comment.revision, [one["code"] for one in reasons]


def decision(comment_id: str, revision: int, action: Action = Action.APPROVE) -> Decision:
    return Decision(comment_id, "a1", revision, action, Source.MODERATOR, (), now_rfc3339())


def key(record: Record, pattern: str) -> str:
    [found] = record.connection.scan_iter(f"*{pattern}")
    return str(found)


@pytest.fixture
def quick_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker has had for 1 ms is up for others."""
    monkeypatch.setattr(queue_module, "CLAIM_IDLE_MS", 1)
    monkeypatch.setattr(scoring, "CLAIM_EVERY_S", 0.0)


class TestDecisions:
    def test_they_are_a_chain(self, record: Record):
        accept(record, "c1")
        for revision in (1, 2, 3):
            record.decisions.write("demo", decision("c1", revision))

        assert status(record, "c1")[:2] == ("approved", 3)

    @pytest.mark.parametrize("revision", [-1, 0, 1, 3])
    def test_a_link_out_of_turn_is_refused(self, record: Record, revision: int):
        accept(record, "c1")
        record.decisions.write("demo", decision("c1", 1))

        with pytest.raises(RevisionConflictError) as refused:
            record.decisions.write("demo", decision("c1", revision, Action.REJECT))

        assert refused.value.current_revision == 1
        assert status(record, "c1")[:2] == ("approved", 1)

    def test_of_many_deciders_at_once_one_wins(self, record: Record):
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
        self, record: Record, release: FakeRelease, decide_all: Callable[[], None]
    ):
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

    def test_an_unknown_comment(self, record: Record):
        with pytest.raises(UnknownCommentError):
            record.decisions.write("demo", decision("none", 1))

    def test_writing_the_same_batch_twice_changes_nothing(self, record: Record):
        accept(record, "c1")
        [entry] = take(record)
        settled = [Settled(entry, "c1", 1, "approved", '{"comment_id":"c1"}')]

        first = record.queue.turn("w1", batch=0, claim=False, settled=settled)
        second = record.queue.turn("w1", batch=0, claim=False, settled=settled)

        assert (first.written, second.written) == (1, 0)
        assert len(record.decisions.after("demo", "0-0", limit=9)) == 1


class TestTurns:
    def test_live_comes_before_bulk(self, record: Record):
        accept(record, "bulk1", "bulk2", lane=Lane.BULK)
        accept(record, "live1", "live2")

        assert [one.comment_id for one in take(record)] == ["live1", "live2"]
        assert [one.comment_id for one in take(record)] == ["bulk1", "bulk2"]
        assert take(record) == []

    def test_two_workers_never_get_the_same_entry(self, record: Record):
        accept(record, "c1", "c2", "c3")

        first = record.queue.turn("w1", batch=2, claim=False).entries
        second = record.queue.turn("w2", batch=2, claim=False).entries

        assert [one.comment_id for one in first + second] == ["c1", "c2", "c3"]

    def test_what_a_dead_worker_left_is_taken_over(self, record: Record, quick_claims: None):
        accept(record, "c1", "c2")
        assert len(take(record, "dead")) == 2
        time.sleep(0.02)

        assert take(record, "w2", claim=False) == []
        taken = take(record, "w2", claim=True)

        assert [(one.comment_id, one.deliveries) for one in taken] == [("c1", 2), ("c2", 2)]

    def test_what_is_in_work_is_left_alone(self, record: Record):
        accept(record, "c1")
        take(record, "busy")

        assert take(record, "w2", claim=True) == []

    def test_what_is_acknowledged_when_redis_is_full_is_decided(self, record: Record):
        """Redis refuses most writes then, but no acknowledgement: decisions go first."""
        # Given a comment that is taken and judged
        accept(record, "c1")
        [entry] = take(record)
        made = Settled(entry, "c1", 1, "approved", compact_json(decision("c1", 1).to_json()))
        # When Redis has no memory left
        before: Any = record.connection.config_get("maxmemory")
        record.connection.config_set("maxmemory", "1mb")
        try:
            record.queue.turn("w1", batch=0, claim=False, settled=[made])
        finally:
            record.connection.config_set("maxmemory", before["maxmemory"])
        # Then
        assert status(record, "c1")[:2] == ("approved", 1)
        assert sum(record.queue.lengths().values()) == 0

    def test_an_entry_that_was_taken_over_before_is_tried_alone(
        self, record: Record, quick_claims: None
    ):
        accept(record, "c1", "c2")
        for worker in ("dead1", "dead2"):
            take(record, worker, claim=True)
            time.sleep(0.02)

        assert [one.comment_id for one in take(record, "w3", claim=True)] == ["c1"]

    def test_an_entry_that_kills_workers_is_held_unscored(
        self,
        record: Record,
        release: FakeRelease,
        quick_claims: None,
        decide_all: Callable[[], None],
    ):
        # Given
        accept(record, "deadly")
        for number in range(reading.MOST_DELIVERIES - 1):
            take(record, f"dead{number}", claim=True)
            time.sleep(0.02)

        # When
        decide_all()

        # Then
        assert status(record, "deadly") == ("held", 1, ["unscored"])
        assert sum(release.batches) == 0
        assert sum(record.queue.lengths().values()) == 0

    def test_a_batch_whose_workers_died_twice_is_decided_in_one_drain(
        self,
        record: Record,
        quick_claims: None,
        decide_all: Callable[[], None],
        monkeypatch: pytest.MonkeyPatch,
    ):
        # Given: the interval of a real worker
        monkeypatch.setattr(scoring, "CLAIM_EVERY_S", 1.0)
        ids = [f"c{n}" for n in range(20)]
        accept(record, *ids)
        for worker in ("dead1", "dead2"):
            take(record, worker, claim=True)
            time.sleep(0.02)

        # When
        decide_all()

        # Then
        assert sum(record.queue.lengths().values()) == 0

    def test_a_full_batch_calls_one_helper(self, record: Record):
        accept(record, "c1", "c2", "c3")
        record.queue.clear_bell()

        assert record.queue.turn("w1", batch=2, claim=False).needs_helper
        assert not record.queue.turn("w2", batch=2, claim=False).needs_helper


class TestPoison:
    """Somebody wrote into Redis what we never would."""

    def poison(self, record: Record, **fields: Any) -> None:
        record.connection.xadd(key(record, "pending:live"), fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"foo": "bar"},
            {"site": "demo"},
            {"site": "demo", "comment": "none"},
            {"site": "", "comment": ""},
            {"question": "q"},
            {"question": "q", "site": "demo", "body": "{"},
            {"question": "q", "site": "demo", "body": '{"texts": 5}'},
            {"question": "q", "site": "demo", "body": "[" * 100_000},
            {"site": b"\xff\xfe", "comment": b"\xff"},
        ],
    )
    def test_a_garbage_entry_does_not_stop_the_rest(
        self, record: Record, decide_all: Callable[[], None], fields: dict[str, Any]
    ):
        accept(record, "before")
        self.poison(record, **fields)
        accept(record, "after")

        decide_all()

        assert status(record, "before")[0] == status(record, "after")[0] == "approved"
        assert sum(record.queue.lengths().values()) == 0

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "{",
            "null",
            "[]",
            "{}",
            '{"text": 5}',
            '{"text": "x", "author": {}}',
            "[" * 100_000,
            b"\xff",
        ],
    )
    def test_a_comment_that_cannot_be_read_is_held_unscored(
        self, record: Record, decide_all: Callable[[], None], content: Any
    ):
        accept(record, "before", "poisoned", "after")
        rewrite_entry(record, "poisoned", content=content)

        decide_all()

        stored = record.connection.hmget(
            key(record, "comment:demo:poisoned"), "status", "decision:1"
        )
        assert stored[0] == "held"
        assert '"unscored"' in stored[1]
        assert status(record, "before")[0] == status(record, "after")[0] == "approved"

    @pytest.mark.parametrize("field", ["revision", "sequence", "article", "author", "status"])
    @pytest.mark.parametrize("broken", [None, "x"])
    def test_a_comment_with_a_broken_record_does_not_stop_the_rest(
        self, record: Record, decide_all: Callable[[], None], field: str, broken: str | None
    ):
        accept(record, "before", "poisoned", "after")
        where = key(record, "comment:demo:poisoned")
        if broken is None:
            record.connection.hdel(where, field)
        else:
            record.connection.hset(where, field, broken)

        decide_all()

        assert status(record, "before")[0] == status(record, "after")[0] == "approved"
        assert sum(record.queue.lengths().values()) == 0

    def test_a_key_of_the_wrong_type_does_not_stop_the_rest(
        self, record: Record, decide_all: Callable[[], None]
    ):
        accept(record, "before", "poisoned", "after")
        where = key(record, "comment:demo:poisoned")
        record.connection.delete(where)
        record.connection.set(where, "a string")

        decide_all()

        assert status(record, "before")[0] == status(record, "after")[0] == "approved"

    def test_an_entry_that_names_no_comment_is_a_leftover(self, record: Record):
        self.poison(record, site="demo")

        assert [type(one) for one in take(record)] == [Leftover]

    def test_a_broken_history_holds_the_comment(
        self, record: Record, decide_all: Callable[[], None]
    ):
        text = "long enough to be remembered as a copy of it"
        accept(record, "c1", text=text)
        copies = key(record, "copies:demo:*")
        record.connection.delete(copies)
        record.connection.set(copies, "a string")
        accept(record, "c2", text=text)

        decide_all()

        assert status(record, "c1")[0] == "approved"
        assert status(record, "c2") == ("held", 1, ["unscored"])

    @pytest.mark.parametrize(
        "body", ["{", "[5]", '{"unheard_of": 1}', '{"flood": {"comments": "x"}}', b"\xff"]
    )
    def test_a_policy_that_cannot_be_evaluated_holds(
        self, record: Record, decide_all: Callable[[], None], body: Any
    ):
        # Given
        record.sites.create("other", "Other")
        prefix = key(record, "pending:live").removesuffix("pending:live")
        record.connection.hset(
            f"{prefix}policy:demo", mapping={"version": 1, "body": body, "flood_window_ms": "x"}
        )
        accept(record, "c1")
        record.comments.accept("other", new("c2"))

        # When
        decide_all()

        # Then
        assert status(record, "c1") == ("held", 1, ["unscored"])
        assert record.comments.get("other", "c2").status.value == "approved"

    def test_a_text_that_breaks_the_classifier_is_held_and_its_neighbours_are_not(
        self, record: Record, decide_all: Callable[[], None]
    ):
        accept(record, "before")
        accept(record, "broken", text=f"{UNSCORABLE}!")
        accept(record, "after")

        decide_all()

        assert status(record, "broken") == ("held", 1, ["unscored"])
        assert record.comments.get("demo", "broken").decision["model"] is None
        assert status(record, "before")[0] == status(record, "after")[0] == "approved"

    @pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
    def test_a_score_that_is_no_probability_never_approves(
        self,
        record: Record,
        release: FakeRelease,
        decide_all: Callable[[], None],
        score: float,
    ):
        right = release.score

        def wrong(texts: Any) -> Any:
            return [
                type(one)({"toxicity": score, "spam": 0.1}, one.normalised)
                for one in right(texts)
            ]

        release.score = wrong
        accept(record, "c1")

        decide_all()

        assert status(record, "c1") == ("held", 1, ["unscored"])


class TestDoorbell:
    def jobs(self, record: Record) -> int:
        return int(record.queue.doorbell._queue.count)

    def test_many_comments_ring_once(self, record: Record):
        for n in range(10):
            record.comments.accept("demo", new(f"c{n}"))
        accept(record, *(f"b{n}" for n in range(150)), lane=Lane.BULK)

        assert self.jobs(record) == 1

    def test_a_drain_clears_the_bell_so_that_the_next_comment_rings_again(
        self, record: Record, decide_all: Callable[[], None]
    ):
        accept(record, "c1")
        decide_all()
        record.queue.doorbell._queue.empty()

        accept(record, "c2")

        assert self.jobs(record) == 1

    def test_the_bell_falls_silent_by_itself(self, record: Record):
        accept(record, "c1")

        assert 0 < record.connection.pttl(key(record, ":bell")) <= 2_000

    def test_a_tick_rings_only_when_something_waits(self, record: Record):
        record.queue.tick("w1", {})
        assert self.jobs(record) == 0

        accept(record, "c1")
        record.queue.clear_bell()
        record.queue.doorbell._queue.empty()
        record.queue.tick("w1", {})

        assert self.jobs(record) == 1


def test_scripts_that_redis_forgot_are_sent_again(
    record: Record, decide_all: Callable[[], None]
):
    accept(record, "c1")
    record.connection.script_flush()

    decide_all()

    assert status(record, "c1")[0] == "approved"


def test_consumer_groups_that_are_gone_are_made_again(
    record: Record, decide_all: Callable[[], None]
):
    record.connection.flushall()
    accept(record, "c1")

    decide_all()

    assert status(record, "c1")[0] == "approved"


def test_a_pending_comment_comes_with_the_facts_about_it(record: Record):
    # Given
    text = "The same sentence, long enough to be remembered"
    accept(record, "c1", text=text)
    record.decisions.write("demo", decision("c1", 1))
    accept(record, "c2", text=text)
    record.comments.accept("demo", new("c3", text, author="bo"))

    # Then
    _, second, third = take(record)
    assert isinstance(second, PendingComment)
    assert (second.facts.approved_before, second.facts.recent_by_author) == (1, 2)
    assert (second.facts.copies_before, second.facts.copies_by_author_before) == (1, 1)
    assert (third.facts.copies_before, third.facts.copies_by_author_before) == (2, 0)
    assert (third.facts.approved_before, third.facts.recent_by_author) == (0, 1)
