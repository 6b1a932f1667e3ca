"""The audit log of each site: who did what and when. Never the text of a comment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import redis

from moderation.domain import rfc3339
from moderation.encoding import compact_json
from moderation.record.connection import redis_away
from moderation.record.keys import Keys

#: Entries kept for each site; older ones leave the log.
AUDIT_KEPT = 500_000
#: Entries that one page looks at when it filters.
LOOKED_AT = 20_000
READ_AT_ONCE = 500


class AuditKind(StrEnum):
    """What was done."""

    DECISION = "decision"
    UNDO = "undo"
    BATCH = "batch"
    BATCH_UNDO = "batch_undo"
    POLICY = "policy"
    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    PEOPLE = "people"
    LABELS = "labels"
    TRAINING = "training"
    TOKEN = "token"  # noqa: S105 - the name of a kind of entry
    RELEASE = "release"
    WEBHOOK = "webhook"
    RETENTION = "retention"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the log.

    Attributes:
        who: the moderator's name.
        what: the kind of thing done.
        subject: what it was done to: a comment, batch, moderator or policy version.
        details: more about it; never a comment's text, a password or a token.
        at: when, RFC 3339; known once it is written.
        position: its place in the log; known once it is written.
    """

    who: str
    what: AuditKind
    subject: str
    details: dict[str, Any] = field(default_factory=dict)
    at: str = ""
    position: str = ""

    def to_json(self) -> str:
        """As it is stored."""
        return compact_json(
            {"who": self.who, "what": self.what, "subject": self.subject, **self.details}
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are asked for; what is empty does not matter.

    `since_ms` and `until_ms` are milliseconds since 1970, both of them in the range; what
    is before 1970 is as good as 1970.
    """

    who: str = ""
    what: str = ""
    subject: str = ""
    since_ms: int | None = None
    until_ms: int | None = None

    def has(self, entry: AuditEntry) -> bool:
        """Whether an entry within the range is one of them."""
        return (
            self.who in {"", entry.who}
            and self.what in {"", entry.what}
            and self.subject in {"", entry.subject}
        )


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries, newest first, and the position to go on before, `None` at the end."""

    entries: list[AuditEntry]
    next_position: str | None


class Audit:
    """The audit logs of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys

    def write(self, site: str, entry: AuditEntry) -> None:
        """Adds a line. Decisions add theirs themselves, in the same step."""
        with redis_away():
            self._connection.xadd(
                self._keys("audit", site),
                {"entry": entry.to_json()},
                maxlen=AUDIT_KEPT,
                approximate=True,
            )

    def page(
        self, site: str, wanted: Wanted = ALL, *, before: str | None = None, limit: int = 50
    ) -> AuditPage:
        """Entries that are wanted, newest first; a page may be short where few of many are.

        Args:
            site: whose log.
            wanted: which of its entries.
            before: the position to go on before.
            limit: how many at most.
        """
        entries: list[AuditEntry] = []
        for number, entry in enumerate(self._newest_first(site, wanted, before)):
            if len(entries) == limit or number == LOOKED_AT:
                return AuditPage(entries, before)
            before = entry.position
            if wanted.has(entry):
                entries.append(entry)
        return AuditPage(entries, None)

    def walk(self, site: str, wanted: Wanted = ALL) -> Iterator[AuditEntry]:
        """All entries that are wanted, newest first, read as they are asked for."""
        return filter(wanted.has, self._newest_first(site, wanted))

    def _newest_first(
        self, site: str, wanted: Wanted, before: str | None = None
    ) -> Iterator[AuditEntry]:
        least = "-" if wanted.since_ms is None else str(max(wanted.since_ms, 0))
        most = "+" if wanted.until_ms is None else str(max(wanted.until_ms, 0))
        most = f"({before}" if before else most
        while True:
            with redis_away():
                chunk: Any = self._connection.xrevrange(
                    self._keys("audit", site), most, least, count=READ_AT_ONCE
                )
            for position, fields in chunk:
                yield _entry(position, json.loads(fields["entry"]))
            if len(chunk) < READ_AT_ONCE:
                return
            most = f"({chunk[-1][0]}"


def _entry(position: str, stored: dict[str, Any]) -> AuditEntry:
    at_ms = int(position.partition("-")[0])
    return AuditEntry(
        who=stored.pop("who"),
        what=AuditKind(stored.pop("what")),
        subject=stored.pop("subject"),
        details=stored,
        at=rfc3339(datetime.fromtimestamp(at_ms / 1000, UTC)),
        position=position,
    )
