"""The scoring job: drain the pending streams, a batch a turn, and linger for the next."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Protocol, TypeVar

from redis.exceptions import ResponseError

from moderation import logs
from moderation.domain import Lane
from moderation.errors import RedisAwayError
from moderation.record.queue import Entry, PendingComment, Queue, Settled, Turn
from workers.judging import Judge
from workers.results import Results

#: Entries scored at once.
BATCH = 256
#: Characters of JSON scored at once: some tenths of a second.
PORTION_CHARACTERS = 500_000
#: How long a drain waits for one more entry before it gives its place back to RQ.
LINGER_MS = 1_000
#: A drain gives its place back after this, so that RQ's own upkeep is never starved.
DRAIN_S = 60.0
#: How often a drain looks for what a dead worker left.
CLAIM_EVERY_S = 1.0
REDIS_PAUSE_S = 0.1

T = TypeVar("T")


class Stop(Protocol):
    """Tells whether the worker was asked to end; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Whether it was."""
        ...


@dataclass(frozen=True)
class Station:
    """Where this process works: its name, queue, judge, and the sign to stop."""

    name: str
    queue: Queue
    judge: Judge
    stop: Stop


_stations: dict[str, Station] = {}


def open_station(shard: str, station: Station) -> None:
    """Tells the jobs of this process where they work; the worker's main calls it once."""
    _stations[shard] = station


def drain(shard: str) -> None:
    """The RQ job: decides whatever waits in a shard until nothing does."""
    Drain(_stations[shard]).run()


def portions(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Cuts a batch so that each portion is written long before others would take it over."""
    portion: list[Entry] = []
    size = 0
    for entry in entries:
        if size + entry.size > PORTION_CHARACTERS and portion:
            yield portion
            portion, size = [], 0
        portion.append(entry)
        size += entry.size
    yield portion


def is_backlog(entries: Sequence[Entry]) -> bool:
    """Whether it is worth working ahead: live comments wait in full batches."""
    return len(entries) == BATCH and entries[-1].lane is Lane.LIVE


def note_decided(settled: Sequence[Settled]) -> None:
    """Notes which comments were decided, how, and how long they waited."""
    if not logs.are_steps_noted():
        return
    now_ms = time.time() * 1000
    for one in settled:
        if isinstance(one.entry, PendingComment):
            logs.step(
                "decided",
                site=one.entry.site,
                comment_id=one.comment_id,
                revision=one.revision,
                status=one.status,
                ms=round(now_ms - one.entry.accepted_ms),
            )


class Drain:
    """One run over the pending streams of a shard."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._queue = station.queue
        self._claimed_at = 0.0
        self._ends_at = time.monotonic() + DRAIN_S

    def run(self) -> None:
        """Turns until no entry came for a while, the time is up, or the worker is to stop.

        The bell is cleared before the first read: a comment that comes later rings again,
        one that came earlier is read here.
        """
        self._patiently(self._queue.clear_bell)
        with ThreadPoolExecutor(1) as aside:
            self._turns(aside)

    def _turns(self, aside: Executor) -> None:
        entries: Sequence[Entry] = []
        unwritten = Results()
        while self._goes_on():
            if not entries:
                entries = self._turn(unwritten).entries or self._linger()
                unwritten = Results()
            if not entries:
                return
            if is_backlog(entries):
                # Redis writes the last batch and hands out the next while this one is scored.
                ahead = aside.submit(copy_context().run, self._turn, unwritten)
                unwritten = self._settle(entries)
                entries = ahead.result().entries
            else:
                unwritten.add(self._settle(entries))
                entries = []
        unwritten.add(self._settle(entries))
        self._turn(unwritten, batch=0)
        self._patiently(self._queue.doorbell.ring)

    def _goes_on(self) -> bool:
        return time.monotonic() < self._ends_at and not self._station.stop.is_set()

    def _turn(self, results: Results, *, batch: int = BATCH) -> Turn:
        claim = time.monotonic() - self._claimed_at > CLAIM_EVERY_S
        if claim:
            self._claimed_at = time.monotonic()
        turn = self._patiently(
            lambda: self._queue.turn(
                self._station.name,
                batch=batch,
                claim=claim,
                settled=results.settled,
                answers=results.answers,
                metrics=results.metrics,
            )
        )
        note_decided(results.settled)
        if turn.needs_helper:
            self._patiently(self._queue.doorbell.ring)
        if any(entry.deliveries > 1 for entry in turn.entries):
            self._claimed_at = 0.0  # a dead worker may have left more
        return turn

    def _linger(self) -> list[Entry]:
        return self._patiently(
            lambda: self._queue.linger(self._station.name, batch=BATCH, wait_ms=LINGER_MS)
        )

    def _settle(self, entries: Sequence[Entry]) -> Results:
        """Settles a batch; of a very long one only the last portion is left to be written."""
        *before, last = portions(entries)
        for portion in before:
            self._turn(self._judge(portion), batch=0)
        return self._judge(last)

    def _judge(self, entries: Sequence[Entry]) -> Results:
        return self._patiently(lambda: self._station.judge.settle(entries))

    def _patiently(self, step: Callable[[], T]) -> T:
        """Repeats a step while Redis is away, until the drain's time is up.

        Every step may be repeated: what was written already is not written again.
        """
        while True:
            try:
                return step()
            except RedisAwayError:
                if not self._goes_on():
                    raise
                time.sleep(REDIS_PAUSE_S)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                self._queue.prepare()
