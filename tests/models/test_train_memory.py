"""How much memory `moderation train` takes for more comments."""

from __future__ import annotations

import random
from pathlib import Path

from models.features import HashedNgrams
from models.release import Release
from tests.labelled_comments import NOUNS, labelled_comments, write_csv
from tests.models.train_in_a_process import train_in_a_process

#: A column and a value.
BYTES_A_FEATURE = 8


def test_memory_does_not_grow_with_the_file(
    tiny_release: Release, release_folder: Path, tmp_path: Path
) -> None:
    # Given files of a size, and of nine times that, each many times what is read at once
    few, many = _long_comments(500), _long_comments(4_500)

    # When they are learnt on top of a release so small that its weights are next to nothing
    peaks = [
        _peak_bytes(write_csv(tmp_path / f"{len(comments)}.csv", comments), release_folder)
        for comments in (few, many)
    ]

    # Then the larger one takes at most a fraction more than its features alone would.
    vectoriser: HashedNgrams = tiny_release.vectoriser
    features = vectoriser.transform([text for text, _ in few[:200]]).nnz / 200
    more_bytes = (len(many) - len(few)) * features * BYTES_A_FEATURE
    assert peaks[1] - peaks[0] < more_bytes / 3


def _long_comments(count: int) -> list[tuple[str, int]]:
    rng = random.Random(4)
    filler = [f"{noun}{number}" for noun in NOUNS for number in range(300)]
    return [
        (f"{text} {' '.join(rng.choices(filler, k=60))}", label)
        for text, label in labelled_comments(count)
    ]


def _peak_bytes(path: Path, parent: Path) -> int:
    result = train_in_a_process(
        ["--data", path, "--from", parent, "--output", path.with_suffix("")],
        MODERATION_TEST_SMALL_PARTS="1",
    )
    return int(result.stderr.splitlines()[-1])
