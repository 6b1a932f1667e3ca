"""What a sweep takes out, keeps and leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from moderation.archive import Archive, read
from moderation.desk import upkeep
from moderation.desk.checking import check
from moderation.desk.deciding import Desk
from moderation.desk.labels import Labels
from moderation.desk.upkeep import Swept, keeping
from moderation.errors import ArchiveBusyError
from moderation.record import Record, retention
from moderation.record.keys import Keys
from moderation.record.whole import WholeComments
from moderation.retention import Retention
from tests.api.checks import problem
from tests.api.checks import read as read_comment
from tests.conftest import DEMO_SITE, new_comment
from tests.fakes import RUDE
from tests.moderation.desk.conftest import ANNA, Post
from tests.moderation.desk.sweeps import (
    AUTHOR,
    LEAVE,
    REJECT,
    archived,
    erase_wanted,
    living,
    sweep,
)

BARE = {"id": "anna", "name": "Anna"}


def keys_of_comments(record: Record) -> set[str]:
    """Every key that a comment without any trace would not have."""
    words = (":comment:", ":article:", ":author:", ":author-counts:", ":held:", ":labelled:")
    return {key for key in record.connection.scan_iter() if any(one in key for one in words)}


def test_a_decided_comment_moves_to_the_archive_with_all_that_was_held(
    record: Record, archive: Archive, post: Post, client: FlaskClient
) -> None:
    # Given
    comment = post(f"You {RUDE}", id="c1", author=AUTHOR)
    Desk(record).decide(ANNA, comment, replace(REJECT, note="third time"))
    client.post(f"/v1/comments/{comment}/reports", json={"reason": "rude", "reporter_id": "r"})

    # When
    assert sweep(record, archive).archived == 1

    # Then: it is in the file, whoever reported it is not, and in Redis nothing is left
    [row] = archived(archive)
    assert (row["id"], row["status"], row["revision"]) == ("c1", "rejected", 2)
    assert row["content"]["text"] == f"You {RUDE}"
    assert [one["revision"] for one in row["decisions"]] == [1, 2]
    assert row["notes"] == {"2": "third time"}
    assert row["reports"] == ["rude"]
    assert keys_of_comments(record) == set()


def test_without_an_archive_it_is_erased_with_its_label(record: Record, post: Post) -> None:
    comment = post(f"You {RUDE}")
    Desk(record).decide(ANNA, comment, REJECT)

    assert sweep(record).erased == 1

    assert keys_of_comments(record) == set()
    assert list(Labels(record).every(DEMO_SITE)) == []


def test_the_label_of_an_archived_comment_goes_on_teaching(
    record: Record, archive: Archive, post: Post
) -> None:
    Desk(record).decide(ANNA, post(f"You {RUDE}"), REJECT)
    [before] = Labels(record).every(DEMO_SITE)

    sweep(record, archive)

    [after] = Labels(record).every(DEMO_SITE)
    assert (after.text, after.labels, after.at) == (before.text, before.labels, before.at)
    assert after.who == ""


def test_what_waits_for_somebody_never_leaves(
    record: Record, archive: Archive, post: Post, client: FlaskClient
) -> None:
    post(f"You {RUDE}", id="held", author=AUTHOR)
    client.post("/v1/articles/a1/comments", json=new_comment(id="pending", author=AUTHOR))

    assert sweep(record, archive, Retention(comments=1, personal=1), days=9_000) == Swept()

    assert living(record) == ["held", "pending"]
    assert read_comment(client, "held")["author"]["email"] == AUTHOR["email"]


def test_what_was_decided_lately_stays(record: Record, archive: Archive, post: Post) -> None:
    post("fine", id="c1")
    assert sweep(record, archive, days=89) == Swept()
    assert sweep(record, archive, days=91).archived == 1


def test_personal_fields_go_while_text_and_decision_stay(
    record: Record, post: Post, client: FlaskClient
) -> None:
    # Given: one that the machine decided (packed), one that a person decided after it
    post("fine", id="c1", author=AUTHOR)
    post(f"You {RUDE}", id="c2", author=AUTHOR)
    Desk(record).decide(ANNA, "c2", REJECT)
    before = [read_comment(client, one) for one in ("c1", "c2")]

    # When
    assert sweep(record, rules=Retention(personal=30), days=31).personal == 2

    # Then
    after = [read_comment(client, one) for one in ("c1", "c2")]
    assert after == [one | {"author": BARE} for one in before]
    assert sweep(record, rules=Retention(personal=30), days=31).personal == 0


def test_personal_fields_do_not_outlive_their_time_in_the_archive(
    record: Record, archive: Archive, post: Post
) -> None:
    post("fine", author=AUTHOR)
    sweep(record, archive, Retention(comments=10, personal=30), days=11)
    [row] = archived(archive)
    assert row["content"]["author"] == BARE


def test_a_comment_decided_anew_meanwhile_stays_as_it_is(
    record: Record, archive: Archive, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a moderator is quicker than the step that takes the comment out
    post("fine", id="c1")
    post("fine too", id="c2")
    add = Archive.add

    def add_late(self: Archive, *args: Any) -> Path:
        path = add(self, *args)
        Desk(record).decide(ANNA, "c1", REJECT)
        return path

    monkeypatch.setattr(Archive, "add", add_late)

    # When
    assert sweep(record, archive).archived == 1

    # Then: it is in one place
    assert living(record) == ["c1"]
    assert [row["id"] for row in archived(archive)] == ["c2"]
    assert record.comments.get(DEMO_SITE, "c1").revision == 2


def test_a_comment_erased_meanwhile_is_not_left_in_the_archive(
    record: Record, archive: Archive, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post("fine", id="c1")
    add = Archive.add

    def add_late(self: Archive, *args: Any) -> Path:
        path = add(self, *args)
        record.comments.erase(DEMO_SITE, "c1")
        return path

    monkeypatch.setattr(Archive, "add", add_late)
    assert sweep(record, archive).archived == 0
    assert archive.files(DEMO_SITE) == []


def test_slices_are_bounded(
    record: Record, archive: Archive, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SLICE", 2)
    monkeypatch.setattr("moderation.record.whole.AT_ONCE", 2)
    for number in range(5):
        post(f"fine {number}")

    assert sweep(record, archive).archived == 5

    assert [len(list(read(path))) for path in archive.files(DEMO_SITE)] == [2, 2, 1]


def test_afterwards_every_index_agrees_with_what_is_left(
    record: Record, archive: Archive, post: Post, client: FlaskClient
) -> None:
    # Given: of one author some leave and some stay, one is erased in the archive
    for number in range(4):
        post(f"fine {number}", id=f"c{number}", author=AUTHOR)
    post(f"You {RUDE}", id="held", author=AUTHOR)
    Desk(record).decide(ANNA, post(f"Another {RUDE}", id="judged"), REJECT)
    sweep(record, archive)
    post("late", id="late", author=AUTHOR)
    client.delete("/v1/comments/c0")
    erase_wanted(record, archive)

    assert living(record) == ["held", "late"]
    report = check(record)
    assert report.is_sound, report


def test_a_comment_that_is_met_twice_is_archived_once(
    record: Record, archive: Archive, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post("fine", id="c1")
    ids = WholeComments.ids

    def twice(self: WholeComments, site: str) -> Iterator[str]:
        return chain.from_iterable((one, one) for one in ids(self, site))

    monkeypatch.setattr(WholeComments, "ids", twice)

    assert sweep(record, archive).archived == 1
    assert [row["id"] for row in archived(archive)] == ["c1"]


def test_an_archived_id_stays_used_and_may_be_answered(
    record: Record, archive: Archive, post: Post, client: FlaskClient
) -> None:
    post("fine", id="c1")
    sweep(record, archive)

    problem(client.get("/v1/comments/c1"), 404, "unknown-comment")
    again = client.post("/v1/articles/a1/comments", json=new_comment("fine", id="c1"))
    problem(again, 409, "retired")
    answer = new_comment("I agree", id="c2", parent_id="c1")
    assert client.post("/v1/articles/a1/comments", json=answer).status_code == 202


def test_old_labels_and_feeds_go(record: Record, archive: Archive, post: Post) -> None:
    Desk(record).decide(ANNA, post(f"You {RUDE}"), REJECT)
    sweep(record, archive)
    rules = Retention(labels=365, decisions=365, audit=365)

    assert sweep(record, rules=rules, days=364) == Swept()
    assert sweep(record, rules=rules, days=366) == Swept(labels=1, decisions=2, audit=1)


def test_a_long_feed_is_cut_exactly_where_it_is_too_old(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: more than one step takes off, and an end in the middle of a node
    monkeypatch.setattr(retention, "TRIMMED_AT_ONCE", 200)
    stream = Keys(record.shard)("decisions", DEMO_SITE)
    with record.connection.pipeline() as pipe:
        for number in range(1, 1_001):
            pipe.xadd(stream, {"decision": "{}"}, id=f"{number}-0")
        pipe.execute()

    before = datetime.fromtimestamp(0.750, UTC)
    assert record.retentions.trim(DEMO_SITE, "decisions", before) == 749

    assert record.connection.xlen(stream) == 251


def test_only_one_process_does_the_upkeep(record: Record) -> None:
    with keeping(record, None), pytest.raises(ArchiveBusyError), keeping(record, None):
        pass
    with keeping(record, None):
        pass


def test_one_who_was_too_slow_goes_no_further(
    record: Record, archive: Archive, post: Post
) -> None:
    post("fine")
    later = datetime.now(UTC) + timedelta(days=100)
    with keeping(record, archive, now=lambda: later) as keeper:
        # Given: it stood still for so long that another began
        key = next(record.connection.scan_iter("*upkeep-lease"))
        record.connection.set(key, "another")
        with pytest.raises(ArchiveBusyError):
            keeper.sweep(DEMO_SITE, LEAVE)
    assert archive.files(DEMO_SITE) == []
    assert record.connection.get(key) == "another"


def test_a_damaged_comment_does_not_stop_the_others(
    record: Record, archive: Archive, post: Post
) -> None:
    post("fine", id="c1")
    post("fine", id="c2")
    record.connection.hset(
        next(record.connection.scan_iter("*:comment:demo:c1")), "packed", "?"
    )

    assert sweep(record, archive).archived == 1
    assert [row["id"] for row in archived(archive)] == ["c2"]


def test_a_site_whose_name_begins_like_anothers_is_left_alone(
    record: Record, archive: Archive, post: Post
) -> None:
    post("fine", id="c1")
    later = datetime.now(UTC) + timedelta(days=100)
    with keeping(record, archive, now=lambda: later) as keeper:
        assert keeper.sweep("dem", LEAVE) == Swept()
    assert living(record) == ["c1"]
