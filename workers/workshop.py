"""Where the trainings of this process work: opened by whoever starts them, found by the jobs.

Light on purpose: the trainer imports it, and never what it takes to learn.
"""

from __future__ import annotations

from moderation.settings import Settings

_settings: dict[str, Settings] = {}


def open_workshop(shard: str, settings: Settings) -> None:
    """Tells the jobs of this process, and of those forked from it, where they work."""
    _settings[shard] = settings


def settings_of(shard: str) -> Settings:
    """The settings of a shard that this process works for.

    Raises:
        KeyError: it works for another.
    """
    return _settings[shard]
