"""How often somebody may try to sign in: few times, then after waits that grow.

Counted for the name and for the address, here and not in a process, because an attacker
reaches all processes.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from math import ceil

import redis

from moderation.errors import TooManyTriesError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts

#: Tries before the first wait. An address may be that of a whole newsroom.
TRIES_PER_NAME = 5
TRIES_PER_ADDRESS = 30
#: The first wait; each further try doubles it up to the longest. After as long without a
#: try, all is forgotten.
FIRST_WAIT_S = 15
LONGEST_WAIT_S = 15 * 60


class Throttle:
    """The tries to sign in to one shard."""

    def __init__(
        self, scripts: Scripts, connection: redis.Redis, keys: Keys, secret: Callable[[], str]
    ) -> None:
        self._scripts = scripts
        self._connection = connection
        self._keys = keys
        self._secret = cache(secret)

    def count(self, name: str, address: str) -> None:
        """Counts a try to sign in.

        Raises:
            TooManyTriesError: it comes too soon.
        """
        wait_ms = self._scripts.run(
            "sign_in",
            FIRST_WAIT_S * 1000,
            LONGEST_WAIT_S * 1000,
            self._digest("name", name),
            TRIES_PER_NAME,
            self._digest("address", address),
            TRIES_PER_ADDRESS,
        )
        if wait_ms > 0:
            raise TooManyTriesError(ceil(wait_ms / 1000))

    def forget(self, name: str, address: str) -> None:
        """Takes a try back that was good: it and those before it count no more.

        An address loses only this one, or an attacker with an account of their own could
        go on guessing those of others.
        """
        by_address = self._keys("sign_in_tries", self._digest("address", address))
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.delete(self._keys("sign_in_tries", self._digest("name", name)))
            pipe.hincrby(by_address, "tries", -1)
            pipe.expire(by_address, LONGEST_WAIT_S)
            pipe.execute()

    def _digest(self, kind: str, subject: str) -> str:
        """What is kept of who tries: names may be anything, and addresses are personal.

        Keyed, as there are few enough addresses to try them all.
        """
        subject_bytes = f"{kind}\0{subject}".encode("utf-8", "surrogateescape")
        return hmac.new(self._secret().encode(), subject_bytes, sha256).hexdigest()
