"""The steps that the service notes, as it would write them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moderation import logs


class NotedSteps(logging.Handler):
    """Keeps lines as the service writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.JsonLines("api"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one."""
        self.lines.append(self.format(record))

    def read(self) -> list[dict[str, Any]]:
        """The lines so far."""
        return [json.loads(line) for line in self.lines]


@contextmanager
def noted_steps() -> Iterator[NotedSteps]:
    """The steps noted inside, as if `MODERATION_LOG_REQUESTS` were on."""
    kept, logger = NotedSteps(), logging.getLogger(logs.STEPS)
    logger.addHandler(kept)
    logger.setLevel(logging.INFO)
    try:
        yield kept
    finally:
        logger.removeHandler(kept)
        logger.setLevel(logging.NOTSET)
