"""Signing moderators in, by password or by an OpenID Connect provider, and out.

Every try is counted, and written into the audit log of each site of whom it concerns.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from moderation.domain import Identity
from moderation.errors import SignInRefusedError
from moderation.record import Record
from moderation.record.audit import AuditEntry, AuditKind
from moderation.record.moderators import Moderator
from moderation.record.sessions import Session

log = logging.getLogger(__name__)

WRONG = "That name and password do not belong together, or the account is disabled."
UNKNOWN = "Nobody here moderates under the account that you signed in with."


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody signs in from."""

    address: str = ""
    agent: str = ""


class SignIn:
    """The door. Each way in returns the secret of a new session."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def by_password(self, name: str, password: str, browser: Browser) -> str:
        """Signs in whoever has this name and password.

        Raises:
            TooManyTriesError: wait first; not even the right password is looked at.
            SignInRefusedError: no such name and password, or disabled.
        """
        throttle = self._record.throttle
        throttle.count(name, browser.address)
        found = self._record.moderators.with_password(name, password)
        if found is None:
            self._refuse(self._record.moderators.find(name), "password")
            raise SignInRefusedError(WRONG)
        throttle.forget(name, browser.address)
        return self._let_in(found, "password", browser)

    def by_identity(self, identity: Identity, browser: Browser) -> str:
        """Signs in whom the provider vouches for, if they are a moderator already.

        That is who came with this subject before, or else who has the verified e-mail
        address as their name and no other subject.

        Raises:
            SignInRefusedError: nobody, or disabled.
        """
        found = self._with_identity(identity)
        if found is None or not found.is_active:
            self._refuse(found, "openid")
            raise SignInRefusedError(UNKNOWN)
        if found.subject is None:
            found = self._record.moderators.set_subject(found.name, identity.subject)
        return self._let_in(found, "openid", browser)

    def out(self, session: Session) -> None:
        """Ends a session."""
        self._record.sessions.end(session.id, session.name)
        moderator = self._record.moderators.find(session.name)
        if moderator:
            self._write(moderator, AuditKind.SIGN_OUT)

    def _with_identity(self, identity: Identity) -> Moderator | None:
        moderators = self._record.moderators
        known = moderators.with_subject(identity.subject)
        if known or not identity.email:
            return known
        named = moderators.find(identity.email) or moderators.find(identity.email.lower())
        return named if named and named.subject is None else None

    def _let_in(self, moderator: Moderator, how: str, browser: Browser) -> str:
        address = self._record.addresses.kept(browser.address)
        secret = self._record.sessions.start(
            moderator.name, address=address, agent=browser.agent
        )
        self._write(moderator, AuditKind.SIGN_IN, how=how)
        return secret

    def _refuse(self, moderator: Moderator | None, how: str) -> None:
        if moderator:
            self._write(moderator, AuditKind.SIGN_IN_REFUSED, how=how)
        else:
            # Without the name: people type passwords into the wrong field.
            log.info("refused to sign in somebody unknown (%s)", how)

    def _write(self, moderator: Moderator, what: AuditKind, **details: str) -> None:
        entry = AuditEntry(moderator.name, what, moderator.name, dict(details))
        for site in moderator.roles:
            self._record.audit.write(site, entry)
