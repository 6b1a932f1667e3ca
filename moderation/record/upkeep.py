"""The upkeep of the record: who does it, what it still has to erase, and the server's traces.

Owns the lease, the erasures that reach beyond a comment's own record, and what a server keeps
of erased data beside its keys: its append-only file and its command logs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from time import time
from typing import Any
from uuid import uuid4

import redis
from redis.exceptions import ResponseError

from moderation.encoding import compact_json
from moderation.errors import ArchiveBusyError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts

#: Whoever does the upkeep says so anew before each step; a step takes a second at most.
LEASE_S = 60
#: Stands behind the kind of a subject whose labels are kept.
_KEEPS = "+"


class SubjectKind(StrEnum):
    """What is to be erased."""

    COMMENT = "c"
    AUTHOR = "a"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what is to be erased from the archive and from others' records too.

    Attributes:
        kind: a comment or an author.
        digest: of its id, which itself is to be gone already.
        keeps_labels: whether what the comments taught is to stay.
    """

    kind: SubjectKind
    digest: str
    keeps_labels: bool = False

    @classmethod
    def named(cls, kind: SubjectKind, id_: str, *, keeps_labels: bool) -> Subject:
        """The subject with an id."""
        return cls(kind, digest_of(id_), keeps_labels)

    def written(self) -> str:
        """As it is stored."""
        return f"{self.kind}{_KEEPS if self.keeps_labels else ''}:{self.digest}"

    @classmethod
    def of(cls, written: str) -> Subject:
        """As `written` wrote it."""
        kind, _, digest = written.partition(":")
        return cls(SubjectKind(kind.removesuffix(_KEEPS)), digest, kind.endswith(_KEEPS))


def digest_of(id_: str) -> str:
    """What is kept of the id of a subject."""
    return blake2b(id_.encode(), digest_size=16).hexdigest()


class Lease:
    """The right to do the upkeep of a shard, held by one process at a time."""

    def __init__(self, connection: redis.Redis, key: str, token: str) -> None:
        self._connection = connection
        self._key = key
        self._token = token

    def renew(self) -> None:
        """Says that the work goes on.

        Raises:
            ArchiveBusyError: it took so long that another may have it now.
        """
        with redis_away():
            if self._connection.get(self._key) != self._token:
                raise ArchiveBusyError("the upkeep took too long; another process has it now")
            self._connection.expire(self._key, LEASE_S)

    def give_back(self) -> None:
        """Lets others do it."""
        with redis_away():
            if self._connection.get(self._key) == self._token:
                self._connection.delete(self._key)


class Upkeep:
    """The upkeep of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    @contextmanager
    def lease(self) -> Iterator[Lease]:
        """The right to do the upkeep.

        Raises:
            ArchiveBusyError: another process has it.
        """
        key, token = self._keys("upkeep_lease"), uuid4().hex
        with redis_away():
            if not self._connection.set(key, token, nx=True, ex=LEASE_S):
                raise ArchiveBusyError("another process does the upkeep now; try again later")
        lease = Lease(self._connection, key, token)
        try:
            yield lease
        finally:
            lease.give_back()

    def swept_at(self, site: str) -> int:
        """When a site was last swept from end to end, seconds since 1970; 0 for never."""
        with redis_away():
            return int(self._connection.hget(self._keys("upkeep"), f"swept:{site}") or 0)

    def left_at_sweep(self, site: str) -> dict[str, int]:
        """What left when a site was last swept, and how much of it; nothing if never."""
        with redis_away():
            written = self._connection.hget(self._keys("upkeep"), f"left:{site}") or "{}"
        left: dict[str, int] = json.loads(str(written))
        return left

    def note_swept(self, site: str, left: Mapping[str, int]) -> None:
        """Remembers that a site was swept from end to end just now, and what left."""
        noted: dict[Any, Any] = {
            f"swept:{site}": int(time()),
            f"left:{site}": compact_json(left),
        }
        with redis_away():
            self._connection.hset(self._keys("upkeep"), mapping=noted)

    def want_erased(self, site: str, subject: Subject) -> None:
        """Lets the next upkeep erase somebody or something beyond its own record."""
        with redis_away():
            self._connection.sadd(self._keys("wanted_erasures", site), subject.written())

    def wanted(self, site: str) -> list[Subject]:
        """What is to be erased so."""
        with redis_away():
            found = self._connection.smembers(self._keys("wanted_erasures", site))
        return sorted(map(Subject.of, map(str, found)), key=Subject.written)

    def note_erased(self, site: str, subjects: list[Subject]) -> None:
        """Remembers that these are erased everywhere."""
        if subjects:
            with redis_away(), self._connection.pipeline(transaction=True) as pipe:
                written = [one.written() for one in subjects]
                pipe.srem(self._keys("wanted_erasures", site), *written)
                pipe.hincrby(self._keys("upkeep"), "erased", len(written))
                pipe.execute()

    def note_archived(self, site: str) -> None:
        """Remembers that comments of a site lie in an archive."""
        with redis_away():
            self._connection.hset(self._keys("upkeep"), f"archived:{site}", 1)

    def has_archive(self, site: str) -> bool:
        """Whether comments of a site were ever archived."""
        with redis_away():
            return bool(self._connection.hexists(self._keys("upkeep"), f"archived:{site}"))

    def forget_reporter(self, site: str, comment_id: str, reporter: str) -> None:
        """Leaves of a report of a comment that there was one.

        Args:
            site: whose comment.
            comment_id: the comment.
            reporter: as the reports of the comment have it.
        """
        self._scripts.run("forget_reporter", site, comment_id, reporter, uuid4().hex)

    @property
    def has_traces(self) -> bool:
        """Whether something was erased since the server's files were last cleared."""
        with redis_away():
            erased, cleared = self._connection.hmget(
                self._keys("upkeep"), ["erased", "cleared"]
            )
        return int(erased or 0) > int(cleared or 0)

    def clear_traces(self) -> bool:
        """Lets the server rewrite its append-only file and empty its command logs.

        Both may still hold what was erased. The file is rewritten in the background; the old
        one goes when that is done (https://valkey.io/commands/bgrewriteaof/). The logs keep
        the beginnings of commands that were slow or large
        (https://valkey.io/commands/commandlog-reset/).

        Returns:
            Whether the server did so; one that keeps its files elsewhere may refuse.
        """
        with redis_away():
            erased = self._connection.hget(self._keys("upkeep"), "erased") or "0"
            try:
                self._connection.bgrewriteaof()
            except ResponseError:
                return False
            for command in (
                "SLOWLOG RESET",
                "COMMANDLOG RESET large-request",
                "COMMANDLOG RESET large-reply",
            ):
                with suppress(ResponseError):  # a server without such a log
                    self._connection.execute_command(*command.split())  # type: ignore[no-untyped-call]
            # As it was before: what was erased meanwhile is cleared the next time.
            self._connection.hset(self._keys("upkeep"), "cleared", erased)
        return True
