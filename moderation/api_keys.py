"""API keys as types: what one opens, how one looks, and what is kept of it.

Pure: it knows neither the record nor a request.
"""

from __future__ import annotations

import json
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

from moderation.domain import rfc3339
from moderation.encoding import compact_json

#: A key may be the first label of a host name (Akismet's clients send it so): letters, digits
#: and hyphens, in lower case, since clients fold it, at most 63 in all (RFC 1123, section 2.1).
KEY_PREFIX = "mod-"
#: 256 bits. So many cannot be tried out: a plain digest of them tells nothing. A slow hash is
#: for less than 112 (NIST SP 800-63B, section 5.1.2.2).
KEY_BYTES = 32
#: Characters of a key's digest by which people tell it from others.
ID_CHARACTERS = 12
NAME_CHARACTERS = 80
#: The longest that a key may go on beside the one that replaces it.
MOST_OVERLAP_S = 7 * 24 * 3600


class Scope(StrEnum):
    """What a key opens. No scope includes another, but `admin` can make keys of any."""

    POST = "post"
    """Hand in comments, reports and texts to be scored."""
    READ = "read"
    """Read comments, decisions and the policy."""
    MODERATE = "moderate"
    """Erase comments and authors, and say what a text is, for the classifier to learn."""
    ADMIN = "admin"
    """Change the policy, retention, webhooks and keys."""


EVERY_SCOPE = frozenset(Scope)
#: What a key opens unless somebody says otherwise: all that an article page needs.
USUAL_SCOPES = frozenset({Scope.POST, Scope.READ})


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key. Its site and scopes never change: another key has others.

    Attributes:
        id: the beginning of its SHA-256; tells nothing of the key.
        site: the site that it belongs to.
        name: what people call it.
        scopes: what it opens.
        created_at: RFC 3339; "" for a key made before that was kept.
        expires_ms: when it ends, in milliseconds since 1970; `None` for never.
        used_ms: when it was last used, to the minute; `None` for never, or long ago.
    """

    id: str
    site: str
    name: str = ""
    scopes: frozenset[Scope] = EVERY_SCOPE
    created_at: str = ""
    expires_ms: int | None = None
    used_ms: int | None = None

    @property
    def expires_at(self) -> str | None:
        """When it ends, RFC 3339."""
        return _moment(self.expires_ms)

    @property
    def last_used_at(self) -> str | None:
        """When it was last used, RFC 3339."""
        return _moment(self.used_ms)

    def is_good_at(self, now_ms: int) -> bool:
        """Whether it opens anything at that time."""
        return self.expires_ms is None or now_ms < self.expires_ms

    def in_order(self) -> list[Scope]:
        """Its scopes as they are always listed."""
        return [scope for scope in Scope if scope in self.scopes]

    def to_json(self) -> dict[str, Any]:
        """The key as the API tells it."""
        return {
            "id": self.id,
            "name": self.name,
            "scopes": self.in_order(),
            "created_at": self.created_at or None,
            "expires_at": self.expires_at,
            "last_used_at": self.last_used_at,
        }

    def to_stored(self) -> str:
        """As the record keeps it under the key's digest."""
        kept: dict[str, Any] = {
            "site": self.site,
            "name": self.name,
            "scopes": self.in_order(),
            "created_at": self.created_at,
        }
        if self.expires_ms is not None:
            kept["expires_ms"] = self.expires_ms
        return compact_json(kept)

    @classmethod
    def from_stored(cls, digest: str, stored: str, *, used_ms: int | None = None) -> Self:
        """Reads what `to_stored` wrote; a key older than scopes is its site, and opens all."""
        key_id = digest[:ID_CHARACTERS]
        if not stored.startswith("{"):
            return cls(key_id, stored, used_ms=used_ms)
        kept = json.loads(stored)
        return cls(
            key_id,
            kept["site"],
            name=kept["name"],
            scopes=frozenset(map(Scope, kept["scopes"])),
            created_at=kept["created_at"],
            expires_ms=kept.get("expires_ms"),
            used_ms=used_ms,
        )


def new_key() -> str:
    """A key nobody can guess: `mod-` and 52 of `a` to `z` and `2` to `7` (RFC 4648, base32)."""
    drawn = b32encode(secrets.token_bytes(KEY_BYTES)).decode().rstrip("=")
    return KEY_PREFIX + drawn.lower()


def key_digest(secret: str) -> str:
    """What is kept of a key, token or session; it has enough entropy for a plain digest."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _moment(ms: int | None) -> str | None:
    return None if ms is None else rfc3339(datetime.fromtimestamp(ms / 1000, UTC))
