"""The releases of sites in the record: stored whole, on duty at once, then forgotten."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moderation.errors import ReleaseExistsError, UnknownReleaseError, UnsuitableError
from moderation.record import Record
from moderation.record import releases as module
from moderation.record.releases import release_entry
from moderation.releases import (
    Activation,
    ActivationKind,
    Assignment,
    ReleaseFiles,
    ReleaseState,
    Shadowed,
)
from tests.conftest import DEMO_SITE


def files(version: str, *, sha256: str = "0" * 64) -> ReleaseFiles:
    manifest = {"schema": 2, "version": version, "sha256": sha256, "categories": ["toxicity"]}
    return ReleaseFiles(json.dumps(manifest).encode(), b"\x00\xff classifier", "# card")


def add(record: Record, version: str, **more: Any) -> None:
    record.releases.add(DEMO_SITE, files(version), created_by="anna", **more)


def promote(record: Record, version: str) -> Assignment:
    def tell(old: Assignment, new: Assignment) -> Any:
        activation = Activation(
            new.active, ActivationKind.PROMOTE, "2026-11-24T10:00:00Z", "anna"
        )
        return activation, release_entry("anna", new.active, action="promote")

    return record.releases.assign(DEMO_SITE, lambda old: old.promoted(version), tell)


def states(record: Record) -> dict[str, ReleaseState]:
    return {one.version: one.state for one in record.releases.all(DEMO_SITE)}


def test_what_is_stored_comes_back_byte_by_byte(record: Record) -> None:
    evaluation = {"verdict": "better", "sentences": ["it is"]}
    add(record, "a-1", training="t1", evaluation=evaluation, compared_with="2026.11-2")

    stored = record.releases.one(DEMO_SITE, "a-1")
    assert record.releases.files(DEMO_SITE, "a-1") == files("a-1")
    assert record.releases.card(DEMO_SITE, "a-1") == "# card"
    assert stored.state is ReleaseState.CANDIDATE
    assert stored.evaluation == evaluation
    assert (stored.compared_with, stored.training, stored.created_by) == (
        "2026.11-2",
        "t1",
        "anna",
    )


def test_the_same_again_is_no_other_release_but_another_of_its_name_is_refused(
    record: Record,
) -> None:
    add(record, "a-1")
    add(record, "a-1")
    with pytest.raises(ReleaseExistsError):
        record.releases.add(DEMO_SITE, files("a-1", sha256="1" * 64), created_by="ben")
    assert [one.created_by for one in record.releases.all(DEMO_SITE)] == ["anna"]


@pytest.mark.parametrize("version", ["", "../up", "a:b", "-x", "x" * 65, "a b", "<b>"])
def test_a_version_that_no_key_can_hold_is_refused(record: Record, version: str) -> None:
    with pytest.raises(UnsuitableError):
        add(record, version)
    assert not record.releases.all(DEMO_SITE)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b'{"version": "x"}', b"\xff\xfe"])
def test_what_is_no_manifest_is_refused(record: Record, manifest: bytes) -> None:
    with pytest.raises(UnsuitableError):
        record.releases.add(DEMO_SITE, ReleaseFiles(manifest, b"x", ""), created_by="anna")


@pytest.mark.parametrize("manifest", ["{", "[]", "null", "{}", "[" * 100_000])
def test_a_manifest_that_was_spoilt_hides_no_release(record: Record, manifest: str) -> None:
    add(record, "a-1")
    add(record, "a-2")
    key = record.releases._keys("release", DEMO_SITE, "a-1")
    record.connection.hset(key, "manifest", manifest)

    assert set(states(record)) == {"a-1", "a-2"}
    assert record.releases.one(DEMO_SITE, "a-1").sha256 == ""


def test_a_candidate_becomes_active_and_then_retired(record: Record) -> None:
    add(record, "a-1")
    add(record, "a-2")
    assert states(record) == dict.fromkeys(("a-1", "a-2"), ReleaseState.CANDIDATE)
    promote(record, "a-1")
    assert states(record)["a-1"] is ReleaseState.ACTIVE
    assert promote(record, "a-2") == Assignment("a-2", "", ("a-1", ""))
    assert states(record) == {"a-1": ReleaseState.RETIRED, "a-2": ReleaseState.ACTIVE}
    assert [one.version for one in record.releases.activations(DEMO_SITE)] == ["a-2", "a-1"]


def test_what_is_not_there_cannot_be_put_on_duty(record: Record) -> None:
    with pytest.raises(UnknownReleaseError):
        promote(record, "nowhere")
    assert record.releases.assignment(DEMO_SITE) == Assignment()
    assert not record.releases.activations(DEMO_SITE)


def test_a_change_that_comes_between_is_seen(record: Record) -> None:
    for version in ("a-1", "a-2"):
        add(record, version)
    seen: list[str] = []

    def change(old: Assignment) -> Assignment:
        seen.append(old.active)
        if len(seen) == 1:
            promote(record, "a-1")
        return old.promoted("a-2")

    record.releases.assign(
        DEMO_SITE, change, lambda old, new: (None, release_entry("ben", new.active))
    )
    assert seen == ["", "a-1"]
    assert record.releases.assignment(DEMO_SITE).before == ("a-1", "")


def test_old_candidates_lose_their_files_but_none_that_is_on_duty(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILES_KEPT", 2)
    monkeypatch.setattr(module, "RELEASES_KEPT", 4)
    add(record, "first")
    promote(record, "first")
    for number in range(6):
        add(record, f"c-{number}")
    kept = {one.version: one.has_file for one in record.releases.all(DEMO_SITE)}
    assert kept == {"c-5": True, "c-4": True, "c-3": False, "c-2": False, "first": True}
    with pytest.raises(UnknownReleaseError):
        record.releases.files(DEMO_SITE, "c-3")
    with pytest.raises(UnknownReleaseError):
        promote(record, "c-3")


def test_a_shadow_is_counted_and_its_differences_listed_latest_first(record: Record) -> None:
    record.shadows.write(
        [
            Shadowed(DEMO_SITE, "c1", "a-1", "approve", "approve"),
            Shadowed(DEMO_SITE, "c2", "a-1", "approve", "hold", {"toxicity": 0.2}),
            Shadowed(DEMO_SITE, "c3", "a-1", "hold", "approve"),
        ]
    )
    report = record.shadows.report(DEMO_SITE, "a-1")
    assert (report.compared, report.would_hold, report.would_approve) == (3, 1, 1)
    first, second = record.shadows.differences(DEMO_SITE, "a-1", limit=5)
    assert (first.comment_id, second.comment_id) == ("c3", "c2")
    assert second.active_scores == {"toxicity": 0.2}
    [earlier] = record.shadows.differences(DEMO_SITE, "a-1", limit=5, before=first.position)
    assert earlier == second


def test_figures_of_a_shadow_begin_anew_when_another_release_decides(record: Record) -> None:
    for version in ("a-1", "a-2"):
        add(record, version)
    record.releases.assign(
        DEMO_SITE,
        lambda old: old.shadowed_by("a-2"),
        lambda old, new: (None, release_entry("anna", new.shadow)),
    )
    record.shadows.write([Shadowed(DEMO_SITE, "c1", "a-2", "hold", "approve")])
    promote(record, "a-1")
    assert record.shadows.report(DEMO_SITE, "a-2").compared == 0
    assert not record.shadows.differences(DEMO_SITE, "a-2", limit=5)
