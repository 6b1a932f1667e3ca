"""Rows of features on disk, so that training needs no more memory for more comments.

Owns how rows, their targets and their weights are written to a folder and read again, some
millions of values at a time. No text gets here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, vstack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

#: So many values of features are one part: 16 MB of columns, and in memory as much again.
VALUES_A_PART = 4_000_000

#: And so many rows at most, should they have hardly any features.
ROWS_A_PART = 200_000


@dataclass(frozen=True)
class Part:
    """Some of the rows that a classifier is fitted on.

    `rows`: shape (n, n_features). `targets`: 0, 1 or NaN for "nobody said"; `weights`: what
    a row counts for each head. Both (n, n_categories).
    """

    rows: csr_matrix
    targets: NDArray[Any]
    weights: NDArray[Any]

    def known(self) -> NDArray[np.bool_]:
        """Return which rows take part in which head, shape (n, n_categories)."""
        return np.asarray(~np.isnan(self.targets) & (self.weights > 0))

    def of_head(self, head: int) -> HeadRows | None:
        """Return the rows from the first to the last that takes part in a head, if any."""
        known = self.known()[:, head]
        places = np.flatnonzero(known)
        if not len(places):
            return None
        first, last = int(places[0]), int(places[-1]) + 1
        bounds = self.rows.indptr[first : last + 1]
        inside = slice(bounds[0], bounds[-1])
        rows = csr_matrix(
            (self.rows.data[inside], self.rows.indices[inside], bounds - bounds[0]),
            shape=(last - first, self.rows.shape[1]),
        )
        chosen = known[first:last]
        targets = np.where(chosen, self.targets[first:last, head], 0)
        weights = np.where(chosen, self.weights[first:last, head], 0)
        return HeadRows(rows, targets.astype(np.float64), weights.astype(np.float64))

    def reordered(self, order: NDArray[np.intp]) -> Part:
        """Return the rows in another order."""
        return Part(self.rows[order], self.targets[order], self.weights[order])


@dataclass(frozen=True)
class HeadRows:
    """Rows that one head is fitted on; others among them have weight and target 0.

    `rows`: shape (n, n_features); `targets` and `weights`: float64, shape (n,).
    """

    rows: csr_matrix
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]


#: What can be gone through again and again, a part at a time.
Parts: TypeAlias = "Collection[Part]"


class Narrowed:
    """Parts with some of their columns alone.

    Args:
        parts: what is read.
        columns: those that are kept, ascending; they become 0, 1, 2 …
    """

    def __init__(self, parts: Parts, columns: NDArray[np.intp]) -> None:
        self._parts = parts
        self._columns = columns

    def __len__(self) -> int:
        """Return the number of parts."""
        return len(self._parts)

    def __contains__(self, part: object) -> bool:
        """Parts are made anew each time: none is ever the same object."""
        return False

    def __iter__(self) -> Iterator[Part]:
        """Yield the parts, one at a time."""
        for part in self._parts:
            rows = part.rows[:, self._columns]
            yield Part(rows, part.targets, part.weights)


class FeatureStore:
    """A growing file of rows; iterating reads them back, part by part, in the same order.

    Every pass gives the same parts. Rows are gathered in memory until they make a part:
    `flush` before reading. Within a part, rows that are labelled for the same heads stand
    together, so that a head can leave out most of what says nothing to it.

    Args:
        folder: an existing folder, used by this store alone; it deletes nothing.
        n_columns: the width of the rows.
    """

    def __init__(self, folder: Path, *, n_columns: int) -> None:
        self._folder = folder
        self._n_columns = n_columns
        self._parts = 0
        self._pending: list[Part] = []
        self.n_rows = 0

    def append(
        self, rows: csr_matrix, targets: NDArray[np.float32], weights: NDArray[np.float32]
    ) -> None:
        """Add rows; see `Part` for the shapes."""
        self._pending.append(Part(rows, targets, weights))
        self.n_rows += rows.shape[0]
        if (
            sum(part.rows.nnz for part in self._pending) >= VALUES_A_PART
            or sum(part.rows.shape[0] for part in self._pending) >= ROWS_A_PART
        ):
            self.flush()

    def flush(self) -> None:
        """Write what is still in memory."""
        if self._pending:
            _write(self._path(self._parts), _joined(self._pending))
            self._parts += 1
            self._pending = []

    def __len__(self) -> int:
        """Return the number of parts on disk."""
        return self._parts

    def __contains__(self, part: object) -> bool:
        """Parts are read anew each time: none is ever the same object."""
        return False

    def __iter__(self) -> Iterator[Part]:
        """Read the parts, one at a time."""
        for number in range(self._parts):
            yield _read(self._path(number), self._n_columns)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.part"


def _joined(parts: list[Part]) -> Part:
    """Return the rows of `parts` as one, those labelled for the same heads together."""
    whole = Part(
        vstack([part.rows for part in parts], format="csr"),
        np.concatenate([part.targets for part in parts]),
        np.concatenate([part.weights for part in parts]),
    )
    return whole.reordered(np.lexsort(whole.known().T))


def _write(path: Path, part: Part) -> None:
    """Write arrays behind one another; of equal neighbouring values only one.

    In rows of unit length with each feature once that is two values a row, so that a
    feature takes the 4 bytes of its column.
    """
    values = part.rows.data
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    firsts = np.concatenate(([0], changes))[: len(values)]
    runs = np.diff(np.concatenate((firsts, [len(values)])))
    with path.open("wb") as file:
        for array in (
            part.targets.astype(np.float32),
            part.weights.astype(np.float32),
            part.rows.indptr.astype(np.int32),
            part.rows.indices.astype(np.int32),
            values[firsts].astype(np.float32),
            runs.astype(np.int32),
        ):
            np.save(file, array, allow_pickle=False)


def _read(path: Path, n_columns: int) -> Part:
    with path.open("rb") as file:
        targets, weights, indptr, indices, values, runs = (
            np.load(file, allow_pickle=False) for _ in range(6)
        )
    shape = (len(targets), n_columns)
    return Part(csr_matrix((np.repeat(values, runs), indices, indptr), shape), targets, weights)
