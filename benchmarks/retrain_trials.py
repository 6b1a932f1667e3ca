"""One adaptation of a base to some labels of a community: what it gains and what it forgets."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.retrain_communities import Base, Community, examples_of, write_labels
from models.categories import TOXICITY
from models.dataset import Example
from models.learning import candidate
from models.learning.candidate import Order, TooLittleDataError
from models.measuring.evaluation import evaluate
from models.release import Release

#: A ROC AUC has a hundred points.
POINTS = 100
SEED = 1


@dataclass(frozen=True)
class Standing:
    """Where a release stands.

    `auc` and `calibration_error`: of toxicity, on the community's comments. `own`: category,
    or `label` for the chance of being held at all, to ROC AUC on the base's own test set.
    """

    auc: float
    calibration_error: float
    own: dict[str, float]


@dataclass(frozen=True)
class Trial:
    """A release before and after it learnt so many labels of a community."""

    community: str
    labels: int
    before: Standing
    after: Standing

    @property
    def gain(self) -> float:
        """By how many points the ROC AUC rose."""
        return POINTS * (self.after.auc - self.before.auc)

    @property
    def error_ratio(self) -> float:
        """What is left of the calibration error."""
        return self.after.calibration_error / self.before.calibration_error

    @property
    def worst(self) -> tuple[str, float]:
        """The category that fell most on the base's own test set, and by how many points."""
        falls = {
            name: POINTS * (auc - self.after.own[name]) for name, auc in self.before.own.items()
        }
        name = max(falls, key=falls.__getitem__)
        return name, falls[name]


def trials(
    base: Base,
    community: Community,
    *,
    sizes: Sequence[int],
    draws: int,
    say: Callable[[str], None],
) -> Iterator[Trial]:
    """A trial for each number of labels and each draw, as far as there are comments."""
    pool, measured = examples_of(community, base.data)
    before = _standing(base.release, measured, base.own_test)
    say(
        f"{community.name}: ROC AUC {before.auc:.3f} and calibration error"
        f" {before.calibration_error:.3f} on {len(measured):,} comments, before"
    )
    for labels in sizes:
        if labels > len(pool):
            say(f"{community.name}: has no {labels:,} comments to label")
            continue
        for draw in range(draws):
            some = random.Random(draw).sample(pool, labels)
            try:
                release = adapted(base.release, some)
            except TooLittleDataError as error:
                say(f"{community.name}, {labels:,} labels: {error}")
                continue
            after = _standing(release, measured, base.own_test)
            trial = Trial(community.name, labels, before, after)
            say(
                f"{community.name}, {labels:,} labels: {trial.gain:+.1f} points, calibration"
                f" error times {trial.error_ratio:.2f}, own test -{trial.worst[1]:.2f}"
                f" ({trial.worst[0]})"
            )
            yield trial


def adapted(release: Release, labelled: Sequence[Example]) -> Release:
    """A candidate learnt on top of a release; it keeps back its own part of the labels."""
    with TemporaryDirectory() as folder:
        file = write_labels(Path(folder) / "labels.jsonl", labelled)
        order = Order((file,), release, SEED)
        return candidate.train(order, unwatched, scratch=Path(folder)).release


@contextmanager
def unwatched(stage: str, length: int) -> Iterator[Callable[[int], object]]:
    """Nobody is told how far training is."""
    del stage, length
    yield lambda _steps: None


def _standing(
    release: Release, measured: Sequence[Example], own_test: Sequence[Example]
) -> Standing:
    there = evaluate(release, measured).categories[TOXICITY]
    assert there.roc_auc is not None
    own = evaluate(release, own_test).categories
    return Standing(
        there.roc_auc,
        there.expected_calibration_error,
        {name: one.roc_auc for name, one in own.items() if one.roc_auc is not None},
    )
