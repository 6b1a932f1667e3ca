"""What the pages about retraining show, written past the classifier into a running service."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from moderation.embedded import embedded_url
from moderation.labels import Label, LabelOrigin, label_id
from moderation.record import Record
from moderation.record.daily import EPOCH
from moderation.releases import Shadowed
from moderation.settings import Settings
from tests.conftest import DEMO_SITE, Service
from tests.made_releases import store, worse

RELEASE = "2026.11.24-pages"
PATHS = (
    "/console/review",
    "/console/labels",
    "/console/labels/second-look",
    "/console/models",
    f"/console/models/{RELEASE}",
    f"/console/models/{RELEASE}/shadow",
    "/console/drift",
)
#: Days of figures, and those of them since when all is different.
DAYS, CHANGED_DAYS = 60, 7


@contextmanager
def retraining_world(
    service: Service, comment_ids: Sequence[str], texts: Sequence[str]
) -> Iterator[None]:
    """Comments to review and that a shadow differs on, doubted labels, a release, drift.

    Args:
        service: whose record is written to; what is written is taken away again.
        comment_ids: comments of the site `demo`.
        texts: what labels are about.
    """
    record = Record(Settings(redis_url=embedded_url(service.data_dir)))
    redis = record.connection
    review = record.review._keys("review", DEMO_SITE)
    labels = [
        Label(label_id(text), text, {"label": number % 2}, LabelOrigin.IMPORT, "anna")
        for number, text in enumerate(texts)
    ]
    days = [record.daily._keys("daily", DEMO_SITE, day) for day in _days()]
    redis.zadd(review, {one: at for at, one in enumerate(comment_ids, int(time.time()))})
    record.labels.put(DEMO_SITE, labels)
    record.labels.put_doubts(
        DEMO_SITE,
        [(one.id, "", "label", one.labels["label"], 1 - one.labels["label"]) for one in labels],
    )
    store(record, RELEASE, worse())
    record.shadows.write(_shadowed(one) for one in comment_ids)
    for ago, key in enumerate(days, 1):
        redis.hset(key, mapping=_figures(held=40 if ago <= CHANGED_DAYS else 5))
    try:
        yield
    finally:
        redis.zrem(review, *comment_ids)
        record.labels.remove(DEMO_SITE, [one.id for one in labels])
        redis.zrem(record.releases._keys("releases", DEMO_SITE), RELEASE)
        of_release = ("release", "shadow_counts", "shadow_differences")
        redis.delete(*(record.releases._keys(one, DEMO_SITE, RELEASE) for one in of_release))
        redis.delete(*days)
        redis.close()
        record.rq_connection.close()


def _days() -> list[str]:
    """The days before today, the last first, as keys name them."""
    today = (datetime.now(UTC).date() - EPOCH).days
    return [str(today - ago) for ago in range(1, DAYS)]


def _figures(*, held: int) -> dict[str, int]:
    """What was counted on a day of a hundred comments."""
    return {
        "seen|v1": 100,
        "decided|classifier|held": held,
        "decided|classifier|approved": 100 - held,
        "language|en": 100 - held,
        "language|de": held,
        "score|toxicity|1": 100 - held,
        "score|toxicity|9": held,
    }


def _shadowed(comment_id: str) -> Shadowed:
    scores = {"toxicity": 0.31}, {"toxicity": 0.87}
    return Shadowed(DEMO_SITE, comment_id, RELEASE, "approve", "hold", *scores)
