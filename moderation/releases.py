"""The releases of a site as types: candidate, active, retired, and which is on duty.

The ground floor: imports nothing of ours, does no I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

#: What stands for the release that the service came with, or that its settings name.
SHIPPED = ""
#: Activations that rollback can go back over.
ROLLBACKS_KEPT = 5
#: Versions that can stand in a key and in an address.
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")


class ReleaseState(StrEnum):
    """Where a release of a site stands."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    RETIRED = "retired"


class ActivationKind(StrEnum):
    """How a release came to decide."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """What the files of a release contain: `release.json`, `classifier.skops`, the card."""

    manifest: bytes
    classifier: bytes
    card: str


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release that a site has of its own.

    Attributes:
        version: its name.
        state: candidate, active or retired.
        created_at: when it was stored, RFC 3339.
        created_by: who trained or imported it.
        sha256: the digest of its classifier.
        size_bytes: of its classifier; 0 once that is no longer kept.
        manifest: what `release.json` says.
        training: the run that it came from, "" for one that was imported.
        evaluation: how it compares, as `models.measuring.guards` writes it.
        compared_with: the version that it was compared with.
    """

    version: str
    state: ReleaseState
    created_at: str
    created_by: str
    sha256: str
    size_bytes: int
    manifest: Mapping[str, Any]
    training: str = ""
    evaluation: Mapping[str, Any] | None = None
    compared_with: str = ""

    @property
    def has_file(self) -> bool:
        """Whether its classifier is still kept, so that it can decide."""
        return self.size_bytes > 0

    @property
    def parent(self) -> str:
        """The version that it was learnt on top of, "" if none."""
        return str((self.manifest.get("parent") or {}).get("version", ""))

    @property
    def is_worse(self) -> bool | None:
        """Whether a guarded figure fell; `None` if nobody compared it."""
        return None if self.evaluation is None else self.evaluation["verdict"] == "worse"

    def is_compared_with(self, active: str) -> bool:
        """Whether it was measured beside the active version; "" is one that nobody knows."""
        return self.evaluation is not None and active in {"", self.compared_with}

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a comparison says in words."""
        return tuple((self.evaluation or {}).get("sentences", ()))


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which releases are on duty for a site.

    Attributes:
        active: the version that decides, `SHIPPED` for the one of the service.
        shadow: the version that scores beside it without deciding, "" if none.
        before: what a rollback goes back to, the latest first.
    """

    active: str = SHIPPED
    shadow: str = ""
    before: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(str(told["active"]), str(told["shadow"]), tuple(map(str, told["before"])))

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"active": self.active, "shadow": self.shadow, "before": list(self.before)}

    def promoted(self, version: str) -> Assignment:
        """The same with another active release; what was active can be gone back to."""
        before = (self.active, *self.before)[:ROLLBACKS_KEPT]
        return Assignment(version, "" if self.shadow == version else self.shadow, before)

    def rolled_back(self) -> Assignment:
        """The same with the release that was active before."""
        version, *before = self.before
        shadow = "" if self.shadow == version else self.shadow
        return Assignment(version, shadow, tuple(before))

    def shadowed_by(self, version: str) -> Assignment:
        """The same with another shadow, "" for none."""
        return replace(self, shadow=version)

    @property
    def needed(self) -> set[str]:
        """The versions whose files must be kept."""
        return {self.active, self.shadow, *self.before} - {SHIPPED}


@dataclass(frozen=True, slots=True)
class Activation:
    """One change of the active release."""

    version: str
    kind: ActivationKind
    at: str
    who: str
    reason: str = ""
    forced: bool = False
    instead_of: str = SHIPPED

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "version": self.version,
            "kind": self.kind.value,
            "at": self.at,
            "who": self.who,
            "reason": self.reason,
            "forced": self.forced,
            "instead_of": self.instead_of,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(**{**told, "kind": ActivationKind(told["kind"])})

    def told(self) -> dict[str, Any]:
        """As the outside is told: the shipped release is `None`."""
        written = self.to_json()
        return written | {name: written[name] or None for name in ("version", "instead_of")}


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A comment that both the active release and its shadow have judged.

    `active` and `shadow` are what each would do: "approve" or "hold".
    """

    site: str
    comment_id: str
    version: str
    active: str
    shadow: str
    active_scores: Mapping[str, float] = field(default_factory=dict)
    shadow_scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether they would not do the same."""
        return self.active != self.shadow


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """How a shadow's decisions compare with those that were made.

    Attributes:
        version: the shadow's.
        compared: comments that both have judged.
        would_hold: those that were approved, and that it would have held.
        would_approve: those that were held, and that it would have approved.
    """

    version: str
    compared: int
    would_hold: int
    would_approve: int

    @property
    def differing(self) -> int:
        """How many decisions would have been others."""
        return self.would_hold + self.would_approve
