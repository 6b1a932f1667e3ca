"""A copy of the embedded server's data while it runs, and a data folder made from one.

The append-only file is a base and what was written since; the server only ever appends, except
when it rewrites both. So for the length of a copy it is kept from rewriting, and each file is
copied as far as it reached when its turn came. What was acknowledged before the copy began is
in it; a command that the copy cut in two is dropped by the server when it loads the file.
"""

from __future__ import annotations

import lzma
import os
import shutil
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from moderation.embedded import answers, embedded_url, locked
from moderation.errors import BackupError
from moderation.record.connection import connect, redis_away

#: The folder that the server keeps its append-only file in, within the data folder.
APPEND_ONLY = "appendonlydir"
REWRITING_SETTING = "auto-aof-rewrite-percentage"
#: How long a rewrite that has begun may take.
REWRITE_S = 600.0
POLL_S = 0.2
#: Only its owner reads it: it holds what people wrote, and what they are called.
PRIVATE = 0o600

Told = Callable[[int], None]


def back_up(data_dir: Path, archive: Path, *, told: Told = lambda _: None) -> None:
    """Writes a copy of a data folder, whether its service runs or not.

    Args:
        data_dir: the folder.
        archive: the file to write, a tar that is compressed as its name ends (`.tar`,
            `.tar.gz`, `.tar.xz`); it is there as a whole or not at all.
        told: is told of bytes that were read.

    Raises:
        BackupError: there are no data, the file exists, or it cannot be written.
        RedisAwayError: the server went away meanwhile.
    """
    source = data_dir / APPEND_ONLY
    if not source.is_dir():
        raise BackupError(f"there are no data in {data_dir.resolve()}")
    if archive.exists():
        raise BackupError(f"{archive} exists already; name another file")
    unfinished = archive.with_name(f".{archive.name}.part")
    try:
        with _unchanging(data_dir):
            _write(source, unfinished, _compression(archive), told)
        unfinished.rename(archive)
    except OSError as error:
        raise BackupError(f"{archive} cannot be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def restore(archive: Path, data_dir: Path) -> None:
    """Makes a data folder from a copy; `moderation run` starts on it afterwards.

    Raises:
        BackupError: this is no copy, or the folder has data already.
        SupervisorError: a service runs on that folder.
    """
    with locked(data_dir):
        if any((data_dir / APPEND_ONLY).glob("*")):
            raise BackupError(
                f"{data_dir.resolve()} has data already: move them away, "
                "or name another --data-dir"
            )
        try:
            with tarfile.open(archive) as packed:
                _unpack(packed, data_dir / APPEND_ONLY)
        except (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
            raise BackupError(f"{archive} cannot be read: {error}") from error


def _unpack(packed: tarfile.TarFile, folder: Path) -> None:
    """Writes files that lie directly in the one folder; anything else is none of ours."""
    entries = packed.getmembers()
    for entry in entries:
        if not entry.isfile() or PurePosixPath(entry.name).parent != PurePosixPath(APPEND_ONLY):
            raise BackupError(f"{packed.name!r} is no copy of a data folder")
    if not entries:
        raise BackupError(f"{packed.name!r} is an empty archive")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in entries:
        part = cast(IO[bytes], packed.extractfile(entry))
        with (folder / PurePosixPath(entry.name).name).open("wb") as file:
            shutil.copyfileobj(part, file)


def size_bytes(data_dir: Path) -> int:
    """How much there is to copy."""
    return sum(one.stat().st_size for one in (data_dir / APPEND_ONLY).glob("*"))


def _compression(archive: Path) -> str:
    for ending, mode in {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz"}.items():
        if archive.name.endswith(ending):
            return mode
    return "w"


def _write(source: Path, unfinished: Path, mode: str, told: Told) -> None:
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file, ExitStack() as open_:
        # All are opened at once: a rewrite that somebody asks for by hand takes none away.
        parts = [open_.enter_context(path.open("rb")) for path in sorted(source.iterdir())]
        # tarfile takes the compression as a literal.
        with tarfile.open(fileobj=file, mode=mode) as packed:  # type: ignore[call-overload]
            for part in parts:
                name = f"{APPEND_ONLY}/{Path(part.name).name}"
                entry = packed.gettarinfo(arcname=name, fileobj=part)
                packed.addfile(entry, _Watched(part, told))
        file.flush()
        os.fsync(file.fileno())


class _Watched:
    """A file that says how much of it was read."""

    def __init__(self, file: IO[bytes], told: Told) -> None:
        self._file = file
        self._told = told

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        found = self._file.read(size)
        self._told(len(found))
        return found


@contextmanager
def _unchanging(data_dir: Path) -> Iterator[None]:
    """Inside, the files are only appended to: no rewrite begins, and none is under way."""
    url = embedded_url(data_dir)
    if not answers(url):
        yield
        return
    connection = connect(url)
    with redis_away():
        before = connection.config_get(REWRITING_SETTING)[REWRITING_SETTING]
        connection.config_set(REWRITING_SETTING, 0)
    try:
        deadline = time.monotonic() + REWRITE_S
        while _is_rewriting(connection.info("persistence")):
            if time.monotonic() > deadline:
                raise BackupError("the server is rewriting its file; try again later")
            time.sleep(POLL_S)
        yield
    finally:
        with redis_away():
            connection.config_set(REWRITING_SETTING, before or 0)
        connection.close()


def _is_rewriting(persistence: dict[str, int]) -> bool:
    return bool(persistence["aof_rewrite_in_progress"] or persistence["aof_rewrite_scheduled"])
