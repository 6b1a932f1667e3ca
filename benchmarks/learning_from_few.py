"""Which comments are worth a label: chosen at random, by uncertainty, by diversity, by both.

    python -m benchmarks.learning_from_few ../shared/data

For each community that the release has never seen, some hundred labels are chosen from a
queue in each of these orders; the release is adapted with them as `moderation train`
does it, and measured on comments that were in no queue. First, whether comments that
resemble each other are of one kind.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models import release_files as releases
from models.dataset import BadRows, Example, read
from models.kinds import kinds
from models.learning.candidate import Order, train
from models.measuring import ranking
from models.release import Release, Scored
from moderation.triage import uncertainty

#: Communities that the shipped release was not trained on.
COMMUNITIES = ("multilingual_pt_hatebr", "multilingual_id_hsd")
#: Comments of which some are labelled, and of which none is.
QUEUE, TEST = 1_500, 2_000
#: A queue of the comments that are likelier to be abuse, as one of held comments is.
HELD_SHARE = 1 / 3
CATEGORY = "toxicity"
#: Comments that a campaign copies.
COPIED = 20
#: Words that a copy may have in another's place.
FILLERS = ("really", "people", "this", "again")


@dataclass(frozen=True)
class Comment:
    """A labelled comment as a queue has it."""

    text: str
    label: int
    scored: Scored
    kind: str

    @property
    def uncertainty(self) -> float:
        """As the queue orders by it."""
        return uncertainty(self.scored.scores.values())


def at_random(queue: Sequence[Comment], rng: random.Random) -> list[Comment]:
    """Any order."""
    return rng.sample(list(queue), len(queue))


def by_uncertainty(queue: Sequence[Comment], _: random.Random) -> list[Comment]:
    """The least certain first."""
    return sorted(queue, key=lambda one: -one.uncertainty)


def by_diversity(queue: Sequence[Comment], _: random.Random) -> list[Comment]:
    """One of each kind first, as library.lua orders them in the order in which they came."""
    return _ranked(queue, lambda _, others: 1 / (1 + others))


def by_both(queue: Sequence[Comment], _: random.Random) -> list[Comment]:
    """Uncertainty, divided by how many of the kind are there already."""
    return _ranked(queue, lambda one, others: one.uncertainty / (1 + others))


def _ranked(queue: Sequence[Comment], value: Callable[[Comment, int], float]) -> list[Comment]:
    """The highest value first; it may hang on how many of its kind came before."""
    seen: Counter[str] = Counter()
    values = []
    for one in queue:
        values.append(value(one, seen[one.kind]))
        seen[one.kind] += 1
    order = sorted(range(len(queue)), key=lambda at: -values[at])
    return [queue[at] for at in order]


ORDERS: dict[str, Callable[[Sequence[Comment], random.Random], list[Comment]]] = {
    "random": at_random,
    "uncertainty": by_uncertainty,
    "diversity": by_diversity,
    "both": by_both,
}


def kinds_of(release: Release, scored: Sequence[Scored]) -> list[str]:
    """The kind of each comment, by its most probable category."""
    heads = [
        max(range(len(release.categories)), key=list(one.scores.values()).__getitem__)
        for one in scored
    ]
    return kinds(
        [one.normalised for one in scored],
        heads,
        vectoriser=release.vectoriser,
        classifier=release.classifier,
    )


def comments(release: Release, path: Path, *, most: int, rng: random.Random) -> list[Comment]:
    """Some comments of a labelled file, in any order."""
    examples = list(read(path, ignore=("source",), bad_rows=BadRows()))
    rng.shuffle(examples)
    chosen: list[Example] = examples[:most]
    scored = release.score([one.text for one in chosen])
    return [
        Comment(one.text, one.labels["label"], judged, kind)
        for one, judged, kind in zip(chosen, scored, kinds_of(release, scored), strict=True)
    ]


def adapted(release: Release, labelled: Sequence[Comment]) -> Release:
    """The release with what some labels teach."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            writer.writerows([one.text, one.label] for one in labelled)
        order = Order(files=(path,), parent=release, seed=0)
        return train(order, Silence()).release


def auc(release: Release, test: Sequence[Comment]) -> float:
    """The ROC AUC of a release on comments."""
    scores = np.array([one.scores[CATEGORY] for one in release.score([c.text for c in test])])
    truth: NDArray[np.int8] = np.array([one.label for one in test], np.int8)
    return float(ranking.auc(scores[truth == 1], scores[truth == 0]))


def edited(text: str, rng: random.Random) -> str:
    """A copy with one word added, dropped or replaced."""
    words = text.split()
    at, what = rng.randrange(len(words) + 1), rng.random()
    if what < 1 / 3 or at == len(words) or len(words) < 4:
        words.insert(at, rng.choice(FILLERS))
    elif what < 2 / 3:
        del words[at]
    else:
        words[at] = rng.choice(FILLERS)
    return " ".join(words)


def report_kinds(release: Release, path: Path, rng: random.Random) -> None:
    """Prints how often comments that resemble each other are of one kind."""
    originals = comments(release, path, most=3_000, rng=rng)
    copies = release.score([edited(one.text, rng) for one in originals])
    kinds_now = kinds_of(release, copies)
    same = np.mean([one.kind == kind for one, kind in zip(originals, kinds_now, strict=True)])
    sizes = Counter(one.kind for one in originals)
    chance = sum((count / len(originals)) ** 2 for count in sizes.values())
    print(
        f"{path.name}: a copy with a word changed is of the same kind {same:.1%}, "
        f"any two comments {chance:.2%}; {len(sizes)} kinds, "
        f"the largest has {max(sizes.values()) / len(originals):.1%}"
    )


def everything(queue: Sequence[Comment], *_: object) -> list[Comment]:
    """Every comment waits, as on a site that holds all."""
    return list(queue)


def likeliest(queue: Sequence[Comment], *_: object) -> list[Comment]:
    """Only what is likelier to be abuse waits, as held comments do."""
    bar = np.quantile([one.scored.scores[CATEGORY] for one in queue], 1 - HELD_SHARE)
    return [one for one in queue if one.scored.scores[CATEGORY] >= bar]


def campaign(queue: Sequence[Comment], release: Release, rng: random.Random) -> list[Comment]:
    """Half of what waits are copies of a few comments, each with a word changed."""
    originals = rng.sample(list(queue), COPIED)
    copied = [rng.choice(originals) for _ in range(len(queue) // 2)]
    scored = release.score([edited(one.text, rng) for one in copied])
    copies = [
        Comment(judged.normalised, one.label, judged, kind)
        for one, judged, kind in zip(copied, scored, kinds_of(release, scored), strict=True)
    ]
    mixed = [*queue[: len(queue) // 2], *copies]
    rng.shuffle(mixed)
    return mixed


QUEUES: dict[str, Callable[[Sequence[Comment], Release, random.Random], list[Comment]]] = {
    "everything waits": everything,
    "the likeliest third waits": likeliest,
    "half of what waits are copies": campaign,
}


def report_orders(release: Release, path: Path, *, labels: int, draws: int) -> None:
    """Prints what labels chosen in each order teach."""
    for told, queue_of in QUEUES.items():
        gains: dict[str, list[float]] = {name: [] for name in ORDERS}
        abusive: dict[str, list[float]] = {name: [] for name in ORDERS}
        before = []
        for seed in range(draws):
            rng = random.Random(seed)
            some = comments(release, path, most=QUEUE + TEST, rng=rng)
            size = min(QUEUE, len(some) // 2)
            queue, test = queue_of(some[:size], release, rng), some[size:]
            before.append(auc(release, test))
            for name, order in ORDERS.items():
                chosen = order(queue, rng)[:labels]
                abusive[name].append(float(np.mean([one.label for one in chosen])))
                gains[name].append(auc(adapted(release, chosen), test) - before[-1])
        print(f"{path.name}, {told}: AUC {np.mean(before):.4f} before")
        for name, found in gains.items():
            error = np.std(found, ddof=1) / draws**0.5 if draws > 1 else float("nan")
            print(
                f"  {labels} labels by {name:12} {np.mean(found):+.4f} (± {error:.4f}), "
                f"{np.mean(abusive[name]):.0%} of them abuse",
                flush=True,
            )


class Silence:
    """Nobody who likes to know how far training is."""

    def __call__(
        self, stage: str, length: int
    ) -> AbstractContextManager[Callable[[int], object]]:
        """Begin a stage, and say nothing."""
        del stage, length
        return nullcontext(lambda _: None)


def main() -> None:
    """Measures and prints."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the labelled files")
    parser.add_argument("--labels", type=int, default=300)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--community", action="append", help="only these files")
    given = parser.parse_args()
    release = releases.load(releases.shipped())
    for name in given.community or COMMUNITIES:
        path = given.data / f"{name}.csv.xz"
        report_kinds(release, path, random.Random(0))
        report_orders(release, path, labels=given.labels, draws=given.draws)


if __name__ == "__main__":
    main()
