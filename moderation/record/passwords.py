"""How passwords are hashed: argon2id, with the parameters that OWASP recommends.

https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from werkzeug.security import check_password_hash

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: How hashes begin that werkzeug made, before argon2 came.
_EARLIER = "scrypt:"


def hashed(password: str) -> str:
    """What may be stored of a password."""
    return HASHER.hash(_bytes(password))


def matches(stored: str, password: str) -> bool:
    """Whether this is the password; takes as long for a wrong one."""
    if stored.startswith(_EARLIER):
        return check_password_hash(stored, password)
    try:
        return HASHER.verify(stored, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made in another way than new ones are."""
    return stored.startswith(_EARLIER) or HASHER.check_needs_rehash(stored)


@cache
def decoy() -> str:
    """The hash of nobody's password, to check when nobody has the name that was given."""
    return hashed(secrets.token_urlsafe(32))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
