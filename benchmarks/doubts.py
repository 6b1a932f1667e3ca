"""Do the labels listed as doubtful contain the mistakes? `python -m benchmarks.doubts`.

Turns over one label in twenty of 2,000 from two sources, none of which the shipped release
was trained on: a file that it never saw, and the comments of another one that it kept back.
Sources have mistakes of their own, so that the precision told is the lowest that it can be.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.categories import LABEL
from models.dataset import Example, read
from models.learning.doubts import doubtful
from models.learning.training import SHIPPED_SPLIT, fold_of
from models.release import Release
from models.release_files import load, shipped
from models.text import normalise

UNSEEN = "jigsaw_test_a"
KEPT_BACK = ("tweets_davidson", "implicit_hate", "multilingual_de_germeval2018")
LABELS = 2_000
TURNED_SHARE = 0.05
DRAWS = 3

#: To be reached with so many labels: seconds, and megabytes of the whole process.
MANY = 20_000
MOST_SECONDS, MOST_MEGABYTES = 30.0, 600.0


@dataclass(frozen=True)
class Found:
    """How many labels were turned over and listed, and how many of the listed ones were."""

    turned: int
    listed: int
    found: int
    found_in_first: int

    def __str__(self) -> str:
        return (
            f"{self.turned} turned over, {self.listed} listed, {self.found} of them turned"
            f" over (precision {self.found / max(1, self.listed):.2f},"
            f" recall {self.found / self.turned:.2f}); of the first {self.turned // 2}"
            f" listed {self.found_in_first}"
        )


def labelled(data: Path, source: str) -> list[Example]:
    """The comments of a source with their plain label, shuffled."""
    found = [
        Example(one.text, {LABEL: one.labels[LABEL]})
        for one in read(data / f"{source}.csv.xz", ignore=["source"])
        if LABEL in one.labels
    ]
    random.Random(1).shuffle(found)
    return found


def kept_back(examples: Sequence[Example]) -> list[Example]:
    """Those that the shipped release was not trained on."""
    return [one for one in examples if fold_of(normalise(one.text)) in SHIPPED_SPLIT.report]


def turn_over(examples: Sequence[Example], *, seed: int) -> tuple[list[Example], set[int]]:
    """The examples with some labels turned over, and the places of those."""
    some = random.Random(seed).sample(range(len(examples)), int(TURNED_SHARE * len(examples)))
    turned = set(some)
    return [
        replace(one, labels={LABEL: 1 - one.labels[LABEL]}) if place in turned else one
        for place, one in enumerate(examples)
    ], turned


def measure(release: Release, examples: Sequence[Example], *, seed: int) -> Found:
    """Turns labels over and looks for them."""
    wrong, turned = turn_over(examples, seed=seed)
    listed = [one.index for one in doubtful(wrong, release)]
    first = listed[: len(turned) // 2]
    return Found(
        len(turned),
        len(listed),
        len(turned.intersection(listed)),
        len(turned.intersection(first)),
    )


def speed(release: Release, examples: Sequence[Example]) -> tuple[float, float]:
    """Seconds of processor time for `MANY` labels, and the most megabytes of the process."""
    many = (list(examples) * (MANY // len(examples) + 1))[:MANY]
    many = [replace(one, text=f"{one.text} {place}") for place, one in enumerate(many)]
    began = time.process_time()
    doubtful(many, release)
    seconds = time.process_time() - began
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Print what is found for each pair of sources, and how long many labels take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    release = load(shipped())
    unseen = labelled(data, UNSEEN)
    for source in KEPT_BACK:
        other = kept_back(labelled(data, source))[: LABELS // 2]
        examples = unseen[: LABELS - len(other)] + other
        for seed in range(DRAWS):
            print(
                f"{UNSEEN} + {len(other)} of {source}: {measure(release, examples, seed=seed)}"
            )
    seconds, megabytes = speed(release, unseen)
    told = "reached" if seconds <= MOST_SECONDS and megabytes <= MOST_MEGABYTES else "MISSED"
    print(
        f"{MANY:,} labels: {seconds:.1f} s of processor time (at most {MOST_SECONDS:g}),"
        f" {megabytes:.0f} MB (at most {MOST_MEGABYTES:g}): {told}"
    )


if __name__ == "__main__":
    main()
