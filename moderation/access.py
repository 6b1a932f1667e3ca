"""Which role or scope a view needs: views say it, the doors (pages, tokens, keys) ask.

Knows nobody: who somebody is, each door finds out for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from moderation.api_keys import Scope
from moderation.domain import Role

View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MARK = "needed_role"
_SCOPE_MARK = "needed_scope"
#: What an API key needs where a person would need a role.
_SCOPES = {Role.VIEWER: Scope.READ, Role.MODERATOR: Scope.MODERATE, Role.ADMIN: Scope.ADMIN}


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


def hands_in(view: View) -> View:
    """Marks a view that takes from a site what it hands in: its keys need `post` for it.

    Stands where `needs` does.
    """
    setattr(view, _SCOPE_MARK, Scope.POST)
    return view


def needed_scope(view: Callable[..., Any], method: str) -> Scope:
    """The scope that a view asks of an API key: unless it hands in, by the role it needs."""
    marked: Scope | None = getattr(view, _SCOPE_MARK, None)
    return marked or _SCOPES[needed_role(view, method)]
