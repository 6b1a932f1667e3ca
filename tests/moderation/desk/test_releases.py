"""Which releases are in use, as the workers tell it."""

from __future__ import annotations

from moderation.desk.releases import in_use
from moderation.record import Record
from moderation.record.operations import WORKER_ALIVE_S, WorkerState


def worker(name: str, release: str | None, silent_s: float = 0.0) -> WorkerState:
    return WorkerState(name, silent_s, release, ("toxicity",), {"toxicity": 0.7}, 1, name[:1])


def test_workers_are_put_together_by_release_the_most_used_first() -> None:
    found = in_use([worker("a1", "1"), worker("b1", "2"), worker("b2", "2")])
    assert [(one.version, len(one.workers), one.hosts) for one in found] == [
        ("2", 2, ["b"]),
        ("1", 1, ["a"]),
    ]


def test_who_is_silent_or_has_loaded_nothing_uses_no_release() -> None:
    assert in_use([worker("a1", "1", WORKER_ALIVE_S + 1), worker("a2", None)]) == []


def test_a_heartbeat_tells_where_the_worker_runs_and_what_the_release_says(
    record: Record,
) -> None:
    state = {"release": "1", "host": "alpha", "facts": {"languages": ["en"]}}
    record.queue.tick("w1", state)
    record.queue.tick("w2", {"release": "1"})  # one of before, which told less
    (release,) = in_use(record.operations.workers())
    assert release.hosts == ["alpha"]
    assert sorted(len(one.facts) for one in release.workers) == [0, 1]
