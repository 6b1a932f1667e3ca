"""Learning from few comments: none is given away to calibrate on.

Owns cross-fitting. Where there are a few hundred comments, one in ten is too few to tell what
a logit means. So the weights are fitted several times, each time without some of the
comments; the logits of those, all of them together, are what the curve is learnt from, and
the weights that count are fitted on all. Texts are kept in memory: there are few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.learning.held_out import Judged
from models.learning.training import FOLDS, Split, TrainingSet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from models.classifier import CommentClassifier
    from models.learning.training import Array

#: As few comments as this, with so many characters at most, are cross-fitted.
FEW = 4000
FEW_CHARACTERS = 20_000_000

#: How often the weights are fitted without some of the comments.
ROUNDS = 4


class Comment(NamedTuple):
    """A normalised text, and for each category its target and weight."""

    text: str
    target: Array
    weight: Array


class FewComments:
    """Comments as long as they are few; `comments` is None when they are not."""

    def __init__(self) -> None:
        self.comments: list[Comment] | None = []
        self._characters = 0

    def add(self, comment: Comment) -> None:
        """Keep a comment, or let go of all: they are many."""
        if self.comments is not None:
            self.comments.append(comment)
            self._characters += len(comment.text)
            if len(self.comments) > FEW or self._characters > FEW_CHARACTERS:
                self.comments = None


@dataclass(frozen=True)
class CrossFitted:
    """Weights that were fitted on all comments, and what was said of each without it."""

    rows: TrainingSet
    classifier: CommentClassifier
    judged: Judged


def cross_fit(
    comments: Collection[Comment],
    begin: Callable[[str, Split], TrainingSet],
    *,
    kept_back: frozenset[int],
    parent: CommentClassifier | None,
    heads: Collection[int],
    progress: Callable[[], object],
) -> CrossFitted:
    """Fit weights on all comments, and again and again without some of them.

    Args:
        comments: few; those of the folds `kept_back` are left out everywhere.
        begin: makes an empty training set, told a name for its folder and how to split.
        kept_back: folds that are only measured on.
        parent: what the weights are a change of.
        heads: those that are fitted.
        progress: called after each pass over comments.
    """
    folds = [fold for fold in range(FOLDS) if fold not in kept_back]
    judged = []
    for number in range(ROUNDS):
        without = Split(kept_back, frozenset(folds[number::ROUNDS]))
        rows = _filled(begin(f"round-{number}", without), comments)
        classifier = rows.fit_weights(parent=parent, heads=heads, progress=progress)
        judged.append(rows.judged(classifier))
    rows = _filled(begin("all", Split(kept_back, frozenset())), comments)
    classifier = rows.fit_weights(parent=parent, heads=heads, progress=progress)
    return CrossFitted(rows, classifier, _joined(judged))


def _filled(rows: TrainingSet, comments: Collection[Comment]) -> TrainingSet:
    for text, target, weight in comments:
        rows.add(text, target, weight)
    rows.add_disguised_copies()
    return rows


def _joined(judged: Collection[Judged]) -> Judged:
    return Judged(
        np.concatenate([one.logits for one in judged]),
        np.concatenate([one.features for one in judged]),
        np.concatenate([one.targets for one in judged]),
        np.concatenate([one.weights for one in judged]),
        np.concatenate([one.lifelike for one in judged]),
    )
