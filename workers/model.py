"""The active release, loaded once a process and kept, with all that scoring needs."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

from models import language
from models import release as releases
from models.release import Release, ReleaseError
from moderation.errors import SettingsError
from moderation.settings import Settings


def load_active(settings: Settings) -> Release:
    """The release that the settings name, else the shipped one.

    Raises:
        SettingsError: it cannot be used; the message says why.
    """
    # Before the release, which then takes over the memory that loading has used.
    language.prepare()
    folder = Path(settings.release) if settings.release else releases.shipped()
    try:
        return releases.load(folder)
    except ReleaseError as error:
        raise SettingsError(f"the release in {folder} cannot be used: {error}") from error
    finally:
        _give_back_memory()


def _give_back_memory() -> None:
    """Return to the system what loading needed; glibc, where it is in use, keeps it else."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
