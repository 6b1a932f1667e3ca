"""The releases that sites have of their own: their files, and which are on duty.

What a site decides with is one field of one hash, changed at once for every worker on every
machine. The file of a release is data; whoever loads it checks its digest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import redis
from redis.typing import EncodableT, FieldT

from moderation.domain import now_rfc3339
from moderation.encoding import compact_json
from moderation.errors import (
    ReleaseExistsError,
    ReleasesChangedError,
    UnknownReleaseError,
    UnsuitableError,
)
from moderation.record.audit import AUDIT_KEPT, AuditEntry, AuditKind
from moderation.record.connection import redis_away
from moderation.record.keys import Keys
from moderation.record.scripts import Scripts
from moderation.releases import (
    SHIPPED,
    VERSION,
    Activation,
    Assignment,
    ReleaseFiles,
    ReleaseState,
    StoredRelease,
)

#: Releases of a site whose files are kept besides those on duty, the newest; some 5 MB each.
FILES_KEPT = 5
#: Releases of a site that are remembered.
RELEASES_KEPT = 100
ACTIVATIONS_KEPT = 500
#: A change is tried again so often when another comes between.
ATTEMPTS = 10

#: What a release's hash holds, but for its classifier.
_FIELDS = ("about", "manifest", "evaluation", "compared_with")


class Releases:
    """The releases of the sites of one shard."""

    def __init__(
        self, connection: redis.Redis, raw: redis.Redis, keys: Keys, scripts: Scripts
    ) -> None:
        self._connection = connection
        self._raw = raw
        self._keys = keys
        self._scripts = scripts

    def add(
        self,
        site: str,
        files: ReleaseFiles,
        *,
        created_by: str,
        training: str = "",
        evaluation: Mapping[str, Any] | None = None,
        compared_with: str = "",
    ) -> StoredRelease:
        """Stores a candidate, all of it at once.

        Raises:
            ReleaseExistsError: the site has another release of this version.
            UnsuitableError: its manifest or version cannot be stored.
        """
        manifest = _parsed(files.manifest)
        version = str(manifest["version"])
        about = {
            "created_at": now_rfc3339(),
            "created_by": created_by,
            "training": training,
        }
        fields: dict[FieldT, EncodableT] = {
            "about": compact_json(about),
            "manifest": files.manifest,
            "card": files.card,
            "classifier": files.classifier,
        }
        key, now_ms = self._keys("release", site, version), self._now_ms()
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            pipe.watch(key)  # type: ignore[no-untyped-call]
            kept = pipe.hget(key, "manifest")
            if kept is not None and _parsed(str(kept))["sha256"] != manifest["sha256"]:
                raise ReleaseExistsError(version)
            pipe.multi()
            pipe.hset(key, mapping=fields)
            pipe.zadd(self._keys("releases", site), {version: now_ms})
            pipe.execute()
        if evaluation is not None:
            self.set_evaluation(site, version, evaluation, compared_with=compared_with)
        self._forget_old(site)
        return self.one(site, version)

    def all(self, site: str) -> list[StoredRelease]:
        """The releases of a site, the newest first."""
        with redis_away():
            versions: Any = self._connection.zrange(
                self._keys("releases", site), 0, -1, desc=True
            )
        return self._read(site, versions)

    def one(self, site: str, version: str) -> StoredRelease:
        """One release.

        Raises:
            UnknownReleaseError: the site has none of this version.
        """
        for found in self._read(site, [version]):
            return found
        raise UnknownReleaseError(version)

    def manifest(self, site: str, version: str) -> dict[str, Any]:
        """What `release.json` says of a release.

        Raises:
            UnknownReleaseError: the site has none of this version.
        """
        with redis_away():
            written = self._connection.hget(self._keys("release", site, version), "manifest")
        if written is None:
            raise UnknownReleaseError(version)
        return _parsed(str(written))

    def card(self, site: str, version: str) -> str:
        """The model card, in Markdown.

        Raises:
            UnknownReleaseError: the site has none of this version.
        """
        with redis_away():
            card = self._connection.hget(self._keys("release", site, version), "card")
        if card is None:
            raise UnknownReleaseError(version)
        return str(card)

    def files(self, site: str, version: str) -> ReleaseFiles:
        """What the files of a release contain.

        Raises:
            UnknownReleaseError: the site has none of this version, or its file is no
                longer kept.
        """
        key = self._keys("release", site, version)
        with redis_away():
            stored: Any = self._raw.hmget(key, "manifest", "classifier", "card")
        manifest, classifier, card = stored
        if manifest is None or classifier is None:
            raise UnknownReleaseError(version)
        return ReleaseFiles(manifest, classifier, (card or b"").decode(errors="replace"))

    def set_evaluation(
        self, site: str, version: str, evaluation: Mapping[str, Any], *, compared_with: str
    ) -> None:
        """Notes how a release compares with another.

        Raises:
            UnknownReleaseError: the site has none of this version.
        """
        key = self._keys("release", site, version)
        with redis_away():
            if not self._connection.exists(key):
                raise UnknownReleaseError(version)
            self._connection.hset(
                key,
                mapping={
                    "evaluation": compact_json(evaluation),
                    "compared_with": compared_with,
                },
            )

    def assignment(self, site: str) -> Assignment:
        """Which releases are on duty for a site."""
        return _assignment(self._assigned(site))

    def assignments(self) -> dict[str, Assignment]:
        """The same for every site that ever had a release of its own."""
        with redis_away():
            stored: Any = self._connection.hgetall(self._keys("assignments"))
        return {site: _assignment(written) for site, written in stored.items()}

    def assign(
        self,
        site: str,
        change: Callable[[Assignment], Assignment],
        tell: Callable[[Assignment, Assignment], tuple[Activation | None, AuditEntry]],
    ) -> Assignment:
        """Puts other releases on duty, whoever else changes them now.

        Args:
            site: whose.
            change: makes the new assignment of the old one; it may refuse by raising.
            tell: what the history and the audit log say of the change from old to new.

        Raises:
            UnknownReleaseError: the file of a release is not there, or no longer.
            ReleasesChangedError: others change them all the time.
        """
        for _ in range(ATTEMPTS):
            written = self._assigned(site)
            old = _assignment(written)
            new = change(old)
            if new == old:
                return old
            activation, entry = tell(old, new)
            version = new.active if new.active != old.active else new.shadow
            outcome = self._scripts.run(
                "assign",
                site,
                written,
                compact_json(new.to_json()),
                version,
                compact_json(activation.to_json()) if activation else "",
                ACTIVATIONS_KEPT,
                entry.to_json(),
                AUDIT_KEPT,
                # Its figures compare it with one active release, not with two.
                *sorted({old.shadow, new.shadow} - {""}),
            )
            if outcome == "missing":
                raise UnknownReleaseError(version)
            if outcome == "done":
                return new
        raise ReleasesChangedError

    def activations(self, site: str, limit: int = 20) -> list[Activation]:
        """The changes of the active release, the latest first."""
        with redis_away():
            written: Any = self._connection.lrange(
                self._keys("activations", site), 0, limit - 1
            )
        return [Activation.from_json(json.loads(one)) for one in written]

    def _assigned(self, site: str) -> str:
        with redis_away():
            return str(self._connection.hget(self._keys("assignments"), site) or "")

    def _read(self, site: str, versions: Sequence[str]) -> list[StoredRelease]:
        if not versions:
            return []
        with redis_away(), self._connection.pipeline(transaction=False) as pipe:
            pipe.hget(self._keys("assignments"), site)
            pipe.lrange(self._keys("activations", site), 0, -1)
            for version in versions:
                key = self._keys("release", site, version)
                pipe.hmget(key, *_FIELDS)
                pipe.hstrlen(key, "classifier")
            assigned, activations, *stored = pipe.execute()
        active = _assignment(str(assigned or "")).active
        once_active = {json.loads(one)["version"] for one in activations}
        return [
            _release(version, fields, size, _state(version, active, once_active))
            for version, fields, size in zip(versions, stored[::2], stored[1::2], strict=True)
            if fields[0] is not None
        ]

    def _forget_old(self, site: str) -> None:
        """Drops the files of all but the newest releases, and at last what is known of them."""
        needed = self.assignment(site).needed
        others = [one.version for one in self.all(site) if one.version not in needed]
        with redis_away(), self._connection.pipeline(transaction=True) as pipe:
            for version in others[FILES_KEPT:RELEASES_KEPT]:
                pipe.hdel(self._keys("release", site, version), "classifier")
            for version in others[RELEASES_KEPT:]:
                pipe.delete(self._keys("release", site, version))
                pipe.zrem(self._keys("releases", site), version)
            pipe.execute()

    def _now_ms(self) -> int:
        with redis_away():
            told: Any = self._connection.time()
        seconds, microseconds = told
        return int(seconds) * 1000 + int(microseconds) // 1000


def release_entry(who: str, version: str, **details: Any) -> AuditEntry:
    """The line of the audit log about a release."""
    told = {name: value for name, value in details.items() if value}
    return AuditEntry(who, AuditKind.RELEASE, version or "shipped", told)


def _parsed(manifest: bytes | str) -> dict[str, Any]:
    """What `release.json` says.

    Raises:
        UnsuitableError: it is no manifest, or names a version that no key can hold.
    """
    try:
        told: dict[str, Any] = json.loads(manifest)
        version, _ = str(told["version"]), str(told["sha256"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnsuitableError(f"that is no release: {error!r}") from None
    if not VERSION.fullmatch(version):
        raise UnsuitableError(
            "the version of a release is up to 64 letters, digits and . _ + -, "
            "the first of them a letter or digit"
        )
    return told


def _readable(manifest: str) -> dict[str, Any]:
    """What a stored manifest says, nothing if somebody has spoilt it.

    Workers say so; the releases beside it can be seen and promoted as ever.
    """
    try:
        return _parsed(manifest)
    except UnsuitableError:
        return {}


def _assignment(written: str) -> Assignment:
    return Assignment.from_json(json.loads(written)) if written else Assignment()


def _state(version: str, active: str, once_active: Iterable[str]) -> ReleaseState:
    if version == active != SHIPPED:
        return ReleaseState.ACTIVE
    return ReleaseState.RETIRED if version in once_active else ReleaseState.CANDIDATE


def _release(
    version: str, fields: Sequence[str | None], size_bytes: int, state: ReleaseState
) -> StoredRelease:
    about, manifest, evaluation, compared_with = fields
    told, parsed = json.loads(about or "{}"), _readable(manifest or "{}")
    return StoredRelease(
        version=version,
        state=state,
        sha256=str(parsed.get("sha256", "")),
        size_bytes=size_bytes,
        manifest=parsed,
        evaluation=json.loads(evaluation) if evaluation else None,
        compared_with=compared_with or "",
        **told,
    )
