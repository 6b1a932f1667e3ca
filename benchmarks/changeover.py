"""Another release comes on duty while comments flow: is any lost, and is any delayed?

Comments arrive in small groups at a steady rate. In every other turn the site's release is
changed again and again, each time to one that the worker has to load first. All of them must
be decided, by one of the releases that were on duty, and hardly later than without a change.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.latency import Reader, percentile
from benchmarks.measuring import Bound, Row, Target, compare, take_turns
from benchmarks.plan import Plan
from benchmarks.stand import StandError
from benchmarks.subjects import Service, comment_id, let_go, stands, started
from models import release_files as releases
from moderation.record import Record
from moderation.record.releases import release_entry
from moderation.releases import ReleaseFiles
from workers.stored import files_of

RATE_PER_S = 500
GROUP = 10
#: How often another release comes on duty.
CHANGE_EVERY_S = 1.5
#: Turns are so much longer than those of `latency`: there are to be some changes in each.
TURN_LENGTH = 3
#: How long the last decisions of a turn may take.
TAIL_S = 20.0
VERSIONS = ("first", "second")
CHANGING, STEADY = "changing over", "no change"


def measure(plan: Plan) -> list[Row]:
    """The 99th percentile of the time to a decision, beside that of turns without a change."""
    with stands(1) as (where,):
        service = Service("1 worker", where, plan.settings, workers=1)
        record = Record(service.settings)
        files = {version: _files(plan, version) for version in VERSIONS}
        with started([service]):
            figures = take_turns(
                {
                    name: _turn(service, record, files, plan, changing=name == CHANGING)
                    for name in (CHANGING, STEADY)
                },
                rounds=plan.sizes.rounds,
                told=lambda number, name, waits: plan.say(
                    f"change-over, round {number + 1}: {name}, "
                    f"p50 {percentile(waits, 50):.1f} ms, p99 {percentile(waits, 99):.1f} ms"
                ),
            )
    return [_row(figures, 50, None), _row(figures, 99, Target(Bound.AT_MOST, 2))]


def _turn(
    service: Service,
    record: Record,
    files: dict[str, ReleaseFiles],
    plan: Plan,
    *,
    changing: bool,
) -> Callable[[int], list[float]]:
    def run(number: int) -> list[float]:
        site = f"{'changing' if changing else 'steady'}-{number}"
        for one in files.values():
            record.releases.add(site, one, created_by="benchmark")
        stop = threading.Event()
        changes = threading.Thread(target=_change_again_and_again, args=(record, site, stop))
        if changing:
            changes.start()
        try:
            return _waits_ms(service, site, plan)
        finally:
            stop.set()
            if changing:
                changes.join()
                _check_who_decided(record, site)

    return run


def _waits_ms(service: Service, site: str, plan: Plan) -> list[float]:
    """What each comment waited for its decision.

    Raises:
        StandError: not every comment was decided.
    """
    groups = int(plan.sizes.latency_s * TURN_LENGTH * RATE_PER_S / GROUP)
    texts = cycle(plan.texts)
    reader = Reader(service, site, groups * GROUP)
    sent: list[float] = []
    with let_go(service):
        reader.start()
        begin = time.perf_counter() + 0.05
        for number in range(groups):
            moment = begin + number * GROUP / RATE_PER_S
            time.sleep(max(moment - time.perf_counter(), 0))
            sent.append(time.perf_counter())
            service.give(site, [next(texts) for _ in range(GROUP)], first=number * GROUP)
        reader.join(TAIL_S)
    if len(reader.seen) != groups * GROUP:
        raise StandError(f"{len(reader.seen)} of {groups * GROUP} comments were decided")
    return [
        (reader.seen[comment_id(number)] - sent[number // GROUP]) * 1000
        for number in range(groups * GROUP)
    ]


def _change_again_and_again(record: Record, site: str, stop: threading.Event) -> None:
    for version in cycle(VERSIONS):
        record.releases.assign(
            site,
            lambda old, version=version: old.promoted(version),  # type: ignore[misc]
            lambda _, new: (None, release_entry("benchmark", new.active)),
        )
        if stop.wait(CHANGE_EVERY_S):
            return


def _check_who_decided(record: Record, site: str) -> None:
    """Raise StandError unless both releases decided some comments of the site."""
    position, models = "0-0", set[str]()
    while page := record.decisions.after(site, position, limit=1000):
        models |= {str(one.parsed()["model"]) for one in page}
        position = page[-1].position
    if not models.issuperset(VERSIONS):
        raise StandError(f"of both releases only {sorted(models)} decided")


def _files(plan: Plan, version: str) -> ReleaseFiles:
    """The release that is measured, under another name and so in another file."""
    release = replace(releases.load(plan.release_folder), version=version)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        releases.save(folder, release, details={})
        return files_of(folder)


def _row(figures: dict[str, list[Any]], rank: int, target: Target | None) -> Row:
    ours, theirs = (
        [percentile(waits, rank) for waits in figures[name]] for name in (CHANGING, STEADY)
    )
    return compare(
        f"changing over at {RATE_PER_S} comments/s, p{rank}",
        ours,
        theirs,
        unit="ms",
        against=STEADY,
        target=target,
    )
