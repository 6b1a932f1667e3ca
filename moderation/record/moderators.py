"""Moderators: who they are and how their passwords are checked."""

from __future__ import annotations

import json

import redis
from werkzeug.security import generate_password_hash

from moderation.domain import now_rfc3339
from moderation.record.connection import redis_away
from moderation.record.keys import Keys


class Moderators:
    """The moderators of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def exists(self, name: str) -> bool:
        """Whether there is such a moderator."""
        with redis_away():
            return bool(self._connection.hexists(self._keys("moderators"), name))

    def put(self, name: str, *, site: str, role: str, password: str) -> None:
        """Makes a moderator, or replaces one; only a salted hash of the password is kept."""
        written = {
            "site": site,
            "role": role,
            "password_hash": generate_password_hash(password),
            "created_at": now_rfc3339(),
        }
        with redis_away():
            self._connection.hset(self._keys("moderators"), name, json.dumps(written))
