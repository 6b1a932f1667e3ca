"""Rows on disk: what comes back is what was written, and no more of it is in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random_array, vstack

from models import feature_store
from models.feature_store import FeatureStore, Part
from models.features import HashedNgrams

RNG = np.random.default_rng(3)
UNKNOWN = np.nan


def _rows(count: int) -> csr_matrix:
    return csr_matrix(random_array((count, 50), density=0.2, rng=RNG, dtype=np.float32))


def _targets(count: int) -> np.ndarray:
    return RNG.choice([0, 1, UNKNOWN], size=(count, 3)).astype(np.float32)


def _stored(folder: Path, *batches: tuple[csr_matrix, np.ndarray]) -> FeatureStore:
    store = FeatureStore(folder, n_columns=batches[0][0].shape[1])
    for rows, targets in batches:
        store.append(rows, targets, np.ones_like(targets))
    store.flush()
    return store


def _as_set(rows: csr_matrix, targets: np.ndarray) -> set[bytes]:
    joined = np.hstack([rows.toarray(), targets]).astype(np.float32)
    return {row.tobytes() for row in joined}


def test_rows_come_back_exactly_though_in_another_order(tmp_path: Path) -> None:
    batches = [(_rows(count), _targets(count)) for count in (7, 1, 30)]

    parts = list(_stored(tmp_path, *batches))

    read = vstack([part.rows for part in parts]), np.vstack([part.targets for part in parts])
    written = vstack([rows for rows, _ in batches]), np.vstack([y for _, y in batches])
    assert read[0].shape == written[0].shape
    assert _as_set(*read) == _as_set(*written)


def test_each_pass_gives_the_same(tmp_path: Path) -> None:
    store = _stored(tmp_path, (_rows(20), _targets(20)))

    first, second = (next(iter(store)) for _ in range(2))

    assert (first.rows != second.rows).nnz == 0
    assert np.array_equal(first.targets, second.targets, equal_nan=True)


def test_a_part_is_written_before_it_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_store, "VALUES_A_PART", 100)

    store = _stored(tmp_path, *[(_rows(5), _targets(5)) for _ in range(20)])

    assert len(store) == len(list(tmp_path.iterdir())) > 5
    assert sum(part.rows.shape[0] for part in store) == store.n_rows == 100


def test_a_feature_of_a_comment_takes_little_more_than_four_bytes(tmp_path: Path) -> None:
    texts = [f"a comment of some length, number {number}, on a bridge" for number in range(500)]
    rows = HashedNgrams().transform(texts)

    _stored(tmp_path, (rows, _targets(500)))

    written = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert written < 4.6 * rows.nnz


def test_rows_without_features_are_kept(tmp_path: Path) -> None:
    (part,) = _stored(tmp_path, (csr_matrix((4, 50), dtype=np.float32), _targets(4)))

    assert part.rows.shape == (4, 50)
    assert part.rows.nnz == 0


def test_the_rows_of_a_head_are_those_that_say_something_to_it() -> None:
    rows = _rows(6)
    targets = np.array([UNKNOWN, 1, UNKNOWN, 0, 1, UNKNOWN])[:, None]
    weights = np.array([1, 1, 1, 2, 0, 1.0])[:, None]

    found = Part(rows, targets, weights).of_head(0)

    assert found is not None
    assert (found.rows != rows[1:4]).nnz == 0
    assert found.weights.tolist() == [1, 0, 2]
    assert found.targets.tolist() == [1, 0, 0]


def test_a_head_that_no_row_labels_has_no_rows() -> None:
    part = Part(_rows(2), np.full((2, 1), UNKNOWN), np.ones((2, 1)))

    assert part.of_head(0) is None
