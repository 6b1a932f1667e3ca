"""The site's own database: comments, what was decided on them, what is still to be done.

It alone says what is public. Knows neither HTTP nor the moderation service.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

SCHEMA = """
CREATE TABLE IF NOT EXISTS comments (
    id          TEXT PRIMARY KEY,
    article_id  TEXT NOT NULL,
    author_id   TEXT NOT NULL,
    author_name TEXT NOT NULL,
    text        TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    errand      TEXT,                       -- what the service is still to be told
    action      TEXT,                       -- the newest decision; NULL before the first
    revision    INTEGER NOT NULL DEFAULT 0, -- its number: a comment's decisions count from 1
    statement   TEXT NOT NULL DEFAULT ''    -- what the moderator wrote to the author
);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
BUSY_TIMEOUT_S = 10.0


class Errand(StrEnum):
    """What the service is still to be told of a comment."""

    POST = "post"
    ERASE = "erase"


class Note(StrEnum):
    """What the site remembers besides comments."""

    SESSION_KEY = "session_key"
    WEBHOOK_ID = "webhook_id"
    WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - a name
    CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as the site has it; `action` is as the service decided last."""

    id: str
    article_id: str
    author_id: str
    author_name: str
    text: str
    created_at: str
    errand: str | None = Errand.POST
    action: str | None = None
    revision: int = 0
    statement: str = ""

    @classmethod
    def new(cls, article_id: str, *, author_id: str, author_name: str, text: str) -> Self:
        """A comment that was written just now."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(uuid4().hex, article_id, author_id, author_name, text, now)

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it: only if the newest decision approves it."""
        return self.action == "approve"


class Store:
    """The database, one short connection for each call: any thread may use it.

    Args:
        folder: where the file is; made if it is not there, for nobody else to read.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "article_site.sqlite3"
        with self._open() as database:
            database.executescript(SCHEMA)

    def add(self, comment: Comment) -> None:
        """Keeps a new comment, to be posted to the service."""
        with self._open() as database:
            database.execute(
                "INSERT INTO comments (id, article_id, author_id, author_name, text,"
                " created_at, errand) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    comment.id,
                    comment.article_id,
                    comment.author_id,
                    comment.author_name,
                    comment.text,
                    comment.created_at,
                    Errand.POST,
                ),
            )

    def visible(self, article_id: str, *, reader: str | None) -> list[Comment]:
        """What a reader may see, oldest first: what is approved, and all of their own."""
        return self._comments(
            "article_id = ? AND (action = 'approve' OR author_id = ?) AND errand IS NOT ?",
            (article_id, reader, Errand.ERASE),
        )

    def to_do(self, errand: Errand) -> list[Comment]:
        """The comments that an errand is still to be run for, oldest first."""
        return self._comments("errand = ?", (errand,))

    def decide(self, decision: Mapping[str, Any]) -> None:
        """Takes over a decision, unless one as new or newer is known already.

        Decisions may come twice, late, and in any order; the revision says which one stands.
        Those on comments of somebody else's change nothing.
        """
        with self._open() as database:
            database.execute(
                "UPDATE comments SET action = ?, revision = ?, statement = ?"
                " WHERE id = ? AND revision < ?",
                (
                    decision["action"],
                    decision["revision"],
                    decision.get("statement") or "",
                    decision["comment_id"],
                    decision["revision"],
                ),
            )

    def posted(self, comment_id: str) -> None:
        """The service has the comment; if its author erased it meanwhile, that is yet to do."""
        with self._open() as database:
            database.execute(
                "UPDATE comments SET errand = NULL WHERE id = ? AND errand = ?",
                (comment_id, Errand.POST),
            )

    def refused(self, comment_id: str) -> None:
        """The service will never take the comment, so that nobody will ever approve it."""
        with self._open() as database:
            database.execute(
                "UPDATE comments SET errand = NULL, action = 'refused'"
                " WHERE id = ? AND errand = ?",
                (comment_id, Errand.POST),
            )

    def erase(self, comment_id: str, *, author_id: str | None) -> bool:
        """Erases what its author wrote at once; its id stays until the service was told too.

        Returns:
            Whether the author has such a comment.
        """
        with self._open() as database:
            changed = database.execute(
                "UPDATE comments SET text = '', author_name = '', statement = '', errand = ?"
                " WHERE id = ? AND author_id = ?",
                (Errand.ERASE, comment_id, author_id),
            )
            return changed.rowcount > 0

    def erased(self, comment_id: str) -> None:
        """The service has erased the comment; nothing is left of it."""
        with self._open() as database:
            database.execute(
                "DELETE FROM comments WHERE id = ? AND errand = ?", (comment_id, Errand.ERASE)
            )

    def recall(self, note: Note) -> str | None:
        """What was noted, `None` for nothing."""
        with self._open() as database:
            found = database.execute("SELECT value FROM notes WHERE name = ?", (note,))
            row = found.fetchone()
            return row["value"] if row else None

    def remember(self, notes: Mapping[Note, str]) -> None:
        """Notes all of it or nothing, in place of what was noted before."""
        with self._open() as database:
            database.executemany("REPLACE INTO notes VALUES (?, ?)", notes.items())

    def _comments(self, condition: str, values: tuple[str | None, ...]) -> list[Comment]:
        with self._open() as database:
            rows = database.execute(
                f"SELECT * FROM comments WHERE {condition} ORDER BY rowid",  # noqa: S608 - ours
                values,
            )
            return [Comment(**row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection with one transaction: all of it is kept, or nothing."""
        with closing(sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S)) as database:
            database.row_factory = sqlite3.Row
            # What is erased is overwritten in the file too.
            database.execute("PRAGMA secure_delete = ON")
            with database:
                yield database
