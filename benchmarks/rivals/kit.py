"""What every rival process needs: its arguments, the same release, a word when it is ready."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import redis

from models.release import Release
from moderation.record.connection import connect
from moderation.settings import Settings
from workers.model import load_default

#: A set of the process ids of those that are ready.
READY = "ready"
FEED = "decisions:{site}"


@dataclass(frozen=True)
class Kit:
    """A connection for text, one for RQ, and the release of the service."""

    connection: redis.Redis
    raw_connection: redis.Redis
    release: Release

    @classmethod
    def unpack(cls) -> Kit:
        """Everything loaded, as the environment says."""
        settings = Settings.load(os.environ)
        release = load_default(settings)
        release.score(["warm"])
        url = settings.redis_url
        return cls(connect(url), connect(url, text=False), release)

    def say_ready(self) -> None:
        """Tells the benchmark that this process waits for work."""
        self.connection.sadd(READY, os.getpid())


def feed(site: str) -> str:
    """The stream of a site's decisions."""
    return FEED.format(site=site)


def compact(decision: dict[str, Any]) -> str:
    """A decision as JSON, as the service writes it."""
    return json.dumps(decision, ensure_ascii=False, separators=(",", ":"))


def rounded(scores: dict[str, float]) -> dict[str, Any]:
    """Scores as they are written."""
    return {category: round(score, 4) for category, score in scores.items()}
