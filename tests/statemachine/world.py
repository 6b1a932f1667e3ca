"""The service as the state machine drives it: a record, workers, the door for reports."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

from flask import Flask

from moderation.desk.deciding import Desk, Verdict
from moderation.desk.labels import Labels
from moderation.domain import Action, Actor, NewComment, Role, rfc3339
from moderation.policy import Policy
from moderation.record import Record
from moderation.record.comments import KeepLabels
from moderation.record.keys import Keys
from moderation.record.queue import PendingComment
from moderation.settings import Settings
from tests.fakes import FakeRelease, judge_with
from tests.statemachine.crashes import Crash, Died, Fuse, fit
from tests.statemachine.model import REPORTS_TO_HOLD, Post
from workers.judging import Judge

SITE, API_KEY = "demo", "test-key"
K = Keys("0")
REVIEW_SHARE = 0.5
FIRST_DAY, A_DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
Answer = TypeVar("Answer")


class World:
    """One site on a server that is emptied first.

    Args:
        url: the server.
        routed: an application whose routes are used; its record is not.
    """

    def __init__(self, url: str, routed: Flask) -> None:
        self._settings = Settings(redis_url=url)
        self._routed = routed
        self._fuse = Fuse()
        self.deaths = 0
        self.record = self._started()
        self.record.connection.flushall()
        self.record.prepare()
        self.record.sites.create(SITE, "Demo")
        self.record.sites.issue_key(SITE, API_KEY)
        self.record.policies.change(SITE, _policy, who="test")
        self.lot_secret = self.record.policies.lot_secret()
        #: Consumer → what it was given and has not settled.
        self.hands: dict[str, list[PendingComment]] = {"w1": [], "w2": []}

    def close(self) -> None:
        """Closes the connections."""
        self.record.connection.close()
        self.record.rq_connection.close()

    def survive(self, crash: Crash | None, act: Callable[[], Answer]) -> Answer:
        """What a client gets that repeats its request if the process dies at it."""
        try:
            return self.attempt(crash, act)
        except Died:
            return act()

    def attempt(self, crash: Crash | None, act: Callable[[], Answer]) -> Answer:
        """What comes of it.

        Raises:
            Died: the process died at it, and another one was started.
        """
        try:
            with self._fuse.lit(crash):
                return act()
        except Died:
            self.deaths += 1
            self.close()
            self.record = self._started()
            raise

    def take(self, consumer: str, most: int, *, claim: bool) -> list[PendingComment]:
        """Gives a worker what waits, or what others have had for too long as well."""
        given = self.record.queue.turn(consumer, batch=most, claim=claim).entries
        comments = [one for one in given if isinstance(one, PendingComment)]
        assert comments == given
        return comments

    def settle(self, consumer: str) -> int:
        """Decides what a worker has in its hands; how many decisions were written."""
        results = self._judge().settle(self.hands[consumer])
        turn = self.record.queue.turn(
            consumer,
            batch=0,
            claim=False,
            settled=results.settled,
            answers=results.answers,
            metrics=results.metrics,
        )
        return turn.written

    def decide(self, who: str, comment_id: str, action: str, expected: int) -> None:
        """A moderator decides."""
        Desk(self.record).decide(
            _actor(who), comment_id, Verdict(Action(action)), expected_revision=expected
        )

    def undo(self, who: str, comment_id: str, revision: int) -> None:
        """A moderator takes a decision back."""
        Desk(self.record).undo(_actor(who), comment_id, revision)

    def report(self, comment_id: str, reporter: str | None) -> int:
        """A reader reports a comment; how many do then, 0 if it is gone."""
        app = copy(self._routed)
        services = self._routed.extensions["moderation"]
        app.extensions = self._routed.extensions | {
            "moderation": replace(services, record=self.record, settings=self._settings)
        }
        answer = app.test_client().post(
            f"/v1/comments/{comment_id}/reports",
            json={"reason": "rude", "reporter_id": reporter},
            headers={"Authorization": f"Bearer {API_KEY}"},
        )
        if answer.status_code == 404:
            return 0
        assert answer.status_code == 202, answer.text
        reports: int = answer.json["reports"]
        return reports

    def keeper(self) -> KeepLabels:
        """What tells an erasure which labels to keep."""
        return Labels(self.record).kept

    def close_article(self, article: str, *, is_closed: bool) -> None:
        """An article takes comments or not."""
        self.record.policies.change(
            SITE,
            lambda policy: replace(
                policy,
                closed_articles=tuple(
                    {*policy.closed_articles, article}
                    if is_closed
                    else {*policy.closed_articles} - {article}
                ),
            ),
            who="test",
        )

    def forget_key(self, key: str) -> None:
        """Time passes: an Idempotency-Key expires."""
        digest = sha256(key.encode()).hexdigest()
        self.record.connection.delete(K("idempotency", SITE, digest))

    def _started(self) -> Record:
        record = Record(self._settings)
        fit(record.connection, self._fuse)
        fit(record.rq_connection, self._fuse)
        return record

    def _judge(self) -> Judge:
        return judge_with(self.record, FakeRelease())


def new_comment(post: Post) -> NewComment:
    """A post as the API hands it to the record."""
    created = FIRST_DAY + post.day * A_DAY
    content = {
        "text": post.text,
        "author": {"id": post.author},
        "created_at": rfc3339(created),
        **({"parent_id": post.parent} if post.parent else {}),
    }
    return NewComment(
        post.id,
        post.article,
        content,
        post.digest,
        int(created.timestamp() * 1000),
        idempotency_key=post.key,
    )


def _policy(policy: Policy) -> Policy:
    """Texts alone decide, so that the model need not know the rules."""
    return replace(
        policy,
        flood=None,
        duplicates=None,
        reports_to_hold=REPORTS_TO_HOLD,
        review_share=REVIEW_SHARE,
    )


def _actor(name: str) -> Actor:
    return Actor(name, SITE, Role.MODERATOR)
