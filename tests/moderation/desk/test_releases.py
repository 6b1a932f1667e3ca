"""What decides: only what was compared and is no worse, unless somebody says why."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.desk.releases import Releases
from moderation.domain import Actor, Role
from moderation.errors import (
    NothingToRollBackError,
    ReasonMissingError,
    ReleasesChangedError,
    StaleComparisonError,
    UnknownReleaseError,
    WorseReleaseError,
)
from moderation.record import Record
from moderation.record.audit import AuditKind, Wanted
from moderation.releases import ActivationKind
from tests.conftest import DEMO_SITE
from tests.moderation.record.test_releases import files
from tests.releases import NO_WORSE, WORSE

ANNA = Actor("anna", DEMO_SITE, Role.ADMIN)
SHIPPED_VERSION = "2026.11-2"


@pytest.fixture
def desk(record: Record) -> Releases:
    """A desk in a service whose one worker has the shipped release."""
    record.queue.tick("w1", {"release": SHIPPED_VERSION})
    return Releases(record)


def add(record: Record, version: str, evaluation: Any = NO_WORSE, **more: Any) -> None:
    compared = {"compared_with": SHIPPED_VERSION, **more}
    record.releases.add(
        DEMO_SITE, files(version), created_by="anna", evaluation=evaluation, **compared
    )


def active(record: Record) -> str:
    return record.releases.assignment(DEMO_SITE).active


def test_a_candidate_that_is_no_worse_is_promoted(record: Record, desk: Releases) -> None:
    add(record, "a-1")
    activation = desk.promote(ANNA, "a-1")
    assert (activation.version, activation.kind) == ("a-1", ActivationKind.PROMOTE)
    overview = desk.overview(DEMO_SITE)
    assert overview.active is not None
    assert overview.active_version == "a-1"
    [entry] = record.audit.page(DEMO_SITE, Wanted(what=AuditKind.RELEASE)).entries
    assert (entry.who, entry.subject, entry.details["action"]) == ("anna", "a-1", "promote")


def test_a_worse_candidate_is_refused_in_words_unless_forced_with_a_reason(
    record: Record, desk: Releases
) -> None:
    add(record, "a-1", WORSE)
    with pytest.raises(WorseReleaseError) as refused:
        desk.promote(ANNA, "a-1")
    assert refused.value.sentences == tuple(WORSE["sentences"])
    with pytest.raises(ReasonMissingError):
        desk.promote(ANNA, "a-1", force=True, reason="  ")
    assert active(record) == ""
    desk.promote(ANNA, "a-1", force=True, reason="we know those sentences")
    assert active(record) == "a-1"
    [told] = record.releases.activations(DEMO_SITE)
    assert (told.forced, told.reason) == (True, "we know those sentences")


@pytest.mark.parametrize(
    ("evaluation", "compared_with"), [(None, ""), (NO_WORSE, "another-one")]
)
def test_a_candidate_that_was_not_compared_with_what_is_active_is_refused(
    record: Record, desk: Releases, evaluation: Any, compared_with: str
) -> None:
    add(record, "a-1", evaluation, compared_with=compared_with)
    with pytest.raises(StaleComparisonError):
        desk.promote(ANNA, "a-1")
    record.releases.set_evaluation(DEMO_SITE, "a-1", NO_WORSE, compared_with=SHIPPED_VERSION)
    desk.promote(ANNA, "a-1")
    assert active(record) == "a-1"


def test_rolling_back_goes_further_back_each_time_and_ends_at_the_shipped_one(
    record: Record, desk: Releases
) -> None:
    add(record, "a-1")
    add(record, "a-2", compared_with="a-1")
    desk.promote(ANNA, "a-1")
    desk.promote(ANNA, "a-2")
    assert desk.roll_back(ANNA, reason="too strict").version == "a-1"
    assert desk.roll_back(ANNA).version == ""
    with pytest.raises(NothingToRollBackError):
        desk.roll_back(ANNA)
    assert desk.overview(DEMO_SITE).active_version == SHIPPED_VERSION


@pytest.mark.parametrize("word", ["shipped", SHIPPED_VERSION])
def test_the_shipped_release_can_be_promoted_again(
    record: Record, desk: Releases, word: str
) -> None:
    add(record, "a-1")
    desk.promote(ANNA, "a-1")
    desk.promote(ANNA, word)
    assert active(record) == ""
    assert desk.roll_back(ANNA).version == "a-1"


def test_promoting_what_is_active_changes_nothing(record: Record, desk: Releases) -> None:
    add(record, "a-1")
    desk.promote(ANNA, "a-1")
    desk.promote(ANNA, "a-1")
    assert len(record.releases.activations(DEMO_SITE)) == 1


def test_who_looked_at_another_release_is_told(record: Record, desk: Releases) -> None:
    add(record, "a-1")
    add(record, "a-2")
    desk.promote(ANNA, "a-1", expected_active=SHIPPED_VERSION)
    with pytest.raises(ReleasesChangedError):
        desk.promote(ANNA, "a-2", expected_active=SHIPPED_VERSION)
    assert active(record) == "a-1"


def test_an_unknown_release_is_refused(record: Record, desk: Releases) -> None:
    for attempt in (
        lambda: desk.promote(ANNA, "nowhere"),
        lambda: desk.set_shadow(ANNA, "nowhere"),
    ):
        with pytest.raises(UnknownReleaseError):
            attempt()


def test_a_shadow_comes_and_goes_and_is_never_the_active_one(
    record: Record, desk: Releases
) -> None:
    add(record, "a-1")
    add(record, "a-2")
    desk.set_shadow(ANNA, "a-1")
    assert record.releases.assignment(DEMO_SITE).shadow == "a-1"
    desk.promote(ANNA, "a-1")
    assert record.releases.assignment(DEMO_SITE).shadow == ""
    with pytest.raises(ReleasesChangedError):
        desk.set_shadow(ANNA, "a-1")
    desk.set_shadow(ANNA, "a-2")
    desk.set_shadow(ANNA, None)
    assert record.releases.assignment(DEMO_SITE).shadow == ""


def test_the_overview_says_how_many_workers_have_changed_over_and_what_troubles_them(
    record: Record, desk: Releases
) -> None:
    add(record, "a-1")
    desk.promote(ANNA, "a-1")
    trouble = {"site": DEMO_SITE, "version": "a-1", "why": "damaged", "instead": "2026.11-2"}
    record.queue.tick("w1", {"release": SHIPPED_VERSION, "releases": {DEMO_SITE: "a-1"}})
    record.queue.tick("w2", {"release": SHIPPED_VERSION, "troubles": [trouble]})
    overview = desk.overview(DEMO_SITE)
    assert overview.changed_over == (1, 2)
    assert [one.why for one in overview.troubles] == ["damaged"]
    assert not desk.overview("another").troubles
