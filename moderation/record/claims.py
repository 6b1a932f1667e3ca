"""Claims: who looks at a held comment just now, so that two moderators never collide.

A claim ends by itself. It only tells; what keeps two decisions apart is their revision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import redis

from moderation.errors import UnknownCommentError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts

#: How long a claim lasts unless it is renewed.
CLAIM_S = 180


@dataclass(frozen=True, slots=True)
class Claim:
    """A moderator who looks at a comment, and for how much longer it is theirs."""

    moderator: str
    expires_in_s: int


class Claims:
    """The claims of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def take(self, site: str, comment_id: str, moderator: str) -> Claim:
        """Claims a comment or renews the claim; it may be somebody else's already.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
        """
        owner, left_ms = self._scripts.run("claim", site, comment_id, moderator, CLAIM_S * 1000)
        if not owner:
            raise UnknownCommentError(comment_id)
        return Claim(owner, ceil(left_ms / 1000))

    def release(self, site: str, comment_id: str, moderator: str) -> None:
        """Gives a comment back, if it is this moderator's."""
        key = self._keys("claim", site, comment_id)
        with redis_away():
            if self._connection.get(key) == moderator:
                self._connection.delete(key)

    def of(self, site: str, comment_ids: Sequence[str]) -> list[Claim | None]:
        """The claims of some comments, in order."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for comment_id in comment_ids:
                pipe.get(self._keys("claim", site, comment_id))
                pipe.pttl(self._keys("claim", site, comment_id))
            answers = pipe.execute()
        return [
            Claim(owner, max(ceil(left_ms / 1000), 0)) if owner else None
            for owner, left_ms in zip(answers[::2], answers[1::2], strict=True)
        ]
