"""How full the record is: what waits, how fast that is decided, what memory is left.

Looked up now and then, not for each comment. What follows from it is `moderation/overload.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from moderation.record.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Load:
    """How full the record was at one moment.

    Attributes:
        waiting: entries that wait for a worker, or are with one.
        by_site: site → its comments among them.
        left: entries that ever left the queue; how many between two moments is the pace.
        memory_bytes: what Redis uses.
        max_memory_bytes: what it may use; 0 for what the machine has.
    """

    waiting: int
    by_site: Mapping[str, int]
    left: int
    memory_bytes: int
    max_memory_bytes: int


class Pressure:
    """Looks up how full one shard is."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def load(self) -> Load:
        """How full it is now; one round trip, whatever waits.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        waiting, left, memory_bytes, max_memory_bytes, by_site = self._scripts.run("load")
        return Load(
            waiting=waiting,
            by_site=dict(zip(by_site[::2], map(int, by_site[1::2]), strict=True)),
            left=left,
            memory_bytes=memory_bytes,
            max_memory_bytes=max_memory_bytes,
        )
