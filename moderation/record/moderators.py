"""Moderators: who they are, what they may do on which site, and their passwords.

Tokens and sessions stand in files of their own; who asks whether somebody may do something
is `desk.people`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self, cast

import redis
from redis.client import Pipeline

from moderation.domain import Role, now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import ModeratorExistsError, UnknownModeratorError
from moderation.preferences import Preferences
from moderation.record import passwords
from moderation.record.connection import redis_away
from moderation.record.keys import Keys


@dataclass(frozen=True, slots=True)
class Moderator:
    """A person who moderates.

    Attributes:
        name: what they sign in with.
        roles: site → what they may do there.
        disabled: they cannot sign in, nor use a token.
        subject: who they are to the OpenID Connect provider, once they came from there.
        password_hash: nothing that a password can be read from; "" for none.
    """

    name: str
    roles: dict[str, Role]
    created_at: str
    disabled: bool = False
    subject: str | None = None
    preferences: Preferences = field(default_factory=Preferences)
    password_hash: str = field(default="", repr=False)

    @property
    def is_active(self) -> bool:
        """Whether they may come in at all."""
        return bool(self.roles) and not self.disabled

    @classmethod
    def from_json(cls, name: str, stored: dict[str, Any]) -> Self:
        """A moderator as stored; earlier services knew one role on one site."""
        roles = stored.get("roles") or {}
        if "role" in stored:
            roles = {stored["site"]: stored["role"]}
        return cls(
            name,
            {site: Role(role) for site, role in sorted(roles.items())},
            stored["created_at"],
            stored.get("disabled", False),
            stored.get("subject"),
            Preferences.from_json(stored.get("preferences", {})),
            stored["password_hash"],
        )

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "roles": self.roles,
            "created_at": self.created_at,
            "disabled": self.disabled,
            "subject": self.subject,
            "preferences": self.preferences.to_json(),
            "password_hash": self.password_hash,
        }


class Moderators:
    """The moderators of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys) -> None:
        self._connection = connection
        self._table = keys("moderators")

    def find(self, name: str) -> Moderator | None:
        """The moderator of this name."""
        with redis_away():
            stored = self._connection.hget(self._table, name)
        return Moderator.from_json(name, json.loads(stored)) if stored else None

    def get(self, name: str) -> Moderator:
        """The moderator of this name.

        Raises:
            UnknownModeratorError: nobody has it.
        """
        found = self.find(name)
        if found is None:
            raise UnknownModeratorError(name)
        return found

    def all(self) -> list[Moderator]:
        """Every moderator, by name."""
        with redis_away():
            stored: Any = self._connection.hgetall(self._table)
        return [
            Moderator.from_json(name, json.loads(one)) for name, one in sorted(stored.items())
        ]

    def with_subject(self, subject: str) -> Moderator | None:
        """Who is this person to the OpenID Connect provider."""
        return next((one for one in self.all() if one.subject == subject), None)

    def create(self, name: str, roles: dict[str, Role], password: str) -> Moderator:
        """Makes a moderator; only a salted hash of the password is kept.

        Raises:
            ModeratorExistsError: the name is taken, if only in other capitals.
        """
        made = Moderator(name, roles, now_rfc3339(), password_hash=passwords.hashed(password))
        with redis_away():
            names: Any = self._connection.hkeys(self._table)
            if any(taken.casefold() == name.casefold() for taken in names):
                raise ModeratorExistsError(name)
            written = compact_json(made.to_json())
            if not self._connection.hsetnx(self._table, name, written):
                raise ModeratorExistsError(name)
        return made

    def set_role(self, name: str, site: str, role: Role | None) -> Moderator:
        """What they may do on a site from now on; `None`: nothing.

        Raises:
            UnknownModeratorError: nobody has that name.
        """

        def change(before: Moderator) -> Moderator:
            roles = {one: held for one, held in before.roles.items() if one != site}
            return replace(before, roles=roles if role is None else {**roles, site: role})

        return self._change(name, change)

    def set_disabled(self, name: str, *, disabled: bool) -> Moderator:
        """Shuts them out, or lets them in again.

        Raises:
            UnknownModeratorError: nobody has that name.
        """
        return self._change(name, lambda before: replace(before, disabled=disabled))

    def set_password(self, name: str, password: str) -> Moderator:
        """Replaces the password.

        Raises:
            UnknownModeratorError: nobody has that name.
        """
        made = passwords.hashed(password)
        return self._change(name, lambda before: replace(before, password_hash=made))

    def set_preferences(self, name: str, preferences: Preferences) -> Moderator:
        """Replaces their own settings.

        Raises:
            UnknownModeratorError: nobody has that name.
        """
        return self._change(name, lambda before: replace(before, preferences=preferences))

    def set_subject(self, name: str, subject: str | None) -> Moderator:
        """Remembers who they are to the OpenID Connect provider, or forgets it.

        Raises:
            UnknownModeratorError: nobody has that name.
        """
        return self._change(name, lambda before: replace(before, subject=subject))

    def with_password(self, name: str, password: str) -> Moderator | None:
        """Who has this name and password, `None` for nobody or somebody shut out.

        Takes as long whether it is the name or the password that is wrong.
        """
        found = self.find(name)
        stored = found.password_hash if found else passwords.decoy()
        if not passwords.matches(stored, password) or found is None or not found.is_active:
            return None
        if passwords.is_outdated(stored):
            return self.set_password(name, password)
        return found

    def _change(self, name: str, change: Callable[[Moderator], Moderator]) -> Moderator:
        """Writes what `change` makes of a moderator, of the one that stands there then."""

        def attempt(pipe: Pipeline) -> Any:
            stored: Any = pipe.hget(self._table, name)
            if stored is None:
                raise UnknownModeratorError(name)
            after = change(Moderator.from_json(name, json.loads(stored)))
            pipe.multi()
            pipe.hset(self._table, name, compact_json(after.to_json()))
            return after

        with redis_away():
            changed: Any = self._connection.transaction(
                attempt, self._table, value_from_callable=True
            )
        return cast(Moderator, changed)
