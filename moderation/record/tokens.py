"""Moderators' tokens: a program's way in. Only digests of them are kept."""

from __future__ import annotations

import secrets
from collections import Counter
from typing import Any

import redis

from moderation.api_keys import key_digest
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

TOKEN_PREFIX = "modtok_"  # noqa: S105 - what they begin with


class Tokens:
    """The tokens of the moderators of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._table = keys("moderator_tokens")

    def issue(self, name: str) -> str:
        """Makes one more token for a moderator and returns it, once."""
        token = TOKEN_PREFIX + secrets.token_urlsafe(32)
        with redis_away():
            self._connection.hset(self._table, key_digest(token), name)
        return token

    def owner(self, token: str) -> str | None:
        """The name of the moderator whose token this is."""
        with redis_away():
            found: Any = self._connection.hget(self._table, key_digest(token))
        return str(found) if found else None

    def counts(self) -> Counter[str]:
        """How many tokens each moderator has."""
        with redis_away():
            owners: Any = self._connection.hvals(self._table)
        return Counter(owners)

    def revoke_all(self, name: str) -> int:
        """Revokes every token of a moderator; how many there were."""
        with redis_away():
            owners = self._connection.hgetall(self._table)
            theirs = [digest for digest, owner in owners.items() if owner == name]
            return int(self._connection.hdel(self._table, *theirs)) if theirs else 0
