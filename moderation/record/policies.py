"""The policies of sites: the one that holds, and every earlier one that is kept."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

import redis

from moderation.amendments import changes
from moderation.domain import now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import PolicyChangedError, UnknownPolicyVersionError
from moderation.policy import Policy
from moderation.record.audit import AUDIT_KEPT, AuditEntry, AuditKind
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts

#: Versions kept of each site's policy.
VERSIONS_KEPT = 500
#: A change that does not insist on a version is tried again so often when another comes
#: between.
ATTEMPTS = 10
#: Who changes a policy with the site's key.
API_KEY = "api key"


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A site's policy and its version; version 0 is the default, never stored."""

    policy: Policy
    version: int


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a policy, who made it and how.

    Attributes:
        version: counts the changes from 1.
        policy: the policy as it was then.
        at: when, RFC 3339; "" for the default, which was always there.
        who: a moderator's name, or `API_KEY`.
        changes: what differs from the version before, as `amendments.py` tells it.
        reverted_to: the version that this one repeats.
    """

    version: int
    policy: Policy
    at: str = ""
    who: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    reverted_to: int | None = None

    @classmethod
    def from_json(cls, written: str) -> Self:
        """A version as it was stored."""
        parts = json.loads(written)
        return cls(**{**parts, "policy": Policy.from_json(parts["policy"])})

    def to_json(self) -> dict[str, Any]:
        """The version as it is stored."""
        return {
            "version": self.version,
            "policy": self.policy.to_json(),
            "at": self.at,
            "who": self.who,
            "changes": self.changes,
            "reverted_to": self.reverted_to,
        }

    def entry(self) -> AuditEntry:
        """The line of the audit log."""
        details: dict[str, Any] = {"changes": self.changes}
        if self.reverted_to is not None:
            details["reverted_to"] = self.reverted_to
        return AuditEntry(self.who, AuditKind.POLICY, f"version {self.version}", details)


#: The policy of a site that never set any.
DEFAULT = PolicyVersion(0, Policy())


class Policies:
    """The policies of the sites of one shard."""

    def __init__(self, connection: redis.Redis, keys: Keys, scripts: Scripts) -> None:
        self._connection = connection
        self._keys = keys
        self._scripts = scripts

    def current(self, site: str) -> StoredPolicy:
        """The policy of a site, the default one if it never set any."""
        with redis_away():
            version, body = self._connection.hmget(
                self._keys("policy", site), "version", "body"
            )
        if body is None:
            return StoredPolicy(DEFAULT.policy, DEFAULT.version)
        return StoredPolicy(Policy.from_json(json.loads(body)), int(version or 0))

    def lot_secret(self) -> str:
        """The secret that decides by lot which approved comments are drawn for review."""
        key, name = self._keys("service"), "lot_secret"
        with redis_away():
            self._connection.hsetnx(key, name, secrets.token_hex(32))
            return str(self._connection.hget(key, name))

    def put(
        self,
        site: str,
        policy: Policy,
        *,
        who: str = API_KEY,
        expected_version: int | None = None,
    ) -> StoredPolicy:
        """Replaces a site's policy.

        Raises:
            PolicyChangedError: another version than the expected one stands.
        """
        return self._replace(site, lambda _: policy, who=who, expected=expected_version)

    def change(self, site: str, edit: Callable[[Policy], Policy], *, who: str) -> StoredPolicy:
        """Replaces a site's policy by what `edit` makes of it, whoever else changes it now.

        Raises:
            PolicyChangedError: others change it all the time.
        """
        return self._replace(site, edit, who=who, skip_unchanged=True)

    def revert(
        self, site: str, version: int, *, who: str, expected_version: int | None = None
    ) -> StoredPolicy:
        """Makes an earlier version hold again, as a version of its own.

        Raises:
            UnknownPolicyVersionError: there is no such version, or it is no longer kept.
            PolicyChangedError: another version than the expected one stands.
        """
        earlier = self.version(site, version).policy
        return self._replace(
            site, lambda _: earlier, who=who, expected=expected_version, reverted_to=version
        )

    def version(self, site: str, version: int) -> PolicyVersion:
        """One version, 0 for the default.

        Raises:
            UnknownPolicyVersionError: there is no such version, or it is no longer kept.
        """
        for found in self.history(site, before=version + 1, limit=1):
            if found.version == version:
                return found
        raise UnknownPolicyVersionError(version)

    def history(
        self, site: str, *, before: int | None = None, limit: int = 20
    ) -> list[PolicyVersion]:
        """The versions up to the present one, or before one of them, newest first.

        The default comes last, as version 0, however many between are no longer kept.
        """
        current = self.current(site).version
        first = max(current - before + 1, 0) if before is not None else 0
        with redis_away():
            written: Any = self._connection.lrange(
                self._keys("policy_history", site), first, first + limit - 1
            )
        found = [PolicyVersion.from_json(one) for one in written]
        if len(found) < limit and before != DEFAULT.version:
            found.append(DEFAULT)
        return found

    def forget_author(self, site: str, author_id: str) -> None:
        """Takes an author who was erased out of the earlier policies that held them.

        The present policy stays as the site wrote it.
        """
        key = self._keys("policy_history", site)
        with redis_away():
            history: Any = self._connection.lrange(key, 0, -1)
            for place, written in enumerate(history):
                old = PolicyVersion.from_json(written)
                if author_id not in old.policy.held_authors:
                    continue
                held = tuple(one for one in old.policy.held_authors if one != author_id)
                forgetful = replace(old, policy=replace(old.policy, held_authors=held))
                self._connection.lset(key, place, compact_json(forgetful.to_json()))

    def _replace(
        self,
        site: str,
        edit: Callable[[Policy], Policy],
        *,
        who: str,
        expected: int | None = None,
        reverted_to: int | None = None,
        skip_unchanged: bool = False,
    ) -> StoredPolicy:
        for _ in range(ATTEMPTS):
            stored = self.current(site)
            if expected not in {None, stored.version}:
                break
            policy = edit(stored.policy)
            changed = changes(stored.policy, policy)
            if skip_unchanged and not changed:
                return stored
            new = PolicyVersion(
                stored.version + 1, policy, now_rfc3339(), who, changed, reverted_to
            )
            if self._write(site, new):
                return StoredPolicy(policy, new.version)
        raise PolicyChangedError

    def _write(self, site: str, new: PolicyVersion) -> bool:
        """Whether it was the next version still."""
        return bool(
            self._scripts.run(
                "put_policy",
                site,
                new.version,
                new.policy.flood_window_s * 1000,
                compact_json(new.policy.to_json()),
                compact_json(new.to_json()),
                VERSIONS_KEPT,
                new.entry().to_json(),
                AUDIT_KEPT,
                *new.policy.closed_articles,
            )
        )
