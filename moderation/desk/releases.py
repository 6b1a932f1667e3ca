"""Which release decides for a site: promoted, rolled back, shadowed. And what workers say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.domain import Actor, now_rfc3339
from moderation.errors import (
    NothingToRollBackError,
    ReasonMissingError,
    ReleasesChangedError,
    StaleComparisonError,
    WorseReleaseError,
)
from moderation.record import Record
from moderation.record.audit import AuditEntry
from moderation.record.operations import Trouble, WorkerState
from moderation.record.releases import release_entry
from moderation.releases import (
    SHIPPED,
    Activation,
    ActivationKind,
    Assignment,
    StoredRelease,
)

#: What people call the release that the service came with.
SHIPPED_WORD = "shipped"


@dataclass(frozen=True, slots=True)
class ReleaseInUse:
    """A release and the living workers that score with it; there is at least one."""

    version: str
    workers: Sequence[WorkerState]

    @property
    def hosts(self) -> list[str]:
        """The machines that they run on."""
        return sorted({worker.host for worker in self.workers if worker.host})

    @property
    def first(self) -> WorkerState:
        """One of them: of the release, all say the same."""
        return self.workers[0]

    def to_json(self) -> dict[str, Any]:
        """As the API writes it."""
        return {
            "version": self.version,
            "workers": len(self.workers),
            "hosts": self.hosts,
            "categories": list(self.first.categories),
            "thresholds": dict(self.first.thresholds),
            **self.first.facts,
        }


@dataclass(frozen=True, slots=True)
class ReleasesOverview:
    """All that there is to see about the releases of a site.

    Attributes:
        shipped: what workers score with where a site has no release of its own; more than
            one only while workers of two versions of the code run.
        assignment: which of the site's own are on duty.
        stored: the site's own, the newest first.
        activations: the changes of the active one, the latest first.
        troubles: what living workers could not load; they keep what they had.
        changed_over: how many living workers score with the active release, and how many
            there are.
    """

    shipped: Sequence[ReleaseInUse]
    assignment: Assignment
    stored: Sequence[StoredRelease]
    activations: Sequence[Activation]
    troubles: Sequence[Trouble]
    changed_over: tuple[int, int]

    @property
    def shipped_version(self) -> str:
        """The version that the service came with, "" if no worker tells it."""
        return self.shipped[0].version if self.shipped else ""

    @property
    def active_version(self) -> str:
        """The version that decides, "" if no worker tells the shipped one's."""
        return self.assignment.active or self.shipped_version

    @property
    def active(self) -> StoredRelease | None:
        """The site's own release that decides, `None` for the shipped one."""
        return next((one for one in self.stored if one.version == self.assignment.active), None)


class Releases:
    """Where moderators choose what decides."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def overview(self, site: str) -> ReleasesOverview:
        """All that there is to see about the releases of a site."""
        workers = self._record.operations.workers()
        assignment = self._record.releases.assignment(site)
        alive = [worker for worker in workers if worker.alive and worker.release]
        changed = [one for one in alive if one.releases.get(site, SHIPPED) == assignment.active]
        return ReleasesOverview(
            shipped=in_use(workers),
            assignment=assignment,
            stored=self._record.releases.all(site),
            activations=self._record.releases.activations(site),
            troubles=[
                trouble for one in alive for trouble in one.troubles if trouble.site == site
            ],
            changed_over=(len(changed), len(alive)),
        )

    def promote(
        self,
        actor: Actor,
        version: str,
        *,
        force: bool = False,
        reason: str = "",
        expected_active: str | None = None,
    ) -> Activation:
        """Lets a release decide from now on.

        Args:
            actor: who says so.
            version: the release's; `SHIPPED_WORD`, or its version, for the shipped one.
            force: although it is worse, or was not compared with what is active.
            reason: why; it must be given with `force`.
            expected_active: the version that was active when the actor looked.

        Raises:
            UnknownReleaseError: the site has none of this version, or no longer its file.
            WorseReleaseError: a guarded figure fell; it carries the sentences.
            StaleComparisonError: it was not compared with what is active.
            ReasonMissingError: it is forced and nobody says why.
            ReleasesChangedError: another one is active than the expected one.
        """
        if force and not reason.strip():
            raise ReasonMissingError("to force a release takes a reason")
        shipped = _shipped_version(self._record)
        wanted = SHIPPED if version in {SHIPPED_WORD, shipped} else version
        release = self._record.releases.one(actor.site, wanted) if wanted else None

        def change(old: Assignment) -> Assignment:
            active = old.active or shipped
            _expect(active, expected_active)
            if old.active == wanted:
                return old
            if release and not force:
                _refuse_unproven(release, active)
            return old.promoted(wanted)

        return self._activate(
            actor, change, ActivationKind.PROMOTE, reason=reason, forced=force
        )

    def roll_back(
        self, actor: Actor, *, reason: str = "", expected_active: str | None = None
    ) -> Activation:
        """Lets the release decide again that did before.

        Args:
            actor: who says so.
            reason: why.
            expected_active: the version that was active when the actor looked.

        Raises:
            NothingToRollBackError: none did.
            UnknownReleaseError: its file is no longer kept.
            ReleasesChangedError: another one is active than the expected one.
        """
        shipped = _shipped_version(self._record)

        def change(old: Assignment) -> Assignment:
            _expect(old.active or shipped, expected_active)
            if not old.before:
                raise NothingToRollBackError
            return old.rolled_back()

        return self._activate(actor, change, ActivationKind.ROLLBACK, reason=reason)

    def set_shadow(self, actor: Actor, version: str | None) -> Assignment:
        """Lets a release score beside the active one without deciding, or none.

        Raises:
            UnknownReleaseError: the site has none of this version, or no longer its file.
            ReleasesChangedError: it is the active one.
        """
        if version:
            self._record.releases.one(actor.site, version)

        def change(old: Assignment) -> Assignment:
            if version and version == old.active:
                raise ReleasesChangedError(f"{version} decides already")
            return old.shadowed_by(version or "")

        def tell(old: Assignment, new: Assignment) -> tuple[None, AuditEntry]:
            return None, release_entry(
                actor.name,
                new.shadow or old.shadow,
                action="shadow" if new.shadow else "shadow ended",
            )

        return self._record.releases.assign(actor.site, change, tell)

    def _activate(
        self,
        actor: Actor,
        change: Any,
        kind: ActivationKind,
        *,
        reason: str,
        forced: bool = False,
    ) -> Activation:
        told: list[Activation] = []

        def tell(old: Assignment, new: Assignment) -> tuple[Activation, AuditEntry]:
            activation = Activation(
                new.active, kind, now_rfc3339(), actor.name, reason, forced, old.active
            )
            told.append(activation)
            return activation, release_entry(
                actor.name,
                new.active,
                action=kind.value,
                reason=reason,
                forced=forced,
                instead_of=old.active or SHIPPED_WORD,
            )

        assignment = self._record.releases.assign(actor.site, change, tell)
        if told:
            return told[-1]
        # It is active already: nothing had to change.
        return Activation(assignment.active, kind, now_rfc3339(), actor.name)


def in_use(workers: Iterable[WorkerState]) -> list[ReleaseInUse]:
    """What living workers score with by default, the one with the most workers first."""
    by_version: defaultdict[str, list[WorkerState]] = defaultdict(list)
    for worker in workers:
        if worker.alive and worker.release:
            by_version[worker.release].append(worker)
    found = [ReleaseInUse(version, several) for version, several in by_version.items()]
    return sorted(found, key=lambda one: (-len(one.workers), one.version))


def _shipped_version(record: Record) -> str:
    """What the last worker heard of scores with by default, "" if there never was one."""
    return next((one.release for one in record.operations.workers() if one.release), "")


def _expect(active: str, expected: str | None) -> None:
    """Raises `ReleasesChangedError` if another release is active than somebody saw."""
    if expected is not None and expected != active:
        raise ReleasesChangedError(
            f"{active or 'the shipped release'} is active, not {expected}"
        )


def _refuse_unproven(release: StoredRelease, active: str) -> None:
    """Raises what `Releases.promote` says."""
    if not release.is_compared_with(active):
        raise StaleComparisonError(release.version, active)
    if release.is_worse:
        raise WorseReleaseError(release.version, release.sentences)
