"""Communities that a release has never seen, and releases that have never seen them.

A community is one or more of the labelled files. A base is the shipped release's recipe
without some communities; at most one of them is English, so that it lacks nothing else that
a reader of that community's language could miss. Duplicates across files were removed when
the files were made.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from models.categories import LABEL, TOXICITY
from models.dataset import Example
from models.learning import build
from models.learning.sources import TRAINING_SOURCES, Source
from models.release import Release
from models.release_files import load, save
from models.text import normalise

#: How many of 256 digests make a comment one to measure on; the others may be labelled.
MEASURED_DIGESTS = 102
DIGEST_KEY = b"retrain"


@dataclass(frozen=True)
class Community:
    """Comments that share a place: the names of their files."""

    name: str
    files: tuple[str, ...]


#: Each line is left out together, of one base.
LEFT_OUT = (
    (Community("implicit_hate", ("implicit_hate",)),),
    (
        Community("tweets_davidson", ("tweets_davidson",)),
        Community("german", ("multilingual_de_germeval2018", "multilingual_de_iwg")),
    ),
    (
        Community("hatexplain", ("hatexplain",)),
        Community("korean", ("multilingual_ko_beep",)),
    ),
    (
        Community("civil_comments", ("civil_toxic_spans", "civil_toxic_positives")),
        Community("portuguese", ("multilingual_pt_toldbr",)),
    ),
)


@dataclass(frozen=True)
class Base:
    """A release, the communities that it knows nothing of, and what it learnt from.

    `data`: the folder of the labelled files.
    """

    release: Release
    without: tuple[Community, ...]
    sources: tuple[Source, ...]
    data: Path

    @cached_property
    def own_test(self) -> list[Example]:
        """The comments of its own sources that were kept back when it was made."""
        return [
            _with_category(example, source)
            for source in self.sources
            for example in build.kept_back_of(source, self.data)
        ]


def bases(
    data: Path, cache: Path, left_out: Sequence[Sequence[Community]], say: Callable[[str], None]
) -> Iterator[Base]:
    """Bases without the communities of each line, from the cache or built into it."""
    for communities in left_out:
        gone = {file for community in communities for file in community.files}
        sources = tuple(source for source in TRAINING_SOURCES if source.name not in gone)
        folder = cache / ("without-" + "-".join(sorted(gone)))
        yield Base(_base(folder, data, sources, say), tuple(communities), sources, data)


def _base(
    folder: Path, data: Path, sources: Sequence[Source], say: Callable[[str], None]
) -> Release:
    if not folder.exists():
        say(f"building {folder.name}, which takes minutes")
        folder.parent.mkdir(parents=True, exist_ok=True)
        built = build.build(
            data, folder.parent, sources=sources, version=folder.name, say=lambda _: None
        )
        beside = folder.with_name(f"{folder.name}.part")
        save(beside, built.release, details={"trained_on_comments": built.trained_on})
        beside.rename(folder)
    return load(folder)


def examples_of(community: Community, data: Path) -> tuple[list[Example], list[Example]]:
    """The comments that may be labelled, and those to measure on: toxic or not, no more."""
    pool: list[Example] = []
    measured: list[Example] = []
    for file in community.files:
        for example in build.examples_of(Source(file, licence=""), data):
            told = Example(example.text, {TOXICITY: example.labels[LABEL]})
            (measured if _is_measured(example.text) else pool).append(told)
    return pool, measured


def write_labels(path: Path, examples: Sequence[Example]) -> Path:
    """Writes examples as a file of labels, with the plain label that most sites have."""
    with path.open("w", encoding="utf-8") as file:
        for one in examples:
            file.write(json.dumps({"text": one.text, LABEL: one.labels[TOXICITY]}) + "\n")
    return path


def _is_measured(text: str) -> bool:
    digest = hashlib.blake2b(normalise(text).encode(), digest_size=1, key=DIGEST_KEY).digest()
    return digest[0] < MEASURED_DIGESTS


def _with_category(example: Example, source: Source) -> Example:
    """The example with its plain label as that of the category which its source is about."""
    labels = {source.category: example.labels[LABEL], **example.labels}
    return Example(example.text, labels)
