"""Which role a view needs: views say it, the doors (pages and tokens) ask.

Knows nobody: who somebody is, each door finds out for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from moderation.domain import Role

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "needed_role"


def needs(role: Role) -> Callable[[View], View]:
    """Marks a view as for people with this role, or one that may do more.

    Stands below `route` and above nothing that hides the function's attributes.
    """

    def mark(view: View) -> View:
        setattr(view, _MARK, role)
        return view

    return mark


def needed_role(view: Callable[..., Any], method: str) -> Role:
    """The role that a view asks for: unless it says so, viewers look and moderators act."""
    marked: Role | None = getattr(view, _MARK, None)
    return marked or (Role.VIEWER if method in SAFE_METHODS else Role.MODERATOR)
