"""The archive: comments that left the record, as compressed JSON Lines in a folder.

`FOLDER/SITE/YYYY-MM/MOMENT.jsonl.gz`, a file for each slice that left together, by the month in
which it did. One line is one comment, all that was held of it. A file is there whole or not at
all: it is written beside, flushed to disk, and renamed. Knows no Redis.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moderation.encoding import compact_json
from moderation.errors import ArchiveBusyError, ArchiveDamagedError

ENDING = ".jsonl.gz"
#: Names that are no part of the archive begin so.
_BESIDE = ".part-"
_LOCK = ".lock"
#: Level 6 of gzip: 9 takes three times as long and saves a hundredth.
_LEVEL = 6

Row = dict[str, Any]


class Archive:
    """The archive in one folder; every site has a folder in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes of this machine from changing the archive.

        Raises:
            ArchiveBusyError: one is at it.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / _LOCK).open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ArchiveBusyError("another process changes the archive now") from None
            yield

    def files(self, site: str) -> list[Path]:
        """The files of a site, the oldest first."""
        return sorted(
            one
            for one in (self._folder / site).glob(f"*/*{ENDING}")
            if not one.name.startswith(_BESIDE)
        )

    def add(self, site: str, rows: Iterable[Row]) -> Path:
        """Writes a slice of comments; it is on disk when this returns.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        now = datetime.now(UTC)
        folder = self._folder / site / f"{now:%Y-%m}"
        for one in (self._folder, self._folder / site, folder):
            _make(one)
        path = folder / f"{now:%Y%m%dT%H%M%S.%f}Z{ENDING}"
        _write(path, rows)
        _flush_folder(self._folder / site)
        _flush_folder(self._folder)
        return path

    def rewrite(self, path: Path, is_kept: Callable[[Row], bool]) -> int:
        """Takes comments out of a file, all at once; how many. An empty file goes."""
        rows = list(read(path))
        kept = [row for row in rows if is_kept(row)]
        if not kept:
            path.unlink()
            _flush_folder(path.parent)
        elif len(kept) < len(rows):
            _write(path, kept)
        return len(rows) - len(kept)

    def tidy(self, site: str) -> None:
        """Removes what a killed process left half written."""
        for one in (self._folder / site).glob(f"*/{_BESIDE}*"):
            one.unlink()


def read(path: Path) -> Iterator[Row]:
    """The comments of a file, one after the other.

    Raises:
        ArchiveDamagedError: it is cut off, or a line is no JSON object.
    """
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 - told on failure
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TypeError
                yield row
    except (EOFError, zlib.error, gzip.BadGzipFile, ValueError, TypeError) as error:
        # Without the line: it is somebody's text.
        raise ArchiveDamagedError(
            f"{path} cannot be read after line {number} ({type(error).__name__})"
        ) from None


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)


def _write(path: Path, rows: Iterable[Row]) -> None:
    beside = path.with_name(_BESIDE + path.name)
    beside.touch(mode=0o600)
    with beside.open("wb") as file:
        with gzip.GzipFile("", "wb", _LEVEL, file) as packed:
            for row in rows:
                packed.write(compact_json(row).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    """Puts on disk that a file of this folder was made, renamed or removed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
