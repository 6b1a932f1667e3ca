"""The event streams that are open: so many a key, in all processes together.

Each holds its place by a lease, which it renews as it goes. So the place of a stream whose
process was killed is free again when the lease ends.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import redis

from moderation.api_keys import key_digest
from moderation.errors import RedisAwayError, TooManyStreamsError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts

#: How long the place of a stream is kept that does not say that it is still there.
LEASE_S = 10
KEPT, FULL = "kept", "full"


class EventStreams:
    """The open streams of the keys of one shard.

    Args:
        connection: to the shard.
        keys: the shard's.
        scripts: run there.
        most: streams that a key may have open at once; 0: any number.
    """

    def __init__(
        self, connection: redis.Redis, keys: Keys, scripts: Scripts, *, most: int
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self._most = most

    def open(self, key: str) -> Lease:
        """A place for one more stream of an API key.

        Of a key that was revoked just now it ends at the first renewal.

        Raises:
            TooManyStreamsError: the key has as many open as it may.
            RedisAwayError: Redis does not answer.
        """
        lease = Lease(self, key_digest(key), uuid4().hex)
        if self.hold(lease) == FULL:
            raise TooManyStreamsError(self._most)
        return lease

    def hold(self, lease: Lease) -> str:
        """What `lease_stream.lua` says of the place."""
        arguments = (lease.digest, lease.stream, self._most, int(LEASE_S * 1000))
        return str(self._scripts.run("lease_stream", *arguments))

    def give_back(self, lease: Lease) -> None:
        """Frees a place.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        with redis_away():
            self._connection.zrem(self._keys("event_streams", lease.digest), lease.stream)


@dataclass(frozen=True, slots=True)
class Lease:
    """The place of one stream of a key, that is known by its digest."""

    streams: EventStreams
    digest: str
    stream: str

    def renew(self) -> bool:
        """Keeps the place. False: the key is good no more, or others have the place by now.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        return self.streams.hold(self) == KEPT

    def end(self) -> None:
        """Gives the place back; while Redis is away it becomes free by itself."""
        with suppress(RedisAwayError):
            self.streams.give_back(self)
