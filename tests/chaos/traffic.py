"""Sites that post comments: one by one under their own ids, by key, and in batches."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

from tests.chaos.calls import Caller, Callers, GivenUpError
from tests.chaos.ledger import Ledger, digest

ARTICLES = 20
AUTHORS = 3_000
BATCH = 40
#: How a request posts, by how often.
BY_ID, BY_KEY, IN_BATCH = "id", "key", "batch"
WAYS = (BY_ID,) * 5 + (BY_KEY,) * 3 + (IN_BATCH,) * 2
#: Some comments say that they are from long ago, or from the future.
STRANGE_TIMES = 0.05
#: Some requests are repeated though they were answered: a site may do that at any time.
REPEATED = 0.03


@dataclass(frozen=True)
class Site:
    """A site and its credential."""

    id: str
    api_key: str


@dataclass(frozen=True)
class Post:
    """A comment that is to be posted."""

    site: Site
    number: int
    article: str
    body: dict[str, Any]

    @property
    def own_id(self) -> str:
        """The id that the site gives it, if it gives one."""
        return f"c{self.number}"

    @property
    def path(self) -> str:
        """Where it is posted."""
        return f"/v1/articles/{self.article}/comments"

    @property
    def with_id(self) -> dict[str, Any]:
        """The body under the site's own id."""
        return {**self.body, "id": self.own_id}

    @property
    def digest(self) -> bytes:
        """Of what must be found again."""
        return digest(self.article, self.body["text"], self.body["author"]["id"])


class Posts:
    """The comments of a run: the same for the same seed, whoever posts them when."""

    def __init__(self, sites: Sequence[Site], texts: Sequence[str], seed: int) -> None:
        self.sites, self._texts, self._seed = sites, texts, seed

    def site_of(self, number: int) -> Site:
        """Whose comment a number is."""
        return self.sites[number % len(self.sites)]

    def __getitem__(self, number: int) -> Post:
        rng = random.Random(f"{self._seed}:{number}")
        # The number keeps the same text from being a copy of an earlier one.
        body: dict[str, Any] = {
            "text": f"{rng.choice(self._texts)} ({number})",
            "author": {"id": f"author{rng.randrange(AUTHORS)}", "name": "Anna"},
        }
        if rng.random() < STRANGE_TIMES:
            off = timedelta(days=rng.uniform(-9_000, 9_000))
            body["created_at"] = (datetime(2026, 1, 1, tzinfo=UTC) + off).isoformat()
        return Post(self.site_of(number), number, f"article{rng.randrange(ARTICLES)}", body)


class Gate:
    """Hands out the numbers of comments, not faster than faults happen.

    Args:
        comments: how many there are.
        faults: how many faults the posting is spread over.
    """

    def __init__(self, comments: int, faults: int) -> None:
        self._comments, self._faults = comments, max(faults, 1)
        self._next = self._past = 0
        self.acknowledged = 0
        self._changed = threading.Condition()

    def take(self, most: int) -> range:
        """The next numbers; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._next < self._open)
            first = self._next
            self._next = min(first + most, self._comments)
            return range(first, self._next)

    def acknowledge(self, count: int) -> None:
        """So many more are acknowledged."""
        with self._changed:
            self.acknowledged += count
            self._changed.notify_all()

    def pass_fault(self) -> None:
        """One more fault happened; waits until the posting has come as far."""
        with self._changed:
            self._past += 1
            self._changed.notify_all()
            due = self._comments * self._past // self._faults
            self._changed.wait_for(lambda: self.acknowledged >= due)

    def wait_until_done(self) -> None:
        """Returns when all comments are acknowledged."""
        with self._changed:
            self._changed.wait_for(lambda: self.acknowledged >= self._comments)

    @property
    def _open(self) -> float:
        """How far posting may go; at the end nobody waits any more."""
        if self._next >= self._comments:
            return float("inf")
        return self._comments * (self._past + 1) / self._faults


class Poster(threading.Thread):
    """One client of all sites that posts until nothing is left."""

    def __init__(
        self, callers: Callers, posts: Posts, gate: Gate, ledger: Ledger, seed: str
    ) -> None:
        super().__init__(name=f"poster {seed}", daemon=True)
        self._posts, self._gate, self._ledger = posts, gate, ledger
        self._callers = {one.id: callers.new(one.api_key) for one in posts.sites}
        self._rng = random.Random(seed)

    def run(self) -> None:
        """Posts."""
        while True:
            way = self._rng.choice(WAYS)
            numbers = self._gate.take(self._rng.randint(1, BATCH) if way == IN_BATCH else 1)
            if not numbers:
                return
            with suppress(GivenUpError):  # it is in the ledger
                self._post([self._posts[number] for number in numbers], way)
            self._gate.acknowledge(len(numbers))

    def _post(self, posts: Sequence[Post], way: str) -> None:
        for _ in range(1 + (self._rng.random() < REPEATED)):
            for site in self._posts.sites:
                theirs = [post for post in posts if post.site == site]
                if theirs and way == IN_BATCH:
                    post_batch(self._callers[site.id], theirs, self._ledger)
                elif theirs:
                    post_one(self._callers[site.id], theirs[0], self._ledger, way=way)


def post_one(caller: Caller, post: Post, ledger: Ledger, *, way: str = BY_ID) -> None:
    """Posts a comment until it is acknowledged.

    Raises:
        GivenUpError: it never was.
    """
    if way == BY_KEY:
        key = {"Idempotency-Key": f"key {post.number}"}
        answer = caller.ask("POST", post.path, json=post.body, headers=key)
    else:
        answer = caller.ask("POST", post.path, json=post.with_id)
    if answer.status_code == HTTPStatus.ACCEPTED:
        ledger.acknowledge(post.site.id, answer.json()["id"], post.digest)
    elif (post.site.id, post.own_id) not in ledger.erasing:
        ledger.note_wrong(f"a post was answered with {answer.status_code}")


def post_batch(caller: Caller, posts: Sequence[Post], ledger: Ledger) -> None:
    """Posts comments of one site in one request until they are acknowledged.

    Raises:
        GivenUpError: they never were.
    """
    comments = [{**post.with_id, "article_id": post.article} for post in posts]
    answer = caller.ask("POST", "/v1/comments/batch", json={"comments": comments})
    if answer.status_code != HTTPStatus.ACCEPTED:
        ledger.note_wrong(f"a batch was answered with {answer.status_code}")
        return
    for post, result in zip(posts, answer.json()["results"], strict=True):
        if "id" in result:
            ledger.acknowledge(post.site.id, result["id"], post.digest)
        elif (post.site.id, post.own_id) not in ledger.erasing:
            ledger.note_wrong(f"in a batch: {result['error']['status']}")
