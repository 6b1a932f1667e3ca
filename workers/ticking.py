"""What every long-lived process does now and then, in a thread beside its work."""

from __future__ import annotations

import logging
import threading

from moderation.errors import RedisAwayError

log = logging.getLogger(__name__)


class Ticker(threading.Thread):
    """Ticks until the process is to stop; whatever fails in a tick, the next one comes.

    Args:
        every_s: how long between two ticks, in seconds.
        stop: set when the process is to end.
    """

    def __init__(self, every_s: float, stop: threading.Event) -> None:
        super().__init__(name="ticker", daemon=True)
        self._every_s = every_s
        self._stop_sign = stop

    def run(self) -> None:
        """Ticks, also while Redis is away."""
        while not self._stop_sign.is_set():
            try:
                self.tick()
            except RedisAwayError as error:
                log.warning("Redis is away: %s", error)
            except Exception:
                log.exception("the ticker stumbled and goes on")
            self._stop_sign.wait(self._every_s)

    def tick(self) -> None:
        """One tick.

        Raises:
            RedisAwayError: Redis does not answer.
        """
        raise NotImplementedError
