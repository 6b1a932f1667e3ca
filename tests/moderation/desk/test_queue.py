"""Sorting, filtering, searching and counting the held queue, while it changes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from moderation.desk.deciding import Desk, Verdict
from moderation.desk.queue import Band, HeldList, QueueQuery
from moderation.domain import Action, Decision, QueueOrder, Reason, ReasonCode, Source
from moderation.record import Record
from moderation.record import held as held_module
from moderation.triage import place
from tests.conftest import DEMO_SITE
from tests.fakes import FRENCH, RUDE, SPAM
from tests.moderation.desk.conftest import ANNA, Post


@pytest.fixture
def held(record: Record) -> HeldList:
    return HeldList(record)


def ids(held: HeldList, **query: object) -> list[str]:
    return [case.comment.id for case in held.page(DEMO_SITE, QueueQuery(**query)).cases]


def test_every_filter_lets_through_what_it_names(
    held: HeldList, record: Record, post: Post
) -> None:
    rude = post(f"You {RUDE}")
    spam = post(f"Free {SPAM}", article="a2", author={"id": "bob"})
    french = post(f"{FRENCH} my {RUDE}")
    post("Something kind")
    assert ids(held, order=QueueOrder.OLDEST) == [rude, spam, french]
    assert ids(held, order=QueueOrder.NEWEST) == [french, spam, rude]
    assert ids(held, category="spam") == [spam]
    assert ids(held, article_id="a2") == [spam]
    assert ids(held, author_id="bob") == [spam]
    assert ids(held, reason="unsupported_language") == [french]
    assert ids(held, language="fr") == [french]
    assert ids(held, source="policy") == []
    assert ids(held, author_id="bob", category="toxicity") == []
    assert ids(held, text="FREE") == [spam]
    assert ids(held, text="kind") == []
    assert ids(held, waiting_s=3_600) == []
    assert ids(held, band=Band("spam", 0.9, 1.0)) == [spam]
    assert set(ids(held, band=Band("spam", 0.0, 0.1))) == {rude, french}
    assert ids(held, language="xx") == []


def test_what_is_decided_leaves_the_queue_and_what_readers_report_comes_first(
    held: HeldList, record: Record, post: Post
) -> None:
    first, second, third = (post(f"You {RUDE} {number}") for number in range(3))
    record.comments.report(DEMO_SITE, third, reason="rude", reporter_id="x")
    assert ids(held, order=QueueOrder.REPORTS) == [third, first, second]
    Desk(record).decide(ANNA, first, Verdict(Action.APPROVE))
    assert ids(held, order=QueueOrder.REPORTS) == [third, second]
    assert held.count(DEMO_SITE, QueueQuery()) == 2
    assert held.count(DEMO_SITE, QueueQuery(category="toxicity")) == 2


def test_news_counts_what_came_after(held: HeldList, record: Record, post: Post) -> None:
    post(f"You {RUDE}")
    since = record.held.newest(DEMO_SITE)
    assert held.news(DEMO_SITE, QueueQuery(), since=since) == 0
    post(f"You {RUDE} again")
    post(f"Free {SPAM}")
    assert held.news(DEMO_SITE, QueueQuery(), since=since) == 2
    assert held.news(DEMO_SITE, QueueQuery(category="spam"), since=since) == 1


def hold(record: Record, number: int, scores: dict[str, float], language: str = "en") -> str:
    """A held comment without the API: a queue of many has to be made quickly."""
    comment = f"c{number}"
    keys = record.held._keys
    content = {"text": f"text {number}", "author": {"id": f"author {number % 7}"}}
    record.connection.hset(
        keys("comment", DEMO_SITE, comment),
        mapping={
            "content": json.dumps(content | {"created_at": "2026-11-24T06:00:00Z"}),
            "status": "pending",
            "revision": 0,
            "article": f"article {number % 3}",
            "author": f"author {number % 7}",
            "sequence": number,
        },
    )
    record.connection.zadd(keys("author", DEMO_SITE, f"author {number % 7}"), {comment: 0})
    decision = Decision(
        comment, f"article {number % 3}", 1, Action.HOLD, Source.CLASSIFIER,
        (Reason(ReasonCode.SCORE, "toxicity", scores["toxicity"], 0.5),),
        "2026-11-24T06:00:00Z", scores, "m", language,
    )  # fmt: skip
    record.decisions.write(DEMO_SITE, decision, place=place(decision))
    return comment


@pytest.fixture
def many(record: Record) -> dict[str, dict[str, float]]:
    """400 held comments with many equal scores, and their scores."""
    rng = random.Random(4)
    made = {}
    for number in range(1, 401):
        scores = {"toxicity": rng.randrange(5) / 4, "spam": rng.random()}
        made[hold(record, number, scores, "de" if number % 50 == 0 else "en")] = scores
    return made


def pages(held: HeldList, query: QueueQuery, limit: int) -> Iterator[str]:
    after = None
    while True:
        page = held.page(DEMO_SITE, query, after=after, limit=limit)
        yield from (case.comment.id for case in page.cases)
        if page.next_position is None:
            return
        after = page.next_position


@pytest.mark.parametrize("order", QueueOrder)
@pytest.mark.parametrize("looked_at", [30, 3_000])
def test_paging_shows_each_comment_once_in_order_however_it_is_found(
    held: HeldList,
    many: dict[str, dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
    order: QueueOrder,
    looked_at: int,
) -> None:
    # Given both ways of the script: by the order (small budget) and by the smallest filter
    monkeypatch.setattr(held_module, "LOOKED_AT_AT_ONCE", looked_at)
    for query, expected in (
        (QueueQuery(order=order), set(many)),
        (QueueQuery(order=order, language="de"), {f"c{n}" for n in range(50, 401, 50)}),
        (
            QueueQuery(order=order, article_id="article 1", author_id="author 2"),
            {f"c{n}" for n in range(1, 401) if n % 3 == 1 and n % 7 == 2},
        ),
        (
            QueueQuery(order=order, band=Band("toxicity", 0.25, 0.5)),
            {c for c, scores in many.items() if 0.25 <= scores["toxicity"] <= 0.5},
        ),
        (QueueQuery(order=order, text="TEXT 39"), {"c39", *(f"c{n}" for n in range(390, 400))}),
    ):
        seen = list(pages(held, query, 7))
        assert len(seen) == len(set(seen))
        assert set(seen) == expected
        if order is QueueOrder.PROBABILITY:
            tops = [max(many[one].values()) for one in seen]
            assert [round(top, 4) for top in tops] == sorted(
                (round(top, 4) for top in tops), reverse=True
            )


def test_paging_goes_on_where_it_was_when_comments_leave_meanwhile(
    held: HeldList, record: Record, many: dict[str, dict[str, float]]
) -> None:
    query = QueueQuery(order=QueueOrder.SEVERITY)
    first = held.page(DEMO_SITE, query, limit=10)
    for case in first.cases:
        Desk(record).decide(ANNA, case.comment.id, Verdict(Action.APPROVE))
    rest = set()
    after = first.next_position
    while after is not None:
        page = held.page(DEMO_SITE, query, after=after, limit=50)
        rest |= {case.comment.id for case in page.cases}
        after = page.next_position
    assert rest == set(many) - {case.comment.id for case in first.cases}


def test_both_ends_of_a_band_belong_to_it(
    held: HeldList, many: dict[str, dict[str, float]]
) -> None:
    for score in (0.0, 1.0):
        band = Band("toxicity", score, score)
        expected = {one for one, scores in many.items() if scores["toxicity"] == score}
        found = held.matches(DEMO_SITE, QueueQuery(band=band), value_of="score:toxicity")
        values = {one.comment_id: one.value for one in found}
        assert expected
        assert values == dict.fromkeys(expected, score)


def test_counting_agrees_with_listing(
    held: HeldList, many: dict[str, dict[str, float]]
) -> None:
    for query in (
        QueueQuery(),
        QueueQuery(language="de"),
        QueueQuery(article_id="article 2", category="toxicity"),
        QueueQuery(band=Band("spam", 0.5, 1.0)),
        QueueQuery(author_id="author 3", state="new"),
    ):
        assert held.count(DEMO_SITE, query) == len(list(pages(held, query, 50)))
    assert held.count(DEMO_SITE, replace(QueueQuery(), text="x")) is None


def test_counting_a_range_in_small_steps_comes_to_the_same(
    held: HeldList, many: dict[str, dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [
        QueueQuery(article_id=article_id, author_id=author_id, band=Band("spam", 0.2, 0.7))
        for article_id in ("", "article 2")
        for author_id in ("", "author 3")
    ]
    at_once = [held.count(DEMO_SITE, query) for query in queries]
    monkeypatch.setattr(held_module, "LOOKED_AT_AT_ONCE", 7)
    monkeypatch.setattr(held_module, "STEPS_COUNTED", 100)
    assert [held.count(DEMO_SITE, query) for query in queries] == at_once
    assert at_once[0] > 100


def test_counting_ends_where_nobody_needs_to_know_more(
    held: HeldList, many: dict[str, dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.queue.COUNTED", 10)
    assert held.count(DEMO_SITE, QueueQuery(band=Band("spam", 0.0, 1.0))) == 11
    assert held.count(DEMO_SITE, QueueQuery(state="new")) == 11


def test_a_search_stops_after_a_moment_and_goes_on(
    held: HeldList, many: dict[str, dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.desk.queue.SEARCH_S", 0.0)
    query = QueueQuery(order=QueueOrder.OLDEST, text="text 400")
    page = held.page(DEMO_SITE, query)
    assert page.cases == []
    assert page.searched == 200
    assert list(pages(held, query, 20)) == ["c400"]
