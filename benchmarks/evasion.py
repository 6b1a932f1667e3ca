"""What of the abuse is still caught when its writers disguise it.

Every trick is played on comments of a labelled file that no release learns from, once on
the words that matter only and once on all words. The threshold stays where it falsely
holds one clean harmless comment in twenty: nobody knows beforehand who will play a trick.
The tricks are played on harmless comments as well, for odd spelling alone is no offence.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import Row, Spread
from benchmarks.plan import Plan
from benchmarks.tricks import LEAST_LETTERS, TRICKS, Trick, play
from models import dataset
from models.categories import LABEL
from models.learning.copies import WordCounts
from models.measuring import ranking
from models.measuring.evaluation import hold_score
from models.measuring.figures import threshold_at
from models.release import Release
from models.text import normalise

FILE = "jigsaw_test_a.csv.xz"
SEED = 20_261_124
FALSE_HOLD_SHARE = 0.05

#: What counts as a word that matters where the file has no typical ones.
LEAST_LETTERS_OTHERWISE = 4


@dataclass(frozen=True)
class Strength:
    """On which words a trick is played; `None` is on all of them."""

    name: str
    words: frozenset[str] | None


@dataclass(frozen=True)
class Scores:
    """What a release says of abusive and of harmless comments."""

    abusive: NDArray[np.float64]
    harmless: NDArray[np.float64]

    @property
    def bar(self) -> float:
        """The lowest score that falsely holds at most FALSE_HOLD_SHARE of the harmless."""
        truth = np.repeat([1, 0], [len(self.abusive), len(self.harmless)])
        both = np.concatenate([self.abusive, self.harmless])
        return threshold_at(truth, both, FALSE_HOLD_SHARE)


def measure(plan: Plan) -> list[Row]:
    """A row for the comments as posted, and one for each trick and strength."""
    path = (plan.data or Path()) / FILE
    if not path.exists():
        plan.say(f"evasion: needs {FILE}, and {path.parent.resolve()} has none: left out")
        return []
    abusive, harmless = read_some(path, most=plan.sizes.disguised)
    release = plan.load_release()
    clean = _scores(release, abusive, harmless)
    rows = [_row("evasion, none", clean, clean)]
    for strength in (
        Strength("words that matter", words_that_matter(abusive, harmless)),
        Strength("all words", None),
    ):
        for name, trick in TRICKS.items():
            hidden = disguised(abusive, trick, strength, kind=f"{name} abusive")
            odd = disguised(harmless, trick, strength, kind=f"{name} harmless")
            row = _row(
                f"evasion, {name}, {strength.name}",
                clean,
                _scores(release, hidden, odd),
                touched=percentage(
                    [one != other for one, other in zip(abusive, hidden, strict=True)]
                ),
            )
            rows.append(row)
            plan.say(f"{row.name}: {row.value.median:.1f} % caught")
    return rows


def words_that_matter(abusive: Sequence[str], harmless: Sequence[str]) -> frozenset[str]:
    """The words typical of the abusive comments, or all of some length if there are none."""
    counts = WordCounts()
    for texts, is_abusive in ((abusive, True), (harmless, False)):
        for text in texts:
            counts.add(normalise(text), abusive=is_abusive)
    if typical := {word for word in counts.typical() if len(word) >= LEAST_LETTERS}:
        return frozenset(typical)
    words = {word for text in (*abusive, *harmless) for word in normalise(text).split()}
    return frozenset(word for word in words if len(word) >= LEAST_LETTERS_OTHERWISE)


def disguised(
    texts: Sequence[str], trick: Trick, strength: Strength, *, kind: str
) -> list[str]:
    """The texts with a trick played on each; each `kind` of them has dice of its own."""
    return [
        play(text, trick, seed=f"{SEED} {kind} {number}", words=strength.words)
        for number, text in enumerate(texts)
    ]


def percentage(truths: Sequence[bool] | NDArray[np.bool_]) -> float:
    """How many in a hundred are true."""
    return 100 * float(np.mean(truths))


def _row(name: str, clean: Scores, tricked: Scores, **more: float) -> Row:
    """Percentages of abusive comments caught and of harmless ones held at the clean threshold.

    The first AUC is of disguised abuse against clean harmless comments, the other against
    harmless ones that are disguised as well.
    """
    caught = percentage(tricked.abusive >= clean.bar)
    also = {
        "difference": caught - percentage(clean.abusive >= clean.bar),
        "AUC": ranking.auc(tricked.abusive, clean.harmless),
        "AUC all disguised": ranking.auc(tricked.abusive, tricked.harmless),
        "harmless held": percentage(tricked.harmless >= clean.bar),
    }
    return Row(name, Spread.of([caught]), "% caught", also={**also, **more})


def read_some(path: Path, *, most: int) -> tuple[list[str], list[str]]:
    """The abusive and the harmless texts of a file, or of some, always the same."""
    examples = list(dataset.read(path, ignore=("source",)))
    random.Random(SEED).shuffle(examples)
    abusive: list[str] = []
    harmless: list[str] = []
    for example in examples[:most]:
        (abusive if example.labels[LABEL] else harmless).append(example.text)
    return abusive, harmless


def _scores(release: Release, abusive: Sequence[str], harmless: Sequence[str]) -> Scores:
    return Scores(
        *(
            np.array([hold_score(one.scores) for one in release.score(texts)])
            for texts in (abusive, harmless)
        )
    )
