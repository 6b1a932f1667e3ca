"""Imported by every Python process that has this folder on its PYTHONPATH: a clock set wrong.

`time.time` and `datetime.now` are off by what stands in a file that the harness shares with
all processes of one role, so that a clock can also jump while a process runs. Durations
(`time.monotonic`) stay right, as they do when a real clock is set. Nothing in the service knows
of this. Redis has the machine's own clock.
"""

from __future__ import annotations

import datetime
import mmap
import os
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path

FOLDER_VARIABLE = "CHAOS_CLOCKS"
OFFSET = struct.Struct("d")

_Real = datetime.datetime
_real_time = time.time


def _shared_offset() -> Callable[[], float] | None:
    """Reads by how many seconds this process is off, if the harness says so for its role."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return None
    for role in Path(folder).iterdir():
        if role.name in sys.orig_argv:
            with role.open("rb") as file:
                shared = mmap.mmap(file.fileno(), OFFSET.size, prot=mmap.PROT_READ)
            return lambda: float(OFFSET.unpack_from(shared)[0])
    return None


class _AnyDatetime(type):
    """What C code makes is a `datetime` too."""

    def __instancecheck__(cls, one: object) -> bool:
        return isinstance(one, _Real)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _Real)


class _Skewed(_Real, metaclass=_AnyDatetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return _Real.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> datetime.datetime:  # type: ignore[override]
        return _Real.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)


def _skew(offset: Callable[[], float]) -> None:
    _Skewed.__name__ = _Skewed.__qualname__ = "datetime"
    time.time = lambda: _real_time() + offset()
    time.time_ns = lambda: int((_real_time() + offset()) * 1e9)
    datetime.datetime = _Skewed  # type: ignore[misc]


if (_offset := _shared_offset()) is not None:
    _skew(_offset)
