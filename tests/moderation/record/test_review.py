"""Approved comments drawn by lot, and how many of a kind are there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from moderation.desk.deciding import Desk, Verdict
from moderation.domain import Action, Actor, Role
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.review import Review
from tests.conftest import DEMO_SITE, new_comment
from tests.fakes import RUDE

ANNA = Actor("anna", DEMO_SITE, Role.MODERATOR)
Post = Callable[..., str]


@pytest.fixture
def post(client: FlaskClient, decide_all: Callable[[], None]) -> Post:
    """Posts a comment, lets the machine decide it, and gives its id."""

    def post_one(text: str = "A remark on the library", **more: object) -> str:
        answer = client.post("/v1/articles/a1/comments", json=new_comment(text, **more))
        assert answer.status_code == 202, answer.text
        decide_all()
        return str(answer.json["id"])

    return post_one


@pytest.fixture
def everything_drawn(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site whose every approved comment is drawn, as one in fifty."""
    put(record, review_share=0.02)
    monkeypatch.setattr("workers.placing.is_drawn", lambda *_, share: share > 0)


def put(record: Record, **rules: object) -> None:
    record.policies.put(DEMO_SITE, replace(Policy(flood=None, duplicates=None), **rules))


def waiting(record: Record) -> list[str]:
    return record.review.page(DEMO_SITE).comment_ids


def field(record: Record, comment: str, name: str) -> str | None:
    return record.connection.hget(f"moderation:{{0}}:comment:{DEMO_SITE}:{comment}", name)


def kinds(record: Record) -> list[int]:
    found = record.connection.hvals(f"moderation:{{0}}:kinds:{DEMO_SITE}")
    return sorted(map(int, found))


def decide(record: Record, comment: str, action: Action) -> int:
    return int(Desk(record).decide(ANNA, comment, Verdict(action))["revision"])


class TestReview:
    def test_by_default_nothing_is_drawn(self, record: Record, post: Post):
        comment = post()
        assert waiting(record) == []
        assert field(record, comment, "sampled") is None

    def test_about_the_share_is_drawn_and_stays_published(self, record: Record, post: Post):
        put(record, review_share=0.2)
        ids = [post(f"Remark number {number}", id=f"c{number}") for number in range(60)]
        # Of 60 at 20 % a standard deviation is 3.
        assert 2 <= record.review.size(DEMO_SITE) <= 24
        for one in ids:
            assert record.comments.get(DEMO_SITE, one).status.value == "approved"
            assert field(record, one, "sampled") == ("0.2" if one in waiting(record) else None)

    @pytest.mark.usefixtures("everything_drawn")
    def test_what_is_held_is_not_drawn(self, record: Record, post: Post):
        post(f"You {RUDE}")
        assert waiting(record) == []

    @pytest.mark.usefixtures("everything_drawn")
    def test_they_wait_in_the_order_in_which_they_came(self, record: Record, post: Post):
        ids = [post(id=f"c{number}") for number in range(3)]
        first = record.review.page(DEMO_SITE, limit=2)
        assert first.comment_ids == ids[:2]
        rest = record.review.page(DEMO_SITE, after=first.next_position, limit=2)
        assert (rest.comment_ids, rest.next_position) == (ids[2:], None)

    @pytest.mark.usefixtures("everything_drawn")
    def test_a_skipped_one_comes_last(self, record: Record, post: Post):
        ids = [post(id=f"c{number}") for number in range(3)]
        record.review.postpone(DEMO_SITE, ids[0])
        record.review.postpone(DEMO_SITE, "nobody")
        assert waiting(record) == [ids[1], ids[2], ids[0]]

    @pytest.mark.parametrize("action", Action)
    @pytest.mark.usefixtures("everything_drawn")
    def test_any_decision_of_a_person_ends_it_and_undoing_brings_it_back(
        self, record: Record, post: Post, action: Action
    ):
        comment = post()
        revision = decide(record, comment, action)
        assert waiting(record) == []
        assert field(record, comment, "sampled") == "0.02"
        Desk(record).undo(ANNA, comment, revision)
        assert waiting(record) == [comment]

    @pytest.mark.usefixtures("everything_drawn")
    def test_what_readers_report_is_no_part_of_the_sample(
        self, record: Record, client: FlaskClient, post: Post
    ):
        put(record, review_share=0.02, reports_to_hold=1)
        comment = post()
        assert client.post(f"/v1/comments/{comment}/reports", json={"reason": "no"}).json
        assert waiting(record) == []
        assert field(record, comment, "sampled") is None

    @pytest.mark.usefixtures("everything_drawn")
    def test_erasing_leaves_nothing(self, record: Record, post: Post):
        comment = post()
        record.comments.erase(DEMO_SITE, comment)
        assert waiting(record) == []

    @pytest.mark.usefixtures("everything_drawn")
    def test_what_nobody_looks_at_goes_as_if_it_had_never_been_drawn(
        self, record: Record, post: Post
    ):
        oldest = post()
        key = f"moderation:{{0}}:review:{DEMO_SITE}"
        record.connection.zadd(key, {f"old{number}": 1e6 + number for number in range(4_999)})
        newest = post("Another remark")
        assert record.review.size(DEMO_SITE) == 5_000
        assert field(record, oldest, "sampled") is None
        assert field(record, newest, "sampled") == "0.02"

    @pytest.mark.usefixtures("everything_drawn")
    def test_the_figures_count_what_reviews_came_to(self, record: Record, post: Post):
        first, second = post(id="c1"), post(id="c2")
        decide(record, first, Action.APPROVE)
        revision = decide(record, second, Action.REJECT)
        ((_, figures),) = record.daily.read(DEMO_SITE, 1)
        assert figures["reviewed|0.02|approve"] == 1
        assert figures["reviewed|0.02|reject"] == 1
        Desk(record).undo(ANNA, second, revision)
        ((_, figures),) = record.daily.read(DEMO_SITE, 1)
        assert figures["reviewed|0.02|reject"] == 0

    def test_an_empty_review_has_a_page(self, record: Record):
        assert isinstance(record.review, Review)
        assert record.review.page(DEMO_SITE).next_position is None


class TestKinds:
    def test_the_second_of_a_kind_teaches_less(self, record: Record, post: Post):
        put(record)
        same = [post(f"You {RUDE}, number {number}") for number in range(3)]
        other = post(f"Such a {RUDE}")
        found = [
            record.connection.zscore(f"moderation:{{0}}:held:{DEMO_SITE}:diversity", one)
            for one in (*same, other)
        ]
        values = [score // 2**36 for score in found]
        assert values == [10_000, 5_000, 3_333, 10_000]
        assert kinds(record) == [1, 3]

    def test_they_are_counted_while_they_are_held_or_labelled(self, record: Record, post: Post):
        put(record)
        first, second = post(f"You {RUDE}", id="c1"), post(f"You {RUDE}", id="c2")
        assert kinds(record) == [2]
        revision = decide(record, first, Action.REJECT)
        assert kinds(record) == [2]
        decide(record, second, Action.APPROVE)
        assert kinds(record) == [2]
        Desk(record).undo(ANNA, first, revision)  # held again
        assert kinds(record) == [2]
        decide(record, first, Action.HOLD)
        assert kinds(record) == [2]
        record.comments.erase(DEMO_SITE, first)
        assert kinds(record) == [1]
        record.comments.erase(DEMO_SITE, second)
        assert kinds(record) == []
