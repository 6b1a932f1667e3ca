"""The table of API keys: digests of them, what each opens, and when each was last used.

Whether a key is good is asked in Redis for each request (`authorise` in library.lua), so that
a revoked one is refused everywhere at once. A key that was revoked never comes back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

import redis
from redis.client import Pipeline

from moderation.api_keys import EVERY_SCOPE, ID_CHARACTERS, ApiKey, Scope, key_digest, new_key
from moderation.domain import now_rfc3339
from moderation.errors import UnknownApiKeyError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key that is to be made."""

    name: str = ""
    scopes: frozenset[Scope] = EVERY_SCOPE
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A key that was made, and the secret itself, to be shown once."""

    key: ApiKey
    secret: str


class ApiKeys:
    """The keys of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._table = keys("api_keys")
        self._uses = keys("api_key_uses")
        self._revoked = keys("revoked_keys")

    def of(self, site: str) -> list[ApiKey]:
        """The keys of a site, the oldest first."""
        return sorted(
            (one for one in self.all() if one.site == site),
            key=lambda one: (one.created_at, one.id),
        )

    def all(self) -> list[ApiKey]:
        """The keys of every site."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._table)
            pipe.hgetall(self._uses)
            stored, uses = pipe.execute()
        return [
            ApiKey.from_stored(
                digest, one, used_ms=int(uses[digest]) if digest in uses else None
            )
            for digest, one in stored.items()
        ]

    def is_good(self, secret: str) -> bool:
        """Whether this is a key of a site, without counting a request."""
        digest = key_digest(secret)
        with redis_away():
            stored: Any = self._connection.hget(self._table, digest)
        return stored is not None and ApiKey.from_stored(digest, stored).is_good_at(_now_ms())

    def issue(self, site: str, wanted: Wanted, secret: str = "") -> Issued:
        """Gives a site one more key, made here unless given."""
        made = _made(site, wanted, secret or new_key())
        with redis_away():
            self._connection.hset(self._table, key_digest(made.secret), made.key.to_stored())
        return made

    def preset(self, site: str, wanted: Wanted, secret: str) -> bool:
        """Makes sure that a key which the operator chose is there, unless it was revoked.

        Returns:
            Whether it is good now; what was revoked, or has expired, stays so.
        """
        made, digest = _made(site, wanted, secret), key_digest(secret)

        def add(pipe: Pipeline) -> None:
            is_revoked = pipe.sismember(self._revoked, digest)
            pipe.multi()
            if not is_revoked:
                pipe.hsetnx(self._table, digest, made.key.to_stored())

        self._transaction(add)
        return self.is_good(secret)

    def revoke(self, site: str, key_id: str) -> ApiKey:
        """Shuts out who has this key, at once.

        Raises:
            UnknownApiKeyError: the site has no such key.
        """

        def remove(pipe: Pipeline) -> ApiKey:
            digest, key = self._find(pipe, site, key_id)
            pipe.multi()
            self._forget(pipe, digest)
            return key

        return self._transaction(remove)

    def rotate(self, site: str, key_id: str, *, overlap_s: int = 0) -> Issued:
        """Makes a key that opens the same, in place of one that ends.

        Args:
            site: whose key.
            key_id: the key that ends.
            overlap_s: how long it is still good; 0: it is revoked at once.

        Raises:
            UnknownApiKeyError: the site has no such key.
        """

        def swap(pipe: Pipeline) -> Issued:
            digest, old = self._find(pipe, site, key_id)
            made = _made(site, Wanted(old.name, old.scopes, old.expires_ms), new_key())
            ends_ms = _now_ms() + overlap_s * 1000
            pipe.multi()
            pipe.hset(self._table, key_digest(made.secret), made.key.to_stored())
            if not overlap_s:
                self._forget(pipe, digest)
            elif old.is_good_at(ends_ms):
                pipe.hset(self._table, digest, replace(old, expires_ms=ends_ms).to_stored())
            return made

        return self._transaction(swap)

    def replace_all(self, site: str, wanted: Wanted) -> Issued:
        """Revokes every key of a site at once and makes a new one."""

        def swap(pipe: Pipeline) -> Issued:
            old = [digest for digest, key in self._stored(pipe) if key.site == site]
            made = _made(site, wanted, new_key())
            pipe.multi()
            self._forget(pipe, *old)
            pipe.hset(self._table, key_digest(made.secret), made.key.to_stored())
            return made

        return self._transaction(swap)

    def _find(self, pipe: Pipeline, site: str, key_id: str) -> tuple[str, ApiKey]:
        for digest, key in self._stored(pipe):
            if key.site == site and key.id == key_id:
                return digest, key
        raise UnknownApiKeyError(key_id)

    def _stored(self, pipe: Pipeline) -> list[tuple[str, ApiKey]]:
        stored: Any = pipe.hgetall(self._table)
        return [(digest, ApiKey.from_stored(digest, one)) for digest, one in stored.items()]

    def _forget(self, pipe: Pipeline, *digests: str) -> None:
        if digests:
            pipe.hdel(self._table, *digests)
            pipe.hdel(self._uses, *digests)
            pipe.sadd(self._revoked, *digests)

    def _transaction(self, change: Callable[[Pipeline], Result]) -> Result:
        """Writes what `change` queues, of the table as it stands then."""
        with redis_away():
            result = self._connection.transaction(
                cast("Callable[[Pipeline], None]", change),
                self._table,
                value_from_callable=True,
            )
        return cast("Result", result)


def _made(site: str, wanted: Wanted, secret: str) -> Issued:
    key = ApiKey(
        key_digest(secret)[:ID_CHARACTERS],
        site,
        wanted.name,
        wanted.scopes,
        now_rfc3339(),
        wanted.expires_ms,
    )
    return Issued(key, secret)


def _now_ms() -> int:
    return int(time.time() * 1000)
