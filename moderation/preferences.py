"""What a moderator set for themselves: how the console looks and which keys it takes.

Stands on nothing of ours, does no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self


class Blur(StrEnum):
    """Which comments are blurred until they are asked for."""

    SEVERE = "severe"
    ALL = "all"
    NONE = "none"


class Theme(StrEnum):
    """Light or dark; `auto` follows the device."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


#: What a key of the console can do → the key it has unless remapped.
KEYS: Mapping[str, str] = {
    "next": "j",
    "previous": "k",
    "approve": "a",
    "reject": "r",
    "hold": "h",
    "undo": "u",
    "claim": "c",
    "open": "o",
    "author": "l",
    "article": "t",
    "unblur": "v",
    "select": "x",
    "note": "n",
    "search": "/",
    "go": "g",
    "help": "?",
}
#: One printable character; digits choose reasons and cannot be given away.
KEY = re.compile(r"[^\s\d\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Preferences:
    """One moderator's own settings."""

    blur: Blur = Blur.SEVERE
    grey: bool = False
    theme: Theme = Theme.AUTO
    keys: bool = True
    """Whether single keys do anything at all (WCAG 2.1.4)."""
    remapped: Mapping[str, str] = field(default_factory=dict)
    """What a key does → the key that does it, where it is not the usual one."""

    @property
    def keymap(self) -> dict[str, str]:
        """Every key as it holds for this moderator."""
        return {**KEYS, **self.remapped}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The settings as `to_json` wrote them; what is missing has its default."""
        known = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        for name, kind in (("blur", Blur), ("theme", Theme)):
            if name in known:
                known[name] = kind(known[name])
        return cls(**known)

    def to_json(self) -> dict[str, Any]:
        """The settings as they are stored and as the API writes them."""
        return asdict(self)


def key_problems(remapped: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with remapped keys: name → reason, empty when nothing is."""
    problems = {}
    keymap = {**KEYS, **remapped}
    for name, key in remapped.items():
        others = [other for other in keymap if other != name and keymap[other] == key]
        if name not in KEYS:
            problems[name] = "There is no such key."
        elif not KEY.fullmatch(key):
            problems[name] = "Use one character that is no digit and no space."
        elif others:
            problems[name] = f"“{key}” already stands for “{others[0]}”."
    return problems
