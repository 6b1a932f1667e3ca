"""How common features are in comments at large: what a change of a release must be careful of.

Owns the file beside this module, which says of every hashed feature in about what share of
the comments it is that the shipped release learnt from. No word can be read from it. Where a
site's labels are learnt on top of a release, the weights of common features are held fast,
and those of features that are the site's own are free: so it learns from few comments and
forgets little. The columns of words are asked for by the hash, so that the file serves every
release whose features are hashed alike.

    python -m models.learning.frequencies DATA_DIR

counts anew; `make release` does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from models.features import HashedNgrams

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

FILE = Path(__file__).with_name("frequencies.npz")

#: Shares are kept as steps of half a power of two above this one; rarer features as 0.
RAREST_SHARE = 2.0**-14
STEPS_A_DOUBLING = 2


def shares(vectoriser: HashedNgrams) -> NDArray[np.float32] | None:
    """Return for each column the share of comments that have it, shape (n_columns,).

    None if it is not known, for the vectoriser hashes otherwise.
    """
    if not _hashes_as_usual(vectoriser):
        return None
    hashed = _hashed_shares()
    if vectoriser.known_words is None:
        return hashed
    return np.concatenate((hashed, hashed[vectoriser.columns_of_words(vectoriser.known_words)]))


def count(batches: Iterable[Sequence[str]]) -> NDArray[np.float64]:
    """Return for each hashed column the share of normalised texts that have it."""
    vectoriser = HashedNgrams()
    found, texts = np.zeros(vectoriser.n_columns), 0
    for batch in batches:
        rows = vectoriser.transform(batch)
        found += np.bincount(rows.indices, minlength=len(found))
        texts += len(batch)
    return found / max(1, texts)


def pack(found: NDArray[Any]) -> NDArray[np.uint8]:
    """Return shares as the file keeps them."""
    steps = STEPS_A_DOUBLING * np.log2(np.maximum(found, RAREST_SHARE) / RAREST_SHARE)
    return np.asarray(np.rint(steps), dtype=np.uint8)


def unpack(steps: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the shares that were packed, to within a fifth; 0 for the rarest."""
    found = RAREST_SHARE * np.exp2(steps / STEPS_A_DOUBLING)
    return np.where(steps, found, 0).astype(np.float32)


def _hashes_as_usual(vectoriser: HashedNgrams) -> bool:
    usual, asked = HashedNgrams().get_params(), vectoriser.get_params()
    return all(asked[name] == usual[name] for name in usual if name != "known_words")


@cache
def _hashed_shares() -> NDArray[np.float32]:
    with np.load(FILE, allow_pickle=False) as kept:
        return unpack(kept["steps"])


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(data: Path) -> None:
    """Count the features of the comments in DATA that the shipped release learns from."""
    from models.learning.build import texts_of_all
    from models.learning.sources import TRAINING_SOURCES

    found = count(texts_of_all(data, TRAINING_SOURCES))
    np.savez_compressed(FILE, steps=pack(found))
    click.echo(f"{np.count_nonzero(pack(found)):,} common features, {FILE}", err=True)


if __name__ == "__main__":
    main()
