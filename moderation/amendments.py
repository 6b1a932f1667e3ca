"""What changed from one policy to the next, short enough for a log: a pure function.

A change is told as `{"from", "to"}`, that of a list as `{"added", "removed"}` (entries, or how
many there are), and each threshold by itself, as `thresholds.CATEGORY`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.policy import LISTS, Policy

#: More entries of a list than this are only counted.
ENTRIES_TOLD = 20
#: Lists of which only numbers are told: a log outlives the erasure of an author.
UNTOLD = frozenset({"held_authors"})

Changes = dict[str, dict[str, Any]]


def changes(before: Policy, after: Policy) -> Changes:
    """Field → what became of it, for the fields that differ."""
    old, new = before.to_json(), after.to_json()
    found = _different(
        _flat_thresholds(old.pop("thresholds")), _flat_thresholds(new.pop("thresholds"))
    )
    for name in LISTS:
        found |= _list_changes(name, old.pop(name), new.pop(name))
    return found | _different(old, new)


def _flat_thresholds(thresholds: Mapping[str, float | None]) -> dict[str, Any]:
    # What the site sets not to hold is another thing than what it leaves to the release.
    return {
        f"thresholds.{category}": "never" if threshold is None else threshold
        for category, threshold in thresholds.items()
    }


def _different(old: Mapping[str, Any], new: Mapping[str, Any]) -> Changes:
    return {
        name: {"from": old.get(name), "to": new.get(name)}
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    }


def _list_changes(name: str, old: Sequence[str], new: Sequence[str]) -> Changes:
    known, wanted = set(old), set(new)
    added = [entry for entry in dict.fromkeys(new) if entry not in known]
    removed = [entry for entry in dict.fromkeys(old) if entry not in wanted]
    told = {"added": _told(name, added), "removed": _told(name, removed)}
    found = {what: entries for what, entries in told.items() if entries}
    return {name: found} if found else {}


def _told(name: str, entries: Sequence[str]) -> list[str] | int:
    """The entries, or how many there are."""
    return len(entries) if name in UNTOLD or len(entries) > ENTRIES_TOLD else list(entries)
