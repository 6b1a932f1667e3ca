"""The releases that the workers have loaded, as their heartbeats tell: a pure function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.record.operations import WorkerState


@dataclass(frozen=True, slots=True)
class ReleaseInUse:
    """A release and the living workers that score with it; there is at least one."""

    version: str
    workers: Sequence[WorkerState]

    @property
    def hosts(self) -> list[str]:
        """The machines that they run on."""
        return sorted({worker.host for worker in self.workers if worker.host})

    @property
    def first(self) -> WorkerState:
        """One of them: of the release, all say the same."""
        return self.workers[0]

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "version": self.version,
            "workers": len(self.workers),
            "hosts": self.hosts,
            "categories": list(self.first.categories),
            "thresholds": dict(self.first.thresholds),
            **self.first.facts,
        }


def in_use(workers: Iterable[WorkerState]) -> list[ReleaseInUse]:
    """Releases that living workers score with, the one with the most workers first."""
    by_version: defaultdict[str, list[WorkerState]] = defaultdict(list)
    for worker in workers:
        if worker.alive and worker.release:
            by_version[worker.release].append(worker)
    found = [ReleaseInUse(version, several) for version, several in by_version.items()]
    return sorted(found, key=lambda one: (-len(one.workers), one.version))
