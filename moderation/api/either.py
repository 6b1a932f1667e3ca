"""Doors that open for a site's API key and for a moderator's token alike."""

from __future__ import annotations

from typing import Any

from flask import g

from moderation.api import auth, limits, staff
from moderation.api.base import Blueprint
from moderation.domain import Actor, Role
from moderation.record.policies import API_KEY
from moderation.record.tokens import TOKEN_PREFIX


def protect(blueprint: Blueprint) -> None:
    """Lets requests with a site's key through, and those of moderators with the role."""
    blueprint.before_request(_authorise)
    blueprint.after_request(limits.show)
    blueprint._prepare_doc_cbks.append(_document)


def current() -> Actor:
    """Who asks and for which site; a key with the scope that is needed acts as an admin."""
    found: Actor | None = g.get("actor")
    return found or Actor(API_KEY, auth.current_site(), Role.ADMIN)


def _authorise() -> None:
    secret = auth.presented_key(what="the site's API key or a moderator's token")
    if secret.startswith(TOKEN_PREFIX):
        staff.authorise()
    else:
        auth.authorise()


def _document(doc: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
    """An operation's documentation, with both ways in."""
    documented = staff.document(doc)
    documented["security"].insert(0, {auth.SECURITY_SCHEME: []})
    return documented
