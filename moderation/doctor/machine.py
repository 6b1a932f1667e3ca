"""Checks of the machine that the command runs on: its kernel, disk, folders and limits.

Those that concern Redis are worth something only where it runs on this machine.
"""

from __future__ import annotations

import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from moderation.doctor.configuration import LOOPBACK
from moderation.doctor.findings import Finding, doubtful, well, wrong
from moderation.server import FILES_A_CONNECTION, OTHER_FILES
from moderation.settings import Settings

#: Where the kernel tells how it is set up; not there on other systems.
OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory")
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
#: Below so much of a disk, or so many bytes, it is worth a look; and wrong.
LOW_SHARE, LOW_BYTES = 0.1, 1_000_000_000
TOO_LOW_SHARE = 0.03
#: Others may not read a folder: these bits of its mode are unset.
OTHERS = 0o077

Check = Callable[[Settings], Finding | None]


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings about this machine."""
    checks = (*CHECKS, *CHECKS_BESIDE_REDIS) if is_beside_redis(settings) else CHECKS
    for check in checks:
        finding = check(settings)
        if finding is not None:
            yield finding


def is_beside_redis(settings: Settings) -> bool:
    """Whether Redis runs on this machine."""
    parts = urlsplit(settings.redis_url)
    return parts.scheme in {"", "unix"} or (parts.hostname or "") in LOOPBACK


def disk(settings: Settings) -> Finding | None:
    """Whether there is room for what is written."""
    if not settings.data_dir.is_dir():
        return None
    found = shutil.disk_usage(settings.data_dir)
    share = found.free / found.total if found.total else 1.0
    says = f"{found.free / 1e9:,.1f} GB free where the data folder lies ({share:.0%})"
    cure = "make room: Redis stops accepting when it cannot write"
    if share < TOO_LOW_SHARE:
        return wrong("Disk", says, cure)
    if share < LOW_SHARE or found.free < LOW_BYTES:
        return doubtful("Disk", says, cure)
    return well("Disk", says)


def data_folder(settings: Settings) -> Finding | None:
    """Whether others on this machine can read comments."""
    folder = settings.data_dir
    if not folder.is_dir():
        return None
    if folder.stat().st_mode & OTHERS:
        return wrong("Data folder", f"{folder} is open to others", f"chmod 700 {folder}")
    return well("Data folder", "only its owner can read it")


def open_files(settings: Settings) -> Finding:
    """Whether a process may open as many connections as the settings say."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.max_connections * FILES_A_CONNECTION + OTHER_FILES
    if hard != resource.RLIM_INFINITY and hard < needed:
        says = f"{settings.max_connections} connections need {needed}, allowed are {hard}"
        return doubtful("Open files", says, "raise the limit (ulimit -n, LimitNOFILE=)")
    return well("Open files", f"enough for {settings.max_connections} connections")


def overcommit(_: Settings) -> Finding | None:
    """Whether Redis can rewrite its file while it is large."""
    mode = _read(OVERCOMMIT)
    if mode is None:
        return None
    if mode != "1":
        says = f"vm.overcommit_memory is {mode}: rewriting the append-only file may fail"
        return doubtful("Overcommit", says, "sysctl vm.overcommit_memory=1")
    return well("Overcommit", "vm.overcommit_memory is 1")


def huge_pages(_: Settings) -> Finding | None:
    """Whether Redis is slowed by pages that are copied whole."""
    modes = _read(HUGE_PAGES)
    if modes is None:
        return None
    if "[always]" in modes:
        says = "always on: Redis stalls and takes more memory while it rewrites its file"
        cure = f"echo madvise > {HUGE_PAGES}"
        return doubtful("Transparent huge pages", says, cure)
    return well("Transparent huge pages", "only for who asks")


CHECKS: tuple[Check, ...] = (open_files,)
CHECKS_BESIDE_REDIS: tuple[Check, ...] = (disk, data_folder, overcommit, huge_pages)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return None
