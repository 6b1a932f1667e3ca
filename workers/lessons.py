"""What a candidate is learnt from: a site's labels, in a file that is read several times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models.dataset import BadRows, Example, read
from models.learning.candidate import Order, kept_back
from moderation.labels import Label

LABELS_FILE = "labels.jsonl"
#: Columns of that file which say whose label a row is.
ID, COMMENT_ID = "id", "comment_id"
OWN_COLUMNS = (ID, COMMENT_ID)
_DIGESTS = 1 << 256


@dataclass(frozen=True)
class Lesson:
    """The labels of a site at one moment, in a file.

    Attributes:
        path: JSON Lines, as `models.dataset` reads them.
        labels: how many there are.
        sha256: a digest of all of them, whatever their order.
    """

    path: Path
    labels: int
    sha256: str

    def examples(self) -> Iterator[Example]:
        """The labels as they were written; `extra` says whose each is."""
        if self.labels:
            yield from read(self.path, extra=OWN_COLUMNS, bad_rows=BadRows())

    def kept_back(self) -> Iterator[Example]:
        """Those of them that no candidate is ever fitted or calibrated on."""
        if self.labels:
            yield from kept_back(Order((self.path,), None, seed=0, ignore=OWN_COLUMNS))


def write_lesson(
    labels: Iterable[Label], folder: Path, step: Callable[[int], object]
) -> Lesson:
    """Writes labels into a folder, one at a time; `step` is called with each."""
    path, count, digest = folder / LABELS_FILE, 0, 0
    with path.open("w", encoding="utf-8") as file:
        for label in labels:
            line = json.dumps(_row(label), sort_keys=True)
            file.write(line + "\n")
            digest += int.from_bytes(sha256(line.encode()).digest())
            count += 1
            step(1)
    return Lesson(path, count, f"{digest % _DIGESTS:064x}")


def _row(label: Label) -> dict[str, object]:
    return {
        "text": label.text,
        **label.labels,
        "weight": label.weight,
        ID: label.id,
        COMMENT_ID: label.comment_id,
    }
