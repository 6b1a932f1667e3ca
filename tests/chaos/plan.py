"""What a run does: how many comments, which faults in which order. Seeded, so repeatable."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Fault(StrEnum):
    """Something bad that happens to the service."""

    KILL_WORKER = "kill worker"
    KILL_API = "kill api"
    KILL_DELIVERER = "kill deliverer"
    KILL_REDIS = "kill redis"
    KILL_SUPERVISOR = "kill supervisor"
    """Only the supervisor: its parts are to end with it."""
    KILL_EVERYTHING = "kill everything"
    STOP_WORKER = "stop worker"
    STOP_API = "stop api"
    STOP_DELIVERER = "stop deliverer"
    STOP_REDIS = "stop redis"
    CUT_CONNECTIONS = "cut connections"
    FILL_REDIS = "fill redis"
    SKEW_CLOCK = "skew clock"

    @property
    def is_kill(self) -> bool:
        """Whether a process gets SIGKILL."""
        return self.value.startswith("kill")


#: Kills are dealt from this deck again and again: often what is many, seldom everything.
KILLS = (
    *[Fault.KILL_WORKER] * 4,
    *[Fault.KILL_API] * 4,
    *[Fault.KILL_DELIVERER] * 2,
    *[Fault.KILL_REDIS] * 2,
    Fault.KILL_SUPERVISOR,
    Fault.KILL_EVERYTHING,
)
OTHERS = (
    Fault.STOP_WORKER,
    Fault.STOP_API,
    Fault.STOP_DELIVERER,
    Fault.STOP_REDIS,
    Fault.CUT_CONNECTIONS,
    Fault.FILL_REDIS,
    *[Fault.SKEW_CLOCK] * 2,
)
KILLS_BETWEEN_OTHERS = 3


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run.

    Attributes:
        comments: how many are posted and acknowledged.
        faults: what happens meanwhile, in order.
        seed: of everything that is drawn by lot, except what the system decides.
        seconds: over how long the faults are spread at least.
        appendfsync: as the setting.
        data: folder with labelled comments to post; harmless ones are made without it.
    """

    comments: int
    faults: tuple[Fault, ...]
    seed: int
    seconds: float
    appendfsync: str = "everysec"
    data: Path | None = None

    @property
    def batch_at_the_end(self) -> int:
        """Comments of the last batch, which the last kill meets undecided."""
        return min(1_000, max(self.comments // 10, 1))


def schedule(seed: int, kills: int) -> tuple[Fault, ...]:
    """So many kills in random order, and other faults between them.

    The last kill, of a worker, is not in it: it comes when the last batch is acknowledged.
    """
    rng = random.Random(seed)
    deadly, others = _dealt(rng, KILLS), _dealt(rng, OTHERS)
    faults: list[Fault] = []
    for number in range(1, kills):
        faults.append(next(deadly))
        if number % KILLS_BETWEEN_OTHERS == 0:
            faults.append(next(others))
    return tuple(faults)


def _dealt(rng: random.Random, deck: tuple[Fault, ...]) -> Iterator[Fault]:
    while True:
        yield from rng.sample(deck, len(deck))
