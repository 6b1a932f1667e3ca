"""Words for people that several pages share."""

from __future__ import annotations


def category_label(category: str) -> str:
    """A category's name for people: `identity_attack` → "identity attack"."""
    return category.replace("_", " ")
