"""The console's keys, told once: the help lists them, and the script binds what it lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One thing that a key does."""

    action: str
    key: str
    label: str
    url: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys to press, one after the other."""
        return tuple(self.key.split())


#: Group → action → what the help says. `moderation.preferences.KEYS` has the keys.
_LABELS: Mapping[str, Mapping[str, str]] = {
    "Move": {"next": "next comment", "previous": "previous comment"},
    "Decide": {
        "approve": "approve",
        "reject": "reject: then a digit, or Enter for the suggested reason",
        "hold": "keep held",
        "note": "reject with a note",
        "undo": "undo the last decision",
        "claim": "claim, or let go",
        "select": "select for deciding many at once",
    },
    "Look": {
        "unblur": "show a blurred text",
        "open": "open the comment",
        "author": "its author",
        "article": "its article",
        "search": "search",
        "help": "these keys",
    },
}
#: Key after the one for "go" → page and what the help calls it.
_PAGES: Mapping[str, tuple[str, str]] = {
    "q": ("queue", "the queue"),
    "r": ("review", "approved ones to review"),
    "b": ("batch", "many at once"),
    "p": ("policy", "the policy"),
    "l": ("labels", "the labels"),
    "m": ("models", "the models"),
    "d": ("drift", "drift"),
    "f": ("figures", "the figures"),
    "a": ("audit", "the audit log"),
}


def by_group(keymap: Mapping[str, str]) -> dict[str, list[Shortcut]]:
    """Every key as it holds for a moderator, in the order of the help.

    Args:
        keymap: action → key.
    """
    groups = {
        group: [Shortcut(action, keymap[action], label) for action, label in labels.items()]
        for group, labels in _LABELS.items()
    }
    groups["Go to"] = [
        Shortcut(f"go-{page}", f"{keymap['go']} {key}", label, f"/console/{page}")
        for key, (page, label) in _PAGES.items()
    ]
    return groups
