"""Words for people that several pages share."""

from __future__ import annotations

from collections.abc import Mapping

#: What a person's action did.
DONE: Mapping[str, str] = {"approve": "approved", "hold": "kept held", "reject": "rejected"}


def category_label(category: str) -> str:
    """A category's name for people: `identity_attack` → "identity attack"."""
    return category.replace("_", " ")
