"""A site that goes on posting while servers die, and keeps book of what was acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moderation.domain import Status
from moderation.record import Record
from moderation.record.decisions import START, FeedEntry
from tests.conftest import new_comment
from tests.scale.servers import wait_until

#: What a site waits before it posts again what was not acknowledged.
AGAIN_S = 0.1
#: And between two comments: enough for some of them to be under way at any moment.
PAUSE_S = 0.01

#: Posts one comment; the status of the answer.
Post = Callable[[dict[str, Any]], int]


@dataclass
class Poster:
    """Posts one comment after the other, each until it is acknowledged or it is to stop."""

    post: Post
    name: str
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Posts until it is to stop."""
        number = 0
        while not self._stop.is_set():
            self._post_until_acknowledged(f"{self.name}-{number}")
            number += 1
            time.sleep(PAUSE_S)

    def stop(self) -> None:
        """Lets `run` end."""
        self._stop.set()

    def wait_for(self, more: int) -> None:
        """Returns when so many more comments were acknowledged."""
        enough = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= enough, f"{more} more comments")

    def _post_until_acknowledged(self, comment_id: str) -> None:
        body = new_comment(
            f"Remark {comment_id} on the opening hours of the library",
            id=comment_id,
            author={"id": f"author-{comment_id}"},
        )
        while not self._stop.is_set():
            status = self.post(body)
            if status == 202:
                self.acknowledged.append(comment_id)
                return
            assert status == 503, status
            self.refused += 1
            time.sleep(AGAIN_S)


@contextmanager
def posting(post: Post, name: str) -> Iterator[Poster]:
    """A site that posts as long as this lasts."""
    poster = Poster(post, name)
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            poster.run()
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run, name=f"poster {name}")
    thread.start()
    try:
        yield poster
    finally:
        poster.stop()
        thread.join()
    assert not trouble, trouble


def all_decided(record: Record, site: str, ids: Sequence[str]) -> bool:
    """Whether each comment was decided, and exactly once.

    Raises:
        AssertionError: one was decided twice, or its decision and its record disagree.
    """
    told = [entry.parsed() for entry in _feed(record, site)]
    decided = [one["comment_id"] for one in told if one["comment_id"] in set(ids)]
    assert len(decided) == len(set(decided)), "a comment was decided twice"
    for comment_id in decided:
        comment = record.comments.get(site, comment_id)
        assert comment.revision == 1, comment_id
        assert comment.status is not Status.PENDING, comment_id
    return len(decided) == len(ids)


def _feed(record: Record, site: str) -> Iterator[FeedEntry]:
    position = START
    while page := record.decisions.after(site, position, limit=1_000):
        yield from page
        position = page[-1].position
