"""How much memory this process has, and giving back what it no longer needs."""

from __future__ import annotations

import ctypes
import resource
import sys
from contextlib import suppress


def rss_bytes() -> int:
    """The most memory that this process ever had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def give_back_memory() -> None:
    """Returns to the system what loading needed; glibc, where it is in use, keeps it else."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
