"""What a shadow would have decided: counts, and the comments on which it differs.

Statistics beside the decisions, written a moment after them: a worker that is killed may
leave the last ones out. They hold no text.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from moderation.domain import Action, rfc3339
from moderation.encoding import compact_json
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.releases import Shadowed, ShadowReport

#: Comments remembered on which a shadow differs; all are counted.
DIFFERENCES_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A comment that a shadow would have decided otherwise, and when it was decided."""

    comment_id: str
    at: str
    position: str
    active: str
    shadow: str
    active_scores: dict[str, float]
    shadow_scores: dict[str, float]


class Shadows:
    """What the shadows of the sites of one shard would have decided."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def write(self, seen: Iterable[Shadowed]) -> None:
        """Adds comments that a shadow has judged."""
        counts: Counter[tuple[str, str, str]] = Counter()
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            for one in seen:
                counts[one.site, one.version, "compared"] += 1
                if one.differs:
                    counts[one.site, one.version, f"would_{one.shadow}"] += 1
                    pipe.xadd(
                        self._keys("shadow_differences", one.site, one.version),
                        {"difference": _written(one)},
                        maxlen=DIFFERENCES_KEPT,
                    )
            for (site, version, name), amount in counts.items():
                pipe.hincrby(self._keys("shadow_counts", site, version), name, amount)
            pipe.execute()

    def report(self, site: str, version: str) -> ShadowReport:
        """How often a release differed, since it or the active one was put on duty."""
        with redis_away():
            told: Any = self._connection.hgetall(self._keys("shadow_counts", site, version))
        return ShadowReport(
            version,
            compared=int(told.get("compared", 0)),
            would_hold=int(told.get(f"would_{Action.HOLD}", 0)),
            would_approve=int(told.get(f"would_{Action.APPROVE}", 0)),
        )

    def differences(
        self, site: str, version: str, *, limit: int, before: str | None = None
    ) -> list[Difference]:
        """Comments that it would have decided otherwise, the latest first.

        Args:
            site: whose.
            version: the shadow's.
            limit: how many at most.
            before: a position; later ones were seen already.
        """
        with redis_away():
            entries: Any = self._connection.xrevrange(
                self._keys("shadow_differences", site, version),
                max=f"({before}" if before else "+",
                count=limit,
            )
        return [_difference(position, fields) for position, fields in entries]


def _written(one: Shadowed) -> str:
    return compact_json(
        {
            "comment_id": one.comment_id,
            "active": one.active,
            "shadow": one.shadow,
            "active_scores": one.active_scores,
            "shadow_scores": one.shadow_scores,
        }
    )


def _difference(position: str, fields: dict[str, str]) -> Difference:
    at = datetime.fromtimestamp(int(position.partition("-")[0]) / 1000, UTC)
    return Difference(at=rfc3339(at), position=position, **json.loads(fields["difference"]))
