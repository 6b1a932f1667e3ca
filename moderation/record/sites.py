"""Sites and their API keys, of which only digests are kept."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import redis

from moderation.domain import now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import SiteExistsError, UnknownSiteError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts
from moderation.record.together import Together

#: A key may be the first label of a host name (Akismet's clients send it so): letters, digits
#: and hyphens, in lower case, since clients fold it, at most 63 in all (RFC 1123, section 2.1).
KEY_PREFIX = "mod-"
KEY_BYTES = 24
#: What a site may be called: it stands in Redis keys, in front of ids that sites choose.
SITE_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Site:
    """A site and when it was made."""

    id: str
    name: str
    created_at: str
    key_count: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests that a key may make in a window; `limit` 0: any number."""

    limit: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Authorised:
    """The site that a key belongs to, and what is left of its rate window."""

    site: str
    requests_left: int
    window_ends_in_s: int


class Sites:
    """The sites of one shard."""

    def __init__(
        self,
        connection: redis.Redis,
        keys: Keys,
        scripts: Scripts,
        *,
        rate: Rate,
    ) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self._rate = rate
        self._together = Together(self._authorise)
        #: Key digest → site, for every key seen here. A key never changes its site; whether
        #: it is still good is asked anew for each request.
        self._owners: dict[str, str] = {}

    def create(self, site_id: str, name: str) -> None:
        """Makes a site without a key.

        Raises:
            SiteExistsError: the id is taken.
        """
        written = compact_json({"name": name, "created_at": now_rfc3339()})
        with redis_away():
            if not self._connection.hsetnx(self._keys("sites"), site_id, written):
                raise SiteExistsError(f"the site {site_id!r} exists already")

    def all(self) -> list[Site]:
        """Every site, by id."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.hgetall(self._keys("sites"))
            pipe.hvals(self._keys("api_keys"))
            sites, owners = pipe.execute()
        return [
            Site(site_id, key_count=owners.count(site_id), **json.loads(written))
            for site_id, written in sorted(sites.items())
        ]

    def exists(self, site_id: str) -> bool:
        """Whether there is such a site."""
        with redis_away():
            return bool(self._connection.hexists(self._keys("sites"), site_id))

    def issue_key(self, site_id: str, key: str | None = None) -> str:
        """Gives the site one more key (made here unless given) and returns it, once.

        Raises:
            UnknownSiteError: there is no such site.
        """
        self._require(site_id)
        key = key or _new_key()
        with redis_away():
            self._connection.hset(self._keys("api_keys"), key_digest(key), site_id)
        return key

    def rotate_key(self, site_id: str) -> str:
        """Revokes every key of the site at once and returns the new one.

        Raises:
            UnknownSiteError: there is no such site.
        """
        self._require(site_id)
        table = self._keys("api_keys")
        key = _new_key()
        with redis_away():
            old = [
                digest
                for digest, owner in self._connection.hgetall(table).items()
                if owner == site_id
            ]
            with self._connection.pipeline(transaction=True) as pipe:
                if old:
                    pipe.hdel(table, *old)
                pipe.hset(table, key_digest(key), site_id)
                pipe.execute()
        return key

    def authorise(self, key: str) -> Authorised | None:
        """Whose key this is, and one request off its rate window; `None` for no key of ours.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        return self._together.do(key_digest(key))

    def owner(self, digest: str) -> str | None:
        """The site of a key that was good here before, without asking whether it still is."""
        return self._owners.get(digest)

    def is_key(self, key: str) -> bool:
        """Whether this is a key of a site, without counting a request."""
        with redis_away():
            return bool(self._connection.hexists(self._keys("api_keys"), key_digest(key)))

    def _authorise(self, digests: Sequence[str]) -> list[Authorised | None]:
        answers = self._scripts.run_on_own_line(
            "authorise", [self._rate.limit, self._rate.window_s, *digests]
        )
        self._owners.update(
            (digest, site) for digest, (site, *_) in zip(digests, answers, strict=True) if site
        )
        return [
            Authorised(site, left, ends_in) if site else None for site, left, ends_in in answers
        ]

    def _require(self, site_id: str) -> None:
        if not self.exists(site_id):
            raise UnknownSiteError(
                f"there is no site {site_id!r}; `moderation site list` shows them"
            )


def _new_key() -> str:
    return KEY_PREFIX + secrets.token_hex(KEY_BYTES)


def key_digest(key: str) -> str:
    """What is kept of an API key; a key has enough entropy for a plain digest."""
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
