"""The sweeper: carries out what sites keep for how long, beside a trainer.

Owns when that happens. What happens is in `moderation.desk.upkeep`. It runs where nothing waits
for it: scoring and delivery are other processes.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict
from pathlib import Path

from moderation.archive import Archive
from moderation.desk.upkeep import Keeper, keeping
from moderation.errors import ArchiveBusyError, ArchiveDamagedError, ArchiveUnusableError
from moderation.record import Record
from moderation.settings import Settings
from workers.ticking import Ticker

log = logging.getLogger(__name__)

TICK_S = 30.0
#: Each site is swept from end to end so often.
SWEEP_EVERY_S = 86_400
#: A rewrite of the append-only file writes all data anew: no more often than this.
CLEAR_EVERY_S = 600


class Sweeper(Ticker):
    """Sweeps each site once a day, and finishes erasures soon after they are asked for."""

    def __init__(self, record: Record, settings: Settings, stop: threading.Event) -> None:
        super().__init__(TICK_S, stop)
        self._record = record
        self._archive = archive_of(settings)
        self._cleared_at = -float(CLEAR_EVERY_S)

    def tick(self) -> None:
        """One tick."""
        try:
            with keeping(self._record, self._archive) as keeper:
                for site in self._record.sites.all():
                    self._tend(keeper, site.id)
        except ArchiveBusyError:
            return  # somebody else does it
        except ArchiveUnusableError as error:
            log.error("nothing leaves the record: %s", error)
        self._clear_traces()

    def _tend(self, keeper: Keeper, site: str) -> None:
        try:
            keeper.erase_wanted(site)
            if time.time() - self._record.upkeep.swept_at(site) >= SWEEP_EVERY_S:
                swept = keeper.sweep(site, self._record.retentions.current(site).rules)
                self._record.upkeep.note_swept(site, asdict(swept))
                log.info("swept the site %s: %s", site, swept)
        except ArchiveDamagedError as error:
            # The other sites' people must not wait for one site's file.
            log.error("the upkeep of the site %s stopped: %s", site, error)

    def _clear_traces(self) -> None:
        is_time = time.monotonic() - self._cleared_at >= CLEAR_EVERY_S
        if is_time and self._record.upkeep.has_traces:
            self._cleared_at = time.monotonic()
            if not self._record.upkeep.clear_traces():
                log.warning(
                    "Redis does not rewrite its append-only file on request: what was erased "
                    "stays in it until it does so by itself"
                )


def archive_of(settings: Settings) -> Archive | None:
    """The archive that the settings name."""
    return Archive(Path(settings.archive_dir)) if settings.archive_dir else None
