"""What admins do with moderators' accounts, and everybody with their own.

An admin of one site gives and takes roles on that site. What reaches further (password,
tokens, disabling) needs an admin of every site on which that person has a role: else the
admin of a small site could take over the account of an admin of a large one.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from moderation.desk.rights import must_be_admin
from moderation.domain import Actor, Role
from moderation.errors import NotAllowedError, UnknownModeratorError, UnsuitableError
from moderation.preferences import Preferences
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.moderators import Moderator
from moderation.record.sessions import Session

NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
NAME_RULE = "1 to 64 letters, digits and . _ - @"
#: Long is what makes a password good; NIST SP 800-63B asks for no particular characters.
LEAST_PASSWORD_CHARACTERS = 12
MOST_PASSWORD_CHARACTERS = 1_000
#: Whoever types commands beside the service. No moderator can have a name with a space.
COMMAND_LINE = "command line"


def operator(site: str = "") -> Actor:
    """Whoever types commands beside the service: may do everything, on every site."""
    return Actor(COMMAND_LINE, site, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Access:
    """The ways in that a moderator has open."""

    sessions: int
    tokens: int


class People:
    """The accounts, as one who acts on a site may change them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._moderators = record.moderators

    def on(self, site: str) -> list[tuple[Moderator, Access]]:
        """Who has a role on a site, by name, and the ways in they have open."""
        tokens = self._record.tokens.counts()
        return [
            (one, Access(len(self._record.sessions.of(one.name)), tokens[one.name]))
            for one in self._moderators.all()
            if site in one.roles
        ]

    def create(
        self, actor: Actor, name: str, role: Role, *, password: str | None = None
    ) -> str | None:
        """Makes a moderator of the actor's site.

        Somebody who moderates another site is given a role on this one, and keeps their
        password.

        Returns:
            The password made for them, to be shown once; `None` if none was made.

        Raises:
            NotAllowedError: the actor is no admin, or the person is on this site already.
            UnsuitableError: the name or the password cannot be used.
        """
        must_be_admin(actor)
        _check_name(name)
        known = self._moderators.find(name)
        made = None
        if known is None:
            made = None if password else new_password()
            if password:
                check_password(password)
            self._moderators.create(name, {actor.site: role}, password or made or "")
        elif actor.site in known.roles:
            raise NotAllowedError(f"{name} has a role on this site already")
        else:
            self._moderators.set_role(name, actor.site, role)
        self._write(actor, [actor.site], name, did="created", role=role)
        return made

    def set_role(self, actor: Actor, name: str, role: Role | None) -> Moderator:
        """Changes what somebody may do on the actor's site; `None`: nothing any more.

        Raises:
            NotAllowedError: the actor is no admin, or it is the actor's own role.
            UnknownModeratorError: nobody on this site has that name.
        """
        self._must_not_be_self(actor, name)
        self._on_site(actor, name)
        changed = self._moderators.set_role(name, actor.site, role)
        self._write(actor, [actor.site], name, did="role", role=role or "none")
        return changed

    def set_disabled(self, actor: Actor, name: str, *, disabled: bool) -> Moderator:
        """Shuts somebody out at once, or lets them in again.

        Raises:
            NotAllowedError: not an admin of all their sites, or it is the actor.
            UnknownModeratorError: nobody on this site has that name.
        """
        self._must_not_be_self(actor, name)
        sites = self._must_govern(actor, name)
        changed = self._moderators.set_disabled(name, disabled=disabled)
        if disabled:
            self._record.sessions.end_all(name)
        self._write(actor, sites, name, did="disabled" if disabled else "enabled")
        return changed

    def reset_password(self, actor: Actor, name: str) -> str:
        """Gives somebody a new password, to be shown once, and ends their sessions.

        Also forgets who they are to the OpenID Connect provider: the account may have been
        given to somebody else.

        Raises:
            NotAllowedError: not an admin of all their sites.
            UnknownModeratorError: nobody on this site has that name.
        """
        sites = self._must_govern(actor, name)
        password = new_password()
        self._moderators.set_password(name, password)
        self._moderators.set_subject(name, None)
        self._record.sessions.end_all(name)
        self._write(actor, sites, name, did="password")
        return password

    def revoke(self, actor: Actor, name: str) -> Access:
        """Ends somebody's sessions and revokes their tokens; how many there were.

        Raises:
            NotAllowedError: not an admin of all their sites.
            UnknownModeratorError: nobody on this site has that name.
        """
        sites = self._must_govern(actor, name)
        ended = Access(
            self._record.sessions.end_all(name), self._record.tokens.revoke_all(name)
        )
        self._write(actor, sites, name, did="revoked")
        return ended

    def make_token(self, actor: Actor, name: str) -> str:
        """Makes a token for somebody, to be shown once.

        Raises:
            NotAllowedError: neither oneself nor an admin of all their sites.
            UnknownModeratorError: nobody on this site has that name.
        """
        sites = [actor.site] if name == actor.name else self._must_govern(actor, name)
        token = self._record.tokens.issue(name)
        self._write(actor, sites, name, what=AuditKind.TOKEN)
        return token

    def change_own_password(
        self, actor: Actor, session: Session, *, old: str, new: str
    ) -> None:
        """Replaces one's own password and ends one's other sessions.

        Raises:
            NotAllowedError: the old one is wrong.
            TooManyTriesError: it was wrong too often.
            UnsuitableError: the new one cannot be used.
        """
        check_password(new)
        name = actor.name
        self._record.throttle.count(name, session.address)
        if self._moderators.with_password(name, old) is None:
            raise NotAllowedError("that is not your present password")
        self._record.throttle.forget(name, session.address)
        changed = self._moderators.set_password(name, new)
        self._record.sessions.end_all(name, but=session.id)
        self._write(actor, changed.roles, name, did="password")

    def set_preferences(self, name: str, preferences: Preferences) -> None:
        """Replaces one's own settings."""
        self._moderators.set_preferences(name, preferences)

    def _on_site(self, actor: Actor, name: str) -> Moderator:
        must_be_admin(actor)
        found = self._moderators.find(name)
        if found is None or (actor.site not in found.roles and actor.name != COMMAND_LINE):
            raise UnknownModeratorError(name)
        return found

    def _must_govern(self, actor: Actor, name: str) -> list[str]:
        """The sites of somebody whose whole account the actor may change."""
        found = self._on_site(actor, name)
        if actor.name not in {COMMAND_LINE, name}:
            own = self._moderators.get(actor.name).roles
            if any(own.get(site) is not Role.ADMIN for site in found.roles):
                raise NotAllowedError(
                    f"{name} also moderates sites that you are no admin of; "
                    "somebody who is one of all of them, or the operator, can do this"
                )
        return list(found.roles)

    def _must_not_be_self(self, actor: Actor, name: str) -> None:
        if actor.name == name:
            raise NotAllowedError("another admin has to do this to your account")

    def _write(
        self,
        actor: Actor,
        sites: Iterable[str],
        name: str,
        *,
        what: AuditKind = AuditKind.PEOPLE,
        **details: str,
    ) -> None:
        for site in sites:
            self._record.audit.write(site, AuditEntry(actor.name, what, name, dict(details)))


def new_password() -> str:
    """A password nobody can guess, short enough to be typed once."""
    return secrets.token_urlsafe(12)


def check_password(password: str) -> None:
    """Checks a password that somebody chose.

    Raises:
        UnsuitableError: it is too short or too long.
    """
    if not LEAST_PASSWORD_CHARACTERS <= len(password) <= MOST_PASSWORD_CHARACTERS:
        raise UnsuitableError(
            f"a password has {LEAST_PASSWORD_CHARACTERS} to "
            f"{MOST_PASSWORD_CHARACTERS:,} characters"
        )


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise UnsuitableError(f"a moderator's name is {NAME_RULE}")
