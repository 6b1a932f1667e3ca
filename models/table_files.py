"""Files of rows: CSV, JSON Lines or Parquet, the former two plain, gzip- or xz-compressed.

Owns formats, compression and encoding, and how a row is found again in its file. Rows are
read one at a time, so that a file may be larger than memory. What the columns mean is the
business of `dataset`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

#: The longest line and the longest field that is read, in characters.
MAX_LINE_CHARACTERS = 10_000_000

#: Rows of a Parquet file that are unpacked at once.
PARQUET_BATCH_ROWS = 4096

GZIP_MAGIC = b"\x1f\x8b"
XZ_MAGIC = b"\xfd7zXZ\x00"
PARQUET_MAGIC = b"PAR1"
#: The length of the footer, and the magic again.
PARQUET_TAIL_BYTES = 8
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

#: How far into a file its first character that is no blank is looked for, in bytes.
SNIFFED_BYTES = 4096


class DatasetError(Exception):
    """Raised when a file cannot be read as labelled comments; says where and why."""


class Format(Enum):
    """What a file is written in; the values are the endings of its name."""

    CSV = (".csv",)
    JSON_LINES = (".jsonl", ".ndjson")
    PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class Row:
    """The cells of a row by column, or a complaint why there are none.

    `place` is where a person finds it: the line it begins on, or its number in Parquet.
    """

    place: str
    cells: dict[str, Any] = field(default_factory=dict)
    complaint: str = ""


#: All columns of a file -> those that are needed.
Choose: TypeAlias = "Callable[[Sequence[str]], Sequence[str]]"

#: What the reading of a file breaks off with, besides `DatasetError`.
UNREADABLE = (OSError, EOFError, lzma.LZMAError, zlib.error, UnicodeDecodeError)


@contextmanager
def open_text(stream: BinaryIO, *, errors: str = "strict") -> Iterator[TextIO]:
    """Give `stream` as UTF-8 text, decompressed if its first bytes say gzip or xz.

    A byte order mark is passed over. `errors` as in `str.decode`.
    """
    with _decompressed(stream) as raw, _as_text(raw, errors=errors) as text:
        yield text


def rows(path: Path, stream: BinaryIO, choose: Choose) -> Iterator[Row]:
    """Yield the rows of a file.

    The format is told by the ending of the name and, failing that, by the first bytes.

    Args:
        path: its name, and where Parquet is read from.
        stream: the same file, opened without a buffer.
        choose: is given the columns, where all rows share them, and returns those that are
            needed. It may raise a DatasetError.

    Raises:
        DatasetError, or one of `UNREADABLE`: the file cannot be read any further.
    """
    with _decompressed(stream) as raw:
        kind = _format(path, raw)
        if kind is Format.PARQUET:
            yield from _parquet_rows(path, choose)
            return
        with _as_text(raw, errors="surrogateescape") as text:
            if kind is Format.CSV:
                yield from _csv_rows(_lines(text), choose)
            else:
                yield from _json_rows(_lines(text))


@contextmanager
def _decompressed(stream: BinaryIO) -> Iterator[io.BufferedReader]:
    with cast("io.BufferedReader", io.BufferedReader(stream)) as buffered:
        head = buffered.peek(len(XZ_MAGIC))
        if head.startswith(GZIP_MAGIC):
            with gzip.GzipFile(fileobj=buffered) as unzipped:
                yield cast("io.BufferedReader", unzipped)
        elif head.startswith(XZ_MAGIC):
            with lzma.LZMAFile(buffered) as unpacked:
                yield cast("io.BufferedReader", unpacked)
        else:
            yield buffered


def _as_text(raw: BinaryIO, *, errors: str) -> TextIO:
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors=errors, newline="")


def _format(path: Path, raw: io.BufferedReader) -> Format:
    for kind in Format:
        if set(path.suffixes) & set(kind.value):
            return kind
    head = raw.peek(SNIFFED_BYTES)[:SNIFFED_BYTES]
    if head.startswith(PARQUET_MAGIC):
        return Format.PARQUET
    first = head.removeprefix(BYTE_ORDER_MARK).lstrip()[:1]
    return Format.JSON_LINES if first == b"{" else Format.CSV


def _lines(text: TextIO) -> Iterator[str]:
    """Yield the lines, none longer than is good for memory."""
    for number, line in enumerate(iter(partial(text.readline, MAX_LINE_CHARACTERS), ""), 1):
        if len(line) == MAX_LINE_CHARACTERS:
            msg = f"line {number}: longer than {MAX_LINE_CHARACTERS:,} characters"
            raise DatasetError(msg)
        yield line


def _csv_rows(lines: Iterator[str], choose: Choose) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE_CHARACTERS)
    reader = csv.reader(lines, strict=True)
    try:
        header = next((cells for cells in reader if cells), [])
    except csv.Error as error:
        msg = f"line {reader.line_num}: {error}"
        raise DatasetError(msg) from error
    choose(header)
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(place, complaint=str(error))
            continue
        if len(cells) == len(header):
            yield Row(place, dict(zip(header, cells, strict=True)))
        elif cells:
            yield Row(place, complaint=f"{len(cells)} fields under {len(header)} columns")


def _json_rows(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if line.isspace():
            continue
        place = f"line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(place, complaint=f"not JSON: {_reason(error)}")
            continue
        if isinstance(row, dict):
            yield Row(place, row)
        else:
            yield Row(place, complaint="not a JSON object")


def _reason(error: Exception) -> str:
    """Return what is wrong with JSON, without the text that is wrong."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} (column {error.colno})"
    return type(error).__name__


def _parquet_rows(path: Path, choose: Choose) -> Iterator[Row]:
    from arro3.io import read_parquet  # heavy, and few files are in this format

    _check_footer(path)
    number = 0
    with _arrow_errors():
        batches = read_parquet(path, batch_size=PARQUET_BATCH_ROWS)
        wanted = choose(batches.schema.names)
        for batch in batches:
            columns = [batch.column(name).to_pylist() for name in wanted]
            for cells in zip(*columns, strict=True):
                number += 1
                yield Row(f"row {number}", dict(zip(wanted, cells, strict=True)))


def _check_footer(path: Path) -> None:
    """Look for the end of a Parquet file, without which the library writes to stderr.

    Raises:
        DatasetError: it is not there.
    """
    with path.open("rb") as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(max(0, size - PARQUET_TAIL_BYTES))
        tail = file.read()
    length = int.from_bytes(tail[:4], "little")
    if not tail.endswith(PARQUET_MAGIC) or length + PARQUET_TAIL_BYTES > size:
        msg = "not a Parquet file, or cut short; Parquet is never gzip- or xz-compressed"
        raise DatasetError(msg)


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Turn the library's bare exceptions, and the panics that it lets out, into ours."""
    try:
        yield
    except DatasetError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            msg = f"not a Parquet file that can be read: {error}"
            raise DatasetError(msg) from error
        raise
