"""The releases on duty in this process: for each site the active one, and its shadow.

Another release comes on duty between two batches, when it is loaded and not before. One that
cannot be loaded (damaged, of a newer format, gone) changes nothing: the site keeps what it
had, and the heartbeat says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from models.release import BATCH_SIZE, Release, Scored
from models.release_files import ReleaseError
from moderation.errors import RedisAwayError, UnknownReleaseError
from moderation.record.operations import Trouble
from moderation.record.releases import Releases
from moderation.releases import SHIPPED, Assignment
from workers.memory import give_back_memory
from workers.stored import load_stored

log = logging.getLogger(__name__)

#: How often the assignments are looked at; a rollback is everywhere within 2 seconds.
LOOK_EVERY_S = 0.5
#: How long a release that could not be loaded is left alone.
TRY_AGAIN_S = 30.0
#: A text that is scored, and forgotten, before a release comes on duty.
WARM_UP = "Some words to warm up with, stupid as they are"
#: What stands for the release of a shadow that cannot be loaded.
NO_SHADOW = "no shadow"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the releases on duty say of a text; `None` where one cannot score it."""

    active: Scored | None
    shadow: Scored | None = None


@dataclass(frozen=True, eq=False)
class OnDuty:
    """The release that decides, and one that may score beside it; equal to itself alone."""

    active: Release
    shadow: Release | None = None

    def score(self, texts: Sequence[str]) -> list[Judged]:
        """What both say of texts as posted, in order; the texts are read once for both.

        Whatever the active release raises is raised; a shadow that fails is no harm.
        """
        if self.shadow is None:
            return [Judged(one) for one in self.active.score(texts)]
        judged: list[Judged] = []
        for first in range(0, len(texts), BATCH_SIZE):
            judged += self._score_both(self.shadow, texts[first : first + BATCH_SIZE])
        return judged

    def _score_both(self, shadow: Release, texts: Sequence[str]) -> list[Judged]:
        read = self.active.read(texts)
        scored = self.active.score_read(read)
        try:
            beside: Sequence[Scored | None] = (
                shadow.score_read(read)
                if shadow.reads_like(self.active)
                else shadow.score(texts)
            )
        except Exception:
            log.exception("the shadow %s could not score a batch", shadow.version)
            beside = [None] * len(texts)
        return [Judged(one, other) for one, other in zip(scored, beside, strict=True)]


@dataclass(frozen=True, eq=False)
class Lineup:
    """Who is on duty at one moment; it never changes, another takes its place.

    `default` is for sites that are not among `sites`.
    """

    default: OnDuty
    sites: Mapping[str, OnDuty] = field(default_factory=dict)

    def of(self, site: str) -> OnDuty:
        """The releases on duty for a site."""
        return self.sites.get(site, self.default)


class LineupKeeper(threading.Thread):
    """Keeps the lineup of this process as the record says it is."""

    def __init__(self, releases: Releases, default: Release, stop: threading.Event) -> None:
        super().__init__(name="lineup", daemon=True)
        self.lineup = Lineup(OnDuty(default))
        self.troubles: tuple[Trouble, ...] = ()
        self._releases = releases
        self._stop_sign = stop
        self._assignments: Mapping[str, Assignment] = {}
        self._try_again_at = float("inf")

    def run(self) -> None:
        """Looks until the worker stops, also while Redis is away."""
        while not self._stop_sign.wait(LOOK_EVERY_S):
            try:
                self.look()
            except RedisAwayError as error:
                log.warning("the releases on duty are not known while Redis is away: %s", error)
            except Exception:
                log.exception("the lineup's keeper stumbled and goes on")

    def look(self) -> None:
        """Puts on duty what the record says now, if that is anything new.

        Raises:
            RedisAwayError: Redis does not answer; everything stays as it is.
        """
        assignments = self._releases.assignments()
        is_due = time.monotonic() >= self._try_again_at
        if assignments == self._assignments and not is_due:
            return
        loading = _Loading(self._releases, self.lineup)
        sites = {
            site: duty
            for site, assignment in assignments.items()
            if (duty := loading.duty(site, assignment))
        }
        self.lineup = Lineup(self.lineup.default, sites)
        self._tell(loading.troubles)
        self._assignments = assignments
        self._try_again_at = (
            time.monotonic() + TRY_AGAIN_S if loading.troubles else float("inf")
        )
        give_back_memory()

    def _tell(self, troubles: Sequence[Trouble]) -> None:
        for one in troubles:
            if one not in self.troubles:
                log.error(
                    "the release %s of the site %s cannot be used, %s stays: %s",
                    one.version,
                    one.site,
                    one.instead,
                    one.why,
                )
        self.troubles = tuple(troubles)


class _Loading:
    """One pass over all assignments; what is loaded already is taken over."""

    def __init__(self, releases: Releases, lineup: Lineup) -> None:
        self._releases = releases
        self._lineup = lineup
        self.troubles: list[Trouble] = []

    def duty(self, site: str, assignment: Assignment) -> OnDuty | None:
        """The releases for a site; `None` if they are those of every site."""
        active = self._active(site, assignment)
        shadow = self._shadow(site, assignment)
        if active is None and shadow is None:
            return None
        return OnDuty(active or self._lineup.default.active, shadow)

    def _active(self, site: str, assignment: Assignment) -> Release | None:
        if assignment.active == SHIPPED:
            return None
        try:
            return self._release(site, assignment.active)
        except (ReleaseError, UnknownReleaseError) as error:
            instead = self._instead(site, assignment)
            version = (instead or self._lineup.default.active).version
            self.troubles.append(Trouble(site, assignment.active, str(error), version))
            return instead

    def _shadow(self, site: str, assignment: Assignment) -> Release | None:
        if not assignment.shadow:
            return None
        try:
            return self._release(site, assignment.shadow)
        except (ReleaseError, UnknownReleaseError) as error:
            self.troubles.append(Trouble(site, assignment.shadow, str(error), NO_SHADOW))
            return None

    def _instead(self, site: str, assignment: Assignment) -> Release | None:
        """What the site had, in this process or before it started; `None` for the default."""
        if site in self._lineup.sites:
            return self._lineup.sites[site].active
        for version in assignment.before:
            if version == SHIPPED:
                return None
            try:
                return self._release(site, version)
            except (ReleaseError, UnknownReleaseError):
                continue
        return None

    def _release(self, site: str, version: str) -> Release:
        on_duty = self._lineup.sites.get(site)
        for loaded in (on_duty.active, on_duty.shadow) if on_duty else ():
            if loaded is not None and loaded.version == version:
                return loaded
        found = load_stored(self._releases, site, version)
        # What is made at first use is made here, where no comment waits for it.
        found.score([WARM_UP])
        return found
