"""Moderators' tokens: who asks, for which site, and whether their role allows it."""

from __future__ import annotations

from copy import deepcopy
from http import HTTPStatus
from typing import Any

from flask import current_app, g, request

from moderation.access import needed_role, needs
from moderation.api import auth
from moderation.api.base import Blueprint, services
from moderation.api.problems import Problem
from moderation.domain import Actor
from moderation.record.moderators import Moderator
from moderation.record.tokens import TOKEN_PREFIX

__all__ = ["current", "current_moderator", "needs", "protect"]

SECURITY_SCHEME = "MODERATOR_TOKEN"
_SITE = {
    "name": "site",
    "in": "query",
    "schema": {"type": "string"},
    "description": "One of the moderator's sites. Default: the first of them.",
}


def protect(blueprint: Blueprint) -> None:
    """Lets only requests with a moderator's token through, and documents it."""
    blueprint.before_request(authorise)
    blueprint._prepare_doc_cbks.append(document)


def current() -> Actor:
    """Who asks, and what they are on the site they ask about."""
    found: Actor = g.actor
    return found


def current_moderator() -> Moderator:
    """The account of who asks."""
    found: Moderator = g.moderator
    return found


def authorise() -> None:
    """Finds who asks.

    Raises:
        Problem: 401 for no token that is good, 403 for a site's key, another's site, or a
            role that does not suffice.
    """
    g.moderator = _moderator(auth.presented_key(what="a moderator's token", example="TOKEN"))
    g.actor = _actor(g.moderator)
    role = needed_role(current_app.view_functions[request.endpoint or ""], request.method)
    if not g.actor.role.allows(role):
        raise _forbidden(f"this needs the role {role} on the site {g.actor.site}")


def _moderator(token: str) -> Moderator:
    record = services().record
    name = record.tokens.owner(token) if token.startswith(TOKEN_PREFIX) else None
    found = record.moderators.find(name) if name else None
    if found and found.is_active:
        return found
    if record.sites.is_key(token):
        raise _forbidden("this is a site's API key; here moderators' tokens are good")
    raise auth.unauthorised("this token is not valid here; it may have been revoked")


def _actor(moderator: Moderator) -> Actor:
    site = request.args.get("site") or min(moderator.roles)
    role = moderator.roles.get(site)
    if role is None:
        raise _forbidden("you have no role on this site")
    return Actor(moderator.name, site, role)


def _forbidden(detail: str) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, detail, kind="forbidden")


def document(doc: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
    """An operation's documentation, with what all of these take."""
    doc["security"] = [{SECURITY_SCHEME: []}]
    doc.setdefault("parameters", []).append(deepcopy(_SITE))
    return doc
