"""Who is measured: the service's own workers and what they are compared with.

Each has a stand of its own, started once, and is held while another one has its turn.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from rq import Queue

from benchmarks.rivals import consumer, job_worker, kit
from benchmarks.stand import START_S, Stand, rival_command, service_command, stand
from moderation.domain import Lane, NewComment, rfc3339
from moderation.record import ONLY_SHARD, Record
from moderation.record.keys import Keys
from moderation.settings import Settings

ARTICLES = 20
#: Commands sent in one round trip while a queue is filled.
CHUNK = 500


class Subject(ABC):
    """Processes that decide comments, and a way to give them some."""

    def __init__(self, name: str, where: Stand, settings: Settings) -> None:
        self.name = name
        self.stand = where
        self.settings = replace(settings, redis_url=where.url)

    @abstractmethod
    def start(self) -> None:
        """Starts the processes."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether they wait for work, the release loaded."""

    @abstractmethod
    def give(self, site: str, texts: Sequence[str], *, first: int = 0) -> None:
        """Queues comments of a site, numbered from `first`."""

    @abstractmethod
    def feed(self, site: str) -> str:
        """The key of the stream that has one entry for each decision."""

    def decided(self, site: str) -> int:
        """How many comments of a site are decided."""
        return int(self.stand.connection.xlen(self.feed(site)))

    def last_decided_ms(self, site: str) -> int:
        """When the newest decision was written, by the server's clock.

        Raises:
            ValueError: it was made without a score, so nothing was measured.
        """
        newest: Any = self.stand.connection.xrevrange(self.feed(site), count=1)
        position, fields = newest[0]
        if not json.loads(fields["decision"])["scores"]:
            raise ValueError(f"{self.name} decided without scoring")
        return int(position.partition("-")[0])

    def now_ms(self) -> int:
        """The server's clock."""
        seconds, microseconds = self.stand.connection.time()
        return int(seconds) * 1000 + int(microseconds) // 1000


class Service(Subject):
    """`moderation worker`, some of them."""

    def __init__(self, name: str, where: Stand, settings: Settings, *, workers: int) -> None:
        super().__init__(name, where, settings)
        self._workers = workers
        self._record = Record(self.settings)

    def start(self) -> None:
        """Starts the workers."""
        for _ in range(self._workers):
            self.stand.start(service_command("worker"), settings=self.settings)

    def is_ready(self) -> bool:
        """Whether every worker's heart beats: it does once the release is loaded."""
        alive = [one for one in self._record.operations.workers() if one.alive]
        return len(alive) == self._workers

    def give(self, site: str, texts: Sequence[str], *, first: int = 0) -> None:
        """Accepts comments as the API does."""
        now = datetime.now(UTC)
        comments = [
            new_comment(number, text, now) for number, text in enumerate(texts, start=first)
        ]
        if len(comments) == 1:
            self._record.comments.accept(site, comments[0])
        else:
            self._record.comments.accept_batch(site, comments, lane=Lane.LIVE)

    def feed(self, site: str) -> str:
        """The site's decisions stream."""
        return Keys(ONLY_SHARD)("decisions", site)


class Consumer(Subject):
    """One bare stream consumer."""

    def start(self) -> None:
        """Starts it."""
        self.stand.start(rival_command("consumer"), settings=self.settings)

    def is_ready(self) -> bool:
        """Whether it said so."""
        return bool(self.stand.connection.scard(kit.READY) == 1)

    def give(self, site: str, texts: Sequence[str], *, first: int = 0) -> None:
        """Adds to the stream, the text in the entry."""
        for at in range(0, len(texts), CHUNK):
            with self.stand.connection.pipeline(transaction=False) as pipe:
                for number, text in enumerate(texts[at : at + CHUNK], start=first + at):
                    entry = {"site": site, "comment": comment_id(number), "text": text}
                    pipe.xadd(consumer.STREAM, entry)  # type: ignore[arg-type]
                pipe.execute()

    def feed(self, site: str) -> str:
        """Its own feed."""
        return kit.feed(site)


class JobPool(Subject):
    """RQ workers with a job for each comment."""

    PROCESSES = 2

    def __init__(self, name: str, where: Stand, settings: Settings) -> None:
        super().__init__(name, where, settings)
        connection = Record(self.settings).rq_connection
        self._queue = Queue(job_worker.QUEUE, connection=connection, serializer="json")

    def start(self) -> None:
        """Starts the pool."""
        for _ in range(self.PROCESSES):
            self.stand.start(rival_command("job_worker"), settings=self.settings)

    def is_ready(self) -> bool:
        """Whether all said so."""
        return bool(self.stand.connection.scard(kit.READY) == self.PROCESSES)

    def give(self, site: str, texts: Sequence[str], *, first: int = 0) -> None:
        """Stores comments and enqueues a job for each."""
        now, jobs = datetime.now(UTC), []
        with self.stand.connection.pipeline(transaction=False) as pipe:
            for number, text in enumerate(texts, start=first):
                new = new_comment(number, text, now)
                pipe.hset(
                    job_worker.COMMENT.format(site=site, comment=new.id),
                    mapping={"article": new.article_id, "content": json.dumps(new.content)},
                )
                jobs.append(
                    Queue.prepare_data(job_worker.JOB, args=[site, new.id], result_ttl=0)
                )
            pipe.execute()
        self._queue.enqueue_many(jobs)

    def feed(self, site: str) -> str:
        """Its own feed."""
        return kit.feed(site)


@contextmanager
def started(subjects: Sequence[Subject]) -> Iterator[None]:
    """Every subject ready and held, until this is left."""
    for subject in subjects:
        subject.start()
    for subject in subjects:
        subject.stand.wait_for(subject.is_ready, f"{subject.name} to be ready", wait_s=START_S)
    for subject in subjects:
        subject.stand.hold()
    yield


@contextmanager
def stands(count: int) -> Iterator[list[Stand]]:
    """Some stands at once."""
    with ExitStack() as stack:
        yield [stack.enter_context(stand()) for _ in range(count)]


@contextmanager
def let_go(subject: Subject) -> Iterator[None]:
    """Inside, this subject works."""
    subject.stand.let_go()
    try:
        yield
    finally:
        subject.stand.hold()


def comment_id(number: int) -> str:
    """The id of a comment of a site."""
    return f"comment-{number}"


def new_comment(number: int, text: str, now: datetime) -> NewComment:
    """A comment as the API would have validated it, its author's only one."""
    content = {
        "text": text,
        "author": {"id": f"author-{number}"},
        "created_at": rfc3339(now),
    }
    return NewComment(
        id=comment_id(number),
        article_id=f"article-{number % ARTICLES}",
        content=content,
        digest=sha256(text.encode("utf-8", "replace")).hexdigest()[:32],
        created_ms=int(now.timestamp() * 1000),
    )
