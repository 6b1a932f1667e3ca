"""Labels in files: read with the place of each row, written as the reader takes them.

Owns the formats of an export and what is refused of an import besides what `models.dataset`
refuses. Knows no site.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from models import table_files
from models.dataset import BadRows, BadRowsError, DatasetError, Example, read
from models.table_files import Format
from moderation.chunks import in_chunks
from moderation.labels import NAMES, Folding, Label
from workers.commands.load import text_complaint

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

#: Rows of a Parquet file that are packed at once.
PARQUET_ROWS = 4096

TEXT, WEIGHT = "text", "weight"
#: What an import takes.
COLUMNS = (TEXT, *NAMES, WEIGHT)
#: What an export tells besides if it is asked for details.
DETAILS = ("who", "at", "release", "origin")
_OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open}


@dataclass
class _PlacedBadRows(BadRows):
    """Bad rows that remember where each one stands."""

    places: set[str] = field(default_factory=set)

    def add(self, place: str, complaint: str) -> None:
        """Count a row."""
        super().add(place, complaint)
        self.places.add(place)


@dataclass(frozen=True)
class LabelledFile:
    """A file that was read once, from its first row to its last.

    `ignore`: columns that are neither text nor labels.
    """

    path: Path
    ignore: Sequence[str]
    folding: Folding
    bad_rows: BadRows

    def labels(self, *, who: str, at: str) -> Iterator[Label]:
        """Its labels, each text once, contradictory ones left out; may be asked for once.

        Args:
            who: who imports them.
            at: when.
        """
        for example in read(self.path, ignore=self.ignore, bad_rows=BadRows()):
            if label := self.folding.take(example.text, who=who, at=at):
                yield label


def read_labelled(
    path: Path,
    *,
    ignore: Sequence[str] = (),
    skip_bad_rows: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> LabelledFile:
    """Reads a file, keeping no text.

    Raises:
        DatasetError: it cannot be read, has an unknown column or no row, or it has bad rows
            that are not to be passed over.
    """
    folding, bad_rows = Folding(), _PlacedBadRows()
    for place, example in _placed(path, ignore, bad_rows, progress):
        if complaint := text_complaint(example.text):
            bad_rows.add(place, complaint)
        else:
            folding.offer(place, example.text, example.labels, example.weight)
    if bad_rows.count and not skip_bad_rows:
        msg = f"{path.name}: {bad_rows.count:,} bad rows; nothing was stored\n{bad_rows}"
        raise BadRowsError(msg)
    if not folding.rows:
        msg = f"{path.name}: there is no labelled comment in it"
        raise DatasetError(msg)
    return LabelledFile(path, ignore, folding, bad_rows)


def _placed(
    path: Path,
    ignore: Sequence[str],
    bad_rows: _PlacedBadRows,
    progress: Callable[[int], object],
) -> Iterator[tuple[str, Example]]:
    """The examples of a file, each with where it stands.

    The reader tells where the bad rows are: an example stands at the next place that is none.
    """
    examples = read(path, ignore=ignore, bad_rows=bad_rows, progress=progress)
    with path.open("rb", buffering=0) as stream:
        rows = table_files.rows(path, stream, lambda names: [TEXT] if TEXT in names else [])
        places = (row.place for row in rows)
        for example in examples:
            yield next(one for one in places if one not in bad_rows.places), example


def write_labels(path: Path, labels: Iterable[Label], *, with_details: bool) -> None:
    """Writes labels; the file is there when it is complete.

    Args:
        path: what its name ends in tells the format: `.csv`, `.jsonl`, `.ndjson` (each also
            with `.gz` or `.xz`), `.parquet`, `.pq`.
        labels: what is written.
        with_details: whether to tell who said it, when, and of what.

    Raises:
        DatasetError: the name tells no format.
    """
    kind = format_of(path)
    names = (*COLUMNS, *DETAILS) if with_details else COLUMNS
    rows = (row_of(label, names) for label in labels)
    with tempfile.TemporaryDirectory(prefix="labels-", dir=path.parent) as folder:
        beside = Path(folder) / path.name
        if kind is Format.PARQUET:
            _write_parquet(beside, rows, names)
        else:
            with _text_file(beside) as file:
                _WRITERS[kind](file, rows, names)
        beside.rename(path)


def format_of(path: Path) -> Format:
    """The format that the ending of a name tells.

    Raises:
        DatasetError: it tells none.
    """
    suffixes = [one.lower() for one in path.suffixes]
    packed = bool(suffixes) and suffixes[-1] in _OPENERS
    ending = suffixes[-2:-1] if packed else suffixes[-1:]
    for kind in Format:
        if set(ending) & set(kind.value) and not (packed and kind is Format.PARQUET):
            return kind
    msg = (
        f"{path.name}: end the name in .csv, .jsonl (either may be followed by .gz or .xz) "
        "or .parquet"
    )
    raise DatasetError(msg)


def row_of(label: Label, names: Sequence[str]) -> dict[str, Any]:
    """A label as a row; what is not known is left out."""
    details = {"who": label.who, "at": label.at, "release": label.release}
    told = {name: value for name, value in details.items() if value}
    row = {TEXT: label.text, **label.labels, WEIGHT: label.weight, **told}
    row["origin"] = label.origin.value
    return {name: row[name] for name in names if name in row}


def write_json_lines(file: IO[str], rows: Iterable[dict[str, Any]], _: Sequence[str]) -> None:
    """Writes rows as JSON Lines; a weight of 1 goes without saying."""
    for row in rows:
        told = {name: value for name, value in row.items() if (name, value) != (WEIGHT, 1.0)}
        file.write(json.dumps(told, ensure_ascii=False) + "\n")


def _write_csv(file: IO[str], rows: Iterable[dict[str, Any]], names: Sequence[str]) -> None:
    writer = csv.DictWriter(file, names, restval="")
    writer.writeheader()
    writer.writerows(rows)


def _write_parquet(path: Path, rows: Iterable[dict[str, Any]], names: Sequence[str]) -> None:
    from arro3.core import DataType, Field, RecordBatch, RecordBatchReader, Schema
    from arro3.io import write_parquet

    kinds = dict.fromkeys(NAMES, DataType.int8()) | {WEIGHT: DataType.float64()}
    schema = Schema([Field(name, kinds.get(name, DataType.string())) for name in names])
    batches = (_batch(RecordBatch, chunk, schema) for chunk in in_chunks(rows, PARQUET_ROWS))
    write_parquet(RecordBatchReader.from_batches(schema, batches), path)


def _batch(
    record_batch: type[RecordBatch], rows: Sequence[dict[str, Any]], schema: Schema
) -> RecordBatch:
    from arro3.core import Array

    arrays = [
        Array([row.get(one.name) for row in rows], type=one.type)
        for one in (schema.field(name) for name in schema.names)
    ]
    return record_batch.from_arrays(arrays, schema=schema)


@contextmanager
def _text_file(path: Path) -> Iterator[IO[str]]:
    opener = _OPENERS.get(path.suffix.lower())
    if opener is None:
        with path.open("w", encoding="utf-8", newline="") as file:
            yield file
        return
    with (
        opener(path, "wb") as packed,
        io.TextIOWrapper(cast("IO[bytes]", packed), encoding="utf-8", newline="") as file,
    ):
        yield file


_WRITERS = {Format.CSV: _write_csv, Format.JSON_LINES: write_json_lines}
