"""The secrets that each site's Coral signs its requests with.

An HMAC is checked with the secret itself, so these are kept as they are, not as digests.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.api_keys import key_digest
from moderation.domain import now_rfc3339
from moderation.encoding import compact_json
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

#: Characters of a secret's digest by which people tell it from others.
ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class CoralSecret:
    """A signing secret without the secret.

    Attributes:
        id: the beginning of its SHA-256.
        added_at: when it was added, RFC 3339.
    """

    id: str
    added_at: str


class CoralSecrets:
    """The signing secrets of the sites of one shard; a site has several while they rotate."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def add(self, site: str, secret: str) -> CoralSecret:
        """Accepts what is signed with this secret from now on; adding it twice is once."""
        added = CoralSecret(key_digest(secret)[:ID_CHARACTERS], now_rfc3339())
        written = compact_json({"secret": secret, "added_at": added.added_at})
        with redis_away():
            self._connection.hset(self._keys("coral_secrets", site), added.id, written)
        return added

    def all(self, site: str) -> list[CoralSecret]:
        """Those of a site, the oldest first."""
        with redis_away():
            stored: Any = self._connection.hgetall(self._keys("coral_secrets", site))
        found = [
            CoralSecret(secret_id, json.loads(written)["added_at"])
            for secret_id, written in stored.items()
        ]
        return sorted(found, key=lambda one: one.added_at)

    def remove(self, site: str, secret_id: str) -> bool:
        """Accepts nothing that is signed with it any more; whether the site had it."""
        with redis_away():
            return bool(self._connection.hdel(self._keys("coral_secrets", site), secret_id))

    def values(self, site: str) -> Sequence[str]:
        """The secrets themselves; none for a site that does not exist."""
        with redis_away():
            stored: Any = self._connection.hvals(self._keys("coral_secrets", site))
        return [str(json.loads(written)["secret"]) for written in stored]
