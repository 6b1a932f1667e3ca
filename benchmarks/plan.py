"""What a run measures with: texts, sizes, where children take their settings from."""

from __future__ import annotations

import csv
import lzma
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models import release_files as releases
from models.release import Release
from moderation.settings import Settings

#: Where the texts come from: comments of people, 340 characters long on average.
TEXTS_FILE = "jigsaw_train.csv.xz"
SHUFFLE_SEED = 20_261_124
LONGEST_FIELD_CHARACTERS = 10_000_000


@dataclass(frozen=True)
class Sizes:
    """How much each benchmark does."""

    rounds: int
    """How often the subjects of a comparison take turns."""
    comments: int
    """Comments in a filled queue."""
    jobs: int
    """The same for workers that take a job for each comment; they are far slower."""
    latency_s: float
    """How long comments arrive in a round."""
    accepts: int
    """Requests in a round; hello world has twice as many."""
    batches: int
    """Requests with many comments each in a round."""
    starts: int
    """How often the whole service is started."""
    vectorised: int
    """Comments in a round of the vectorisers, and of scoring in batches."""
    alone: int
    """Comments in a round that are scored one by one."""
    disguised: int
    """Labelled comments, at most, that each trick is played on."""
    held: int
    """Comments in the moderators' queue."""
    visits: int
    """Requests to each page of the console in a round."""
    messages: int
    """Webhook messages in a round."""
    decided: int
    """Decided comments in a large record."""


FULL = Sizes(
    rounds=5,
    comments=12_000,
    jobs=300,
    latency_s=4.0,
    accepts=4_000,
    batches=80,
    starts=5,
    vectorised=2_048,
    alone=500,
    disguised=10_000,
    held=100_000,
    visits=40,
    messages=3_000,
    decided=1_000_000,
)
QUICK = Sizes(
    rounds=2,
    comments=4_000,
    jobs=100,
    latency_s=1.5,
    accepts=800,
    batches=20,
    starts=1,
    vectorised=512,
    alone=200,
    disguised=1_500,
    held=20_000,
    visits=20,
    messages=1_000,
    decided=20_000,
)


def _silent(_: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Plan:
    """One run."""

    texts: Sequence[str]
    sizes: Sizes
    settings: Settings = field(default_factory=Settings)
    """Defaults of the service; only `release` is taken over from the environment."""
    say: Callable[[str], None] = _silent
    """Told what is being done."""
    data: Path | None = None
    """The folder of labelled files, for benchmarks that need others than `texts`."""

    @property
    def release_folder(self) -> Path:
        """The folder of the release to measure with.

        Raises:
            ReleaseError: none is named, and none is shipped.
        """
        named = self.settings.release
        return Path(named).resolve() if named else releases.shipped()

    def load_release(self) -> Release:
        """The release to measure with.

        Raises:
            ReleaseError: it cannot be loaded.
        """
        return releases.load(self.release_folder)


def read_texts(folder: Path) -> list[str]:
    """The texts, shuffled the same way each time.

    Raises:
        FileNotFoundError: the folder has no such file.
    """
    csv.field_size_limit(LONGEST_FIELD_CHARACTERS)
    with lzma.open(folder / TEXTS_FILE, "rt", encoding="utf-8", newline="") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]
    random.Random(SHUFFLE_SEED).shuffle(texts)
    return texts
