"""The clocks of the service's processes, which the harness may set wrong at any moment."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from tests.chaos.clock.sitecustomize import FOLDER_VARIABLE, OFFSET

#: The commands whose clocks can be set.
ROLES = ("api", "worker", "deliverer")
SITECUSTOMIZE = Path(__file__).parent / "clock"


class Clocks:
    """One clock a role, shared by its processes, those of later starts included."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        places = [str(SITECUSTOMIZE), os.environ.get("PYTHONPATH", "")]
        self.environ = {
            FOLDER_VARIABLE: str(folder),
            "PYTHONPATH": os.pathsep.join(filter(None, places)),
        }
        self._shared = {role: _shared(folder / role) for role in ROLES}

    def set(self, role: str, offset_s: float) -> None:
        """Sets the clock of a role to be off by so many seconds."""
        OFFSET.pack_into(self._shared[role], 0, offset_s)


def _shared(path: Path) -> mmap.mmap:
    path.write_bytes(OFFSET.pack(0.0))
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), OFFSET.size)
