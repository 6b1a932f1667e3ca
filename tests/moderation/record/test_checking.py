"""The check of the record: each index is broken by hand, found, and mended."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from moderation.desk.checking import check
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action
from moderation.record import Record
from moderation.record.checking import Report, counts, feed, indexes, under_way
from moderation.settings import Settings
from tests.fakes import RUDE
from tests.moderation.record.breaks import ANNA, BREAKS, Break, K, comment_key
from tests.moderation.record.pending import new


def found(report: Report) -> set[tuple[str, str]]:
    return {(fault.check.value, fault.subject) for fault in report.faults}


def by_name(one: Break) -> str:
    return one.name


class TestSoundRecord:
    def test_has_no_faults(self, lived: Record):
        report = check(lived)

        assert report.faults == []
        assert report.is_sound
        assert report.checked["record"] == 6

    def test_of_another_site_is_left_alone(self, lived: Record):
        BREAKS[0].by(lived.connection)

        assert check(lived, site="other").is_sound
        assert not check(lived, site="demo").is_sound

    def test_that_was_erased_has_none(self, lived: Record):
        lived.comments.erase_author("demo", "anna")

        assert found(check(lived)) == set()


class TestFaults:
    @pytest.mark.parametrize("broken", BREAKS, ids=by_name)
    def test_are_found_and_mended(self, lived: Record, broken: Break):
        broken.by(lived.connection)

        mended, after = check(lived, repair=True), check(lived)

        assert (broken.check, broken.subject) in found(mended)
        assert mended.is_sound
        assert found(after) == set()

    def test_are_not_mended_unless_asked(self, lived: Record):
        for broken in BREAKS:
            broken.by(lived.connection)

        first, second = found(check(lived)), found(check(lived))

        assert first == second != set()

    def test_all_at_once_are_mended_and_no_comment_is_lost(self, lived: Record):
        texts = {
            one.id: one.content for one in lived.comments.by_author("demo", "anna", limit=9)
        }
        for broken in BREAKS:
            broken.by(lived.connection)

        assert check(lived, repair=True).is_sound

        assert found(check(lived)) == set()
        kept = {
            one.id: one.content for one in lived.comments.by_author("demo", "anna", limit=9)
        }
        assert kept == texts

    def test_a_comment_that_waited_for_nobody_is_decided(
        self, lived: Record, decide_all: Callable[[], None]
    ):
        lived.connection.xtrim(K("pending", "live"), maxlen=0)

        check(lived, repair=True)
        decide_all()

        # What its rules would have asked about it is not known any more.
        assert lived.comments.get("demo", "new").status == "held"

    def test_a_decision_that_cannot_be_understood_is_told(self, lived: Record):
        lived.connection.hset(comment_key("judged"), "decision:2", '{"revision": 2}')

        report = check(lived, repair=True)

        assert ("record", "judged") in found(report)
        assert not report.is_sound

    def test_no_decision_is_made_up(self, lived: Record):
        lived.connection.hdel(comment_key("judged"), "decision:2")

        report = check(lived, repair=True)

        assert ("chain", "judged") in found(report)
        assert not report.is_sound

    @pytest.mark.parametrize(
        "broken",
        [
            lambda r: r.hset(comment_key("fine"), "packed", "damaged"),
            lambda r: r.hdel(comment_key("fine"), "article"),
            lambda r: r.hset(comment_key("fine"), "status", "odd"),
            lambda r: r.hset(comment_key("fine"), "revision", "odd"),
            lambda r: (r.delete(comment_key("fine")), r.set(comment_key("fine"), "a string")),
            lambda r: (
                r.delete(K("article", "demo", "approved", "a1")),
                r.set(K("article", "demo", "approved", "a1"), "a string"),
            ),
        ],
    )
    def test_a_comment_that_cannot_be_read_does_not_hide_others(
        self, lived: Record, broken: Callable[[Any], Any]
    ):
        broken(lived.connection)
        lived.connection.zrem(K("held", "demo", "age"), "rude")

        report = check(lived, repair=True)

        assert {("record", "fine"), ("held", "rude")} <= found(report)
        assert not report.is_sound


class TestFeed:
    def decisions(self, record: Record) -> list[str]:
        entries = record.connection.xrange(K("decisions", "demo"))
        return [fields["decision"] for _, fields in entries]

    def test_a_decision_that_comes_twice_is_found(self, lived: Record):
        twice = self.decisions(lived)[0]
        lived.connection.xadd(K("decisions", "demo"), {"decision": twice})

        assert found(check(lived)) == {("feed", json.loads(twice)["comment_id"])}

    def test_a_decision_that_is_not_the_comments_is_found(self, lived: Record):
        other = json.loads(self.decisions(lived)[-1]) | {"action": "approve"}
        position = lived.connection.xrevrange(K("decisions", "demo"), count=1)[0][0]
        lived.connection.xdel(K("decisions", "demo"), position)
        lived.connection.xadd(K("decisions", "demo"), {"decision": json.dumps(other)})

        assert found(check(lived)) == {("feed", other["comment_id"])}

    def test_a_decision_that_is_missing_is_found(self, lived: Record):
        # Given: a decision that left the feed though older ones are kept
        entries = lived.connection.xrange(K("decisions", "demo"))
        lived.connection.delete(K("decisions", "demo"))
        for _, fields in entries[:-1]:
            lived.connection.xadd(K("decisions", "demo"), fields)

        missing = json.loads(entries[-1][1]["decision"])
        assert ("feed", missing["comment_id"]) in found(check(lived))

    @pytest.mark.parametrize("broken", ["{", "[]", "{}", '{"revision":"x"}', "[" * 100_000])
    def test_what_is_no_decision_is_found(self, lived: Record, broken: str):
        lived.connection.xadd(K("decisions", "demo"), {"decision": broken})
        lived.connection.hincrby(K("kinds", "demo"), "abc", 1)

        assert {check_ for check_, _ in found(check(lived))} == {"feed", "kinds"}

    def test_decisions_that_are_no_longer_kept_are_not_missed(self, lived: Record):
        lived.connection.xtrim(K("decisions", "demo"), maxlen=1, approximate=False)

        assert found(check(lived)) == set()


class TestLargeIndexes:
    """What a script would take too long for is looked at in steps."""

    @pytest.fixture(autouse=True)
    def small_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in (counts, feed, indexes, under_way):
            monkeypatch.setattr(module, "INDEX_AT_ONCE", 1)

    def test_are_sound_like_small_ones(self, lived: Record):
        report = check(lived)

        assert found(report) == set()
        assert not report.unsettled.total()

    def test_are_mended_like_small_ones(self, lived: Record):
        for broken in BREAKS:
            broken.by(lived.connection)

        mended, after = check(lived, repair=True), check(lived)

        assert mended.is_sound
        assert ("author-counts", "anna") in found(mended)
        assert ("author", "fine") in found(mended)
        assert found(after) == set()


class TestBesideOthers:
    def test_what_changes_meanwhile_is_no_fault(
        self, record: Record, decide_all: Callable[[], None], settings: Settings
    ):
        # Given: somebody who posts, decides, reports and erases all the time
        busy, stop = Record(settings), threading.Event()
        trouble: list[BaseException] = []

        def live() -> None:
            try:
                for number in range(10_000):
                    if stop.is_set():
                        return
                    live_once(busy, number, decide_all)
            except BaseException as error:
                trouble.append(error)

        thread = threading.Thread(target=live)
        thread.start()

        # When
        try:
            reports = [check(record, repair=number % 2 == 1) for number in range(8)]
        finally:
            stop.set()
            thread.join()
            busy.connection.close()
            busy.rq_connection.close()

        # Then
        assert not trouble
        assert set().union(*map(found, reports)) == set()
        assert reports[-1].checked["record"] > 0


def live_once(record: Record, number: int, decide_all: Callable[[], None]) -> None:
    """Some of everything that happens to comments."""
    rude, fine = f"rude{number}", f"fine{number}"
    text = f"{number % 7} remarks"
    record.comments.accept("demo", new(rude, f"{text} of a {RUDE}"))
    record.comments.accept_batch("demo", [new(fine, text)])
    record.comments.report("demo", fine, reason="rude", reporter_id="")
    decide_all()
    desk = Desk(record)
    desk.decide(ANNA, rude, Verdict(Action.REJECT if number % 2 else Action.HOLD))
    desk.undo(ANNA, rude, 2)
    desk.decide(ANNA, fine, Verdict(Action.APPROVE))
    if number % 3 == 0:
        record.comments.erase("demo", rude)
