"""Those who come to a door, and what each carries: a key, a token, a browser's session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from moderation.api_keys import Scope
from moderation.domain import Role
from moderation.record import Record
from tests.conftest import DEMO_SITE


@dataclass(frozen=True)
class Visitor:
    """Somebody who comes along.

    Attributes:
        name: what a failure calls them.
        carries: `key`, `token` or `page`; "" for what opens nothing.
        secret: an API key or a token.
        headers: how a browser or program sends it.
        scopes: what the key opens.
        role: what the person is on the site.
        site: the one that they belong to.
    """

    name: str
    carries: str = ""
    secret: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()
    role: Role | None = None
    site: str = DEMO_SITE


def with_key(name: str, key: str, scopes: frozenset[Scope], carries: str = "key") -> Visitor:
    return Visitor(name, carries, key, {"Authorization": f"Bearer {key}"}, scopes)


def with_token(record: Record, name: str, role: Role) -> Visitor:
    token = record.tokens.issue(name)
    return Visitor(
        f"{name}'s token", "token", token, {"Authorization": f"Bearer {token}"}, role=role
    )


def with_browser(record: Record, name: str, role: Role | None) -> Visitor:
    """Somebody signed in; whoever has no role has a session that has ended."""
    secret = record.sessions.start(name)
    session = record.sessions.open(secret)
    assert session
    headers = {
        "Cookie": f"moderation_session={secret}",
        "X-CSRF-Token": session.csrf_token,
        "Sec-Fetch-Site": "same-origin",
    }
    if role is None:
        record.sessions.end(session.id, name)
        return Visitor(f"{name}, signed out", headers=headers)
    site = min(record.moderators.get(name).roles)
    return Visitor(f"{name}'s browser", "page", headers=headers, role=role, site=site)
