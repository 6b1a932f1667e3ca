"""What people do with a site's API keys, whatever the door.

Each act is told in the audit log, by the key's id: never the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from moderation.api_keys import NAME_CHARACTERS, USUAL_SCOPES, ApiKey, Scope
from moderation.desk.rights import must_be_admin
from moderation.domain import Actor
from moderation.errors import UnsuitableKeyError
from moderation.record import Record
from moderation.record.api_keys import Issued, Wanted
from moderation.record.audit import AuditEntry, AuditKind

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class SiteKeys:
    """The keys, as one who acts on a site may change them."""

    def __init__(self, record: Record) -> None:
        self._keys = record.sites.keys
        self._audit = record.audit

    def all(self, actor: Actor) -> list[ApiKey]:
        """The keys of the actor's site, the oldest first.

        Raises:
            NotAllowedError: the actor is no admin.
        """
        must_be_admin(actor)
        return self._keys.of(actor.site)

    def create(
        self,
        actor: Actor,
        name: str,
        *,
        scopes: Iterable[Scope] = USUAL_SCOPES,
        expires_at: datetime | None = None,
    ) -> Issued:
        """Makes a key; the secret is to be shown once.

        Raises:
            NotAllowedError: the actor is no admin.
            UnsuitableKeyError: it has no name, opens nothing, or would have ended already.
        """
        must_be_admin(actor)
        wanted = Wanted(_checked_name(name), frozenset(scopes), _checked_end(expires_at))
        if not wanted.scopes:
            raise UnsuitableKeyError("scopes", "choose at least one scope")
        issued = self._keys.issue(actor.site, wanted)
        self._write(actor, issued.key, "created", scopes=issued.key.in_order())
        return issued

    def rotate(self, actor: Actor, key_id: str, *, overlap_s: int = 0) -> Issued:
        """Replaces a key by one that opens the same; the old one is good for `overlap_s` yet.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownApiKeyError: the site has no such key.
        """
        must_be_admin(actor)
        issued = self._keys.rotate(actor.site, key_id, overlap_s=overlap_s)
        self._write(actor, issued.key, "rotated", replaces=key_id, overlap_s=overlap_s)
        return issued

    def revoke(self, actor: Actor, key_id: str) -> None:
        """Shuts out who has a key, at once and for good.

        Raises:
            NotAllowedError: the actor is no admin.
            UnknownApiKeyError: the site has no such key.
        """
        must_be_admin(actor)
        self._write(actor, self._keys.revoke(actor.site, key_id), "revoked")

    def _write(self, actor: Actor, key: ApiKey, did: str, **details: Any) -> None:
        told = {"did": did, "name": key.name, **details}
        entry = AuditEntry(actor.name, AuditKind.API_KEY, key.id, told)
        self._audit.write(actor.site, entry)


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARACTERS or _CONTROL.search(name):
        raise UnsuitableKeyError(
            "name", f"a key's name is a line of 1 to {NAME_CHARACTERS} characters"
        )
    return name


def _checked_end(expires_at: datetime | None) -> int | None:
    """When a key ends, in milliseconds since 1970."""
    if expires_at is None:
        return None
    if expires_at <= datetime.now(UTC):
        raise UnsuitableKeyError("expires_at", "a key cannot end before it begins")
    return int(expires_at.timestamp() * 1000)
