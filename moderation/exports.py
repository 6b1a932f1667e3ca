"""What is held, for whoever asks for it: all comments of a site, one, or all about a person.

Reads the record and the archive; writes nothing. What it yields are texts of strangers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from moderation.archive import Archive, Row, read
from moderation.desk.labels import label_of
from moderation.domain import Status
from moderation.record import Record
from moderation.record.labels import Judged


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which comments are asked for; what is empty does not matter.

    `since` (in) and `until` (out) are RFC 3339 in UTC, compared with when comments were made.
    """

    status: Status | None = None
    since: str = ""
    until: str = ""

    def has(self, row: Row) -> bool:
        """Whether a comment is one of them."""
        created_at = str(row["content"]["created_at"])
        return (
            (self.status is None or row["status"] == self.status)
            and self.since <= created_at
            and (not self.until or created_at < self.until)
        )


def every(
    record: Record, archive: Archive | None, site: str, wanted: Wanted = Wanted()
) -> Iterator[Row]:
    """The comments of a site, those in the record first, each once, as they are asked for.

    One that is archived meanwhile is found there.
    """
    with closing(_Met()) as met:
        for row in _all(record, archive, site):
            if met.is_new(row["id"]) and wanted.has(row):
                yield row


def one(record: Record, archive: Archive | None, site: str, comment_id: str) -> Row | None:
    """A comment wherever it is, `None` if it is nowhere. Of the archive each file is read."""
    for living in record.whole.read(site, [comment_id]):
        return living.to_json()
    archived = (row for path in _files(archive, site) for row in read(path))
    return next((row for row in archived if row["id"] == comment_id), None)


def labelled(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Of comments, those that a person's verdict stands on, as files of labels have them."""
    for row in rows:
        judged = Judged(
            row["id"],
            row["content"]["text"],
            row["revision"],
            row.get("decisions", []),
            row.get("sampled") or None,
        )
        if label := label_of(judged):
            yield label.row()


def about_author(
    record: Record, archive: Archive | None, site: str, author_id: str
) -> dict[str, Any]:
    """All that is held about an author of a site: an answer to a request for access."""
    living = [one.to_json() for one in record.whole.by_author(site, author_id)]
    known = {row["id"] for row in living}
    archived = [
        row
        for path in _files(archive, site)
        for row in read(path)
        if str(row["content"]["author"]["id"]) == author_id and row["id"] not in known
    ]
    return {
        "site": site,
        "author_id": author_id,
        "comments": living + archived,
        "reports_made": [
            {"comment_id": one.id, "reason": one.reports[reporter]}
            for one in record.whole.reported(site)
            if (reporter := one.reporters().get(author_id))
        ],
        "held_by_policy": author_id in record.policies.current(site).policy.held_authors,
    }


class _Met:
    """Knows ids again, however many: on disk, in a file that nobody else sees.

    https://www.sqlite.org/inmemorydb.html#temp_db
    """

    def __init__(self) -> None:
        self._digests = sqlite3.connect("")
        self._digests.execute("PRAGMA journal_mode = OFF")
        self._digests.execute("CREATE TABLE met (digest INTEGER PRIMARY KEY)")

    def is_new(self, id_: str) -> bool:
        """Whether an id was not met before."""
        digest = blake2b(id_.encode(), digest_size=8).digest()
        row = (int.from_bytes(digest, "big", signed=True),)
        return self._digests.execute("INSERT OR IGNORE INTO met VALUES (?)", row).rowcount > 0

    def close(self) -> None:
        """Removes the file."""
        self._digests.close()


def _all(record: Record, archive: Archive | None, site: str) -> Iterator[Row]:
    for comments in record.whole.walk(site):
        for one in comments:
            yield one.to_json()
    for path in _files(archive, site):
        yield from read(path)


def _files(archive: Archive | None, site: str) -> list[Path]:
    return archive.files(site) if archive else []
