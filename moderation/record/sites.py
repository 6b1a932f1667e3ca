"""Sites, and whose request carries which API key. The keys themselves: `api_keys`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.api_keys import ApiKey, Scope, key_digest
from moderation.domain import now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import SiteExistsError, UnknownSiteError
from moderation.record.api_keys import ApiKeys, Wanted
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.rates import Rate, RateWindow
from moderation.record.scripts import Scripts
from moderation.record.together import Together

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
class Authorised:
    """The site that a key belongs to, and its rate window.

    `scopes` is what the key opens; empty where only the rate was asked about.
    """

    site: str
    window: RateWindow
    scopes: frozenset[Scope] = frozenset()


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
        self.keys = ApiKeys(connection, keys)
        self._connection = connection
        self._keys = keys
        self._scripts = scripts
        self._rate = rate
        self._together = Together(self._authorise)
        #: Digest → key, for every key that was good here. Its site and scopes never change;
        #: whether it is still good is asked anew for each request.
        self._known: dict[str, ApiKey] = {}

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
        with redis_away():
            sites: Any = self._connection.hgetall(self._keys("sites"))
        key_counts = Counter(key.site for key in self.keys.all())
        return [
            Site(site_id, key_count=key_counts[site_id], **json.loads(written))
            for site_id, written in sorted(sites.items())
        ]

    def exists(self, site_id: str) -> bool:
        """Whether there is such a site."""
        with redis_away():
            return bool(self._connection.hexists(self._keys("sites"), site_id))

    def issue_key(self, site_id: str, key: str = "", *, name: str = "") -> str:
        """Gives the site one more key that opens all (made here unless given), once.

        Raises:
            UnknownSiteError: there is no such site.
        """
        self.require(site_id)
        return self.keys.issue(site_id, Wanted(name), key).secret

    def rotate_key(self, site_id: str) -> str:
        """Revokes every key of the site at once and returns a new one that opens all.

        Raises:
            UnknownSiteError: there is no such site.
        """
        self.require(site_id)
        return self.keys.replace_all(site_id, Wanted("rotated")).secret

    def authorise(self, key: str) -> Authorised | None:
        """Whose key this is, and one request off its rate window; `None` for no key of ours.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        return self._together.do(key_digest(key))

    def known(self, digest: str) -> ApiKey | None:
        """A key that was good here before, without asking whether it still is."""
        return self._known.get(digest)

    def is_key(self, key: str) -> bool:
        """Whether this is a key of a site, without counting a request."""
        return self.keys.is_good(key)

    def require(self, site_id: str) -> None:
        """Goes on only for a site that exists.

        Raises:
            UnknownSiteError: there is no such site.
        """
        if not self.exists(site_id):
            raise UnknownSiteError(
                f"there is no site {site_id!r}; `moderation site list` shows them"
            )

    def _authorise(self, digests: Sequence[str]) -> list[Authorised | None]:
        answers = self._scripts.run_on_own_line(
            "authorise", [self._rate.limit, self._rate.window_s, *digests]
        )
        return [
            self._authorised(digest, *answer)
            for digest, answer in zip(digests, answers, strict=True)
        ]

    def _authorised(self, digest: str, stored: str, *window: int) -> Authorised | None:
        if not stored:
            return None
        key = self._known[digest] = ApiKey.from_stored(digest, stored)
        return Authorised(key.site, RateWindow(*window), key.scopes)
