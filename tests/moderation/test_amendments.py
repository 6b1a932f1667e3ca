"""What changed between two policies, as the audit log tells it."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.amendments import ENTRIES_TOLD, changes
from moderation.domain import Action, QueueOrder
from moderation.policy import FloodRule, Policy


def test_nothing_changes_from_a_policy_to_its_like() -> None:
    assert changes(Policy(thresholds={"spam": 0.5}), Policy(thresholds={"spam": 0.5})) == {}


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"link_limit": 2}, {"link_limit": {"from": None, "to": 2}}),
        ({"hold_suspect_words": True}, {"hold_suspect_words": {"from": False, "to": True}}),
        (
            {"unsupported_language": Action.APPROVE},
            {"unsupported_language": {"from": "hold", "to": "approve"}},
        ),
        (
            {"queue_order": QueueOrder.OLDEST},
            {"queue_order": {"from": "probability", "to": "oldest"}},
        ),
        (
            {"flood": FloodRule(3, 30)},
            {
                "flood": {
                    "from": {"comments": 10, "window_s": 60},
                    "to": {"comments": 3, "window_s": 30},
                }
            },
        ),
        ({"flood": None}, {"flood": {"from": {"comments": 10, "window_s": 60}, "to": None}}),
    ],
)
def test_a_rule_is_told_with_both_of_its_values(after: Any, told: Any) -> None:
    assert changes(Policy(), Policy(**after)) == told


def test_never_is_another_thing_than_what_the_release_says() -> None:
    followed, never = Policy(), Policy(thresholds={"spam": None})

    assert changes(followed, never) == {"thresholds.spam": {"from": None, "to": "never"}}
    assert changes(never, followed) == {"thresholds.spam": {"from": "never", "to": None}}


def test_a_list_is_told_by_what_came_and_what_went() -> None:
    before = Policy(banned_words=("stays", "goes"))
    after = Policy(banned_words=("comes", "stays", "comes"))

    assert changes(before, after) == {"banned_words": {"added": ["comes"], "removed": ["goes"]}}


def test_of_many_entries_only_the_number_is_told() -> None:
    many = tuple(str(number) for number in range(ENTRIES_TOLD + 1))

    told = changes(Policy(), Policy(suspect_words=many, banned_words=many[1:]))

    assert told["suspect_words"] == {"added": ENTRIES_TOLD + 1}
    assert len(told["banned_words"]["added"]) == ENTRIES_TOLD


def test_authors_are_never_named() -> None:
    assert changes(Policy(held_authors=("anna",)), Policy(held_authors=("mia", "zoe"))) == {
        "held_authors": {"added": 2, "removed": 1}
    }
