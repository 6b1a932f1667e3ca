"""A site's thresholds beside those of the release that its workers use."""

from __future__ import annotations

from collections.abc import Mapping

from moderation.record import Record
from moderation.record.operations import WorkerState

Thresholds = Mapping[str, float | None]


def release_in_use(record: Record) -> WorkerState | None:
    """What a worker tells about its release, `None` while no worker has loaded one."""
    return next((one for one in record.operations.workers() if one.release), None)


def unknown_categories(given: Thresholds, release: WorkerState) -> list[str]:
    """The categories with a threshold that the release does not score."""
    return sorted(set(given) - set(release.categories))


def own_thresholds(given: Thresholds, release: WorkerState) -> dict[str, float | None]:
    """What differs from the release's: the rest follows when another release is promoted."""
    return {
        category: threshold
        for category, threshold in given.items()
        if threshold != release.thresholds.get(category)
    }
