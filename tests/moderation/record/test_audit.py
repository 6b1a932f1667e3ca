"""The audit log: in order, filtered, in pages that lose nothing."""

from __future__ import annotations

import time

import pytest

from moderation.record import Record, audit
from moderation.record.audit import AuditEntry, AuditKind, Wanted
from tests.conftest import DEMO_SITE


def write(record: Record, who: str, subject: str, what: AuditKind = AuditKind.DECISION) -> None:
    record.audit.write(DEMO_SITE, AuditEntry(who, what, subject, {"revision": 2}))


def subjects(record: Record, wanted: Wanted, **options: object) -> list[str]:
    page = record.audit.page(DEMO_SITE, wanted, **options)
    return [entry.subject for entry in page.entries]


def test_an_entry_comes_back_as_it_was_written_with_the_time(record: Record) -> None:
    write(record, "mia", "c1")
    (entry,) = record.audit.page(DEMO_SITE).entries
    assert (entry.who, entry.what, entry.subject) == ("mia", AuditKind.DECISION, "c1")
    assert entry.details == {"revision": 2}
    assert entry.at.startswith(time.strftime("%Y-", time.gmtime()))


def test_pages_follow_each_other_without_a_gap(record: Record) -> None:
    for number in range(7):
        write(record, "mia", f"c{number}")
    seen: list[str] = []
    before = None
    while True:
        page = record.audit.page(DEMO_SITE, before=before, limit=3)
        seen += [entry.subject for entry in page.entries]
        before = page.next_position
        if before is None:
            break
        write(record, "mia", "newer")  # what is written meanwhile moves nothing
    assert seen == [f"c{number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(who="mia"), ["c3", "c1"]),
        (Wanted(what="policy"), ["c3"]),
        (Wanted(subject="c2"), ["c2"]),
        (Wanted(who="mia", what="decision"), ["c1"]),
        (Wanted(who="mi"), []),
    ],
)
def test_every_part_of_a_filter_must_fit(
    record: Record, wanted: Wanted, expected: list[str]
) -> None:
    write(record, "mia", "c1")
    write(record, "anna", "c2")
    write(record, "mia", "c3", AuditKind.POLICY)
    assert subjects(record, wanted) == expected


def test_both_ends_of_a_time_are_in_it(record: Record) -> None:
    key = record.audit._keys("audit", DEMO_SITE)
    for at_ms in (1_000, 2_000, 3_000):
        entry = AuditEntry("mia", AuditKind.DECISION, str(at_ms)).to_json()
        record.connection.xadd(key, {"entry": entry}, id=f"{at_ms}-1")
    assert subjects(record, Wanted(since_ms=2_000)) == ["3000", "2000"]
    assert subjects(record, Wanted(until_ms=2_000)) == ["2000", "1000"]
    assert subjects(record, Wanted(since_ms=2_000, until_ms=2_000)) == ["2000"]
    assert subjects(record, Wanted(since_ms=-5)) == ["3000", "2000", "1000"]
    assert subjects(record, Wanted(until_ms=-5)) == []
    # A page goes on within the same time.
    page = record.audit.page(DEMO_SITE, Wanted(since_ms=2_000), limit=1)
    assert subjects(record, Wanted(since_ms=2_000), before=page.next_position) == ["2000"]


def test_a_rare_entry_is_found_over_several_pages_of_bounded_work(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "LOOKED_AT", 10)
    monkeypatch.setattr(audit, "READ_AT_ONCE", 4)
    write(record, "anna", "rare")
    for number in range(25):
        write(record, "mia", f"c{number}")
    found, pages, before = [], 0, None
    while True:
        page = record.audit.page(DEMO_SITE, Wanted(who="anna"), before=before)
        found += page.entries
        pages += 1
        before = page.next_position
        if before is None:
            break
    assert [entry.subject for entry in found] == ["rare"]
    assert pages == 3


def test_a_walk_sees_all_that_is_wanted(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "READ_AT_ONCE", 4)
    for number in range(9):
        write(record, "mia" if number % 2 else "anna", f"c{number}")
    walked = [entry.subject for entry in record.audit.walk(DEMO_SITE, Wanted(who="mia"))]
    assert walked == ["c7", "c5", "c3", "c1"]


def test_sites_do_not_see_each_other(record: Record, other_site: str) -> None:
    write(record, "mia", "c1")
    assert record.audit.page("other").entries == []
