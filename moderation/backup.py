"""A copy of the embedded server's data while it runs, and a data folder made from one.

The append-only file is a base and what was written since, with a manifest that names them. The
server only ever appends; to rewrite, it writes new files, names them in a new manifest, and
removes the old ones. So all files that one manifest names are opened before the first is read,
and each is copied as far as it reached when its turn came. What was acknowledged before the
copy began is in it; a command that the copy cut in two is dropped by the server when it loads
the file. The server is not spoken to: a copy that is killed leaves it as it was.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from moderation.embedded import APPEND_ONLY, MANIFEST, locked
from moderation.errors import BackupError

#: A line of the manifest: a base or what was written since; not what was rewritten (type h).
_NAMED = re.compile(rb"^file (\S+) seq \d+ type [bi]\b", re.MULTILINE)
#: Where a copy is unpacked: the server does not look there.
_UNFINISHED = ".restoring"
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
    """
    source = data_dir / APPEND_ONLY
    if not (source / MANIFEST).is_file():
        raise BackupError(f"there are no data in {data_dir.resolve()}")
    if archive.exists():
        raise BackupError(f"{archive} exists already; name another file")
    try:
        with _parts(source) as parts, _appearing(archive) as file:
            _pack(parts, file, _compression(archive), told)
    except OSError as error:
        raise BackupError(f"{archive} cannot be written: {error}") from error


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
                _unpack(packed, data_dir)
        except (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
            raise BackupError(f"{archive} cannot be unpacked: {error}") from error


def _unpack(packed: tarfile.TarFile, data_dir: Path) -> None:
    """Writes files that lie directly in the one folder; anything else is none of ours.

    The server finds all of them or none: it would start on a part as if that were all.
    """
    entries = packed.getmembers()
    for entry in entries:
        if not entry.isfile() or PurePosixPath(entry.name).parent != PurePosixPath(APPEND_ONLY):
            raise BackupError(f"{packed.name!r} is no copy of a data folder")
    if not entries:
        raise BackupError(f"{packed.name!r} is an empty archive")
    with _appearing_folder(data_dir / APPEND_ONLY) as folder:
        for entry in entries:
            part = cast(IO[bytes], packed.extractfile(entry))
            with (folder / PurePosixPath(entry.name).name).open("wb") as file:
                shutil.copyfileobj(part, file)
                _flush(file)


@contextmanager
def _appearing_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill that has its name when all is in it, and is gone if something fails."""
    unfinished = folder.with_name(_UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)  # one that was killed left it
    unfinished.mkdir(mode=0o700)
    try:
        yield unfinished
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def size_bytes(data_dir: Path) -> int:
    """How much there is to copy."""
    return sum(one.stat().st_size for one in (data_dir / APPEND_ONLY).glob("*"))


def _compression(archive: Path) -> str:
    for ending, mode in {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz"}.items():
        if archive.name.endswith(ending):
            return mode
    return "w"


@contextmanager
def _appearing(archive: Path) -> Iterator[IO[bytes]]:
    """A file to write that has its name when all is in it, and is gone when something fails."""
    unfinished = archive.with_name(f".{archive.name}.part")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise BackupError(
            f"{unfinished} exists: another copy is being made, or one was killed; "
            "then remove it"
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            _flush(file)
        unfinished.rename(archive)
    finally:
        unfinished.unlink(missing_ok=True)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _parts(folder: Path) -> Iterator[list[IO[bytes]]]:
    """The open files of one moment: those that one manifest names, and this manifest."""
    before: list[bytes] | None = None
    while True:
        with ExitStack() as open_:
            manifest = open_.enter_context((folder / MANIFEST).open("rb"))
            named = _NAMED.findall(manifest.read())
            manifest.seek(0)
            try:
                paths = [folder / os.fsdecode(name) for name in named]
                parts = [open_.enter_context(path.open("rb")) for path in paths]
            except FileNotFoundError:
                # A rewrite took it away, and named others; or else it is gone for good.
                if named == before:
                    raise
                before = named
                continue
            yield [*parts, manifest]
            return


def _pack(parts: Sequence[IO[bytes]], file: IO[bytes], mode: str, told: Told) -> None:
    # tarfile takes the compression as a literal.
    with tarfile.open(fileobj=file, mode=mode) as packed:  # type: ignore[call-overload]
        for part in parts:
            entry = packed.gettarinfo(
                arcname=f"{APPEND_ONLY}/{Path(part.name).name}", fileobj=part
            )
            packed.addfile(entry, _Watched(part, told))


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
