"""What a role lets somebody do, where the desk itself asks rather than the door."""

from __future__ import annotations

from moderation.domain import Actor, Role
from moderation.errors import NotAllowedError


def must_be_admin(actor: Actor) -> None:
    """Refuses whoever is no admin of the site that they act on.

    Raises:
        NotAllowedError: the actor is no admin.
    """
    if not actor.role.allows(Role.ADMIN):
        raise NotAllowedError("only an admin of this site can do this")
