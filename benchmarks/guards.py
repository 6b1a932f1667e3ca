"""Do the guards refuse what is poisoned, and nothing else? `python -m benchmarks.guards DATA`.

Trains candidates on top of the shipped release, from labels of sources that it was never
trained on: honest ones, and some of which one in five, half or all are turned over. Each is
compared with the shipped release as `moderation train` does it, on the labels that it kept
back, which are turned over as well: those are all that a site has. In truth, a ranking is
measured on the same comments with their honest labels.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from benchmarks.doubts import labelled
from benchmarks.retrain_trials import adapted
from models.categories import LABEL, TOXICITY
from models.dataset import Example
from models.learning.candidate import SPLIT, TooLittleDataError
from models.learning.training import fold_of
from models.measuring.evaluation import evaluate
from models.measuring.guards import Comparison, Verdict, compare_releases
from models.measuring.side_by_side import ROC_AUC
from models.release import Release
from models.release_files import load, shipped
from models.text import normalise

#: The shipped release was not trained on any of them, and knows the language of the last
#: four of them alone.
SOURCES = (
    "multilingual_ar_mlma",
    "multilingual_fr_mlma",
    "multilingual_id_hsd",
    "multilingual_pt_hatebr",
    "jigsaw_test_a",
    "news_ucc",
    "wiki_context",
)
SIZES = (500, 2_000)

#: Share of the labels that are turned over -> what that is called.
TURNED = {0.0: "honest", 0.2: "one in five", 0.5: "half", 1.0: "all"}

#: The rules were chosen by draws 1 to 4: other ones say how good they are.
DRAWS = (5, 6)


@dataclass(frozen=True)
class Case:
    """From which labels a candidate is learnt; `turned`: the share that is turned over."""

    source: str
    labels: int
    turned: float
    draw: int


@dataclass(frozen=True)
class Judged:
    """What became of a candidate; no comparison where there was too little to learn from.

    `truth`: ROC AUC on the honest labels, of the active release and of the candidate.
    """

    case: Case
    comparison: Comparison | None = None
    truth: tuple[float | None, float | None] = (None, None)

    @property
    def refused(self) -> bool:
        """Whether it would take force to promote it."""
        return self.comparison is not None and self.comparison.verdict is Verdict.WORSE

    def cells(self) -> tuple[str, ...]:
        """The row of the table."""
        case = self.case
        first = (case.source, f"{case.labels:,}", TURNED[case.turned], str(case.draw))
        if self.comparison is None:
            return (*first, "", "", "too little to learn from", "", "")
        area = self.comparison.site[LABEL].figures[ROC_AUC]
        return (
            *first,
            _step(area.active, area.candidate),
            _step(*self.truth),
            self.comparison.verdict.value,
            ", ".join(reasons(self.comparison)),
            ", ".join(warnings(self.comparison)),
        )


HEADER = (
    *("source", "labels", "turned over", "draw", "AUC by the labels", "AUC in truth"),
    *("verdict", "failed", "warned of"),
)


def reasons(comparison: Comparison) -> list[str]:
    """Why a candidate is refused."""
    return [
        *("contradicts the active release" for _ in comparison.contradicted[:1]),
        *("no better than chance" for _ in comparison.senseless),
        *(one.name for one in comparison.guards if one.failed),
    ]


def warnings(comparison: Comparison) -> list[str]:
    """What a moderator is warned of."""
    return [
        *("nobody vouches for the labels" for _ in comparison.unvouched),
        *(one.name for one in comparison.guards if one.warned),
    ]


def drawn(pool: Sequence[Example], case: Case) -> tuple[list[Example], list[Example]]:
    """The labels of a case as they are given, and as they honestly are."""
    rng = random.Random(case.draw)
    honest = rng.sample(pool, case.labels)
    turned = set(rng.sample(range(case.labels), round(case.turned * case.labels)))
    given = [
        replace(one, labels={LABEL: 1 - one.labels[LABEL]}) if place in turned else one
        for place, one in enumerate(honest)
    ]
    return given, honest


def judge(active: Release, pool: Sequence[Example], case: Case) -> Judged:
    """Trains the candidate of a case and compares it."""
    given, honest = drawn(pool, case)
    # A file of labels has a column `label`, which is what `adapted` makes of toxicity.
    toxic = [replace(one, labels={TOXICITY: one.labels[LABEL]}) for one in given]
    try:
        candidate = adapted(active, toxic)
    except TooLittleDataError:
        return Judged(case)
    before, after = (
        evaluate(release, kept_back(honest)).categories[LABEL].roc_auc
        for release in (active, candidate)
    )
    return Judged(case, compare_releases(candidate, active, kept_back(given)), (before, after))


def kept_back(examples: Sequence[Example]) -> list[Example]:
    """Those that a candidate is not trained on."""
    return [one for one in examples if fold_of(normalise(one.text)) in SPLIT.report]


def judged(
    data: Path, sources: Sequence[str], sizes: Sequence[int], draws: Sequence[int]
) -> Iterator[Judged]:
    """What becomes of each candidate, as far as the sources have comments enough."""
    active = load(shipped())
    for source in sources:
        pool = labelled(data, source)
        for labels, turned, draw in product(sizes, TURNED, draws):
            if labels <= len(pool):
                yield judge(active, pool, Case(source, labels, turned, draw))


def refusals(found: Sequence[Judged]) -> Iterator[tuple[str, ...]]:
    """For each source and number of labels how many of the candidates were refused."""
    yield ("refused", "labels", *TURNED.values())
    for source, labels in dict.fromkeys((one.case.source, one.case.labels) for one in found):
        yield (
            source,
            f"{labels:,}",
            *(
                _refused(
                    one
                    for one in found
                    if one.case == Case(source, labels, turned, one.case.draw)
                )
                for turned in TURNED
            ),
        )


def _refused(found: Iterator[Judged]) -> str:
    some = [one for one in found if one.comparison]
    return f"{sum(one.refused for one in some)} of {len(some)}" if some else "–"


def _step(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return "–"
    return f"{before:.3f} → {after:.3f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what becomes of each candidate, and how many were refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the labelled files")
    parser.add_argument("--source", action="append", choices=SOURCES, help="only this one")
    parser.add_argument("--quick", action="store_true", help="500 labels, one draw")
    told = parser.parse_args(arguments)
    sizes, draws = (SIZES[:1], DRAWS[:1]) if told.quick else (SIZES, DRAWS)
    print(_line(HEADER), _line(["---"] * len(HEADER)), sep="\n")
    found = []
    for one in judged(told.data, told.source or SOURCES, sizes, draws):
        print(_line(one.cells()), flush=True)
        found.append(one)
    first, *rows = refusals(found)
    print("", _line(first), _line(["---"] * len(first)), *map(_line, rows), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
