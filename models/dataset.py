"""Reading labelled comments: CSV or JSON Lines, plain, gzip- or xz-compressed.

Owns the columns that a file may have and what is wrong with a row. A category that a row
does not label is absent from its labels: unknown, which is not the same as 0.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from models.categories import ALIASES, CATEGORIES, LABEL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

#: The largest field that is read, in characters; the csv module's own limit is lower.
MAX_FIELD_CHARACTERS = 10_000_000

GZIP_MAGIC = b"\x1f\x8b"
XZ_MAGIC = b"\xfd7zXZ\x00"

TEXT = "text"


class DatasetError(Exception):
    """Raised when a file cannot be read as labelled comments; says where and why."""


@dataclass(frozen=True)
class Example:
    """A comment and what people said about it: name of the label -> 0 or 1."""

    text: str
    labels: dict[str, int]


@contextmanager
def open_text(stream: BinaryIO) -> Iterator[TextIO]:
    """Give `stream` as UTF-8 text, decompressed if its first bytes say gzip or xz."""
    with io.BufferedReader(stream) as buffered:  # type: ignore[type-var]
        head = buffered.peek(len(XZ_MAGIC))
        if head.startswith(GZIP_MAGIC):
            raw: Any = gzip.GzipFile(fileobj=buffered)
        elif head.startswith(XZ_MAGIC):
            raw = lzma.LZMAFile(buffered)  # noqa: SIM115 - entered below
        else:
            raw = buffered
        with raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
            yield text


def read(path: Path, *, ignore: Collection[str] = ()) -> Iterator[Example]:
    """Yield the examples of a file, whatever its size, one at a time.

    Args:
        path: CSV with a header, or JSON Lines if its name has `.jsonl` in it.
        ignore: columns that are neither text nor labels, to be passed over.

    Raises:
        DatasetError: on an unknown column, by name; on a bad row, by its line number.
    """
    with path.open("rb", buffering=0) as stream, open_text(stream) as lines:
        rows = _json_rows(lines) if ".jsonl" in path.suffixes else _csv_rows(lines)
        try:
            for line, row in rows:
                yield _example(row, line=line, ignore=ignore)
        except (DatasetError, csv.Error, UnicodeDecodeError, EOFError, lzma.LZMAError) as error:
            msg = f"{path.name}: {error}"
            raise DatasetError(msg) from error


def _csv_rows(lines: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(MAX_FIELD_CHARACTERS)
    reader = csv.DictReader(lines, restkey="", strict=True)
    for row in reader:
        if "" in row or None in row.values():
            msg = f"line {reader.line_num}: not as many fields as the header has columns"
            raise DatasetError(msg)
        yield reader.line_num, row


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            msg = f"line {number}: not JSON: {error}"
            raise DatasetError(msg) from error
        if not isinstance(row, dict):
            msg = f"line {number}: not a JSON object"
            raise DatasetError(msg)
        yield number, row


def _example(row: dict[str, Any], *, line: int, ignore: Collection[str]) -> Example:
    text = row.get(TEXT)
    if not isinstance(text, str):
        msg = f"line {line}: no `{TEXT}`"
        raise DatasetError(msg)
    labels: dict[str, int] = {}
    for column, value in row.items():
        if column == TEXT or column in ignore:
            continue
        name = ALIASES.get(column, column)
        if name != LABEL and name not in CATEGORIES:
            known = ", ".join((TEXT, LABEL, *CATEGORIES))
            msg = f"unknown column `{column}`; known are {known}"
            raise DatasetError(msg)
        if value not in ("", None):
            labels[name] = _binary(value, column=column, line=line)
    return Example(text, labels)


def _binary(value: object, *, column: str, line: int) -> int:
    if str(value) in {"0", "0.0", "False", "false"}:
        return 0
    if str(value) in {"1", "1.0", "True", "true"}:
        return 1
    msg = f"line {line}: `{column}` is neither 0 nor 1"
    raise DatasetError(msg)
