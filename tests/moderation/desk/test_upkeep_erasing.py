"""Erasing reaches what left the record, and what somebody said about others."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from moderation.archive import Archive
from moderation.desk.deciding import Desk
from moderation.desk.labels import Labels
from moderation.record import Record
from tests.conftest import DEMO_SITE
from tests.fakes import RUDE
from tests.moderation.desk.conftest import ANNA, Post
from tests.moderation.desk.sweeps import AUTHOR, REJECT, archived, erase_wanted, sweep


@pytest.mark.parametrize("path", ["comments/c1", "authors/anna"])
def test_erasing_reaches_the_archive_and_the_label_that_was_left(
    record: Record, archive: Archive, post: Post, client: FlaskClient, path: str
) -> None:
    # Given
    Desk(record).decide(ANNA, post(f"You {RUDE}", id="c1", author=AUTHOR), REJECT)
    post("of somebody else", id="c2", author={"id": "zoe"})
    sweep(record, archive)

    # When
    assert client.delete(f"/v1/{path}").status_code == 204
    assert erase_wanted(record, archive) == 1

    # Then
    assert [row["id"] for row in archived(archive)] == ["c2"]
    assert list(Labels(record).every(DEMO_SITE)) == []
    assert record.upkeep.wanted(DEMO_SITE) == []


def test_the_label_stays_where_that_is_asked_for(
    record: Record, archive: Archive, post: Post, client: FlaskClient
) -> None:
    Desk(record).decide(ANNA, post(f"You {RUDE}", id="c1"), REJECT)
    sweep(record, archive)

    client.delete("/v1/comments/c1?keep_labels=true")

    assert erase_wanted(record, archive) == 1
    assert len(list(Labels(record).every(DEMO_SITE))) == 1


def test_an_erasure_waits_for_whoever_has_the_archive(
    record: Record, archive: Archive, post: Post, client: FlaskClient
) -> None:
    post("fine", id="c1")
    sweep(record, archive)
    client.delete("/v1/comments/c1")

    assert erase_wanted(record, None) == 0
    assert len(record.upkeep.wanted(DEMO_SITE)) == 1
    assert erase_wanted(record, archive) == 1


def test_what_an_erased_author_said_about_others_goes_and_the_report_counts_on(
    record: Record, post: Post, client: FlaskClient
) -> None:
    # Given
    post(f"You {RUDE}", id="c1")
    for reporter in ("zoe", "max"):
        report = {"reason": f"{reporter} is hurt", "reporter_id": reporter}
        client.post("/v1/comments/c1/reports", json=report)

    # When
    client.delete("/v1/authors/zoe")
    erase_wanted(record, None)

    # Then
    [comment] = record.whole.read(DEMO_SITE, ["c1"])
    assert len(comment.reports) == 2
    assert comment.reporters() == {"max": "by:max"}
    assert sorted(comment.reports.values()) == ["", "max is hurt"]
