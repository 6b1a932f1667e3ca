"""What leaves the record when its time is over: rules by site, and how each thing goes.

Owns the steps, each atomic. Who decides what is due, and writes the archive before, is in
`moderation/desk/upkeep.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis

from moderation.chunks import in_chunks
from moderation.encoding import compact_json
from moderation.errors import RetentionChangedError
from moderation.labels import Label
from moderation.record.audit import AUDIT_KEPT, AuditEntry, AuditKind
from moderation.record.comment_hash import FIRST_REVISION, packed
from moderation.record.comments import CHUNK
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.labels import AT_ONCE
from moderation.record.policies import ATTEMPTS
from moderation.record.scripts import Argument, Scripts
from moderation.record.whole import WholeComment
from moderation.retention import Retention

#: Entries that one step takes off a feed: Redis answers nobody else meanwhile.
TRIMMED_AT_ONCE = 10_000
#: Entries of a feed that one step counts.
COUNTED_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class StoredRetention:
    """A site's rules and their version; version 0 is the default, or older than versions."""

    rules: Retention
    version: int


@dataclass(frozen=True, slots=True)
class Leaver:
    """A comment that is to leave, the revision that it was looked at, and its label."""

    comment_id: str
    revision: int
    label: Label | None = None


class Retentions:
    """The retention of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def current(self, site: str) -> StoredRetention:
        """The rules of a site, the default ones if it never set any."""
        with redis_away():
            written = self._connection.hget(self._keys("retention"), site) or "{}"
        stored = json.loads(str(written))
        return StoredRetention(Retention.from_json(stored), stored.get("version", 0))

    def put(
        self, site: str, rules: Retention, *, who: str, expected_version: int | None = None
    ) -> StoredRetention:
        """Replaces the rules of a site, and tells so in its audit log.

        Raises:
            RetentionChangedError: another version than the expected one stands.
        """
        for _ in range(ATTEMPTS):
            stored = self.current(site)
            if expected_version not in {None, stored.version}:
                break
            new = StoredRetention(rules, stored.version + 1)
            if self._write(site, new, _entry(stored, new, who)):
                return new
        raise RetentionChangedError

    def retire(self, site: str, leavers: Sequence[Leaver]) -> list[str]:
        """Takes comments out; a second time changes nothing.

        Their ids stay used: of each a digest is kept.

        Args:
            site: whose comments.
            leavers: approved or rejected ones.

        Returns:
            The ids of those for which it came too late: decided anew, or erased, meanwhile.
        """
        stayed: list[str] = []
        for chunk in in_chunks(leavers, CHUNK):
            arguments: list[Argument] = [site, "retire"]
            for one in chunk:
                stored = (one.label.id, one.label.stored()) if one.label else ("", "")
                arguments += one.comment_id, one.revision, *stored
            _, moved = self._scripts.run_all("erase", arguments)
            stayed += moved
        return stayed

    def is_retired(self, site: str, comment_id: str) -> bool:
        """Whether a comment with this id was taken out."""
        return bool(self._scripts.run("is_retired", site, comment_id))

    def forget_personal(
        self, site: str, forgetful: Sequence[tuple[WholeComment, dict[str, Any]]]
    ) -> None:
        """Stores comments with less content; one that was decided anew meanwhile is left.

        Args:
            site: whose comments.
            forgetful: each as it was read, and what is kept of its content.
        """
        arguments: list[Argument] = [site]
        for comment, content in forgetful:
            arguments += comment.id, comment.revision, *_forms(comment, content)
        if forgetful:
            self._scripts.run_all("forget_personal", arguments)

    def labels(self, site: str) -> Iterator[list[Label]]:
        """The stored labels of a site, some at a time."""
        with redis_away():
            found: Any = self._connection.hscan_iter(self._keys("labels", site), count=AT_ONCE)
            chunk: list[Label] = []
            for id_, stored in found:
                chunk.append(Label.from_stored(id_, stored))
                if len(chunk) == AT_ONCE:
                    yield chunk
                    chunk = []
        yield chunk

    def count_older(self, site: str, feed: str, before: datetime, *, most: int) -> int:
        """How many entries `trim` would take off; it stops counting at `most`."""
        key, after, count = self._keys(feed, site), "-", 0
        while count < most:
            with redis_away():
                entries: Any = self._connection.xrange(
                    key, after, f"({_first_kept(before)}", count=COUNTED_AT_ONCE
                )
            count += len(entries)
            if len(entries) < COUNTED_AT_ONCE:
                break
            after = f"({entries[-1][0]}"
        return min(count, most)

    def trim(self, site: str, feed: str, before: datetime) -> int:
        """Takes older entries off the `decisions` or `audit` of a site; how many."""
        key, least = self._keys(feed, site), _first_kept(before)
        total, removed = 0, 1
        with redis_away():
            while removed:
                # Whole nodes of the stream, some at a time; then what is left of the last one.
                removed = int(self._connection.xtrim(key, minid=least, limit=TRIMMED_AT_ONCE))
                total += removed
            return total + int(self._connection.xtrim(key, minid=least, approximate=False))

    def _write(self, site: str, new: StoredRetention, entry: AuditEntry) -> bool:
        """Whether it was the next version still."""
        written = compact_json({"version": new.version, **new.rules.to_json()})
        return bool(
            self._scripts.run(
                "put_retention", site, new.version, written, entry.to_json(), AUDIT_KEPT
            )
        )


def _entry(old: StoredRetention, new: StoredRetention, who: str) -> AuditEntry:
    """The line of the audit log."""
    details = {"changes": old.rules.changes(new.rules)}
    return AuditEntry(who, AuditKind.RETENTION, f"version {new.version}", details)


def _first_kept(before: datetime) -> str:
    """The least place that an entry of this moment can have in a stream: all are after 1970."""
    return f"{max(int(before.timestamp() * 1000), 1)}-0"


def _forms(comment: WholeComment, content: dict[str, Any]) -> tuple[str, bytes | str]:
    """A content as it stands alone, and as it is packed with the machine's decision, or ""."""
    written, first = compact_json(content), comment.decisions[0]
    if first["revision"] != FIRST_REVISION:
        return written, ""
    return written, packed(comment.id, comment.article_id, written, compact_json(first))
