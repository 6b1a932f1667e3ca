"""When the sweeper sweeps."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from moderation.desk.upkeep import Swept, keeping
from moderation.record import Record
from moderation.retention import Retention
from moderation.settings import Settings
from tests.api.checks import post, read
from tests.conftest import DEMO_SITE
from workers import sweeping
from workers.sweeping import Sweeper

AUTHOR = {"id": "anna", "email": "anna@example.org"}


@pytest.fixture
def sweeper(record: Record, settings: Settings, tmp_path: Path) -> Sweeper:
    settings = replace(settings, archive_dir=str(tmp_path / "archive"))
    return Sweeper(record, settings, threading.Event())


def rewrites(record: Record) -> int:
    """How often the server rewrote its append-only file, as far as it says."""
    deadline = time.monotonic() + 20
    while record.connection.info("persistence")["aof_rewrite_in_progress"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return int(record.connection.info("persistence")["aof_rewrites"])


def test_a_site_is_swept_once_a_day(
    sweeper: Sweeper, record: Record, client: FlaskClient, decide_all: Callable[[], None]
) -> None:
    # Given: everything is due at once
    record.retentions.put(DEMO_SITE, Retention(personal=0), who="ada")
    post(client, id="c1", author=AUTHOR)
    decide_all()
    sweeper.tick()
    assert "email" not in read(client, "c1")["author"]
    assert record.upkeep.left_at_sweep(DEMO_SITE) == asdict(Swept(personal=1))

    # When: another comes on the same day
    post(client, id="c2", author=AUTHOR)
    decide_all()
    sweeper.tick()

    # Then
    assert "email" in read(client, "c2")["author"]


def test_erasures_do_not_wait_for_the_next_day(
    sweeper: Sweeper, record: Record, client: FlaskClient
) -> None:
    sweeper.tick()
    client.delete("/v1/authors/anna")
    assert record.upkeep.wanted(DEMO_SITE)

    sweeper.tick()

    assert not record.upkeep.wanted(DEMO_SITE)


def test_the_file_is_rewritten_after_erasures_and_not_too_often(
    sweeper: Sweeper,
    record: Record,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sweeper.tick()
    before = rewrites(record)
    for number in range(3):
        post(client, id=f"c{number}")
        client.delete(f"/v1/comments/c{number}")
        sweeper.tick()
    assert rewrites(record) == before + 1
    assert record.upkeep.has_traces

    monkeypatch.setattr(sweeping, "CLEAR_EVERY_S", 0)
    sweeper.tick()
    sweeper.tick()
    assert rewrites(record) == before + 2
    assert not record.upkeep.has_traces


def test_a_damaged_file_of_one_site_stops_no_other_site(
    sweeper: Sweeper, record: Record, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record.sites.create("other", "Other")
    folder = tmp_path / "archive" / DEMO_SITE / "2026-11"
    folder.mkdir(parents=True)
    (folder / "20261128T000000Z.jsonl.gz").write_bytes(b"damaged")

    sweeper.tick()

    assert record.upkeep.swept_at(DEMO_SITE) == 0
    assert record.upkeep.swept_at("other") > 0
    assert "20261128T000000Z" in caplog.text


def test_an_archive_that_cannot_be_written_is_told_and_nothing_leaves(
    record: Record,
    settings: Settings,
    client: FlaskClient,
    decide_all: Callable[[], None],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given: what is no folder
    (tmp_path / "file").touch()
    record.retentions.put(DEMO_SITE, Retention(comments=0), who="ada")
    post(client, id="c1")
    decide_all()

    # When
    settings = replace(settings, archive_dir=str(tmp_path / "file"))
    Sweeper(record, settings, threading.Event()).tick()

    # Then
    assert "the archive cannot be written" in caplog.text
    assert read(client, "c1")


def test_one_that_finds_another_at_work_leaves_it_alone(
    sweeper: Sweeper, record: Record
) -> None:
    with keeping(record, None):
        sweeper.tick()
    assert record.upkeep.swept_at(DEMO_SITE) == 0
