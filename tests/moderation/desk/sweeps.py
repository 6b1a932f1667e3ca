"""A sweep as it is some day, and what stands where after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from moderation.archive import Archive, read
from moderation.desk.deciding import Verdict
from moderation.desk.upkeep import Swept, keeping
from moderation.domain import Action, Violation
from moderation.record import Record
from moderation.retention import Retention
from tests.conftest import DEMO_SITE

AUTHOR = {
    "id": "anna",
    "name": "Anna",
    "email": "anna@example.org",
    "ip": "203.0.113.7",
    "user_agent": "Browser/1",
}
REJECT = Verdict(Action.REJECT, Violation.SPAM)
LEAVE = Retention(comments=90, personal=None)


def sweep(
    record: Record, archive: Archive | None = None, rules: Retention = LEAVE, days: int = 100
) -> Swept:
    """A sweep as it is so many days from now."""
    later = datetime.now(UTC) + timedelta(days=days)
    with keeping(record, archive, now=lambda: later) as keeper:
        return keeper.sweep(DEMO_SITE, rules)


def erase_wanted(record: Record, archive: Archive | None) -> int:
    with keeping(record, archive) as keeper:
        return keeper.erase_wanted(DEMO_SITE)


def archived(archive: Archive) -> list[dict[str, Any]]:
    return [row for path in archive.files(DEMO_SITE) for row in read(path)]


def living(record: Record) -> list[str]:
    return sorted(one.id for chunk in record.whole.walk(DEMO_SITE) for one in chunk)
