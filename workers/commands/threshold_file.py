"""Comments in files with what others said of them: an old classifier's scores, people's labels.

Owns which columns count. How files are read is the business of `models.table_files`, which
texts are good is that of `models.dataset`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models import table_files
from models.categories import ALIASES
from models.dataset import ONES, TEXT, ZEROS, BadRows, DatasetError, read_texts
from moderation.dropins.perspective.attributes import category_of
from moderation.labels import NAMES, taught


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment and what others said of it, each by category; what is absent is unknown."""

    text: str
    old: Mapping[str, float]
    labels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file that count.

    Attributes:
        categories: what the release scores.
        old: column with old scores → category; none given: those that are named like an
            attribute of Perspective, such as `TOXICITY`.
    """

    categories: Collection[str]
    old: Mapping[str, str] = field(default_factory=dict)

    def choose(self, names: Sequence[str]) -> Sequence[str]:
        """Those of a file whose rows all share them.

        Raises:
            DatasetError: a column with old scores is not there.
        """
        if missing := [name for name in self.old if name not in names]:
            raise DatasetError(f"no column `{missing[0]}`")
        return [name for name in names if name == TEXT or self._meaning(name)]

    def comment(self, text: str, cells: Mapping[str, Any]) -> Comment:
        """What a row says.

        Raises:
            ValueError: a score is no number, or a label neither 0 nor 1.
        """
        old, labels = dict[str, float](), dict[str, int]()
        for name, value in cells.items():
            if value in ("", None) or value != value:  # NaN, in Parquet
                continue
            if category := self._scored(name):
                old[category] = _number(name, value)
            elif label := self._labelled(name):
                labels[label] = _binary(name, value)
        return Comment(text, old, taught(labels))

    def _meaning(self, name: str) -> str:
        return self._scored(name) or self._labelled(name)

    def _scored(self, name: str) -> str:
        """The category that a column has old scores of, "" for none."""
        if self.old:
            return self.old.get(name, "")
        category = category_of(name)
        return category if category in self.categories else ""

    def _labelled(self, name: str) -> str:
        label = ALIASES.get(name, name)
        return label if label in NAMES and name not in self.old else ""


def read_comments(
    path: Path,
    columns: Columns,
    *,
    bad_rows: BadRows,
    progress: Callable[[int], object] = lambda _: None,
) -> Iterator[Comment]:
    """Reads the comments of a file, one at a time.

    Args:
        path: CSV with a header, JSON Lines or Parquet; the former two may be compressed.
        columns: what counts.
        bad_rows: rows without a text, or with a wrong number, are counted here and passed over.
        progress: called now and then with how many bytes of the file were read since.

    Raises:
        DatasetError: it cannot be read, or lacks a column.
    """
    texts = read_texts(path, bad_rows=bad_rows, progress=progress)
    with path.open("rb", buffering=0) as stream:
        rows = table_files.rows(path, stream, columns.choose)
        for place, text in texts:
            cells = next(row.cells for row in rows if row.place == place)
            try:
                yield columns.comment(text, cells)
            except ValueError as error:
                bad_rows.add(place, str(error))


def _number(name: str, value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"`{name}` is no number")
    return number


def _binary(name: str, value: Any) -> int:
    told = str(value).strip().lower()
    if told not in ZEROS | ONES:
        raise ValueError(f"`{name}` is neither 0 nor 1")
    return int(told in ONES)
