"""Whole comments: all that is held of each, one after the other, for exports and retention.

Owns how they are found without an index, and how one is written as JSON. Reads only.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import redis

from moderation.chunks import in_chunks
from moderation.domain import Status
from moderation.record.comment_hash import ask_for_hash, decisions_of, fields_of
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

log = logging.getLogger(__name__)

#: Comments that one round trip reads.
AT_ONCE = 200
#: Keys that one step of a scan looks at: Redis answers nobody else meanwhile.
LOOKED_AT = 1_000
_NOTE, _BY = "note:", "by:"
_GLOB = str.maketrans({one: f"\\{one}" for one in "\\*?[]^-{}"})


@dataclass(frozen=True, slots=True)
class WholeComment:
    """A comment with everything that hangs on it.

    Attributes:
        id: its id.
        article_id: its article.
        status: where it stands.
        revision: how many decisions it has.
        content: what the site posted, as far as it is still kept.
        decisions: all of them as the contract writes them, the oldest first.
        notes: revision → what a moderator remarked for others.
        reports: who reported it (`by:` and the site's id, or `one:` and a random one) → why.
        sampled: the share by which it was drawn for review, "" if it was not.
    """

    id: str
    article_id: str
    status: Status
    revision: int
    content: dict[str, Any]
    decisions: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    reports: dict[str, str] = field(default_factory=dict)
    sampled: str = ""

    @property
    def author_id(self) -> str:
        """The site's own id of its author."""
        return str(self.content["author"]["id"])

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to do anything about it any more."""
        return self.status in {Status.APPROVED, Status.REJECTED}

    @property
    def decided_at(self) -> str:
        """When it was decided last, RFC 3339; "" if it never was."""
        return str(self.decisions[-1]["decided_at"]) if self.decisions else ""

    def reporters(self) -> dict[str, str]:
        """Who gave their names with their reports: the site's id → the name in `reports`."""
        named = (one for one in self.reports if one.startswith(_BY))
        return {one.removeprefix(_BY): one for one in named}

    def to_json(self) -> dict[str, Any]:
        """As exports and the archive have it; what is empty is left out.

        Of reports only the reasons: who made them is another person's data.
        """
        reasons = [reason for reason in self.reports.values() if reason]
        written = asdict(self) | {"status": self.status.value, "reports": reasons}
        return {name: value for name, value in written.items() if value not in ({}, [], "")}


class WholeComments:
    """The whole comments of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def walk(self, site: str) -> Iterator[list[WholeComment]]:
        """Every comment of a site that is not erased, some at a time, in no order.

        One that is there from the first step to the last comes at least once; one that comes
        or goes meanwhile may or may not come (https://valkey.io/commands/scan/).
        """
        for ids in in_chunks(self.ids(site), AT_ONCE):
            yield self.read(site, ids)

    def ids(self, site: str) -> Iterator[str]:
        """The id of every comment of a site, also of erased ones, in no order."""
        return self._names(self._keys("comment", site, ""))

    def by_author(self, site: str, author_id: str) -> list[WholeComment]:
        """Every comment of an author, the oldest first."""
        with redis_away():
            ids: Any = self._connection.zrange(self._keys("author", site, author_id), 0, -1)
        return [one for chunk in in_chunks(ids, AT_ONCE) for one in self.read(site, chunk)]

    def reported(self, site: str) -> Iterator[WholeComment]:
        """Every comment that readers reported, in no order."""
        for ids in in_chunks(self._names(self._keys("reports", site, "")), AT_ONCE):
            yield from self.read(site, ids)

    def read(self, site: str, ids: Sequence[str]) -> list[WholeComment]:
        """Some comments, in order; those that are not there or erased are left out."""
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            for one in ids:
                ask_for_hash(pipe, self._keys("comment", site, one))
                pipe.hgetall(self._keys("reports", site, one))
            answers = iter(pipe.execute())
        found = [_whole(one, next(answers), next(answers)) for one in ids]
        return [one for one in found if one]

    def _names(self, prefix: str) -> Iterator[str]:
        """What stands behind a prefix in the names of keys, each at least once."""
        steps = self._connection.scan_iter(match=prefix.translate(_GLOB) + "*", count=LOOKED_AT)
        with redis_away():
            for key in steps:
                yield str(key)[len(prefix) :]


def _whole(id_: str, raw: Any, reports: Mapping[str, str]) -> WholeComment | None:
    try:
        fields = fields_of(id_, raw)
        return _of_fields(id_, fields, reports) if "content" in fields else None
    except (ValueError, KeyError) as error:
        # One damaged record must not stop what is done for all others.
        log.error("a comment cannot be read and is left out (%s)", type(error).__name__)
        return None


def _of_fields(id_: str, fields: Mapping[str, str], reports: Mapping[str, str]) -> WholeComment:
    revision = int(fields["revision"])
    return WholeComment(
        id=id_,
        article_id=fields["article"],
        status=Status(fields["status"]),
        revision=revision,
        content=json.loads(fields["content"]),
        decisions=decisions_of(fields, revision),
        notes={
            name[len(_NOTE) :]: note for name, note in fields.items() if name.startswith(_NOTE)
        },
        reports=dict(reports),
        sampled=fields.get("sampled", ""),
    )
