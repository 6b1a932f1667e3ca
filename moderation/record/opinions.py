"""Second opinions: what another moderator says of a decided comment, not told the verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from moderation.encoding import compact_json
from moderation.errors import UnknownCommentError
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts


@dataclass(frozen=True, slots=True)
class Said:
    """What one moderator says of a comment.

    Attributes:
        who: the moderator.
        action: approve or reject.
        labels: the labels that this makes; `None` if it says nothing about the words.
    """

    who: str
    action: str
    labels: dict[str, int] | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """A second opinion, beside the verdict as it stood when it was asked for.

    Attributes:
        comment_id: the comment.
        revision: the decision that was the verdict then.
        verdict: the verdict.
        opinion: the opinion.
        at: when it was given, RFC 3339.
    """

    comment_id: str
    revision: int
    verdict: Said
    opinion: Said
    at: str

    @property
    def agrees(self) -> bool:
        """Whether both would publish the comment, or neither."""
        return self.verdict.action == self.opinion.action


class Opinions:
    """The second opinions of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def put(self, site: str, opinion: Opinion) -> bool:
        """Stores an opinion, the first one of a comment; whether it was the first.

        Raises:
            UnknownCommentError: the site has no such comment, or erased it.
        """
        told = self._scripts.run("opine", site, opinion.comment_id, _written(opinion))
        if told == "gone":
            raise UnknownCommentError(opinion.comment_id)
        return bool(told == "first")

    def have(self, site: str, comment_ids: Sequence[str]) -> list[bool]:
        """Whether each of some comments has an opinion."""
        if not comment_ids:
            return []
        with redis_away():
            found: Any = self._connection.hmget(self._keys("opinions", site), list(comment_ids))
        return [one is not None for one in found]

    def all(self, site: str) -> list[Opinion]:
        """Every opinion of a site, the newest first."""
        with redis_away():
            found: Any = self._connection.hgetall(self._keys("opinions", site))
        opinions = [_read(comment_id, stored) for comment_id, stored in found.items()]
        return sorted(opinions, key=lambda one: one.at, reverse=True)


def _written(opinion: Opinion) -> str:
    said = [[one.who, one.action, one.labels] for one in (opinion.verdict, opinion.opinion)]
    return compact_json([opinion.revision, opinion.at, *said])


def _read(comment_id: str, stored: str) -> Opinion:
    revision, at, verdict, opinion = json.loads(stored)
    return Opinion(comment_id, revision, Said(*verdict), Said(*opinion), at)
