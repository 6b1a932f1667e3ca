"""Labelled comments, read from files.

Owns the columns that a file may have and what is wrong with a row. A category that a row
does not label is absent from its labels: unknown, which is not the same as 0. A row is
read, given away and forgotten, so that a file may be larger than memory. Complaints name
files, columns and lines, never a text.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models import table_files
from models.categories import ALIASES, CATEGORIES, LABEL
from models.table_files import UNREADABLE, DatasetError, Row, open_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "BadRows",
    "BadRowsError",
    "ColumnError",
    "DatasetError",
    "Example",
    "open_text",
    "read",
    "read_texts",
]

#: How many bad rows are named; the others are counted.
NAMED_BAD_ROWS = 20

#: How many rows go by between two reports of progress.
PROGRESS_ROWS = 1000

TEXT = "text"

#: No row stands for more comments than this: a number that large is a mistake.
MOST_WEIGHT = 1e6

#: What a row counts. It is 1 where the column or the cell is empty.
WEIGHT = "weight"
LABEL_COLUMNS = (LABEL, *CATEGORIES)
KNOWN = frozenset({TEXT, WEIGHT, *LABEL_COLUMNS, *ALIASES})

#: The longest name of a column that is told whole.
NAME_CHARACTERS = 60

#: Half a character: bytes that are not UTF-8 are read as such, and JSON can spell one.
SURROGATE = re.compile("[\ud800-\udfff]")

ZEROS = frozenset({"0", "0.0", "false"})
ONES = frozenset({"1", "1.0", "true"})


class ColumnError(DatasetError):
    """Raised when the columns of a file are not those of labelled comments."""


class BadRowsError(DatasetError):
    """Raised after the last row of a file that has bad ones; names them by line."""


class _BadRowError(Exception):
    """Raised when a row is no labelled comment; says why."""


@dataclass(frozen=True)
class Example:
    """A comment and what people said about it: name of the label -> 0 or 1.

    `weight`: how many comments it stands for, positive. One that was drawn for review with a
    chance of 1 in 50 stands for 50. `extra` has the cells of the columns that the reader was
    asked for besides, empty ones left out.
    """

    text: str
    labels: dict[str, int]
    extra: dict[str, str] = field(default_factory=dict)
    weight: float = 1.0


@dataclass
class BadRows:
    """The rows of a file that are no labelled comments: all are counted, the first named."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, place: str, complaint: str) -> None:
        """Count a row; `place` is its line or its number."""
        self.count += 1
        if self.count <= NAMED_BAD_ROWS:
            self.named.append(f"{place}: {complaint}")

    def __str__(self) -> str:
        """Return a line for each that is named, and how many more there are."""
        more = self.count - len(self.named)
        return "\n".join([*self.named, *([f"and {more:,} more"] if more else [])])


@dataclass(frozen=True)
class _Asked:
    """The columns that the caller knows to be there besides those of labelled comments."""

    ignore: frozenset[str]
    extra: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        return self.ignore | self.extra


def read(
    path: Path,
    *,
    ignore: Collection[str] = (),
    extra: Collection[str] = (),
    bad_rows: BadRows | None = None,
    progress: Callable[[int], object] = lambda _bytes: None,
) -> Iterator[Example]:
    """Yield the examples of a file, whatever its size, one at a time.

    Args:
        path: CSV with a header, JSON Lines or Parquet; the former two may be compressed.
        ignore: columns that are neither text nor labels, to be passed over.
        extra: columns that go into `Example.extra`.
        bad_rows: bad rows are counted here and passed over. Without it they are an error
            when the whole file has been read, so that one run names them all.
        progress: called now and then with how many bytes of the file were read since.

    Raises:
        ColumnError: before the first example, on unknown or missing columns, by name; in
            JSON Lines at the first row that has one.
        BadRowsError: after the last row, by line (of Parquet: by the row's number).
        DatasetError: the file cannot be read any further.
    """
    found = BadRows() if bad_rows is None else bad_rows
    asked = _Asked(frozenset(ignore), frozenset(extra))
    with _naming(path), path.open("rb", buffering=0) as stream:
        rows = table_files.rows(path, stream, lambda names: _chosen(names, asked))
        yield from _examples(_reporting(rows, stream, progress), asked, found)
    if bad_rows is None and found.count:
        msg = f"{path.name}: {found}" if found.count == 1 else f"{path.name}:\n{found}"
        raise BadRowsError(msg)


def read_texts(
    path: Path,
    *,
    bad_rows: BadRows,
    complaint: Callable[[str], str] = lambda _text: "",
    progress: Callable[[int], object] = lambda _bytes: None,
) -> Iterator[tuple[str, str]]:
    """Yield where each comment of a file stands and its text, whatever else its rows have.

    Args:
        path: as `read` takes it.
        bad_rows: rows without a text are counted here and passed over.
        complaint: what else is wrong with a text, "" for nothing.
        progress: as `read` takes it.

    Raises:
        ColumnError: before the first text, there is no such column.
        DatasetError: the file cannot be read any further.
    """
    with _naming(path), path.open("rb", buffering=0) as stream:
        rows = table_files.rows(path, stream, _text_column)
        for row in _reporting(rows, stream, progress):
            try:
                text = _text(row)
                if wrong := complaint(text):
                    raise _BadRowError(wrong)
            except _BadRowError as error:
                bad_rows.add(row.place, str(error))
            else:
                yield row.place, text


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let complaints begin with the name of the file, whatever they were raised as."""
    try:
        yield
    except DatasetError as error:
        msg = f"{path.name}: {error}"
        raise type(error)(msg) from error
    except UNREADABLE as error:
        msg = f"{path.name}: cannot be read any further: {error!r}"
        raise DatasetError(msg) from error


def _examples(rows: Iterable[Row], asked: _Asked, bad_rows: BadRows) -> Iterator[Example]:
    names: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    for row in rows:
        try:
            if row.complaint:
                raise _BadRowError(row.complaint)
            if tuple(row.cells) != names:
                labels = _label_columns(row.cells, asked)
                names = tuple(row.cells)
            yield _example(row, labels, asked)
        except _BadRowError as error:
            bad_rows.add(row.place, str(error))
        except ColumnError as error:
            msg = f"{row.place}: {error}"
            raise ColumnError(msg) from error


def _chosen(names: Sequence[str], asked: _Asked) -> Sequence[str]:
    """Return the columns that are needed of a file all of whose rows share them.

    Raises:
        ColumnError: on a name that stands there twice, and if there is no text, nothing
            that could be a label, or something unknown.
    """
    if names and not set(names) & KNOWN:
        # Perhaps a comment, or a file of another kind: there is no name in it to tell.
        msg = (
            f"the file names none of the columns {_listed((TEXT, *LABEL_COLUMNS))}: it takes a"
            " header with such names, separated by commas, in UTF-8"
        )
        raise ColumnError(msg)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        msg = f"more than one column {_listed(twice)}"
        raise ColumnError(msg)
    labels = _label_columns(names, asked)
    _text_column(names)
    if not labels:
        msg = f"no column with labels; known are {_listed(LABEL_COLUMNS)}"
        raise ColumnError(msg)
    return [name for name in names if name not in asked.ignore]


def _text_column(names: Sequence[str]) -> Sequence[str]:
    """Return the one column that every comment needs.

    Raises:
        ColumnError: it is not there.
    """
    if TEXT not in names:
        msg = f"no column `{TEXT}`" + (f" among {_listed(names)}" if names else ": it is empty")
        raise ColumnError(msg)
    return [TEXT]


def _label_columns(names: Iterable[str], asked: _Asked) -> dict[str, str]:
    """Return column -> label of those that are labels.

    Raises:
        ColumnError: on unknown columns, and on two that mean the same.
    """
    rest = [name for name in names if name not in (TEXT, WEIGHT) and name not in asked.names]
    labels = {name: ALIASES.get(name, name) for name in rest}
    unknown = [name for name in rest if labels[name] not in LABEL_COLUMNS]
    if unknown:
        msg = (
            f"unknown column{'s' if len(unknown) > 1 else ''} {_listed(unknown)}; known are"
            f" {_listed((TEXT, *LABEL_COLUMNS, WEIGHT))}. Pass over with "
            + " ".join(f"--ignore {_shown(name)}" for name in unknown)
        )
        raise ColumnError(msg)
    twice = [label for label, count in Counter(labels.values()).items() if count > 1]
    if twice:
        msg = f"more than one column for {_listed(twice)}"
        raise ColumnError(msg)
    return labels


def _text(row: Row) -> str:
    """Return the text of a row.

    Raises:
        _BadRowError: it has none.
    """
    text = row.cells.get(TEXT)
    if row.complaint or not isinstance(text, str) or not text.strip():
        msg = row.complaint or f"no `{TEXT}`"
        raise _BadRowError(msg)
    if SURROGATE.search(text):
        msg = f"`{TEXT}` is not UTF-8"
        raise _BadRowError(msg)
    return text


def _example(row: Row, labels: dict[str, str], asked: _Asked) -> Example:
    cells, text = row.cells, _text(row)
    given = {
        label: _binary(cells[column], column)
        for column, label in labels.items()
        if not _is_empty(cells[column])
    }
    if not given:
        msg = "no label"
        raise _BadRowError(msg)
    more = {name: str(cells[name]) for name in asked.extra if not _is_empty(cells.get(name))}
    weight = 1.0 if WEIGHT in asked.names else _positive(cells.get(WEIGHT))
    return Example(text, given, more, weight)


def _positive(value: object) -> float:
    """Return the weight that a cell says, 1 if it says nothing.

    Raises:
        _BadRowError: it is not a positive number.
    """
    if _is_empty(value):
        return 1.0
    try:
        weight = float(str(value))
    except ValueError:
        weight = 0.0
    if 0 < weight <= MOST_WEIGHT:
        return weight
    msg = f"`{WEIGHT}` is not a positive number up to {MOST_WEIGHT:,.0f}"
    raise _BadRowError(msg)


def _binary(value: object, column: str) -> int:
    told = str(value).strip().lower()
    if told in ZEROS:
        return 0
    if told in ONES:
        return 1
    msg = f"`{column}` is neither 0 nor 1"
    raise _BadRowError(msg)


def _is_empty(value: object) -> bool:
    """Say whether a cell says nothing; a number that is none (NaN) says nothing either."""
    return value is None or value == "" or value != value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{_shown(name)}`" for name in names)


def _shown(name: str) -> str:
    """Return a column's name as a terminal and a page may be given it, whoever chose it."""
    told = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name)
    return told if len(told) <= NAME_CHARACTERS else f"{told[:NAME_CHARACTERS]}…"


def _reporting(
    rows: Iterable[Row], stream: BinaryIO, progress: Callable[[int], object]
) -> Iterator[Row]:
    """Yield the rows; tell now and then how much of the stream was read for them."""
    told = 0
    for number, row in enumerate(rows, start=1):
        if number % PROGRESS_ROWS == 0:
            progress(stream.tell() - told)
            told = stream.tell()
        yield row
