"""The check of the record: each index is broken by hand, found, and mended."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from click.testing import CliRunner

from moderation.cli import main
from moderation.desk.checking import check
from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role
from moderation.record import Record
from moderation.record.checking import Report, counts, feed, indexes, under_way
from moderation.record.keys import Keys
from moderation.settings import Settings
from moderation.webhooks import EVENTS, Endpoint, Secret
from tests.fakes import RUDE
from tests.moderation.record.test_queue import accept, new

ANNA = Actor("anna", "demo", Role.MODERATOR)
ENDPOINT = Endpoint("e1", "demo", "http://receiver.invalid/", EVENTS, [Secret("whsec_x")])
K = Keys("0")


@pytest.fixture
def lived(record: Record, decide_all: Callable[[], None]) -> Record:
    """A record of six comments with something in each index."""
    record.webhooks.add(ENDPOINT)
    accept(record, "fine", "judged", "drawn")
    accept(record, "rude", "kept", text=f"what a {RUDE}")
    decide_all()
    Desk(record).decide(ANNA, "judged", Verdict(Action.REJECT))
    Desk(record).decide(ANNA, "kept", Verdict(Action.HOLD))
    record.connection.hset(K("comment", "demo", "drawn"), "sampled", "0.1")
    record.connection.zadd(K("review", "demo"), {"drawn": 3})
    accept(record, "new")
    record.deliveries.feed(ENDPOINT)
    return record


def found(report: Report) -> set[tuple[str, str]]:
    return {(fault.check.value, fault.subject) for fault in report.faults}


def comment_key(comment_id: str) -> str:
    return K("comment", "demo", comment_id)


def pending(redis: Any, comment_id: str) -> str:
    [position] = [
        position
        for position, fields in redis.xrange(K("pending", "live"))
        if fields["comment"] == comment_id
    ]
    return str(position)


@dataclass(frozen=True)
class Break:
    """Something that is broken by hand, and the fault that it is found as."""

    name: str
    by: Callable[[Any], Any]
    check: str
    subject: str


BREAKS = [
    Break(
        "a comment that left the list of its article",
        lambda r: r.zrem(K("article", "demo", "approved", "a1"), "fine"),
        "article",
        "fine",
    ),
    Break(
        "a comment at another's place in its article",
        lambda r: r.zadd(K("article", "demo", "approved", "a1"), {"fine": 99}),
        "article",
        "fine",
    ),
    Break(
        "a comment in the list of a status that it does not have",
        lambda r: r.zadd(K("article", "demo", "held", "a1"), {"fine": 1}),
        "article",
        "fine",
    ),
    Break(
        "a list of an article that names a comment that is gone",
        lambda r: r.zadd(K("article", "demo", "approved", "a*1"), {"gone": 1}),
        "article",
        "gone",
    ),
    Break(
        "a comment that left the list of its author",
        lambda r: r.zrem(K("author", "demo", "anna"), "fine"),
        "author",
        "fine",
    ),
    Break(
        "a comment in the list of another author",
        lambda r: r.zadd(K("author", "demo", "bert:1"), {"fine": 1}),
        "author",
        "fine",
    ),
    Break(
        "an author's count",
        lambda r: r.hincrby(K("author_counts", "demo", "anna"), "approved", 1),
        "author-counts",
        "anna",
    ),
    Break(
        "counts of an author without comments",
        lambda r: r.hset(K("author_counts", "demo", "nobody"), "held", 2),
        "author-counts",
        "nobody",
    ),
    Break(
        "counts that are not there",
        lambda r: r.delete(K("author_counts", "demo", "anna")),
        "author-counts",
        "anna",
    ),
    Break(
        "a held comment that left a set of the queue",
        lambda r: r.zrem(K("held", "demo", "probability"), "rude"),
        "held",
        "rude",
    ),
    Break(
        "a held comment that is at a wrong age",
        lambda r: r.zadd(K("held", "demo", "age"), {"rude": 77}),
        "held",
        "rude",
    ),
    Break(
        "a held comment that knows no set",
        lambda r: r.hdel(comment_key("rude"), "queued"),
        "held",
        "rude",
    ),
    Break(
        "a held comment that no order of the queue finds",
        lambda r: r.hset(comment_key("rude"), "queued", "age\nsince\nreports\ndiversity"),
        "held",
        "rude",
    ),
    Break(
        "a dimension that is not listed",
        lambda r: r.srem(K("held_dimensions", "demo"), "state:kept"),
        "held",
        "kept",
    ),
    Break(
        "an approved comment in the queue",
        lambda r: r.zadd(K("held", "demo", "age"), {"fine": 1}),
        "held",
        "fine",
    ),
    Break(
        "an approved comment that believes to be queued",
        lambda r: r.hset(comment_key("fine"), "queued", "age"),
        "held",
        "fine",
    ),
    Break(
        "a verdict that is no label",
        lambda r: r.zrem(K("labelled", "demo"), "judged"),
        "labelled",
        "judged",
    ),
    Break(
        "a label without a verdict",
        lambda r: r.zadd(K("labelled", "demo"), {"fine": 1}),
        "labelled",
        "fine",
    ),
    Break(
        "a label of a comment that is gone",
        lambda r: r.zadd(K("labelled", "demo"), {"gone": 1}),
        "labelled",
        "gone",
    ),
    Break(
        "a kind that is counted too often",
        lambda r: r.hincrby(K("kinds", "demo"), "abc", 3),
        "kinds",
        "abc",
    ),
    Break(
        "a drawn comment that does not wait for review",
        lambda r: r.zrem(K("review", "demo"), "drawn"),
        "review",
        "drawn",
    ),
    Break(
        "a comment that waits for review and was not drawn",
        lambda r: r.zadd(K("review", "demo"), {"fine": 1}),
        "review",
        "fine",
    ),
    Break(
        "reports of a comment that is gone",
        lambda r: r.hset(K("reports", "demo", "gone"), "by:x", "rude"),
        "reports",
        "gone",
    ),
    Break(
        "a claim on a comment that is gone",
        lambda r: r.set(K("claim", "demo", "gone"), "anna"),
        "claim",
        "gone",
    ),
    Break(
        "an opinion of a comment that is gone",
        lambda r: r.hset(K("opinions", "demo"), "gone", "{}"),
        "opinions",
        "gone",
    ),
    Break(
        "a doubt about a comment that is gone",
        lambda r: r.hset(K("doubts", "demo"), "c:gone", "{}"),
        "doubts",
        "c:gone",
    ),
    Break(
        "a dismissed doubt about a comment that is gone",
        lambda r: r.hset(K("dismissed_doubts", "demo"), "c:gone", "x 1"),
        "dismissed-doubts",
        "c:gone",
    ),
    Break(
        "a pending comment whose entry is gone",
        lambda r: r.xdel(K("pending", "live"), pending(r, "new")),
        "waiting",
        "new",
    ),
    Break(
        "an entry whose comment is not there",
        lambda r: r.xadd(K("pending", "bulk"), {"site": "demo", "comment": "gone"}),
        "pending",
        "gone",
    ),
    Break(
        "a count of comments that wait",
        lambda r: r.hset(K("waiting"), "demo", 7),
        "waiting-count",
        "demo",
    ),
    Break(
        "a number that is given out again",
        lambda r: r.set(K("sequence", "demo"), 1),
        "sequence",
        "new",
    ),
    Break(
        "a status that is not the last decision's",
        lambda r: r.hset(comment_key("judged"), "status", "approved"),
        "status",
        "judged",
    ),
    Break(
        "messages that are never due",
        lambda r: r.zrem(K("webhook_fresh", "demo", "e1"), "c:fine"),
        "webhooks",
        "e1",
    ),
    Break(
        "a lane that is due and empty",
        lambda r: r.zadd(K("webhook_again", "demo", "e1"), {"empty": 1}),
        "webhooks",
        "e1",
    ),
    Break(
        "the number of messages that wait",
        lambda r: r.hincrby(K("webhook_health", "demo", "e1"), "waiting", 5),
        "webhooks",
        "e1",
    ),
    Break(
        "messages to an endpoint that is gone",
        lambda r: r.rpush(K("webhook_lane", "demo", "e9", "fine"), "ping 1-1 1"),
        "webhooks",
        "e9",
    ),
    Break(
        "a batch that is said to be under way",
        lambda r: r.sadd(K("batches_open"), "demo:b1"),
        "batches",
        "b1",
    ),
    Break(
        "a batch that is under way and nobody knows",
        lambda r: (
            r.zadd(K("batches", "demo"), {"b2": 1}),
            r.hset(K("batch", "demo", "b2"), "state", "running"),
        ),
        "batches",
        "b2",
    ),
    Break(
        "a training that is said to be under way",
        lambda r: r.set(K("training_open", "demo"), "t1"),
        "trainings",
        "t1",
    ),
    Break(
        "a training that is queued and nobody knows",
        lambda r: (
            r.zadd(K("trainings", "demo"), {"t2": 1}),
            r.hset(K("training", "demo", "t2"), "state", "queued"),
        ),
        "trainings",
        "t2",
    ),
]


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

        assert found(check(lived)) == found(check(lived))

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


class TestCommand:
    def run(self, settings: Settings, *arguments: str) -> tuple[int, str]:
        environ = {"MODERATION_REDIS_URL": settings.redis_url}
        result = CliRunner().invoke(main, ["check", *arguments], env=environ)
        return result.exit_code, result.output

    def test_says_that_all_is_well(self, lived: Record, settings: Settings):
        code, output = self.run(settings)

        assert code == 0
        assert "all is well" in output

    def test_fails_until_it_is_mended(self, lived: Record, settings: Settings):
        BREAKS[0].by(lived.connection)

        assert self.run(settings)[0] == 1
        code, output = self.run(settings, "--repair")
        assert code == 0
        assert "fine: is not in the list of its article (mended)" in output
        assert self.run(settings)[0] == 0

    def test_json(self, lived: Record, settings: Settings):
        BREAKS[0].by(lived.connection)

        code, output = self.run(settings, "--json")

        told = json.loads(output)
        assert code == 1
        assert told["sound"] is False
        assert told["checks"]["article"]["found"] == 1
        assert told["faults"][0]["subject"] == "fine"

    def test_of_a_site_that_is_not_there(self, lived: Record, settings: Settings):
        code, output = self.run(settings, "--site", "nowhere")

        assert code == 1
        assert "there is no site 'nowhere'" in output
