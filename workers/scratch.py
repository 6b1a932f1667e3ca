"""The folder that a training works in: private, on a disk, gone with the training.

A killed process cannot clean up. Whoever sweeps knows a dead folder by its lock, which the
system takes away from a process that ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from moderation.settings import Settings

PREFIX = "moderation-training-"
#: A folder that is younger may be about to be locked.
SWEEP_AFTER_S = 5.0


def scratch_root(settings: Settings) -> Path:
    """Where such folders are: beside the service's data, else where the system likes it.

    `/tmp` is often memory, the data folder never is.
    """
    if "TMPDIR" not in os.environ and settings.data_dir.is_dir():
        return settings.data_dir.resolve()
    return Path(tempfile.gettempdir())


@contextmanager
def scratch(settings: Settings) -> Iterator[Path]:
    """A new folder, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=scratch_root(settings)))
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep(settings: Settings) -> None:
    """Removes the folders of processes that were killed."""
    for folder in scratch_root(settings).glob(f"{PREFIX}*"):
        # Another user's, or another sweeper was quicker.
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > SWEEP_AFTER_S:
                _remove_if_dead(folder)


def _remove_if_dead(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        """Somebody trains there."""
    finally:
        os.close(handle)
