"""Checks of the parts that run, by what they leave in the record: who is alive, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from moderation import __version__
from moderation.doctor.findings import Finding, doubtful, well, wrong
from moderation.domain import Lane
from moderation.record import Record
from moderation.record.operations import WorkerState

#: A live comment that waits longer is worth a look; and is wrong. A bulk one may wait.
WAIT_S, LONG_WAIT_S = 5.0, 30.0
BULK_WAIT_S = 3_600.0

Check = Callable[[Record], Finding | None]


def examine(record: Record) -> Iterator[Finding]:
    """All findings about the parts.

    Raises:
        RedisAwayError: Redis does not answer.
    """
    for check in CHECKS:
        finding = check(record)
        if finding is not None:
            yield finding


def workers(record: Record) -> Finding:
    """Whether anybody decides comments."""
    alive = _alive(record)
    if not alive:
        return wrong("Workers", "none is alive: comments wait", "start `moderation worker`")
    return well("Workers", f"{len(alive)} alive")


def versions(record: Record) -> Finding | None:
    """Whether all workers are of this version."""
    others = {one.version or "an older one" for one in _alive(record)} - {__version__}
    if others:
        says = f"this is {__version__}, workers are of {', '.join(sorted(others))}"
        return doubtful("Worker versions", says, "restart the workers after an upgrade")
    return None


def releases(record: Record) -> Finding | None:
    """Whether all workers score alike."""
    found = sorted({one.release for one in _alive(record) if one.release})
    if len(found) > 1:
        cure = "restart the workers that are behind, with the same MODERATION_RELEASE"
        return doubtful("Releases", f"workers score with {' and '.join(found)}", cure)
    return well("Releases", f"all workers score with {found[0]}") if found else None


def release_troubles(record: Record) -> Finding | None:
    """Whether a worker cannot use what a site promoted."""
    troubles = {
        f"{one.version} of the site {one.site} ({one.why})"
        for worker in _alive(record)
        for one in worker.troubles
    }
    if troubles:
        says = f"workers cannot use {'; '.join(sorted(troubles))}"
        cure = "upgrade the workers, or `moderation models rollback`"
        return wrong("Sites' releases", says, cure)
    return None


def trainer(record: Record) -> Finding:
    """Whether anybody trains."""
    if record.trainings.has_trainer():
        return well("Trainer", "alive")
    return doubtful("Trainer", "none is alive: trainings wait", "start `moderation trainer`")


def deliverer(record: Record) -> Finding:
    """Whether anybody sends webhooks."""
    if record.webhooks.has_deliverer():
        return well("Deliverer", "alive")
    if record.webhooks.of(_sites(record)):
        says = "none is alive: no webhook is sent"
        return wrong("Deliverer", says, "start `moderation deliverer`")
    return doubtful("Deliverer", "none is alive", "start it before sites add webhooks")


def backlog(record: Record) -> Finding:
    """Whether comments wait for too long."""
    waits = record.backlog.oldest_s()
    live_s, bulk_s = waits[Lane.LIVE], waits[Lane.BULK]
    cure = "start more workers; if they are idle, read their lines"
    if live_s > WAIT_S:
        says = f"a live comment waits for {live_s:.0f} s"
        find = wrong if live_s > LONG_WAIT_S else doubtful
        return find("Backlog", says, cure)
    if bulk_s > BULK_WAIT_S:
        return doubtful("Backlog", f"a batch waits for {bulk_s / 3600:.0f} hours", cure)
    return well("Backlog", "no comment waits for long")


def parked_webhooks(record: Record) -> Finding | None:
    """Whether messages were given up."""
    found = record.backlog.webhooks(record.webhooks.of(_sites(record)))
    parked = {site: one.parked for site, one in found.items() if one.parked}
    if parked:
        told = ", ".join(f"{count} of {site}" for site, count in sorted(parked.items()))
        cure = "see `moderation webhooks parked`, then `moderation webhooks replay --parked`"
        return doubtful("Webhooks", f"messages were given up: {told}", cure)
    return well("Webhooks", "none was given up") if found else None


CHECKS: tuple[Check, ...] = (
    workers,
    versions,
    releases,
    release_troubles,
    trainer,
    deliverer,
    backlog,
    parked_webhooks,
)


def _alive(record: Record) -> list[WorkerState]:
    return [one for one in record.operations.workers() if one.alive]


def _sites(record: Record) -> list[str]:
    return [site.id for site in record.sites.all()]
