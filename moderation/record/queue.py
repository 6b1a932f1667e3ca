"""The queue of comments that wait for a decision, as the workers and the API use it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import redis
from redis.exceptions import ResponseError

from moderation.domain import Facts, Lane
from moderation.encoding import compact_json
from moderation.errors import NoAnswerError
from moderation.record.comment_hash import packed
from moderation.record.connection import redis_away
from moderation.record.doorbell import Doorbell
from moderation.record.keys import Keys
from moderation.record.scripts import Argument, Scripts

#: The consumer group of the workers on the pending streams; turn.lua has it too.
GROUP = "workers"
#: An entry that a worker has had for longer than this is taken over by another.
CLAIM_IDLE_MS = 1_500


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in the queue, and how often it was handed to a worker."""

    lane: Lane
    position: str
    deliveries: int
    site: str

    @property
    def size(self) -> int:
        """Characters of JSON that a worker has to look at."""
        return 0


@dataclass(frozen=True, slots=True)
class PendingComment(Entry):
    """A comment that waits for its first decision.

    `content` is JSON as the site posted it; `facts`, `None` if they cannot be read, and the
    version of the site's policy are those at the moment when it was accepted.
    """

    comment_id: str
    article_id: str
    accepted_ms: int
    policy_version: int
    facts: Facts | None
    content: str

    @property
    def size(self) -> int:
        """Characters of JSON that a worker has to look at."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Question(Entry):
    """Texts to score without storing them; `body` is JSON."""

    question_id: str
    body: str

    @property
    def size(self) -> int:
        """Characters of JSON that a worker has to look at."""
        return len(self.body)


@dataclass(frozen=True, slots=True)
class Leftover(Entry):
    """An entry that names no comment and asks nothing; only to be acknowledged."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an entry: a decision to write (JSON), or none.

    `place`: where a comment that is held now stands in the moderators' queue (JSON), or that
    one that is approved was drawn for review. `content`: the comment's, if it could be read; it
    is stored packed with the decision then, else it stays as it is.
    """

    entry: Entry
    comment_id: str = ""
    revision: int = 0
    status: str = ""
    decision: str = ""
    place: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer (JSON) to a question."""

    entry: Question
    body: str


@dataclass(frozen=True, slots=True)
class Turn:
    """The next batch, and whether it is worth calling a second worker."""

    entries: list[Entry]
    written: int
    needs_helper: bool


class Queue:
    """The pending streams of one shard, a live and a bulk lane."""

    def __init__(
        self,
        connection: redis.Redis,
        keys: Keys,
        scripts: Scripts,
        doorbell: Doorbell,
        *,
        decisions_kept: int,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self._decisions_kept = decisions_kept
        self.doorbell = doorbell

    def prepare(self) -> None:
        """Makes the consumer groups, if they are not there."""
        with redis_away():
            for lane in Lane:
                with suppress(ResponseError):  # it exists
                    self._connection.xgroup_create(
                        self._keys("pending", lane.value), GROUP, id="0", mkstream=True
                    )

    def clear_bell(self) -> None:
        """Lets the next accept ring again; a drain does so before its first read."""
        with redis_away():
            self._connection.delete(self._keys("bell"))

    def turn(
        self,
        consumer: str,
        *,
        batch: int,
        claim: bool,
        settled: Sequence[Settled] = (),
        answers: Sequence[Answer] = (),
        metrics: Mapping[str, float] | None = None,
    ) -> Turn:
        """Writes and acknowledges the last batch and takes the next, in one round trip.

        Live comments come first; bulk ones only when no live one waits.

        Args:
            consumer: the worker's name.
            batch: how many entries to take at most.
            claim: also take over what another worker has had for too long.
            settled: what became of comments of the last batch.
            answers: answers to its questions.
            metrics: counter → amount to add.

        Raises:
            RedisAwayError: Redis does not answer; the batch stays with this consumer and
                is taken over later, and writing it again changes nothing.
        """
        metrics = metrics or {}
        arguments: list[Argument] = [
            consumer,
            batch,
            self._decisions_kept,
            CLAIM_IDLE_MS if claim else 0,
            len(settled),
            len(answers),
            len(metrics),
        ]
        for one in settled:
            at = one.entry
            arguments += [at.lane.value, at.position, at.site, one.comment_id]
            arguments += [one.revision, one.status, one.decision, one.place, _packed(one)]
        for answer in answers:
            at = answer.entry
            arguments += [at.lane.value, at.position, answer.entry.question_id, answer.body]
        for counter, amount in metrics.items():
            arguments += [counter, amount]
        needs_helper, written, entries = self._scripts.run_on_own_line("turn", arguments)
        return Turn([_read(*raw) for raw in entries], written, bool(needs_helper))

    def linger(self, consumer: str, *, batch: int, wait_ms: int) -> list[Entry]:
        """Waits for entries in either lane; they are this consumer's then.

        A worker that lingers takes a comment at once, with no doorbell in between.
        """
        lanes = {self._keys("pending", lane.value): lane for lane in Lane}
        with redis_away():
            reply: Any = self._connection.xreadgroup(
                GROUP, consumer, dict.fromkeys(lanes, ">"), count=batch, block=wait_ms
            )
        return [
            _entry(lanes[stream], position, 1, fields)
            for stream, messages in reply or []
            for position, fields in messages
        ]

    def ask(self, site: str, body: Mapping[str, Any], *, wait_s: float) -> dict[str, Any]:
        """Puts a question to the workers and waits for the answer.

        Raises:
            NoAnswerError: no worker answered in time.
            RedisAwayError: Redis does not answer.
        """
        question = uuid4().hex
        must_ring, entry = self._scripts.run("ask", site, question, compact_json(body))
        if must_ring:
            self.doorbell.ring()
        with redis_away():
            answer = self._connection.blpop([self._keys("answer", question)], timeout=wait_s)
        if answer is None:
            self._withdraw(entry)
            raise NoAnswerError("no worker answered in time")
        parsed: dict[str, Any] = json.loads(answer[1])
        return parsed

    def _withdraw(self, question_entry: str) -> None:
        """Texts that nobody scored in time are not kept for later."""
        key = self._keys("pending", Lane.LIVE.value)
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.xack(key, GROUP, question_entry)
            pipe.xdel(key, question_entry)
            pipe.execute()

    def tick(self, worker: str, state: Mapping[str, Any]) -> None:
        """A worker's heartbeat; rings for whatever still waits."""
        if self._scripts.run("tick", worker, compact_json(state)):
            self.doorbell.ring()

    def lengths(self) -> dict[Lane, int]:
        """How many entries wait or are being decided, a lane each."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for lane in Lane:
                pipe.xlen(self._keys("pending", lane.value))
            return dict(zip(Lane, pipe.execute(), strict=True))


def _packed(one: Settled) -> bytes | str:
    if not one.content or not isinstance(one.entry, PendingComment):
        return ""
    return packed(one.comment_id, one.entry.article_id, one.content, one.decision)


def _read(lane: str, position: str, deliveries: int, flat: list[str]) -> Entry:
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    return _entry(Lane(lane), position, deliveries, fields)


def _entry(lane: Lane, position: str, deliveries: int, fields: Mapping[str, str]) -> Entry:
    place = (lane, position, deliveries, fields.get("site", ""))
    if question := fields.get("question"):
        return Question(*place, question, fields.get("body", ""))
    if not fields.get("comment"):
        return Leftover(*place)
    return PendingComment(
        *place,
        comment_id=fields["comment"],
        article_id=fields.get("article", ""),
        accepted_ms=_whole(fields.get("accepted_ms", "")),
        policy_version=_whole(fields.get("policy", "")),
        facts=_facts(fields.get("facts", "")),
        content=fields.get("content", ""),
    )


def _facts(written: str) -> Facts | None:
    try:
        return Facts(*map(int, written.split(" ")))
    except (ValueError, TypeError):
        return None


def _whole(written: str) -> int:
    return int(written) if written.isdecimal() else 0
