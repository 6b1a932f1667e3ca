"""The state machine: what sites, workers, moderators and readers do, in any order.

After each step the record must say what the model says, and its check must find nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from moderation.domain import Lane
from moderation.errors import DecidedByOtherError, NothingToUndoError, UnknownCommentError
from moderation.lottery import is_drawn
from moderation.record.queue import PendingComment
from tests.fakes import RUDE
from tests.statemachine.agreement import assert_agreement
from tests.statemachine.crashes import Crash, Died
from tests.statemachine.model import GoneError, Model, Post, RefusedError
from tests.statemachine.world import REVIEW_SHARE, SITE, World, new_comment
from workers.reading import MOST_DELIVERIES

#: The commands of an operation after which it is worth dying are among its first.
CRASHES = st.none() | st.builds(Crash, st.integers(1, 6), st.booleans())
OWN_IDS = [f"c{number}" for number in range(16)]
ARTICLES, AUTHORS, KEYS = ("a1", "a2"), ("anna", "bert", "carl"), ("k1", "k2", "k3")
MODERATORS, CONSUMERS = ("mo", "mia"), ("w1", "w2")
ACTIONS = ("approve", "hold", "reject")
#: What a worker has had for so long is up for others.
CLAIM_IDLE_MS = 1
TAKEN = (DecidedByOtherError, NothingToUndoError)


@st.composite
def posts(draw: Any) -> Post:
    """A comment, often the same as one before, or one with the same id or key."""
    is_rude = draw(st.booleans())
    about = f"what a {RUDE}" if is_rude else "a remark on the library"
    own_id, key = (
        draw(st.sampled_from([*OWN_IDS, ""])),
        draw(st.sampled_from(["", "", "", *KEYS])),
    )
    return Post(
        id=own_id,
        article=draw(st.sampled_from(ARTICLES)),
        author=draw(st.sampled_from(AUTHORS)),
        text=f"{about}, the {draw(st.integers(1, 2))}. time",
        lane=draw(st.sampled_from([lane.value for lane in Lane])),
        is_rude=is_rude,
        # Without its own id or a key nobody could tell a repeat from a second comment.
        key=key or (None if own_id else KEYS[0]),
        parent=draw(st.sampled_from((None, None, None, *OWN_IDS[:2]))),
    )


class RecordMachine(RuleBasedStateMachine):
    """Drives a world and a model of it; `url` and `routed` are set on a subclass."""

    url: str
    routed: Flask
    #: Counts what was done, over all examples.
    done: ClassVar[Counter[str]] = Counter()

    @initialize()
    def begin(self) -> None:
        """A site with a few comments, some of them decided."""
        self.world = World(self.url, self.routed)
        secret = self.world.lot_secret
        self.model = Model(lambda one: is_drawn(secret, SITE, one, share=REVIEW_SHARE))
        self.posts = 0
        self.done["examples"] += 1
        for number, own_id in enumerate(OWN_IDS[:6]):
            is_rude = number % 2 == 1
            text = f"what a {RUDE}" if is_rude else "a remark on the library"
            post = Post(
                own_id, ARTICLES[0], AUTHORS[number % 3], text, Lane.LIVE.value, is_rude
            )
            self._accept(post, None)
        self._claim_entries(CONSUMERS[0])
        self._settle(CONSUMERS[0], None)

    def teardown(self) -> None:
        """Nothing that was accepted waits for ever."""
        if hasattr(self, "world"):
            self._finish()
            self.done["deaths"] += self.world.deaths
            self.world.close()

    @invariant()
    def agree(self) -> None:
        """The record says what the model says."""
        if hasattr(self, "world"):
            self.done["steps"] += 1
            assert_agreement(self.world.record, SITE, self.model)

    @rule(post=posts(), crash=CRASHES)
    def accept(self, post: Post, crash: Crash | None) -> None:
        """A site posts a comment, and repeats it if nobody answers."""
        self._accept(post, crash)

    def _accept(self, post: Post, crash: Crash | None) -> None:
        post = replace(self._posted(post), lane=Lane.LIVE.value)
        new = new_comment(post)
        outcome = self.world.survive(
            crash, lambda: self.world.record.comments.accept(SITE, new)
        )
        self._compare_outcomes([(outcome.kind.value, outcome.comment_id)], [post], crash)

    @rule(batch=st.lists(posts(), min_size=1, max_size=5), crash=CRASHES)
    def accept_batch(self, batch: list[Post], crash: Crash | None) -> None:
        """A site posts some at once."""
        batch = [replace(self._posted(post), lane=batch[0].lane) for post in batch]
        new = [new_comment(post) for post in batch]
        outcomes = self.world.survive(
            crash,
            lambda: self.world.record.comments.accept_batch(
                SITE, new, lane=Lane(batch[0].lane)
            ),
        )
        found = [(one.kind.value, one.comment_id) for one in outcomes]
        self._compare_outcomes(found, batch, crash)

    @rule(key=st.sampled_from(KEYS))
    def forget_key(self, key: str) -> None:
        """An Idempotency-Key expires."""
        self.world.forget_key(key)
        self.model.keys.pop(key, None)

    @rule(
        article=st.sampled_from(ARTICLES),
        is_closed=st.sampled_from((False, False, True)),
        crash=CRASHES,
    )
    def close_article(self, article: str, is_closed: bool, crash: Crash | None) -> None:
        """An article takes comments or not."""
        self.world.survive(
            crash, lambda: self.world.close_article(article, is_closed=is_closed)
        )
        (self.model.closed.add if is_closed else self.model.closed.discard)(article)

    @rule(consumer=st.sampled_from(CONSUMERS), most=st.integers(1, 4), crash=CRASHES)
    def take(self, consumer: str, most: int, crash: Crash | None) -> None:
        """A worker takes what waits; what one that dies was given is claimed later."""
        try:
            given = self.world.attempt(
                crash, lambda: self.world.take(consumer, most, claim=False)
            )
        except Died:
            if crash and crash.is_after:
                self.model.give(most)
            self.world.hands[consumer] = []
            return
        assert _ids(given) == self.model.give(most)
        self._hand(consumer, given)

    @rule(consumer=st.sampled_from(CONSUMERS))
    def claim_entries(self, consumer: str) -> None:
        """A worker takes over what others have had for too long, and what waits."""
        self._claim_entries(consumer)

    @rule(consumer=st.sampled_from(CONSUMERS), crash=CRASHES)
    def settle(self, consumer: str, crash: Crash | None) -> None:
        """A worker decides what it has, perhaps long after somebody else did."""
        self._settle(consumer, crash)

    @rule(consumer=st.sampled_from(CONSUMERS))
    def work(self, consumer: str) -> None:
        """A worker takes what waits and decides it at once, as most do."""
        self._claim_entries(consumer)
        self._settle(consumer, None)

    @precondition(lambda self: self.model.known)
    @rule(
        at=st.integers(0, 30),
        who=st.sampled_from(MODERATORS),
        action=st.sampled_from(ACTIONS),
        behind=st.sampled_from((0, 0, 0, 1)),
        crash=CRASHES,
    )
    def decide(self, at: int, who: str, action: str, behind: int, crash: Crash | None) -> None:
        """A moderator decides, now and then not having seen the last decision."""
        comment_id = self._known(at)
        comment = self.model.comments.get(comment_id)
        expected = comment.revision - behind if comment else 0
        self._same_end(
            lambda: self.world.survive(
                crash, lambda: self.world.decide(who, comment_id, action, expected)
            ),
            lambda: self.model.decide(comment_id, who, action, expected),
        )

    @precondition(lambda self: self.model.known)
    @rule(at=st.integers(0, 30), who=st.sampled_from(MODERATORS), crash=CRASHES)
    def undo(self, at: int, who: str, crash: Crash | None) -> None:
        """A moderator takes the last decision back, once however often they ask."""
        comment_id = self._known(at)
        comment = self.model.comments.get(comment_id)
        revision = comment.revision if comment else 1

        def act() -> None:
            self.world.undo(who, comment_id, revision)

        def undo() -> None:
            try:
                self.world.attempt(crash, act)
            except Died:
                with suppress(DecidedByOtherError):  # it was carried out
                    act()

        self._same_end(undo, lambda: self.model.undo(comment_id, who))

    @precondition(lambda self: self.model.known)
    @rule(
        at=st.integers(0, 30),
        reporter=st.sampled_from(("r1", "r2", None)),
        crash=CRASHES,
    )
    def report(self, at: int, reporter: str | None, crash: Crash | None) -> None:
        """A reader reports a comment; one without a name counts each time it is sent."""
        comment_id = self._known(at)
        comment = self.model.comments.get(comment_id)
        found = self.world.survive(crash, lambda: self.world.report(comment_id, reporter))
        if comment is None:
            assert found == 0
            return
        before = len(comment.named_reports) + comment.unnamed_reports
        times = found - before if not reporter and crash else 1
        assert times in (1, 2)
        assert found == self.model.report(comment_id, reporter, times)

    @precondition(lambda self: self.model.known)
    @rule(at=st.integers(0, 30), who=st.sampled_from(MODERATORS), crash=CRASHES)
    def claim_comment(self, at: int, who: str, crash: Crash | None) -> None:
        """A moderator looks at a comment."""
        comment_id = self._known(at)
        self._same_end(
            lambda: self.world.survive(
                crash, lambda: self.world.record.claims.take(SITE, comment_id, who).moderator
            ),
            lambda: self.model.claim(comment_id, who),
        )

    @precondition(lambda self: self.model.known)
    @rule(at=st.integers(0, 30), keep_labels=st.booleans(), crash=CRASHES)
    def erase(self, at: int, keep_labels: bool, crash: Crash | None) -> None:
        """A site erases a comment."""
        comment_id = self._known(at)
        self.world.survive(
            crash,
            lambda: self.world.record.comments.erase(
                SITE, comment_id, keep=self.world.keeper() if keep_labels else None
            ),
        )
        self.model.erase(comment_id, keep_labels=keep_labels)

    @rule(author=st.sampled_from(AUTHORS), keep_labels=st.booleans(), crash=CRASHES)
    def erase_author(self, author: str, keep_labels: bool, crash: Crash | None) -> None:
        """A site erases all comments of an author."""
        self.world.survive(
            crash,
            lambda: self.world.record.comments.erase_author(
                SITE, author, keep=self.world.keeper() if keep_labels else None
            ),
        )
        for comment_id in self.model.of_author(author):
            self.model.erase(comment_id, keep_labels=keep_labels)

    def _finish(self) -> None:
        """Workers go on until nothing waits; then no comment is pending."""
        while sum(self.world.record.queue.lengths().values()):
            self._claim_entries(CONSUMERS[0])
            self._settle(CONSUMERS[0], None)
        assert all(one.decisions for one in self.model.comments.values())
        assert_agreement(self.world.record, SITE, self.model)

    def _claim_entries(self, consumer: str) -> None:
        time.sleep(2 * CLAIM_IDLE_MS / 1000)
        given = self.world.take(consumer, 4, claim=True)
        fresh = [entry for entry in given if entry.deliveries == 1]
        assert _ids(fresh) == (self.model.give(len(fresh)) if fresh else [])
        self._hand(consumer, given)

    def _hand(self, consumer: str, given: list[PendingComment]) -> None:
        """Puts entries into a worker's hands; one that it has already takes its own place."""
        places = {entry.position for entry in given}
        kept = [one for one in self.world.hands[consumer] if one.position not in places]
        self.world.hands[consumer] = kept + given

    def _settle(self, consumer: str, crash: Crash | None) -> None:
        hands = self.world.hands[consumer]
        is_written = True
        try:
            self.world.attempt(crash, lambda: self.world.settle(consumer))
        except Died:
            is_written = self._was_written(hands)
        self.world.hands[consumer] = []
        if is_written:
            # No order is promised within a batch; what is not to be scored is written first.
            for entry in sorted(hands, key=_is_scored):
                self.model.settle(entry.comment_id, is_scored=_is_scored(entry))

    def _was_written(self, hands: list[PendingComment]) -> bool:
        """Whether a worker that died had its decisions written: all of them, or none."""
        waiting = [
            comment_id
            for comment_id in dict.fromkeys(_ids(hands))
            if comment_id in self.model.comments
            and not self.model.comments[comment_id].decisions
        ]
        revisions = {self.world.record.comments.get(SITE, one).revision for one in waiting}
        assert len(revisions) <= 1
        return revisions == {1}

    def _posted(self, post: Post) -> Post:
        """The post on its day, with the id that the API makes for one that has none."""
        self.posts += 1
        return replace(post, id=post.id or f"made{self.posts}", day=self.posts)

    def _compare_outcomes(
        self, found: list[tuple[str, str]], posts: list[Post], crash: Crash | None
    ) -> None:
        first = [self.model.accept(post) for post in posts]
        if crash and found != first:  # it is the second answer that the client got
            assert found == [self.model.accept(post) for post in posts]
        else:
            assert found == first

    def _known(self, at: int) -> str:
        known = self.model.known
        return known[at % len(known)]

    def _same_end(self, act: Callable[[], Any], predict: Callable[[], Any]) -> None:
        """Both come to the same: an answer, or a refusal of the same kind."""
        assert _end(act) == _end(predict)


def _end(act: Callable[[], Any]) -> Any:
    try:
        return act()
    except (GoneError, UnknownCommentError):
        return "gone"
    except (RefusedError, *TAKEN):
        return "refused"


def _is_scored(entry: PendingComment) -> bool:
    return entry.deliveries < MOST_DELIVERIES


def _ids(entries: Sequence[PendingComment]) -> list[str]:
    return [entry.comment_id for entry in entries]


def machine(url: str, routed: Flask) -> type[RecordMachine]:
    """The machine on a server of its own."""
    return type("RecordMachineHere", (RecordMachine,), {"url": url, "routed": routed})
