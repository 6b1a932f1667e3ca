"""Releases on duty: another one decides without a restart; what is unsound changes nothing."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from models.release_files import SCHEMA
from moderation.domain import Lane
from moderation.record import Record
from moderation.record.audit import AuditEntry
from moderation.record.releases import release_entry
from moderation.releases import ReleaseFiles
from tests.conftest import DEMO_SITE
from tests.moderation.record.pending import new
from tests.releases import EVERYTHING, NO_WORSE, NOTHING, files_of, shipped, with_manifest
from workers import lineup as module
from workers import scoring
from workers.judging import Judge
from workers.lineup import Lineup, LineupKeeper, OnDuty
from workers.observing import Observer
from workers.scoring import Drain, Station

HARMLESS, ABUSIVE = "What a lovely garden you have.", "You are a stupid idiot, shut up."


@pytest.fixture
def keeper(record: Record) -> LineupKeeper:
    """The keeper of a process with the shipped release."""
    return LineupKeeper(record.releases, shipped(), threading.Event())


@pytest.fixture
def observer() -> Observer:
    """What the worker sees besides."""
    return Observer()


@pytest.fixture
def decide(
    record: Record, keeper: LineupKeeper, observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], dict[str, Any]]:
    """Posts a comment, lets the worker decide it, and returns the decision."""
    monkeypatch.setattr(scoring, "LINGER_MS", 1)
    judge = Judge(record.policies, lambda: keeper.lineup, observer)
    station = Station("w1", record.queue, judge, threading.Event())
    numbers = iter(range(1000))

    def post(text: str, site: str = DEMO_SITE) -> dict[str, Any]:
        comment = f"c{next(numbers)}"
        accept(record, comment, text, site=site)
        Drain(station).run()
        decision = record.comments.get(site, comment).decision
        assert decision is not None
        return decision

    return post


def accept(record: Record, comment: str, text: str, *, site: str = DEMO_SITE) -> None:
    record.comments.accept_batch(site, [new(comment, text)], lane=Lane.LIVE)


def store(record: Record, files: ReleaseFiles) -> str:
    return record.releases.add(DEMO_SITE, files, created_by="anna", evaluation=NO_WORSE).version


def on_duty(record: Record, active: str, shadow: str = "") -> None:
    record.releases.assign(
        DEMO_SITE,
        lambda old: (old.promoted(active) if active else old).shadowed_by(shadow),
        lambda old, new: (None, release_entry("anna", new.active)),
    )


def test_a_promoted_release_decides_the_next_comment_and_a_rollback_the_one_after(
    record: Record, keeper: LineupKeeper, decide: Callable[..., dict[str, Any]]
) -> None:
    assert decide(HARMLESS)["model"] == shipped().version
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))
    keeper.look()
    strict = decide(HARMLESS)
    assert (strict["model"], strict["action"]) == ("strict", "hold")
    record.releases.assign(
        DEMO_SITE,
        lambda old: old.rolled_back(),
        lambda old, new: (None, _entry()),
    )
    keeper.look()
    assert decide(HARMLESS)["model"] == shipped().version
    assert keeper.lineup.sites == {}


def _entry() -> AuditEntry:
    return release_entry("anna", "")


def test_another_site_is_not_touched(
    record: Record,
    keeper: LineupKeeper,
    decide: Callable[..., dict[str, Any]],
    other_site: str,
) -> None:
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))
    keeper.look()
    assert decide(HARMLESS)["model"] == "strict"
    assert decide(HARMLESS, site="other")["model"] == shipped().version


def test_a_batch_of_two_sites_is_scored_by_the_release_of_each(
    record: Record,
    keeper: LineupKeeper,
    observer: Observer,
    other_site: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scoring, "LINGER_MS", 1)
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))
    keeper.look()
    for number in range(20):
        accept(record, f"c{number}", HARMLESS, site=(DEMO_SITE, "other")[number % 2])
    judge = Judge(record.policies, lambda: keeper.lineup, observer)
    Drain(Station("w1", record.queue, judge, threading.Event())).run()
    for number in range(20):
        site = (DEMO_SITE, "other")[number % 2]
        decision = record.comments.get(site, f"c{number}").decision
        assert decision is not None
        assert decision["model"] == ("strict", shipped().version)[number % 2]


def test_the_batch_that_is_being_judged_keeps_its_release(
    record: Record, keeper: LineupKeeper, observer: Observer
) -> None:
    # Given a batch during which another release comes on duty
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))

    class Slow:
        """The shipped release; the keeper looks while it scores."""

        def __getattr__(self, name: str) -> Any:
            return getattr(shipped(), name)

        def score(self, texts: list[str]) -> Any:
            keeper.look()
            return shipped().score(texts)

    slow: Any = Slow()
    keeper.lineup = Lineup(OnDuty(slow))
    judge = Judge(record.policies, lambda: keeper.lineup, observer)
    for number in range(3):
        accept(record, f"c{number}", HARMLESS)
    turn = record.queue.turn("w1", batch=10, claim=False)
    # When it is judged, Then all of it is the old one's, and the next batch the new one's
    first = [json.loads(one.decision)["model"] for one in judge.settle(turn.entries).settled]
    again = [json.loads(one.decision)["model"] for one in judge.settle(turn.entries).settled]
    assert first == [shipped().version] * 3
    assert again == ["strict"] * 3


def test_a_shadow_decides_nothing_and_is_told_apart(
    record: Record,
    keeper: LineupKeeper,
    observer: Observer,
    decide: Callable[..., dict[str, Any]],
) -> None:
    on_duty(record, "", shadow=store(record, files_of("strict", holds_from=EVERYTHING)))
    keeper.look()
    first, second = decide(HARMLESS), decide(ABUSIVE)
    assert (first["action"], first["model"]) == ("approve", shipped().version)
    assert second["action"] == "hold"
    observer.flush(record)
    report = record.shadows.report(DEMO_SITE, "strict")
    assert (report.compared, report.would_hold, report.would_approve) == (2, 1, 0)
    [difference] = record.shadows.differences(DEMO_SITE, "strict", limit=9)
    assert difference.comment_id == first["comment_id"]


def test_a_shadow_that_fails_is_no_harm(
    record: Record, keeper: LineupKeeper, decide: Callable[..., dict[str, Any]]
) -> None:
    broken: Any = type("Broken", (), {"version": "broken", "thresholds": {}, "languages": ()})()
    keeper.lineup = Lineup(OnDuty(shipped(), broken))
    assert decide(HARMLESS)["action"] == "approve"


def _bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"0" * (1 << 20))
    return content.getvalue()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def poisoned(kind: str) -> ReleaseFiles:
    """A release that somebody has tampered with."""
    good = files_of("good")
    match kind:
        case "other bytes":
            return replace(good, classifier=good.classifier[:-1] + b"!")
        case "cut off":
            half = good.classifier[: len(good.classifier) // 2]
            return with_manifest(replace(good, classifier=half), sha256=_digest(half))
        case "no skops file":
            return with_manifest(
                replace(good, classifier=b"#!/bin/sh"), sha256=_digest(b"#!/bin/sh")
            )
        case "a bomb":
            return with_manifest(replace(good, classifier=_bomb()), sha256=_digest(_bomb()))
        case "another category":
            return with_manifest(good, categories=["toxicity"], thresholds={"toxicity": 0.5})
        case "a newer schema":
            return with_manifest(good, schema=SCHEMA + 1)
    raise AssertionError(kind)


KINDS = (
    "other bytes",
    "cut off",
    "no skops file",
    "a bomb",
    "another category",
    "a newer schema",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_poisoned_release_changes_nothing_and_is_told(
    record: Record,
    keeper: LineupKeeper,
    decide: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr("models.release_files.MOST_UNPACKED_BYTES", 1 << 27)
    if kind == "a bomb":
        monkeypatch.setattr("models.release_files.MOST_UNPACKED_BYTES", 1 << 10)
    on_duty(record, store(record, poisoned(kind)))
    keeper.look()
    assert decide(HARMLESS)["model"] == shipped().version
    [trouble] = keeper.troubles
    assert (trouble.site, trouble.version) == (DEMO_SITE, "good")
    assert trouble.instead == shipped().version
    assert trouble.why


def test_a_release_poisoned_later_leaves_the_one_that_is_loaded(
    record: Record, keeper: LineupKeeper, decide: Callable[..., dict[str, Any]]
) -> None:
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))
    keeper.look()
    on_duty(record, store(record, poisoned("other bytes")))
    keeper.look()
    assert decide(HARMLESS)["model"] == "strict"
    assert keeper.troubles[0].instead == "strict"


def test_a_worker_that_starts_then_takes_what_was_active_before(
    record: Record, keeper: LineupKeeper
) -> None:
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))
    on_duty(record, store(record, poisoned("a newer schema")))
    keeper.look()
    assert keeper.lineup.of(DEMO_SITE).active.version == "strict"
    assert keeper.troubles[0].instead == "strict"


def test_a_release_that_is_mended_comes_on_duty_after_a_while(
    record: Record, keeper: LineupKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_duty(record, store(record, poisoned("other bytes")))
    monkeypatch.setattr(module, "TRY_AGAIN_S", 0.0)
    keeper.look()
    assert keeper.troubles
    record.releases.add(DEMO_SITE, files_of("good"), created_by="anna")
    keeper.look()
    assert not keeper.troubles
    assert keeper.lineup.of(DEMO_SITE).active.version == "good"


def test_nothing_is_loaded_twice(record: Record, keeper: LineupKeeper) -> None:
    on_duty(record, store(record, files_of("strict", holds_from=EVERYTHING)))
    keeper.look()
    before = keeper.lineup.of(DEMO_SITE).active
    on_duty(record, "", shadow=store(record, files_of("mild", holds_from=NOTHING)))
    keeper.look()
    assert keeper.lineup.of(DEMO_SITE).active is before
