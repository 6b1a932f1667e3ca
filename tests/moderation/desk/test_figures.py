"""The figures: what was decided is what is counted, and what it means."""

from __future__ import annotations

import time
from datetime import date

import pytest

from moderation.desk.deciding import Desk, Verdict
from moderation.desk.figures import Figures, QueueNow, Waited, figures_of, summarise
from moderation.desk.shares import Share
from moderation.domain import Action, Source, Status
from moderation.record import Record
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE, SPAM
from tests.moderation.desk.conftest import ANNA, MIA, Post

APPROVE, REJECT, HOLD = (
    Verdict(action) for action in (Action.APPROVE, Action.REJECT, Action.HOLD)
)
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def desk(record: Record) -> Desk:
    return Desk(record)


def now(record: Record, *, ahead_s: float = 0) -> Figures:
    return figures_of(record, DEMO_SITE, days=7, now_s=time.time() + ahead_s)


def person(figures: Figures, name: str) -> object:
    return next(one for one in figures.people if one.name == name)


def test_a_site_without_comments_has_figures_of_nothing(record: Record) -> None:
    figures = now(record)
    assert figures.queue == QueueNow(0)
    assert figures.decisions == 0
    assert len(figures.days) == 7
    assert figures.waited.median_s is None
    assert figures.agreement.held.value is None
    assert (figures.by_category, figures.people) == ({}, [])


def test_every_decision_is_counted_by_its_source(
    record: Record, desk: Desk, post: Post
) -> None:
    held = post(f"You {RUDE}")
    post("A kind word")
    desk.decide(ANNA, held, REJECT)
    today = now(record).days[-1]
    assert today.by_source[Source.CLASSIFIER] == {Status.HELD: 1, Status.APPROVED: 1}
    assert today.by_source[Source.MODERATOR] == {Status.REJECTED: 1}
    assert (today.of(Source.CLASSIFIER), today.total) == (2, 3)


def test_the_queue_tells_the_longest_and_the_median_wait(record: Record, post: Post) -> None:
    for number in range(3):
        post(f"You {RUDE} {number}")
    queue = now(record, ahead_s=100).queue
    assert queue.length == 3
    assert queue.oldest_s is not None
    assert queue.median_s is not None
    assert 100 <= queue.median_s <= queue.oldest_s < 110


def test_the_median_wait_is_that_of_the_comment_in_the_middle(record: Record) -> None:
    key = record.held._keys("held", DEMO_SITE, "since")
    record.connection.zadd(key, {f"c{number}": number * 1000 for number in (1, 2, 3, 50, 90)})
    assert record.held.since_ms(DEMO_SITE, 0) == 1_000
    assert record.held.since_ms(DEMO_SITE, 0.5) == 3_000


def test_a_person_agrees_or_does_not(record: Record, desk: Desk, post: Post) -> None:
    rude, both, kind = post(f"You {RUDE}"), post(f"{RUDE} {SPAM}"), post("A kind word")
    desk.decide(ANNA, rude, APPROVE)
    desk.decide(ANNA, both, REJECT)
    desk.decide(MIA, kind, REJECT)
    figures = now(record)
    assert figures.agreement.held == Share(1, 2)
    assert figures.agreement.passed == Share(1, 1)
    # The comment that two categories held is counted for both of them.
    assert figures.by_category["toxicity"].held == Share(1, 2)
    assert figures.by_category["spam"].held == Share(1, 1)
    assert figures.by_category["none"].passed == Share(1, 1)
    assert person(figures, "anna").agreement.held == Share(1, 2)
    assert person(figures, "mia").agreement.passed == Share(1, 1)


def test_what_is_undone_no_longer_agrees(record: Record, desk: Desk, post: Post) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, REJECT)
    desk.undo(MIA, comment, 2)
    figures = now(record)
    assert figures.agreement.held == Share(0, 0)
    assert person(figures, "anna").decided[Action.REJECT] == 1
    assert person(figures, "mia").undone == 1
    assert person(figures, "mia").decisions == 0


def test_keeping_a_comment_held_is_no_verdict(record: Record, desk: Desk, post: Post) -> None:
    desk.decide(ANNA, post(f"You {RUDE}"), HOLD)
    figures = now(record)
    assert person(figures, "anna").decided[Action.HOLD] == 1
    assert figures.agreement.held == Share(0, 0)


def test_only_the_first_look_at_a_comment_counts_as_its_wait(
    record: Record, desk: Desk, post: Post
) -> None:
    comment = post(f"You {RUDE}")
    desk.decide(ANNA, comment, HOLD)
    desk.decide(MIA, comment, APPROVE)
    figures = now(record)
    assert list(figures.waited.counts) == [1, 0, 0, 0, 0, 0, 0]
    assert person(figures, "anna").mean_waited_s == 0
    assert person(figures, "mia").mean_waited_s is None


@pytest.mark.parametrize(
    ("counts", "median_s"),
    [
        ([4, 0, 0, 0, 0, 0, 0], 30),
        ([1, 2, 1, 0, 0, 0, 0], 180),
        ([1, 0, 0, 0, 0, 0, 1], 60),
        ([0, 0, 0, 0, 0, 0, 5], 86_400),
    ],
)
def test_the_median_is_read_off_the_histogram(counts: list[int], median_s: float) -> None:
    assert Waited(counts).median_s == pytest.approx(median_s)


def test_days_are_added_up() -> None:
    figures = summarise(
        [
            (MONDAY, {"decided|classifier|held": 2, "by|mia|reject": 1, "by|anna|approve": 4}),
            (TUESDAY, {"by|mia|reject": 2, "waited_by|mia": 2, "waited_s_by|mia": 61}),
        ],
        QueueNow(0),
    )
    assert [day.total for day in figures.days] == [2, 0]
    assert [(one.name, one.decisions) for one in figures.people] == [("anna", 4), ("mia", 3)]
    assert person(figures, "mia").mean_waited_s == 30


def test_a_verdict_of_before_that_was_undone_in_these_days_counts_no_less_than_zero() -> None:
    figures = summarise(
        [(TUESDAY, {"agreement_by|mia|hold|reject": -1, "agreement_by|anna|hold|reject": 3})],
        QueueNow(0),
    )
    assert person(figures, "mia").agreement.held == Share(0, 0)
    assert figures.agreement.held == Share(2, 2)


def test_a_name_that_looks_like_a_figure_is_a_name() -> None:
    figures = summarise([(MONDAY, {"by|by|approve": 1, "undone|waited": 1})], QueueNow(0))
    assert [one.name for one in figures.people] == ["by", "waited"]
