"""A site's thresholds beside those of the release that decides for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moderation.errors import UnknownReleaseError
from moderation.record import Record

Thresholds = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Deciding:
    """The release that workers score a site's comments with."""

    version: str
    categories: Sequence[str]
    thresholds: Mapping[str, float]


def deciding(record: Record, site: str) -> Deciding | None:
    """What workers score a site's comments with, `None` while none has loaded a release."""
    worker = next((one for one in record.operations.workers() if one.release), None)
    if worker is None or worker.release is None:
        return None
    version = worker.releases.get(site, worker.release)
    if version != worker.release:
        try:
            manifest = record.releases.manifest(site, version)
        except UnknownReleaseError:
            pass  # It is forgotten, and no worker will have it for long.
        else:
            return Deciding(version, manifest["categories"], manifest["thresholds"])
    return Deciding(worker.release, worker.categories, worker.thresholds)


def unknown_categories(given: Thresholds, release: Deciding) -> list[str]:
    """The categories with a threshold that the release does not score."""
    return sorted(set(given) - set(release.categories))


def own_thresholds(given: Thresholds, release: Deciding) -> dict[str, float | None]:
    """What differs from the release's: the rest follows when another release is promoted."""
    return {
        category: threshold
        for category, threshold in given.items()
        if threshold != release.thresholds.get(category)
    }
