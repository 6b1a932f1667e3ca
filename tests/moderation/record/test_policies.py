"""Versions of a policy: every one is kept, none overwrites another unseen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moderation.errors import PolicyChangedError, UnknownPolicyVersionError
from moderation.policy import Policy
from moderation.record import Record, policies
from tests.conftest import DEMO_SITE


def put(record: Record, *limits: int) -> None:
    for limit in limits:
        record.policies.put(DEMO_SITE, Policy(link_limit=limit), who="mia")


def limits(record: Record, **page: int) -> list[tuple[int, int | None]]:
    found = record.policies.history(DEMO_SITE, **page)
    return [(one.version, one.policy.link_limit) for one in found]


def test_the_history_ends_with_the_default(record: Record) -> None:
    assert limits(record) == [(0, None)]

    put(record, 10, 20)

    assert limits(record) == [(2, 20), (1, 10), (0, None)]
    latest = record.policies.history(DEMO_SITE)[0]
    assert latest.who == "mia"
    assert latest.at
    assert latest.changes == {"link_limit": {"from": 10, "to": 20}}


def test_it_is_read_page_by_page_without_a_gap_while_it_grows(record: Record) -> None:
    put(record, 10, 20, 30)
    assert limits(record, limit=2) == [(3, 30), (2, 20)]

    put(record, 40)

    assert limits(record, before=2, limit=2) == [(1, 10), (0, None)]
    assert limits(record, before=2, limit=1) == [(1, 10)]
    assert limits(record, before=1, limit=1) == [(0, None)]
    assert limits(record, before=0, limit=1) == []


def test_going_back_makes_a_new_version_that_says_so(record: Record) -> None:
    put(record, 10, 20)

    stored = record.policies.revert(DEMO_SITE, 1, who="zoe")

    assert (stored.version, stored.policy.link_limit) == (3, 10)
    latest = record.policies.history(DEMO_SITE)[0]
    assert (latest.who, latest.reverted_to) == ("zoe", 1)
    [entry, *_] = record.audit.page(DEMO_SITE).entries
    assert entry.subject == "version 3"
    assert entry.details == {
        "changes": {"link_limit": {"from": 20, "to": 10}},
        "reverted_to": 1,
    }
    assert record.policies.revert(DEMO_SITE, 0, who="zoe").policy == Policy()


@pytest.mark.parametrize("version", [-1, 3, 99])
def test_a_version_that_never_was_is_none_to_go_back_to(record: Record, version: int) -> None:
    put(record, 10, 20)

    with pytest.raises(UnknownPolicyVersionError):
        record.policies.revert(DEMO_SITE, version, who="zoe")
    assert limits(record)[0] == (2, 20)


def test_only_so_many_versions_are_kept(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "VERSIONS_KEPT", 2)
    put(record, 10, 20, 30)

    assert limits(record) == [(3, 30), (2, 20), (0, None)]
    with pytest.raises(UnknownPolicyVersionError):
        record.policies.version(DEMO_SITE, 1)
    assert record.policies.version(DEMO_SITE, 0).policy == Policy()


@pytest.mark.parametrize(
    "change",
    [
        lambda of: of.put(DEMO_SITE, Policy(link_limit=9), expected_version=1),
        lambda of: of.revert(DEMO_SITE, 1, who="zoe", expected_version=1),
    ],
)
def test_a_version_that_nobody_expected_is_not_overwritten(
    record: Record, change: Callable[[policies.Policies], object]
) -> None:
    put(record, 10, 20)

    with pytest.raises(PolicyChangedError):
        change(record.policies)

    assert limits(record)[0] == (2, 20)
    assert len(record.audit.page(DEMO_SITE).entries) == 2


def test_who_comes_between_is_not_overwritten_either(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another writes after this one has read, and before it writes."""
    others = iter([10])
    made = policies.now_rfc3339

    def another_is_first() -> str:
        for limit in others:
            put(record, limit)
        return made()

    monkeypatch.setattr(policies, "now_rfc3339", another_is_first)

    with pytest.raises(PolicyChangedError):
        record.policies.put(DEMO_SITE, Policy(link_limit=9), expected_version=0)
    assert limits(record)[0] == (1, 10)


def test_an_edit_is_made_again_on_what_another_wrote(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "ATTEMPTS", 2)
    seen = []

    def edit(policy: Policy) -> Policy:
        if not seen:
            put(record, 10)
        seen.append(policy.link_limit)
        return Policy(link_limit=(policy.link_limit or 0) + 1)

    record.policies.change(DEMO_SITE, edit, who="zoe")

    assert seen == [None, 10]
    assert limits(record)[0] == (2, 11)
