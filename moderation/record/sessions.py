"""Sessions of signed-in moderators: kept here, known to the browser by a secret alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import Any

import redis
from redis.client import Pipeline

from moderation.api_keys import key_digest
from moderation.domain import rfc3339
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

#: A session ends when nothing came for so long, and in any case after so long.
IDLE_S = 12 * 3600
LIFE_S = 7 * 86_400
#: A session seen so lately is not written to again.
TOUCH_AFTER_S = 60
AGENT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which a moderator is signed in.

    Attributes:
        id: the digest of its secret; names it without opening it.
        name: the moderator's.
        csrf_token: proves that a form came from one of our pages.
        site: the site chosen in the header, "" for none yet.
        started_at: seconds since 1970, as all times here.
        agent: what the browser calls itself.
    """

    id: str
    name: str
    csrf_token: str
    site: str
    started_at: int
    seen_at: int
    address: str
    agent: str

    @property
    def started(self) -> str:
        """When it began, RFC 3339."""
        return rfc3339(datetime.fromtimestamp(self.started_at, UTC))

    @property
    def seen(self) -> str:
        """When something last came, RFC 3339, at most `TOUCH_AFTER_S` too early."""
        return rfc3339(datetime.fromtimestamp(self.seen_at, UTC))


class Sessions:
    """The sessions of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def start(self, name: str, *, address: str = "", agent: str = "") -> str:
        """Signs somebody in; the secret for their browser's cookie.

        Always a new secret: one that was in the browser before never becomes a session.
        """
        secret, now = secrets.token_urlsafe(32), int(time())
        digest = key_digest(secret)
        key, index = self._keys("session", digest), self._keys("moderator_sessions", name)
        fields: dict[Any, Any] = {
            "name": name,
            "csrf_token": secrets.token_urlsafe(32),
            "site": "",
            "started_at": now,
            "address": address,
            "agent": agent[:AGENT_CHARACTERS],
        }
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.hset(key, mapping=fields)
            pipe.expire(key, IDLE_S)
            pipe.zadd(index, {digest: now + LIFE_S})
            pipe.expire(index, LIFE_S)
            pipe.execute()
        return secret

    def open(self, secret: str, *, is_seen: bool = True) -> Session | None:
        """The session of a browser that has this secret, if it has not ended.

        Args:
            secret: what the browser's cookie holds.
            is_seen: whether somebody is there, and not only their browser.
        """
        session = self._read(key_digest(secret))
        if session and is_seen and time() - session.seen_at >= TOUCH_AFTER_S:
            with redis_away():
                self._connection.expire(self._keys("session", session.id), IDLE_S)
        return session

    def choose_site(self, session: Session, site: str) -> None:
        """Remembers the site that is looked at, unless the session has just ended."""
        key = self._keys("session", session.id)

        def attempt(pipe: Pipeline) -> None:
            is_open = pipe.exists(key)
            pipe.multi()
            if is_open:
                pipe.hset(key, "site", site)

        with redis_away():
            self._connection.transaction(attempt, key)

    def of(self, name: str) -> list[Session]:
        """The open sessions of a moderator, the latest first."""
        index = self._keys("moderator_sessions", name)
        with redis_away():
            self._connection.zremrangebyscore(index, "-inf", time())
            digests: Any = self._connection.zrange(index, 0, -1, desc=True)
        found = [self._read(digest) for digest in digests]
        return [one for one in found if one]

    def end(self, session_id: str, name: str) -> bool:
        """Ends one session of a moderator; `False` if it is not theirs or has ended."""
        index = self._keys("moderator_sessions", name)
        with redis_away():
            if not self._connection.zrem(index, session_id):
                return False
            return bool(self._connection.delete(self._keys("session", session_id)))

    def end_all(self, name: str, *, but: str = "") -> int:
        """Ends every session of a moderator but the one of that id; how many there were."""
        return sum(self.end(one.id, name) for one in self.of(name) if one.id != but)

    def _read(self, digest: str) -> Session | None:
        key = self._keys("session", digest)
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.hgetall(key)
            pipe.ttl(key)
            fields, left_s = pipe.execute()
        if not fields:
            return None
        now, started_at = int(time()), int(fields.pop("started_at"))
        if now >= started_at + LIFE_S:
            return None
        # Whatever comes resets the expiry, so the expiry tells when something came.
        seen_at = now - (IDLE_S - left_s)
        return Session(id=digest, started_at=started_at, seen_at=seen_at, **fields)
