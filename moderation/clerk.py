"""The clerk: works on batches that moderators began, in each process of the HTTP service.

See `docs/decisions/batches-in-the-api-process.md`. Every clerk looks at every open batch, so
one that a killed process began goes on in another.
"""

from __future__ import annotations

import logging
import threading

from moderation.desk.batches import Batches
from moderation.errors import RedisAwayError
from moderation.record import Record

log = logging.getLogger(__name__)

#: How often it looks for batches that nobody told it of.
POLL_S = 1.0


class Clerk:
    """One thread that works on open batches, a slice at a time."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._batches = Batches(record)
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to work, unless it has; sends nothing before the thread runs."""
        with self._starting:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Tells that a batch was just begun."""
        self._bell.set()
        self.start()

    def close(self) -> None:
        """Stops after the present slice, and waits for it."""
        self._closing.set()
        self._bell.set()
        with self._starting:
            if self._thread is not None:
                self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._bell.clear()
            if not self._round():
                self._bell.wait(POLL_S)

    def _round(self) -> bool:
        """One slice of each open batch; whether any of them got on."""
        try:
            got_on = [self._slice(*batch) for batch in self._record.batches.open()]
        except RedisAwayError as error:
            log.warning("batches wait, Redis is away: %s", error)
            return False
        return any(got_on)

    def _slice(self, site: str, batch_id: str) -> bool:
        if self._closing.is_set():
            return False
        try:
            return self._batches.run_slice(site, batch_id)
        except RedisAwayError:
            raise
        except Exception:
            log.exception("the batch %s could not go on", batch_id)
            return False
